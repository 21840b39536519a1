"""A look at the painted labels: which classes or objects, and what 0 means."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from napari.layers import Labels, Shapes
from qtpy.QtCore import QObject, QTimer, Signal  # type: ignore[attr-defined]

from napari_unetseg.core.config import InstancesConfig
from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.core.prepare.annotation import judged
from napari_unetseg.core.prepare.counting import count_steps
from napari_unetseg.core.prepare.region import check_regions
from napari_unetseg.gui.parts.lifetime import when_destroyed
from napari_unetseg.gui.parts.sources import labels_of
from napari_unetseg.gui.parts.watched import Watched
from napari_unetseg.gui.parts.worker import Worker, start_worker
from napari_unetseg.gui.train.paired_files import look_into
from napari_unetseg.gui.train.region import region_of

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from napari.layers import Layer

    from napari_unetseg.core.image import Image
    from napari_unetseg.core.prepare.counting import Counts
    from napari_unetseg.core.read.folders import FoundPairs
    from napari_unetseg.gui.parts.dock import Dock
    from napari_unetseg.gui.train.paired_files import SeenFiles

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
    further : tuple of (Labels, Labels or Shapes or None)
        Labels of further pairs that are to be understood together with these, and where
        everything counts in each.
    folder : FoundPairs or None
        Pairs of files, likewise.
    """

    zero: Literal["auto", "0", "none"] = "auto"
    objects: bool = False
    region: Labels | Shapes | None = None
    further: tuple[tuple[Labels, Labels | Shapes | None], ...] = ()
    folder: FoundPairs | None = None


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
        Whether a slice is annotated at all, slice by slice through all pairs.
    problem : bool
        Whether something is wrong.
    like_objects : bool
        Whether they are too many for classes, and may be single objects.
    files : tuple of SeenFiles
        What the pairs of files hold.
    counts : tuple of (int, int)
        Painted ids, and their annotated pixels in all slices.
    filled : tuple of bool
        Whether 0 is background, slice by slice; a region decides pixel by pixel.
    """

    ids: tuple[int, ...]
    sentence: str
    annotated: tuple[bool, ...] = ()
    problem: bool = False
    like_objects: bool = False
    files: tuple[SeenFiles, ...] = ()
    counts: tuple[tuple[int, int], ...] = ()
    filled: tuple[bool, ...] = ()


class Look(QObject):
    """Looks at labels layers beside the window, and again when they are painted.

    Parameters
    ----------
    owner : Dock
        In whose viewer the layer is; nothing is looked at any more once it is gone.

    Attributes
    ----------
    seen : Seen or None
        The latest look at these layers; None before the first is done.
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
        self._files: dict[object, SeenFiles] = {}
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
        """Look at a layer and what goes with it, as the user wishes it understood."""
        if layer is self._layer and wish == self._wish:
            return
        if wish.folder != self._wish.folder:
            self._files = {}
        self._layer, self._wish = layer, wish
        layers = [one for pair in self._pairs() for one in pair]
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
        wish, pairs = self._wish, self._pairs()
        if not pairs and wish.folder is None:
            return
        try:
            labels = [labels_of(layer) for layer, _ in pairs]
            regions = [
                region_of(region, layer)
                for layer, region in pairs
                if region is not None and self._has_regions
            ]
        except UnetsegError as error:
            self._show(Seen((), str(error), problem=True))
            return
        # It may have ended when it is quit; what it says then is old.
        number = self._number
        self._worker = start_worker(
            look(
                labels,
                wish.zero,
                objects=wish.objects,
                regions=regions,
                folder=wish.folder,
                known=self._files,
            ),
            owner=self._owner,
            name=f"Looking at {labels[0].name if labels else 'files'}",
            on_event=lambda _: None,
            on_return=lambda seen: self._hear(number, seen),
            on_error=lambda error: self._hear(
                number, Seen((), str(error), problem=True)
            ),
        )

    def _pairs(self) -> list[tuple[Labels, Labels | Shapes | None]]:
        """All labels, and the region of each."""
        if self._layer is None:
            return []
        return [(self._layer, self._wish.region), *self._wish.further]

    @property
    def _has_regions(self) -> bool:
        """Whether all have a region; otherwise none counts, and it cannot be asked."""
        given = [region is not None for _, region in self._pairs()]
        return all(given) and self._wish.folder is None

    def _hear(self, number: int, seen: Seen) -> None:
        if number == self._number:
            self._worker = None
            self._show(seen)

    def _show(self, seen: Seen) -> None:
        self.seen = seen
        self.changed.emit()


def look(
    labels: Sequence[Image],
    zero: Literal["auto", "0", "none"],
    *,
    objects: bool = False,
    regions: Sequence[Image] = (),
    folder: FoundPairs | None = None,
    known: dict[object, SeenFiles] | None = None,
) -> Generator[None, None, Seen]:
    """Find classes, or objects, and the meaning of 0.

    Parameters
    ----------
    labels : sequence of Image
        What is painted, pair by pair.
    zero, objects
        As of `Wish`.
    regions : sequence of Image
        Masks of the labels' shapes, inside which everything counts; one for each, or
        none.
    folder : FoundPairs, optional
        Files that are looked at behind the labels.
    known : dict, optional
        What is known of the files; what is read is added.

    Yields
    ------
    None
        After each plane, so that the look can be ended in between.
    """
    # What is shown does not depend on how the objects are taught.
    instances = InstancesConfig() if objects else None
    masks: Sequence[Image | None] = regions or [None] * len(labels)
    counts: list[Counts] = []
    names = [image.name for image in labels]
    files: list[SeenFiles] = []
    try:
        if regions:
            check_regions(regions, labels)
        noted = [image.unannotated for image in labels]
        for image, mask in zip(labels, masks, strict=True):
            counts.append((yield from count_steps(image, mask)))
        if folder is not None:
            files = yield from look_into(folder, {} if known is None else known)
            counts += [one.counts for one in files]
            names += [one.labels.name for one in files]
            noted += [one.labels.unannotated for one in files]
        found = judged(
            counts,
            names,
            zero,
            instances=instances,
            inside=bool(regions),
            noted=noted,
        )
    except UnetsegError as error:
        proposed = not objects and _NO_OBJECTS in error.problem
        return Seen((), str(error), problem=True, like_objects=proposed)
    annotated = tuple(flag for one in found.annotated for flag in one.values())
    return Seen(
        found.ids,
        found.verdict,
        annotated,
        files=tuple(files),
        counts=tuple(found.counts.items()),
        filled=tuple(not unknown for unknown in found.zero_unknown[0].values()),
    )
