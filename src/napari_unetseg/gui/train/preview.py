"""What a training says by now of what is in view, as a layer that follows the view."""

from __future__ import annotations

import weakref
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari.layers import Image
from qtpy.QtCore import QObject, QTimer, Signal  # type: ignore[attr-defined]

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.core.events import Event, Failed, Finished, Started, Stopped
from napari_unetseg.gui.parts.lifetime import when_destroyed
from napari_unetseg.gui.parts.sources import image_of
from napari_unetseg.gui.parts.worker import Worker, start_worker
from napari_unetseg.gui.train.inview import in_view
from napari_unetseg.gui.train.preview_layer import PreviewLayer
from napari_unetseg.runs import client

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from pathlib import Path

    from napari.layers import Labels

    from napari_unetseg.core.train.wishes import Predicted
    from napari_unetseg.gui.parts.dock import Dock

    Region = dict[str, tuple[int, int]]

PAUSE_MS = 300


@dataclass(frozen=True, eq=False)
class Source:
    """Where a training comes from.

    Attributes
    ----------
    folder : Path
        The run folder.
    labels : weakref to Labels
        What is painted, whose colours are shown.
    """

    folder: Path
    labels: weakref.ref[Labels]


# By layer, and not by dock: one that is opened again goes on with it.
_SOURCES: weakref.WeakKeyDictionary[Image, Source] = weakref.WeakKeyDictionary()


class Preview(QObject):
    """Tells a training what is in view, and shows what it says of that.

    Parameters
    ----------
    owner : Dock
        In whose viewer the image is; nobody looks any more once it is gone.

    Attributes
    ----------
    closed : Signal
        The user has removed the layer, and wants to see no more of it.
    problem : Signal(str)
        A sentence: why nothing can be shown.
    on : bool
        Whether anything is shown.
    """

    closed = Signal()
    problem = Signal(str)

    def __init__(self, owner: Dock) -> None:
        super().__init__(owner)
        self._owner = owner
        self.on = False
        self._layer: Image | None = None
        self._axes = ""
        self._source: Source | None = None
        self._open = False  # Whether the training has begun and hears.
        self._shown = PreviewLayer(owner.viewer)
        # What the training was told last; None: that nobody looks.
        self._told: Region | None = None
        self._worker: Worker | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self._tell)
        for event in self._events():
            event.connect(self._on_move)
        owner.viewer.layers.events.removed.connect(self._on_removed)
        myself = weakref.ref(self)

        def forget() -> None:
            preview = myself()
            if preview is not None:
                preview._forget()

        when_destroyed(owner, forget)

    def take(self, folder: Path, image: Image, labels: Labels) -> None:
        """Remember the layers that a training is about to learn from."""
        _SOURCES[image] = Source(folder, weakref.ref(labels))

    def follow(self, folder: Path | None) -> bool:
        """Show what a training says that begins or was found.

        Returns
        -------
        bool
            Whether it was started from a layer that is in the viewer.
        """
        self._layer = self._source = self._told = None
        self._open = False
        for layer in self._owner.viewer.layers:
            source = _SOURCES.get(layer) if isinstance(layer, Image) else None
            if source is not None and source.folder == folder:
                self._layer, self._source = layer, source
                self._axes = image_of([layer]).axes[: layer.ndim]
                return True
        return False

    def hear(self, events: Iterable[Event]) -> None:
        """Take in what the training says."""
        for event in events:
            match event:
                case Started():
                    # A new process has heard of nothing yet.
                    self._open, self._told = True, None
                    self._timer.start()
                case Finished() | Stopped() | Failed():
                    self._open = False
                    self._shown.end()

    def show(self, predicted: Predicted) -> None:
        """Show what the training says, where it lies on its image."""
        if not self.on or self._layer is None or self._source is None:
            return
        try:
            self._shown.show(
                predicted,
                self._layer,
                self._axes,
                self._source.labels(),
                self._source.folder,
            )
        except UnetsegError as error:
            self.problem.emit(str(error))

    def turn(self, on: bool) -> None:
        """Look from now on, or no longer; what was shown goes, too."""
        self.on = on
        if not on:
            self._shown.remove()
        self._timer.start()

    def _events(self) -> list[Any]:
        viewer = self._owner.viewer
        # Before napari 0.9 the viewer has a camera itself.
        camera, dims = getattr(viewer, "scene", viewer).camera, viewer.dims
        return [
            *(getattr(camera.events, name) for name in ("zoom", "center")),
            *(getattr(dims.events, name) for name in ("point", "ndisplay", "order")),
        ]

    def _on_move(self) -> None:
        if self.on and self._open:
            self._timer.start()

    def _on_removed(self, event: Any) -> None:
        if event.value is self._layer:
            self._layer = None
            self._timer.start()
        elif self._shown.is_closed(event.value):
            self.closed.emit()

    def _tell(self) -> None:
        if self._source is None or not self._open or self._worker is not None:
            return
        region = None
        if self.on and self._layer is not None:
            region = in_view(self._layer, self._axes, self._owner.viewer.dims)
            if region is None:
                return  # Nothing of it is seen for now: what is shown stays.
        if region == self._told:
            return
        self._told = region
        self._worker = start_worker(
            tell(self._source.folder, region),
            owner=self._owner,
            name="Telling the training what is in view",
            on_event=lambda _: None,
            on_return=lambda _: self._on_told(),
            on_error=self._on_error,
        )

    def _on_told(self) -> None:
        self._worker = None
        # It may have been moved meanwhile.
        self._timer.start()

    def _on_error(self, error: Exception) -> None:
        self._worker = None
        if not isinstance(error, UnetsegError | OSError):
            raise error
        self.problem.emit(f"The training cannot be told what is in view: {error}")

    def _forget(self) -> None:
        """Tell the training that nobody looks, and leave the layer to the user."""
        for event in self._events():
            event.disconnect(self._on_move)
        self._owner.viewer.layers.events.removed.disconnect(self._on_removed)
        if self._source is not None and self._open and self._told is not None:
            with suppress(OSError, UnetsegError):
                client.preview(self._source.folder, None)


def tell(folder: Path, region: Region | None) -> Generator[None]:
    """Tell a training what is in view; to be run beside the window."""
    yield
    if region is None:
        client.preview(folder, None)
    else:
        client.preview(folder, 0, **region)
