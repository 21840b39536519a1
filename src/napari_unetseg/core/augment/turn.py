"""Random rotations, mirrorings and zooms, as matrices on pixels.

The pixels of a volume are often longer along Z. Rotation and zoom are made in physical
units, and an axis takes another's place only where their pixels are alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_unetseg.core.config import AugmentConfig

# Pixels that differ by less are those of a cube.
_ALIKE = 1.1


def in_finest_pixels(spacing: Sequence[float], rank: int) -> NDArray[np.float64]:
    """Length of a pixel along each axis, in pixels of the finest one.

    Parameters
    ----------
    spacing : sequence of float
        Pixel sizes in any unit; empty if they are equal.
    rank : int
        Number of axes.
    """
    sizes = np.asarray(spacing if len(spacing) else (1.0,) * rank, np.float64)
    found: NDArray[np.float64] = sizes / sizes.min()
    return found


def affine_of_plane(
    bent: bool, config: AugmentConfig, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Draw rotation, zoom and flip of a square patch with square pixels.

    Parameters
    ----------
    bent : bool
        Whether to turn by any angle and to zoom, instead of by quarters only.
    config : AugmentConfig
        What is allowed.
    rng : Generator
        Draws everything.

    Returns
    -------
    ndarray of shape (2, 2)
        On (y, x).
    """
    turn = rng.uniform(0, 4) if config.rotate else 0.0
    angle = np.pi / 2 * (turn if bent else np.floor(turn))
    zoom = (1 + config.scale) ** (rng.uniform(-1, 1) * bent)
    mirror = rng.integers(2, size=2) * 2 - 1 if config.flip else np.ones(2)
    cos, sin = np.cos(angle), np.sin(angle)
    affine: NDArray[np.float64] = zoom * np.array([[cos, -sin], [sin, cos]]) * mirror
    return affine


def affine_of_volume(
    bent: bool,
    shape: tuple[int, ...],
    coarse: NDArray[np.float64],
    config: AugmentConfig,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Draw rotation, zoom and flip of a patch of a volume.

    All patches are turned by quarters and mirrored where that moves pixels onto pixels:
    in all ways of a cube, or in the plane of two axes. Bent ones are then turned by any
    angle in the plane of the two finest axes, which is about Z where Z is not finer
    than the others, and zoomed.

    Parameters
    ----------
    bent : bool
        Whether to turn by any angle and to zoom.
    shape : tuple of int
        The patch's. Axes of different lengths do not change places.
    coarse : ndarray of shape (3,)
        As `in_finest_pixels` returned it.
    config : AugmentConfig
        What is allowed.
    rng : Generator
        Draws everything.

    Returns
    -------
    ndarray of shape (3, 3)
        On (z, y, x) in pixels.
    """
    angle = rng.uniform(0, 2 * np.pi) if bent and config.rotate else 0.0
    zoom = (1 + config.scale) ** (rng.uniform(-1, 1) * bent)
    quarters = _quarters(shape, coarse, config, rng)
    # Of equal axes the last ones are "finest", so that Z stays.
    first, second = sorted(np.argsort(-coarse, kind="stable")[1:])
    rotation = np.eye(3)
    cos, sin = np.cos(angle), np.sin(angle)
    rotation[np.ix_([first, second], [first, second])] = [[cos, -sin], [sin, cos]]
    in_pixels = rotation * coarse / coarse[:, None]
    affine: NDArray[np.float64] = zoom * in_pixels @ quarters
    return affine


def _quarters(
    shape: tuple[int, ...],
    coarse: NDArray[np.float64],
    config: AugmentConfig,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Draw one of the ways in which a box of pixels falls onto itself."""
    turned = np.zeros((3, 3))
    for axes in _alike(shape, coarse):
        order = rng.permutation(len(axes))
        signs = rng.integers(2, size=len(axes)) * 2 - 1
        block = np.eye(len(axes))
        if config.rotate:
            block = block[order]
        if config.rotate or config.flip:
            block = block * signs
        if not config.flip:
            # A rotation, not a mirror image: one more axis is turned round if need be.
            block[0] *= np.linalg.det(block).round()
        turned[np.ix_(axes, axes)] = block
    return turned


def _alike(shape: tuple[int, ...], coarse: NDArray[np.float64]) -> list[list[int]]:
    """Group the axes that can change places: of like pixels and equal length."""
    groups: list[list[int]] = []
    for axis in range(3):
        for group in groups:
            pair = coarse[[axis, group[0]]]
            if shape[axis] == shape[group[0]] and pair.max() < _ALIKE * pair.min():
                group.append(axis)
                break
        else:
            groups.append([axis])
    return groups
