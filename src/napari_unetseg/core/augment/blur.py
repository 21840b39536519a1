"""Gaussian blur of patches, one axis after the other, on the device."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# Below, the neighbours weigh less than 4e-6.
_LEAST = 0.2


def blurred(image: torch.Tensor, deviations: Sequence[float]) -> torch.Tensor:
    """Blur each channel, mirrored at the border, the edge pixel not repeated.

    Shifted copies are added up, which is faster than torch's convolution of one channel
    and the same on a device that would convolve in TF32.

    Parameters
    ----------
    image : tensor of shape (C, [D,] H, W), float32
        May be smaller than the blur is wide.
    deviations : sequence of float
        Standard deviation along each axis but the first, in its pixels. Along axes
        where it is below 0.2 nothing is done. The Gaussian is cut off at 4 of them.

    Returns
    -------
    tensor of shape (C, [D,] H, W)
    """
    for axis, deviation in enumerate(deviations, start=1):
        if deviation >= _LEAST:
            image = _blurred_along(image, axis, deviation)
    return image


def _blurred_along(image: torch.Tensor, axis: int, deviation: float) -> torch.Tensor:
    reach = int(4 * deviation + 0.5)
    weights = np.exp(-0.5 * (np.arange(reach + 1) / deviation) ** 2)
    middle, *beside = (weights / (weights[0] + 2 * weights[1:].sum())).tolist()
    size = image.shape[axis]
    places = _mirrored(np.arange(-reach, size + reach), size)
    wide = image.index_select(axis, torch.from_numpy(places).to(image.device))
    total: torch.Tensor = middle * image
    for step, weight in enumerate(beside, start=1):
        total.add_(wide.narrow(axis, reach - step, size), alpha=weight)
        total.add_(wide.narrow(axis, reach + step, size), alpha=weight)
    return total


def _mirrored(places: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Reflect indices into an axis of `size`, to and fro if need be."""
    period = max(2 * (size - 1), 1)
    within = places % period
    return np.minimum(within, period - within)
