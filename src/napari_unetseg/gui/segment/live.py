"""A layer that fills up while a run makes its labels, tile by tile."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, QTimer

from napari_unetseg.core.events import Tile
from napari_unetseg.core.read import read_image
from napari_unetseg.gui.parts.worker import start_worker
from napari_unetseg.gui.segment.growing import Growing
from napari_unetseg.gui.segment.pixels import fits, view
from napari_unetseg.gui.segment.result import Made, about_of, growing_attributes
from napari_unetseg.gui.segment.shown import layer_of, put_labels
from napari_unetseg.runs.store import RESULT

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from napari_unetseg.core.events import Event
    from napari_unetseg.gui.parts.dock import Dock
    from napari_unetseg.gui.segment.growing import Key

# The window is drawn anew so often at most, and less if reading takes long.
PAUSE_MS = 300
AGAIN_MS = 1000
_SHARE = 3
_GROWS = "labels.zarr"


class Live(QObject):
    """Shows the labels of a run while they grow.

    Parameters
    ----------
    dock : Dock
        In whose viewer; nothing is shown any more once it is gone.

    Attributes
    ----------
    array : Growing or None
        What the layer shows, while the run goes on.
    """

    def __init__(self, dock: Dock) -> None:
        super().__init__(dock)
        self._dock = dock
        self._folder: Path | None = None
        self.array: Growing | None = None
        self._opening = self._reading = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self._refresh)

    def hear(self, folder: Path, events: Sequence[Event]) -> None:
        """Take in what a run has told."""
        if folder != self._folder:
            self.end()
            self._folder = folder
        if not any(isinstance(event, Tile) for event in events):
            return
        if self.array is None:
            self._open(folder)
            return
        self.array.renew()
        self._want()

    def end(self) -> None:
        """Show no more than what is shown by now."""
        self._timer.stop()
        self._folder = self.array = None
        self._opening = self._reading = False

    def drop(self) -> None:
        """Take the layer away: what it would show is gone."""
        folder, array = self._folder, self.array
        self.end()
        if folder is not None and array is not None:
            layer = layer_of(self._dock.viewer, folder.name)
            if layer is not None and layer.data is array:
                self._dock.viewer.layers.remove(layer)

    def _open(self, folder: Path) -> None:
        """Add the layer, or fill up the one that was left; once per run."""
        if self._opening:
            return
        self._opening = True
        self._work(folder, opened(folder), self._show)

    def _show(self, found: tuple[Any, dict[str, Any], Any]) -> None:
        source, attributes, colors = found
        assert self._folder is not None
        self.array = Growing(source, self._want)
        made = Made("labels", self.array, attributes, colors)
        layer = put_labels(self._dock.viewer, made, self._folder.name)
        # Strokes would be lost with the next tile.
        layer.editable = False
        self._want()

    def _want(self) -> None:
        if not self._timer.isActive() and not self._reading:
            self._timer.start()

    def _refresh(self) -> None:
        """Read what is looked at, beside the window, and show it."""
        array, folder = self.array, self._folder
        if folder is not None and array is None:
            self._open(folder)
        if array is None or folder is None or not array.wanted or self._reading:
            return
        layer = layer_of(self._dock.viewer, folder.name)
        if layer is None or not layer.visible:
            return
        self._reading = True
        self._work(
            folder, looked_at(array, array.wanted), lambda found: self._seen(*found)
        )

    def _seen(self, key: Key, values: Any, version: int, seconds: float) -> None:
        self._reading = False
        array, folder = self.array, self._folder
        if array is None or folder is None:
            return
        array.show(key, values, version)
        self._timer.setInterval(max(PAUSE_MS, int(1000 * _SHARE * seconds)))
        layer = layer_of(self._dock.viewer, folder.name)
        if layer is not None and layer.data is array:
            layer.refresh()

    def _work(self, folder: Path, job: Generator[None, None, Any], then: Any) -> None:
        def hear(found: Any) -> None:
            if folder == self._folder:
                then(found)

        def fail(_: Exception) -> None:
            # What is being written or moved just now is there a moment later.
            self._opening = self._reading = False
            if folder == self._folder:
                self._timer.start(AGAIN_MS)

        start_worker(
            job,
            owner=self._dock,
            name=f"Reading {folder.name}",
            on_event=lambda _: None,
            on_return=hear,
            on_error=fail,
        )


def opened(
    folder: Path,
) -> Generator[None, None, tuple[Any, dict[str, Any], dict[int | None, str]]]:
    """Open what grows: a lazy array, and what its layer needs."""
    yield
    about = about_of(folder)
    source = view(read_image(folder / RESULT / _GROWS), about)
    attributes, colors = growing_attributes(folder)
    attributes["name"] = f"{attributes['name']} (under way)"
    return source, attributes, colors


def looked_at(
    array: Growing, key: Key
) -> Generator[None, None, tuple[Key, Any, int, float]]:
    """Read what is looked at; also say of which version, and in how many seconds."""
    yield
    begun, version = time.monotonic(), array.version
    values = array.read(key)
    return key, values, version, time.monotonic() - begun


def unfinished(folder: Path, percent: int) -> Generator[None, None, Made]:
    """What a run has made that was stopped: its layer says how much of all it is.

    Raises
    ------
    UnetsegError
        If nothing is there, or it is damaged.
    """
    yield
    source = view(read_image(folder / RESULT / _GROWS), about_of(folder))
    array = source.compute() if fits(source.shape, source.dtype) else source
    attributes, colors = growing_attributes(folder)
    attributes["name"] = f"{attributes['name']} ({percent} % done)"
    return Made("labels", array, attributes, colors)
