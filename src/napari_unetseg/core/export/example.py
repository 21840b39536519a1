"""What a package shows of its model: an input to test with, and a cover."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.export.describing import sizes_of
from napari_unetseg.core.image import SPATIAL

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_unetseg.core.config import NetworkConfig
    from napari_unetseg.core.image import Image

_COVER_SIDE = 256


def input_to_test(network: NetworkConfig, example: Image | None) -> NDArray[np.float32]:
    """Noise, or the middle of an image.

    Parameters
    ----------
    network : NetworkConfig
        What takes it.
    example : Image, optional
        Any axes; without it there is noise.

    Returns
    -------
    ndarray of shape (1, channels, [Z,] Y, X), float32
        Not normalised.

    Raises
    ------
    InputError
        If the image is too small, or has other channels.
    """
    sides = [axis.example for axis in sizes_of(network)]
    if example is None:
        rng = np.random.default_rng(0)
        noise = rng.normal(100, 20, (1, network.channels, *sides))
        return noise.astype(np.float32)
    if example.channel_count != network.channels:
        raise InputError(
            f"'{example.name}' has {example.channel_count} channels, the model "
            f"{network.channels}",
            "Give an image like those that the model was trained on",
        )
    lengths = dict(zip(SPATIAL[-network.dimensions :], sides, strict=True))
    middle = _middle(example, lengths)
    axes = [axis for axis in example.axes if axis == "C" or axis in lengths]
    if "C" not in axes:
        middle, axes = middle[None], ["C", *axes]
    ordered = middle.transpose([axes.index(axis) for axis in ("C", *lengths)])
    return np.ascontiguousarray(ordered[None], np.float32)


def _middle(image: Image, lengths: dict[str, int]) -> NDArray[Any]:
    """The middle of an image: so long along some axes, one place of all others."""
    index: list[slice | int] = []
    for axis, length in zip(image.axes, image.shape, strict=True):
        if axis == "C":
            index.append(slice(None))
        elif axis not in lengths:
            index.append(length // 2)
        elif length < lengths[axis]:
            raise InputError(
                f"'{image.name}' is {length} pixels along {axis}; the example of this "
                f"model has {lengths[axis]}",
                "Give a larger image, or leave the example out",
            )
        else:
            start = (length - lengths[axis]) // 2
            index.append(slice(start, start + lengths[axis]))
    return np.asarray(image.array[tuple(index)])


def draw_cover(
    path: Path, image: NDArray[np.float32], scores: NDArray[np.float32]
) -> None:
    """Draw an input beside the classes that the model sees in it.

    Parameters
    ----------
    path : Path
        The PNG to write.
    image, scores : ndarray
        (1, channels, [Z,] Y, X); the scores may be of a part around the middle.
    """
    from PIL import Image as Pillow

    left, right = _grey(_plane(image[0, 0])), _grey(_plane(scores[0].argmax(0)))
    height, width = right.shape
    y, x = (left.shape[0] - height) // 2, (left.shape[1] - width) // 2
    both = np.concatenate([left[y : y + height, x : x + width], right], axis=1)
    picture = Pillow.fromarray(both)
    scale = max(1, _COVER_SIDE // height)
    picture.resize((picture.width * scale, picture.height * scale)).save(path)


def _plane(array: NDArray[Any]) -> NDArray[Any]:
    return array if array.ndim == 2 else array[array.shape[0] // 2]


def _grey(array: NDArray[Any]) -> NDArray[np.uint8]:
    low, high = float(array.min()), float(array.max())
    return ((array - low) / max(high - low, 1e-12) * 255).astype(np.uint8)
