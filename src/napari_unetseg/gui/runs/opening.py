"""Model files and run folders, dropped into napari: each is shown in its dock."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_unetseg.core.errors import RunError
from napari_unetseg.core.network.card import read_card
from napari_unetseg.core.network.header import ENDING
from napari_unetseg.runs.folder import RUN, is_run, read_question

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari.viewer import Viewer

    Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]
    Nothing = list[tuple[None]]

PLUGIN = "napari-unetseg"
DOCKS = {"train": "Train U-Net", "segment": "Segment with U-Net"}


def get_reader(path: Paths) -> Callable[[Paths], Nothing] | None:
    """Choose to show a file or a folder, as napari asks.

    Parameters
    ----------
    path : str, path, or list of them
        Several are left to others.

    Returns
    -------
    function or None
        `show` for one model file, one run folder, or the ``run.json`` in it. Of other
        folders nothing is read.
    """
    paths = _paths(path)
    if len(paths) != 1:
        return None
    is_model = paths[0].name.endswith(ENDING) and paths[0].is_file()
    return show if is_model or is_run(_folder(paths[0])) else None


def show(path: Paths) -> Nothing:
    """Show a model in the Segment dock, a run in the dock of its kind.

    Parameters
    ----------
    path : str, path, or list of one of them
        The model file, the run folder or its ``run.json``.

    Returns
    -------
    list of (None,)
        napari's word for "no layers".

    Raises
    ------
    ModelError, RunError
        If it is damaged, or napari has no window to show it in.
    """
    import napari

    (file,) = _paths(path)
    folder = _folder(file)
    viewer = napari.current_viewer()
    if viewer is None:
        raise RunError(
            "A model or a run is shown in a dock, and there is no window of napari",
            "Open napari first; a model is also told about by: unetseg info MODEL",
        )
    if is_run(folder):
        dock_of(viewer, read_question(folder).job).show_run(folder)
    else:
        read_card(file)  # A damaged one is told about, and not chosen.
        dock_of(viewer, "segment").choose_model(file)
    return [(None,)]


def dock_of(viewer: Viewer, job: str) -> Any:
    """The dock for a kind of run, opened if it is not open."""
    _, dock = viewer.window.add_plugin_dock_widget(PLUGIN, DOCKS[job], tabify=True)
    return dock


def _folder(path: Path) -> Path:
    """The folder that a run's file stands for."""
    return path.parent if path.name == RUN else path


def _paths(path: Paths) -> list[Path]:
    if isinstance(path, str | os.PathLike):
        return [Path(path)]
    return [Path(one) for one in path]
