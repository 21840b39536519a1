"""A folder of images: what is asked of it, and its labels once they are written."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QPushButton

from napari_unetseg.core.errors import InputError, UnetsegError
from napari_unetseg.core.read.ome_zarr import is_zarr
from napari_unetseg.gui.run.plan import Plan
from napari_unetseg.gui.segment.result import question_of
from napari_unetseg.runs import items, listing
from napari_unetseg.runs.questions import SegmentQuestion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from napari_unetseg.core.config import SegmentConfig
    from napari_unetseg.gui.run.dock import RunDock

MOST_OPENED = 10
"""Results that are opened as layers at a time."""
PLUGIN = "napari-unetseg"


def free_folder(folder: Path) -> Path:
    """A folder beside the one of the images that is not there yet, for the labels."""
    names = (f"{folder.name} segmented{f' {n}' * (n > 1)}" for n in count(1))
    return next(p for p in map(folder.with_name, names) if not p.exists())


def plan_of_folder(
    folder: Path | None,
    out: Path | None,
    model: Path,
    config: SegmentConfig,
    *,
    besides: Sequence[Path] = (),
) -> Plan:
    """Plan one run over all images of a folder, which reads them where they are.

    Parameters
    ----------
    folder, out : Path or None
        Of the images, and of the labels; scores and uncertainties are written into
        folders in that of the labels.
    model : Path
        The model file.
    config : SegmentConfig
        How.
    besides : sequence of Path
        Other models that are averaged with it.

    Raises
    ------
    InputError, ReadError
        In a sentence, if there are no images, or a result would replace a file.
    """
    if folder is None:
        raise InputError("There is no folder yet", "Choose the folder of the images")
    if not folder.is_dir():
        raise InputError(f"'{folder}' is no folder", "Choose the folder of the images")
    if is_zarr(folder):
        raise InputError(
            f"'{folder.name}' is one image, in OME-Zarr",
            "Open it as a layer, or choose the folder that it is in",
        )
    if out is None:
        raise InputError("The results have no folder yet", "Choose one for them")
    if out.resolve() == folder.resolve():
        raise InputError(
            "The results would lie among the images",
            "Choose another folder for the results",
        )
    question = SegmentQuestion(
        image=str(folder.absolute()),
        model=str(model),
        models_besides=tuple(map(str, besides)),
        out=str(out.absolute()),
        scores=str(out.absolute() / "scores") if config.scores else None,
        uncertainty=None
        if config.uncertainty == "none"
        else str(out.absolute() / "uncertainty"),
        config=config,
    )
    for one in items.questions(question, folder):
        for path in map(folder.joinpath, items.outputs(one)):
            if path.exists():
                raise InputError(
                    f"'{path.name}' is in the folder of the results already",
                    "Choose another folder for the results",
                )
    return Plan(
        folder=listing.new_folder("segment", folder.name),
        inputs={},
        ask=lambda _: question,
    )


def what_of_folder(folder: Path | None, out: Path | None) -> str:
    """Say how many images there are, and where their labels will be."""
    if folder is None or out is None:
        return ""
    number = len(items.images_in(folder))
    images = "1 image" if number == 1 else f"{number} images"
    return (
        f"{images} in '{folder.name}', one after the other; the labels are written to "
        f"'{out.name}' in '{out.parent}'."
    )


def is_of_folder(run: Path) -> bool:
    """Whether a run is about the images of a folder."""
    try:
        return items.is_of_folder(question_of(run), run)
    except (UnetsegError, OSError):
        return False


class FolderResults(QPushButton):
    """Opens the labels that were written of a folder's images.

    Parameters
    ----------
    dock : RunDock
        In whose viewer, and where sentences are shown.
    """

    def __init__(self, dock: RunDock) -> None:
        super().__init__()
        self._dock = dock
        self._paths: list[Path] = []
        self.clicked.connect(lambda: self._open())
        self.setToolTip(f"Add the labels as layers, {MOST_OPENED} at a time")
        self.hide()

    def finished(self, run: Path, result: Mapping[str, Any]) -> None:
        """Say where the labels are, and offer to open them."""
        out = run / question_of(run).out
        # Scores have the same names, in another folder.
        names = dict.fromkeys(result["out"])
        self._paths = [path for name in names if (path := out / name).exists()]
        listing.mark_seen(run)
        number = result["images"]
        images = "1 image" if number == 1 else f"{number} images"
        self._dock.tell(f"The labels of {images} are in '{out}'.")
        self._offer()

    def stopped(self, run: Path) -> str:
        """Say where those are that were finished before the end."""
        out = run / question_of(run).out
        return f"The labels of images that are done are in '{out}'."

    def forget(self) -> None:
        """Offer nothing any more."""
        self._paths = []
        self._offer()

    def _offer(self) -> None:
        left = len(self._paths)
        how = f"the next {MOST_OPENED} of {left}" if left > MOST_OPENED else f"{left}"
        self.setText(f"Open {how} as layers")
        self.setVisible(bool(left))

    def _open(self) -> None:
        now, self._paths = self._paths[:MOST_OPENED], self._paths[MOST_OPENED:]
        self._offer()
        for path in now:
            try:
                self._dock.viewer.open(str(path), plugin=PLUGIN)
            except (UnetsegError, OSError) as error:
                self._dock.say(str(error), "error")
