"""Random fields that vary smoothly: the clay from which the samples are made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Field = NDArray[np.float32]


def smooth_noise(
    rng: np.random.Generator, shape: Sequence[int], scales: Sequence[float]
) -> Field:
    """Gaussian noise with a length over which it changes along each axis.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the random numbers.
    shape : sequence of int
        Shape of the field, of any number of dimensions.
    scales : sequence of float
        For each axis the distance between independent values, in pixels; 0 where
        neighbours are to be independent.

    Returns
    -------
    ndarray of shape `shape` and dtype float32
        Mean 0 and standard deviation 1 at every pixel.

    Notes
    -----
    Random values on a coarse grid are joined by a cubic B-spline, one small matrix
    product per axis: hundreds of times cheaper than filtering at full resolution.
    """
    joints = [_spline_matrix(n, s) for n, s in zip(shape, scales, strict=True)]
    field = rng.standard_normal([j.shape[1] for j in joints], dtype=np.float32)
    for axis, (joint, scale) in enumerate(zip(joints, scales, strict=True)):
        if scale > 0:
            field = _resampled(field, joint, axis)
    return field


def grain(rng: np.random.Generator, shape: tuple[int, ...], width: float) -> Field:
    """Noise of a film or camera: correlated over a pixel or two within each plane.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the random numbers.
    shape : tuple of int
        Shape of the field; the last two axes are the plane.
    width : float
        Standard deviation of the Gaussian that blurs white noise, in pixels.

    Returns
    -------
    ndarray of shape `shape` and dtype float32
        Mean about 0 and standard deviation about 1.
    """
    from scipy.ndimage import gaussian_filter

    white = rng.standard_normal(shape, dtype=np.float32)
    sigma = (0.0,) * (len(shape) - 2) + (width, width)
    field = gaussian_filter(white, sigma, truncate=3.0)
    return np.asarray(field / field.std(), dtype=np.float32)


def to_uint8(field: Field) -> NDArray[np.uint8]:
    """Grey values rounded and clipped to 0..255."""
    return np.clip(np.rint(field), 0, 255).astype(np.uint8)


def _resampled(field: Field, joint: Field, axis: int) -> Field:
    """Product with a matrix along one axis, contiguous in memory."""
    before, after = field.shape[:axis], field.shape[axis + 1 :]
    product: Field
    if not after:
        product = np.matmul(field, joint.T)
        return product
    product = np.matmul(joint, field.reshape(*before, field.shape[axis], -1))
    return product.reshape(*before, len(joint), *after)


def _spline_matrix(length: int, scale: float) -> Field:
    """Weights (length, knots) of a cubic B-spline, each row of norm 1."""
    if scale <= 0:
        return np.eye(length, dtype=np.float32)
    place = np.arange(length)[:, None] / scale + 1.0
    knots = np.arange(int(place[-1, 0]) + 3)[None, :]
    distance = np.abs(place - knots)
    near = 2 / 3 - distance**2 + distance**3 / 2
    far = np.clip(2 - distance, 0, None) ** 3 / 6
    weights = np.where(distance < 1, near, far)
    weights /= np.linalg.norm(weights, axis=1, keepdims=True)
    return weights.astype(np.float32)
