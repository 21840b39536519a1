"""Refuse two label images that do not show the same pixels, saying why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.units import LENGTHS, PIXEL, unit_name, unit_ratio

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from napari_unetseg.core.image import Image

# Pixel sizes that differ by no more are taken as rounded differently.
TOLERANCE = 0.01
# Above this a float no longer holds every integer.
LARGEST = 2**53


def check_comparable(prediction: Image, truth: Image) -> None:
    """Check all that can be known before a pixel is read.

    Parameters
    ----------
    prediction, truth : Image
        Labels without a channel axis. Axes are matched by name; a single plane axis
        may be called T in one and Z in the other.

    Raises
    ------
    InputError
        If one of them has channels, if the shapes differ, or if the pixel sizes are
        both known and differ by more than 1 %.
    """
    for role, image in (("prediction", prediction), ("truth", truth)):
        if "C" in image.axes:
            raise InputError(
                f"The {role} '{image.name}' has a channel axis ({describe(image)}), "
                "and labels have none",
                "Give the label image, or take its one channel out",
            )
        if image.dtype.kind not in "biuf":
            raise InputError(
                f"The {role} '{image.name}' holds {image.dtype} values, which are no "
                "class ids",
                "Give a label image of an integer type",
            )
    if _lengths(prediction) != _lengths(truth):
        raise InputError(
            f"The prediction '{prediction.name}' ({describe(prediction)}) and the "
            f"truth '{truth.name}' ({describe(truth)}) differ in shape",
            _shape_remedy(prediction, truth),
        )
    _check_spacing(prediction, truth)


def pairs(
    prediction: Image, truth: Image
) -> Iterator[tuple[tuple[int, ...], NDArray[Any], NDArray[Any]]]:
    """Read two comparable images plane by plane.

    Yields
    ------
    index : tuple of int
        One number per letter of the truth's `plane_axes`.
    prediction, truth : ndarray of shape (Y, X) and dtype int
        The plane in both.

    Raises
    ------
    InputError
        If a plane holds numbers that are no class ids.
    """
    for index in truth.planes():
        if len(index) > 1:
            named = dict(zip(truth.plane_axes, index, strict=True))
            other = tuple(named[axis] for axis in prediction.plane_axes)
        else:
            other = index
        yield (
            index,
            _ids(np.asarray(prediction.plane(other))[0], "prediction", prediction),
            _ids(np.asarray(truth.plane(index))[0], "truth", truth),
        )


def check_scores(scores: Image, truth: Image) -> None:
    """Refuse probabilities that do not belong to the truth.

    Raises
    ------
    InputError
        If the shapes differ, or these are no real numbers.
    """
    wanted = (*truth.plane_grid, *truth.plane_shape)
    if (*scores.plane_grid, *scores.plane_shape) != wanted:
        raise InputError(
            f"The scores '{scores.name}' ({describe(scores)}) and the truth "
            f"'{truth.name}' ({describe(truth)}) differ in shape",
            "Give the scores of the image that was annotated",
        )
    if scores.dtype.kind != "f":
        raise InputError(
            f"The scores '{scores.name}' hold {scores.dtype} values",
            "Give probabilities from 0 to 1, as segment --scores writes them",
        )


def check_same_place(
    prediction: Image,
    truth: Image,
    origins: tuple[Mapping[str, float], Mapping[str, float]],
) -> None:
    """Refuse labels of which the files say that they lie apart.

    Parameters
    ----------
    prediction, truth : Image
        As from the files.
    origins : pair of mapping of axis to float
        Where the first pixel of each lies, in its unit; axes may be missing.

    Raises
    ------
    InputError
        If both places are known, and are more than half a pixel apart.
    """
    ratio = unit_ratio(prediction.unit, truth.unit)
    if ratio is None:
        return
    for axis in origins[0].keys() & origins[1].keys() & {*truth.spatial_axes}:
        apart = abs(origins[0][axis] * ratio - origins[1][axis])
        if apart > truth.spacing_of(axis) / 2:
            raise InputError(
                f"Along {axis}, '{prediction.name}' begins at "
                f"{origins[0][axis]:g} {prediction.unit} and '{truth.name}' at "
                f"{origins[1][axis]:g} {truth.unit}, so that their pixels show "
                "different places",
                "Cut both to the same part, or compare them as layers in napari",
            )


def integers(values: NDArray[Any], role: str, image: Image) -> NDArray[Any]:
    """Ids as integers, also where they are kept as floats.

    Parameters
    ----------
    values : ndarray
        A part of an image of labels.
    role : {"prediction", "truth"}
        What it is.
    image : Image
        To be named.

    Raises
    ------
    InputError
        If a value is not whole, not finite, or too large to be one.
    """
    if values.dtype.kind != "f" or not values.size:
        return values
    found = ""
    if not np.isfinite(values).all():
        found = "values that are not finite (NaN or infinity)"
    elif (values != np.rint(values)).any():
        found = f"the value {float(values[values != np.rint(values)][0]):g}"
    elif max(-values.min(), values.max()) > LARGEST:
        found = f"the value {float(values.max()):g}"
    if found:
        raise InputError(
            f"The {role} '{image.name}' holds {found}, and class ids are whole numbers",
            "Give the label image, not an image of scores or intensities",
        )
    return values.astype(np.int64)


def describe(image: Image) -> str:
    """Axes and lengths as in "Z 20, Y 512, X 512"."""
    lengths = zip(image.axes, image.shape, strict=True)
    return ", ".join(f"{axis} {length}" for axis, length in lengths)


def _ids(plane: NDArray[Any], role: str, image: Image) -> NDArray[Any]:
    """A plane of class ids."""
    labels = integers(plane, role, image)
    if labels.dtype.kind == "i" and labels.size and labels.min() < 0:
        raise InputError(
            f"The {role} '{image.name}' holds the negative id {int(labels.min())}",
            "Class ids are 0 or larger; give pixels to leave out an id of their own "
            "and name it as ignored",
        )
    return labels


def _lengths(image: Image) -> dict[str, int]:
    """Length per axis; a single plane axis is Z, whether it is called T or Z."""
    named = dict(zip(image.axes, image.shape, strict=True))
    if "T" in named and "Z" not in named:
        named["Z"] = named.pop("T")
    return named


def _shape_remedy(prediction: Image, truth: Image) -> str:
    """What is probably the matter when two shapes differ."""
    for role, more, less in (
        ("prediction", prediction, truth),
        ("truth", truth, prediction),
    ):
        extra = "".join(axis for axis in more.axes if axis not in less.axes)
        singles = [more.shape[more.axes.index(axis)] == 1 for axis in extra]
        if extra and all(singles) and len(less.axes) + len(extra) == len(more.axes):
            axes = " and ".join(extra)
            return f"The {role} has the extra axis {axes} of length 1: take it out"
    if sorted(prediction.shape) == sorted(truth.shape):
        return (
            "The lengths agree in another order: one of the two seems to be "
            "transposed, so turn it or name its axes in their true order"
        )
    return "Give labels of the same pixels, cropped or resampled to one shape"


def _check_spacing(prediction: Image, truth: Image) -> None:
    """Refuse pixel sizes that are known and contradict each other."""
    units = unit_name(prediction.unit), unit_name(truth.unit)
    if PIXEL in units:
        return
    for axis in "YXZ":
        if axis not in prediction.spatial_axes or axis not in truth.spatial_axes:
            continue
        one = prediction.spacing_of(axis) * LENGTHS[units[0]]
        other = truth.spacing_of(axis) * LENGTHS[units[1]]
        if abs(one - other) > TOLERANCE * max(one, other):
            raise InputError(
                f"The pixel size along {axis} is {prediction.spacing_of(axis):g} "
                f"{units[0]} in the prediction '{prediction.name}' but "
                f"{truth.spacing_of(axis):g} {units[1]} in the truth '{truth.name}'",
                "Resample one of them, or correct the pixel size that is wrong",
            )
