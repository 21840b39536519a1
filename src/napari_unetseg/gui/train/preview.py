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
    number : int
        Which of its images this is, from 0.
    labels : weakref to Labels
        What is painted, whose colours are shown.
    """

    folder: Path
    number: int
    labels: weakref.ref[Labels]


@dataclass(frozen=True, eq=False)
class _Followed:
    """An image of the training that is shown."""

    layer: Image
    axes: str
    source: Source


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
        self._folder: Path | None = None
        # By their numbers.
        self._followed: dict[int, _Followed] = {}
        self._open = False  # Whether the training has begun and hears.
        self._shown = PreviewLayer(owner.viewer)
        # What the training was told last; None: that nobody looks.
        self._told: tuple[int, Region] | None = None
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

    def take(self, folder: Path, number: int, image: Image, labels: Labels) -> None:
        """Remember a pair of layers that a training is about to learn from."""
        _SOURCES[image] = Source(folder, number, weakref.ref(labels))

    def follow(self, folder: Path | None) -> bool:
        """Show what a training says that begins or was found.

        Returns
        -------
        bool
            Whether it was started from layers that are in the viewer.
        """
        self._let_go()
        self._folder, self._told = folder, None
        self._open = False
        for layer in self._owner.viewer.layers:
            source = _SOURCES.get(layer) if isinstance(layer, Image) else None
            if source is not None and source.folder == folder:
                axes = image_of([layer]).axes[: layer.ndim]
                self._followed[source.number] = _Followed(layer, axes, source)
                layer.events.visible.connect(self._on_move)
        return bool(self._followed)

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
        one = self._followed.get(predicted.image)
        if not self.on or one is None:
            return
        try:
            self._shown.show(
                predicted, one.layer, one.axes, one.source.labels(), self._folder
            )
            if not self._open:  # What was told at the end is read after it.
                self._shown.end()
        except UnetsegError as error:
            self.problem.emit(str(error))

    def drop(self) -> None:
        """Show no more of the training, which is thrown away; of another all stays."""
        self._shown.drop(self._folder)

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
            viewer.layers.selection.events.active,
        ]

    def _on_move(self) -> None:
        if self.on and self._open:
            self._timer.start()

    def _on_removed(self, event: Any) -> None:
        for number, one in [*self._followed.items()]:
            if event.value is one.layer:
                one.layer.events.visible.disconnect(self._on_move)
                del self._followed[number]
                self._timer.start()
                return
        if self._shown.is_closed(event.value):
            self.closed.emit()

    def _tell(self) -> None:
        if self._folder is None or not self._open or self._worker is not None:
            return
        seen = None
        if self.on and self._followed:
            seen = self._in_view()
            if seen is None:
                return  # Nothing of them is seen for now: what is shown stays.
        if seen == self._told:
            return
        self._told = seen
        self._worker = start_worker(
            tell(self._folder, seen),
            owner=self._owner,
            name="Telling the training what is in view",
            on_event=lambda _: None,
            on_return=lambda _: self._on_told(),
            on_error=self._on_error,
        )

    def _in_view(self) -> tuple[int, Region] | None:
        """Which image is looked at, and which part: of several the one worked on."""
        layers = self._owner.viewer.layers
        active = layers.selection.active

        def nearness(one: _Followed) -> tuple[bool, bool, int]:
            layer = one.layer
            worked_on = active is not None and active in (layer, one.source.labels())
            return worked_on, layer.visible, layers.index(layer)

        for one in sorted(self._followed.values(), key=nearness, reverse=True):
            region = in_view(one.layer, one.axes, self._owner.viewer.dims)
            if region is not None:
                return one.source.number, region
        return None

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
        self._let_go()
        if self._folder is not None and self._open and self._told is not None:
            with suppress(OSError, UnetsegError):
                client.preview(self._folder, None)

    def _let_go(self) -> None:
        for one in self._followed.values():
            one.layer.events.visible.disconnect(self._on_move)
        self._followed.clear()


def tell(folder: Path, seen: tuple[int, Region] | None) -> Generator[None]:
    """Tell a training which image is in view, and what part of it.

    To be run beside the window.
    """
    yield
    if seen is None:
        client.preview(folder, None)
    else:
        number, region = seen
        client.preview(folder, number, **region)
