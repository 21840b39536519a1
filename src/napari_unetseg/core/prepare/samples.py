"""Pairs of image and labels, frame by frame: what a network may learn from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.frames import Frames
from napari_unetseg.core.prepare.normalise import normalisers_on_demand
from napari_unetseg.core.prepare.pixelsize import zoom_to
from napari_unetseg.core.prepare.views import Painted, Values, whole
from napari_unetseg.core.prepare.weights import separation

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from napari_unetseg.core.frames import Index
    from napari_unetseg.core.image import Image
    from napari_unetseg.core.prepare.annotation import Annotation
    from napari_unetseg.core.prepare.pixelsize import PixelSize
    from napari_unetseg.core.prepare.teaching import Teaching

# Of the free memory; the rest is for the network and for others.
_MOST_FOR_SAMPLES = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One plane or volume, and what is taught about it.

    Arrays are numpy where memory allows, and otherwise views that are worked out box by
    box.

    Attributes
    ----------
    values : array of shape (C, [Z,] Y, X), float32
        Normalised grey values.
    target : array of shape ([Z,] Y, X), int16 or int32
        Class indices or ids of objects, `IGNORE` where not annotated.
    image : int
        Which of the images it belongs to.
    index : tuple of int
        Which of its frames it is, one number per letter of `Frames.grid_axes`.
    zoom : tuple of float
        Pixels of the image per pixel of the model, along each axis; empty if equal.
    term : array of shape ([Z,] Y, X), float32, optional
        What the gaps between objects count more (`weights.separation`).
    painted : Painted, optional
        What the target was made of, to be painted over, and how.
    source : array, optional
        The target as a view; `target` may be a copy of it.
    """

    values: Any
    target: Any
    image: int
    index: Index = ()
    zoom: tuple[float, ...] = ()
    term: NDArray[np.float32] | None = None
    painted: Painted | None = None
    source: Any = None

    @property
    def shape(self) -> tuple[int, ...]:
        """([Z,] Y, X) in pixels of the image."""
        return tuple(self.target.shape)

    @property
    def model_shape(self) -> tuple[int, ...]:
        """([Z,] Y, X) in pixels of the model, rounded."""
        zoom = self.zoom or (1.0,) * len(self.shape)
        return tuple(
            max(1, round(n / z)) for n, z in zip(self.shape, zoom, strict=True)
        )

    @property
    def is_held(self) -> bool:
        """Whether it is read from memory alone."""
        return isinstance(self.values, np.ndarray)


def samples(
    images: Sequence[Image],
    labels: Sequence[Image],
    annotation: Annotation,
    teaching: Teaching,
    *,
    regions: Sequence[Image] = (),
    dimensions: int = 2,
    size: PixelSize | None = None,
) -> list[Sample]:
    """Take pairs apart, in the order of the images and their planes or volumes.

    Nothing of the frames is read yet but what their normalisation needs.

    Parameters
    ----------
    images, labels : sequence of Image
        Pairs that `check_pairs` accepted.
    annotation : Annotation
        What 0 means in each plane; in a volume too, some planes may be annotated and
        others not.
    teaching : Teaching
        What painted ids mean.
    regions : sequence of Image
        Per pair where everything counts; empty if nowhere.
    dimensions : int
        2 for planes (Y, X), 3 for volumes (Z, Y, X).
    size : PixelSize, optional
        That of the model; without it images are taken as they are.

    Returns
    -------
    list of Sample
        Views, to be brought into memory by `in_memory`.

    Raises
    ------
    InputError
        If volumes are asked of an image without Z.
    """
    found = []
    masks: list[Image | None] = [*regions] or [None] * len(images)
    pairs = zip(images, labels, masks, annotation.zero_unknown, strict=True)
    for number, (image, painted, region, unknown) in enumerate(pairs):
        frames = Frames(image, dimensions)
        normalise = normalisers_on_demand(image, dimensions)
        zoom = () if size is None else zoom_to(size, image, dimensions)
        own = teaching.zoomed(zoom)
        labelled = painted_frames(image, painted, dimensions)
        inside = None
        if region is not None:
            inside = painted_frames(image, region, dimensions)
        for index in frames:
            target = Painted(
                labelled[index],
                own,
                [unknown[plane] for plane in planes_of(labelled, index)],
                None if inside is None else inside[index],
            )
            found.append(
                Sample(
                    values=Values(frames[index], normalise[index], zoom),
                    target=target,
                    image=number,
                    index=index,
                    zoom=zoom,
                    painted=target,
                    source=target,
                )
            )
    return found


def bytes_in_memory(found: Iterable[Sample]) -> int:
    """Bytes that samples take in memory: values, targets and weights."""
    return sum(prod(one.shape) * (4 * one.values.shape[0] + 8) for one in found)


def fit_into(free: int, found: Sequence[Sample]) -> bool:
    """Whether samples may be brought into so much free memory, in bytes."""
    return bytes_in_memory(found) <= _MOST_FOR_SAMPLES * free


def in_memory(sample: Sample) -> Sample:
    """Read a sample, and work out what its gaps count more."""
    target = np.asarray(sample.target[whole(sample.shape)])
    values = sample.values
    return replace(
        sample,
        values=np.asarray(values[whole(values.shape)]),
        target=target,
        term=None if sample.painted is None else gaps(target, sample.painted.teaching),
    )


def gaps(target: NDArray[Any], teaching: Teaching) -> NDArray[np.float32] | None:
    """What the gaps between objects of a target count more; None if nothing."""
    if teaching.instances is None or teaching.instances.weights == "none":
        return None
    return separation(target, teaching.instances, teaching.coarse)


def refreshed(sample: Sample) -> bool:
    """Bring the arrays of a sample up to date after its labels were painted over.

    Returns
    -------
    bool
        Whether it teaches something else now; True too where that is not in memory.
    """
    if not isinstance(sample.target, np.ndarray) or sample.painted is None:
        return True
    taught = sample.source[whole(sample.shape)]
    if np.array_equal(taught, sample.target):
        return False
    sample.target[...] = taught
    if sample.term is not None:
        sample.term[...] = gaps(sample.target, sample.painted.teaching)
    return True


def to_score(sample: Sample) -> Sample:
    """A sample as the prediction is given it, which blurs by itself what it shrinks."""
    if not sample.zoom:
        return sample
    return replace(sample, values=sample.values.sharp)


def seen_as(sample: Sample, target: Any) -> Sample:
    """A sample of which a view decides what is known; it is painted over as before."""
    return replace(sample, target=target, source=target)


def planes_of(frames: Frames, index: Index) -> list[Index]:
    """Indices of a frame's planes, as from `Image.planes`."""
    place: dict[str, int] = dict(zip(frames.grid_axes, index, strict=True))
    stack = [{"Z": z} for z in range(frames.shape[0])] if "Z" in frames.axes else [{}]
    axes = frames.image.plane_axes
    return [tuple((place | plane)[axis] for axis in axes) for plane in stack]


def painted_frames(image: Image, painted: Image, dimensions: int) -> Frames:
    """Frames of labels whose planes are numbered by the same letters as their image's.

    The files may disagree: a series of planes is Z in one of them and T in the other.
    """
    letters = dict(zip(painted.plane_axes, image.plane_axes, strict=True))
    axes = "".join(letters.get(axis, axis) for axis in painted.axes)
    return Frames(replace(painted, axes=axes, spacing=()), dimensions)
