"""Pairs of image and labels, checked and made into what a network is trained on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.frames import Frames
from napari_unetseg.core.prepare.normalise import normalisers
from napari_unetseg.core.prepare.split import Split, blocks, split
from napari_unetseg.core.prepare.targets import IGNORE, Annotation, targets
from napari_unetseg.core.units import unit_ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_unetseg.core.frames import Index
    from napari_unetseg.core.image import Image
    from napari_unetseg.core.prepare.normalise import Normaliser

_SAME_PIXEL_SIZE = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One plane or volume, and what is taught about it.

    Attributes
    ----------
    values : ndarray of shape (C, [Z,] Y, X), float32
        Normalised grey values.
    target : ndarray of shape ([Z,] Y, X), int16
        Class indices, `IGNORE` where not annotated.
    image : int
        Which of the images it belongs to.
    """

    values: NDArray[np.float32]
    target: NDArray[np.int16]
    image: int

    @property
    def annotated(self) -> bool:
        """Whether anything is painted."""
        return bool((self.target != IGNORE).any())


def check_pairs(images: Sequence[Image], labels: Sequence[Image]) -> None:
    """Refuse pairs that do not fit, before any work.

    Raises
    ------
    InputError
        If the numbers of images and labels, a pair's shapes, or the channel counts
        differ, or an image holds values that are not real, finite numbers.
    """
    if len(images) != len(labels):
        raise InputError(
            f"There are {len(images)} images but {len(labels)} labels",
            "Give one labels file for each image",
        )
    for image, painted in zip(images, labels, strict=True):
        check_shapes(image, painted)
        if image.channel_count != images[0].channel_count:
            raise InputError(
                f"'{images[0].name}' has {images[0].channel_count} channels but "
                f"'{image.name}' has {image.channel_count}",
                "Train on images with the same channels",
            )
    for image in images:
        check_values(image)


def check_values(image: Image) -> None:
    """Refuse an image whose numbers cannot be learnt from.

    Raises
    ------
    InputError
        If the numbers are complex or not numbers at all, or some are NaN or infinite;
        says how many and where the first one is.
    """
    if image.dtype.kind not in "buif":
        raise InputError(
            f"'{image.name}' holds {image.dtype} values", "Use real numbers"
        )
    if image.dtype.kind != "f":
        return
    count, first = 0, ""
    for index in image.planes():
        bad = np.argwhere(~np.isfinite(np.asarray(image.plane(index))))
        if len(bad) and not count:
            where = dict(zip(image.plane_axes, index, strict=True))
            where |= dict(zip("CYX", map(int, bad[0]), strict=True))
            first = ", ".join(f"{axis.lower()} {n}" for axis, n in where.items())
        count += len(bad)
    if count:
        raise InputError(
            f"'{image.name}' holds {count} pixels that are NaN or infinite, the first "
            f"at {first}",
            "Replace them, or cut them off, before training",
        )


def samples(
    images: Sequence[Image],
    labels: Sequence[Image],
    annotation: Annotation,
    dimensions: int = 2,
) -> list[Sample]:
    """Take pairs apart, in the order of the images and their planes or volumes.

    Parameters
    ----------
    images, labels : sequence of Image
        Pairs that `check_pairs` accepted.
    annotation : Annotation
        The classes, and what 0 means in each plane; in a volume too, some planes may
        be annotated and others not.
    dimensions : int
        2 for planes (Y, X), 3 for volumes (Z, Y, X).

    Raises
    ------
    InputError
        If volumes are asked of an image without Z.
    """
    found = []
    pairs = zip(images, labels, annotation.zero_unknown, strict=True)
    for number, (image, painted, unknown) in enumerate(pairs):
        frames = Frames(image, dimensions)
        normalise = normalisers(image, dimensions)
        painted_frames = Frames(_with_axes_of(image, painted), dimensions)
        for index in frames:
            volume = np.asarray(painted_frames[index])[0]
            planes = volume.reshape(-1, *volume.shape[-2:])
            taught = [
                targets(plane, annotation.ids, unknown[at])
                for plane, at in zip(
                    planes, _planes(painted_frames, index), strict=True
                )
            ]
            found.append(
                Sample(
                    values=_normalised(frames[index], normalise[index]),
                    target=np.stack(taught).reshape(volume.shape),
                    image=number,
                )
            )
    return found


def spacing_notes(images: Sequence[Image]) -> list[str]:
    """Warnings of volumes whose pixels have another form or size than the first one's.

    Poolings, kernels and patches are planned for one pixel size.
    """
    first = Frames(images[0], 3)
    notes = []
    for image in images[1:]:
        spacing = Frames(image, 3).spacing
        # Without a common unit only the form of the pixels can be compared.
        factor = (
            unit_ratio(image.unit, images[0].unit) or first.spacing[-1] / spacing[-1]
        )
        ratios = [factor * a / b for a, b in zip(spacing, first.spacing, strict=True)]
        if any(abs(ratio - 1) >= _SAME_PIXEL_SIZE for ratio in ratios):
            notes.append(
                f"The pixels of '{image.name}' are {_sizes(spacing, image.unit)} and "
                f"those of '{images[0].name}' {_sizes(first.spacing, images[0].unit)}: "
                "the network is planned for the latter."
            )
    return notes


def _sizes(spacing: tuple[float, ...], unit: str) -> str:
    return " x ".join(f"{size:g}" for size in spacing) + f" {unit}"


def _normalised(frame: Any, normalise: Normaliser) -> NDArray[np.float32]:
    """Normalise plane by plane: in between, values have 64 bits."""
    if len(frame.shape) == 3:
        return normalise(np.asarray(frame))
    values = np.empty(frame.shape, np.float32)
    for z in range(frame.shape[1]):
        values[:, z] = normalise(np.asarray(frame[:, z]))
    return values


def _with_axes_of(image: Image, painted: Image) -> Image:
    """Labels whose planes are numbered by the same letters as those of their image.

    The files may disagree: a series of planes is Z in one of them and T in the other.
    """
    letters = dict(zip(painted.plane_axes, image.plane_axes, strict=True))
    axes = "".join(letters.get(axis, axis) for axis in painted.axes)
    return replace(painted, axes=axes, spacing=())


def _planes(frames: Frames, index: Index) -> list[Index]:
    """Indices of a frame's planes, as from `Image.planes`."""
    place: dict[str, int] = dict(zip(frames.grid_axes, index, strict=True))
    stack = [{"Z": z} for z in range(frames.shape[0])] if "Z" in frames.axes else [{}]
    axes = frames.image.plane_axes
    return [tuple((place | plane)[axis] for axis in axes) for plane in stack]


def divide(
    found: Sequence[Sample], wish: str
) -> tuple[Split, list[Sample], list[Sample]]:
    """Divide samples into those that train and those that validate.

    Parameters
    ----------
    found : sequence of Sample
        As `samples` returned them. Volumes are cut along Z.
    wish : str
        As for `split`; slices are counted through all samples.

    Returns
    -------
    parts : Split
        Numbers of the slices.
    train, validation : list of Sample
        Planes as they were given, or blocks of neighbouring planes.

    Raises
    ------
    InputError
        As `split`.
    """
    if found[0].target.ndim == 2:
        parts = split(wish, [s.annotated for s in found], [s.image for s in found])
        train = [found[i] for i in parts.train]
        return parts, train, [found[i] for i in parts.validation]
    volume_of = [i for i, one in enumerate(found) for _ in one.target]
    annotated = [bool((z != IGNORE).any()) for one in found for z in one.target]
    parts = split(wish, annotated, volume_of, volumes=True)
    train, validation = (
        [_block(found, volume_of, block) for block in part]
        for part in blocks(parts, volume_of)
    )
    return parts, train, validation


def _block(found: Sequence[Sample], volume_of: list[int], block: range) -> Sample:
    """Cut neighbouring planes out of the volume that they belong to."""
    number = volume_of[block.start]
    start = block.start - volume_of.index(number)
    planes = slice(start, start + len(block))
    one = found[number]
    return replace(one, values=one.values[:, planes], target=one.target[planes])


def check_shapes(image: Image, painted: Image) -> None:
    """Refuse labels that do not cover their image pixel by pixel.

    Raises
    ------
    InputError
        Naming both shapes.
    """
    wanted = (*image.plane_grid, *image.plane_shape)
    found = (*painted.plane_grid, *painted.plane_shape)
    if wanted == found:
        return
    remedy = "Labels have the image's shape, without its channels"
    if sorted(wanted) == sorted(found):
        remedy = "The same numbers in another order: is one of them transposed?"
    raise InputError(
        f"The shapes do not match: '{image.name}' is {_shape(image)}, its labels "
        f"'{painted.name}' are {_shape(painted)}",
        remedy,
    )


def _shape(image: Image) -> str:
    return f"{' x '.join(map(str, image.shape))} ({image.axes})"
