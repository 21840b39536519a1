"""A look at the painted labels: which classes or objects, and what 0 means."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from napari.layers import Labels, Shapes
from qtpy.QtCore import QObject, QTimer, Signal  # type: ignore[attr-defined]

from napari_unetseg.core.config import InstancesConfig
from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.core.prepare.annotation import annotation_steps
from napari_unetseg.core.prepare.region import check_regions
from napari_unetseg.gui.parts.lifetime import when_destroyed
from napari_unetseg.gui.parts.sources import labels_of
from napari_unetseg.gui.parts.worker import Worker, start_worker
from napari_unetseg.gui.train.region import region_of
from napari_unetseg.gui.train.watched import Watched

if TYPE_CHECKING:
    from collections.abc import Generator

    from napari.layers import Layer

    from napari_unetseg.core.image import Image
    from napari_unetseg.gui.parts.dock import Dock

PAUSE_MS = 400
_NO_OBJECTS = "single objects"


@dataclass(frozen=True)
class Wish:
    """How labels are to be understood.

    Attributes
    ----------
    zero : {"auto", "0", "none"}
        What 0 means, as of `TrainConfig.unannotated`.
    objects : bool
        Whether ids are single objects rather than classes.
    region : Labels or Shapes or None
        Layer that marks where everything counts.
    """

    zero: Literal["auto", "0", "none"] = "auto"
    objects: bool = False
    region: Labels | Shapes | None = None


@dataclass(frozen=True)
class Seen:
    """What a look has shown.

    Attributes
    ----------
    ids : tuple of int
        The classes; empty if they cannot be trained on.
    sentence : str
        What 0 means and why; or what is wrong.
    annotated : tuple of bool
        Whether a slice is annotated at all, slice by slice.
    problem : bool
        Whether something is wrong.
    like_objects : bool
        Whether they are too many for classes, and may be single objects.
    """

    ids: tuple[int, ...]
    sentence: str
    annotated: tuple[bool, ...] = ()
    problem: bool = False
    like_objects: bool = False


class Look(QObject):
    """Looks at a labels layer beside the window, and again when it is painted.

    Parameters
    ----------
    owner : Dock
        In whose viewer the layer is; nothing is looked at any more once it is gone.

    Attributes
    ----------
    seen : Seen or None
        The latest look at this layer; None before the first is done.
    changed : Signal
        `seen` is another.
    """

    changed = Signal()

    def __init__(self, owner: Dock) -> None:
        super().__init__(owner)
        self.seen: Seen | None = None
        self._layer: Labels | None = None
        self._wish = Wish()
        self._watched: list[Watched] = []
        self._worker: Worker | None = None
        self._number = 0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self._begin)
        self._owner = owner
        myself = weakref.ref(self)

        def forget() -> None:
            look = myself()
            if look is not None:
                look._watch()

        when_destroyed(owner, forget)

    def at(self, layer: Labels | None, wish: Wish = Wish()) -> None:
        """Look at a layer, as the user wishes it to be understood."""
        if layer is self._layer and wish == self._wish:
            return
        self._layer, self._wish = layer, wish
        layers = [] if layer is None else [layer, wish.region]
        # The same layer may be both.
        self._watch(*dict.fromkeys(one for one in layers if one is not None))
        self.seen = None
        self._timer.stop()
        self._begin()
        self.changed.emit()

    def _watch(self, *layers: Layer) -> None:
        for one in self._watched:
            one.end()
        # The timer is Qt's, and gone with the owner; nothing is told from then on.
        viewer = self._owner.viewer
        self._watched = [Watched(viewer, one, self._on_change) for one in layers]

    def _on_change(self) -> None:
        self._timer.start()

    def _begin(self) -> None:
        if self._worker is not None:
            # What it is about to say is old; a new look follows it.
            self._worker.quit()
            self._worker = None
        self._number += 1
        if self._layer is None:
            return
        wish = self._wish
        try:
            labels = labels_of(self._layer)
            region = None
            if wish.region is not None:
                region = region_of(wish.region, self._layer)
        except UnetsegError as error:
            self._show(Seen((), str(error), problem=True))
            return
        # It may have ended when it is quit; what it says then is old.
        number = self._number
        self._worker = start_worker(
            look(labels, wish.zero, objects=wish.objects, region=region),
            owner=self._owner,
            name=f"Looking at {labels.name}",
            on_event=lambda _: None,
            on_return=lambda seen: self._hear(number, seen),
            on_error=lambda error: self._hear(
                number, Seen((), str(error), problem=True)
            ),
        )

    def _hear(self, number: int, seen: Seen) -> None:
        if number == self._number:
            self._worker = None
            self._show(seen)

    def _show(self, seen: Seen) -> None:
        self.seen = seen
        self.changed.emit()


def look(
    labels: Image,
    zero: Literal["auto", "0", "none"],
    *,
    objects: bool = False,
    region: Image | None = None,
) -> Generator[None, None, Seen]:
    """Find classes, or objects, and the meaning of 0.

    Parameters
    ----------
    labels : Image
        What is painted.
    zero, objects
        As of `Wish`.
    region : Image, optional
        Mask of the labels' shape, inside which everything counts.

    Yields
    ------
    None
        After each plane, so that the look can be ended in between.
    """
    # What is shown does not depend on how the objects are taught.
    instances = InstancesConfig() if objects else None
    regions = [] if region is None else [region]
    try:
        if regions:
            check_regions(regions, [labels])
        found = yield from annotation_steps(
            [labels], zero, instances=instances, regions=regions
        )
    except UnetsegError as error:
        proposed = not objects and _NO_OBJECTS in error.problem
        return Seen((), str(error), problem=True, like_objects=proposed)
    (annotated,) = found.annotated
    return Seen(found.ids, found.verdict, tuple(annotated.values()))
