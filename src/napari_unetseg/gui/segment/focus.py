"""Tells a run what the viewer shows, so that tiles there are computed first."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.gui.segment.part import seen_in
from napari_unetseg.gui.segment.result import about_of
from napari_unetseg.gui.segment.shown import layer_of
from napari_unetseg.runs import client

if TYPE_CHECKING:
    from pathlib import Path

    from napari.layers import Layer
    from napari.viewer import Viewer

    from napari_unetseg.layers.boxes import Box


class Focus:
    """What a run was last told that somebody looks at.

    Parameters
    ----------
    viewer : Viewer
        That is looked into.
    """

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._told: tuple[Path, Box] | None = None

    def tell(self, folder: Path) -> None:
        """Tell a run that is under way where the viewer looks, if that is news."""
        # A run that ends just now, or a full disk: the order of tiles is no result.
        with suppress(OSError, UnetsegError):
            box = self._box(folder)
            if self._told != (folder, box):
                client.look(folder, **box)
                self._told = (folder, box)

    def forget(self) -> None:
        """Tell it again, to a process that does not know it yet."""
        self._told = None

    def _box(self, folder: Path) -> Box:
        """What is in sight, in pixels of the run's image; empty if nothing is."""
        about = about_of(folder)
        layer = self._source(about["source"])
        if layer is not None:
            # The image may have been cut before it was given to the run.
            return _moved(layer, self._viewer, about["cut"], -1)
        labels = layer_of(self._viewer, folder.name)
        if labels is None:
            return {}
        starts = {axis: first for axis, (first, _) in about["box"].items()}
        return _moved(labels, self._viewer, starts, 1)

    def _source(self, name: str) -> Layer | None:
        return next((one for one in self._viewer.layers if one.name == name), None)


def _moved(layer: Layer, viewer: Viewer, starts: dict[str, int], sign: int) -> Box:
    """What is in sight of a layer, counted from another pixel on along some axes."""
    seen = seen_in(layer, viewer.dims) or {}
    return {
        axis: (first + sign * starts.get(axis, 0), last + sign * starts.get(axis, 0))
        for axis, (first, last) in seen.items()
    }
