"""Where a network pools along which axis, from the size of the pixels. Loads no torch.

A volume is often coarser along Z. Pooled along all axes alike, a coarse axis would be
coarser still; so it is left alone until the others have caught up, as nnU-Net plans it.

References
----------
Isensee et al.: nnU-Net: a self-configuring method for deep learning-based biomedical
image segmentation. Nature Methods 2021. doi:10.1038/s41592-020-01008-z
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_unetseg.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    Pools = tuple[tuple[int, ...], ...]

# Axes whose pixels differ by less than this are pooled together.
_SIMILAR = 2
# A pooling leaves at least so many pixels of the patch.
_SMALLEST_MAP = 4


def plan_axes(
    spacing: Sequence[float], patch: Sequence[int], depth: int
) -> tuple[Pools, Pools]:
    """Plan the poolings and kernels of a network.

    Of the axes that are still long enough, those are pooled whose pixels are less than
    twice as large as the smallest of them. Kernels are 1 along an axis until its pixels
    are less than twice the smallest ones or it is pooled, and 3 from then on; the
    lowest level's are 3 along every axis.

    Parameters
    ----------
    spacing : sequence of float
        Size of a pixel along each axis, ([Z,] Y, X), in any unit.
    patch : sequence of int
        Size of a training patch along each axis, in pixels.
    depth : int
        Number of poolings.

    Returns
    -------
    pools : tuple of tuple of int
        Size of each pooling along each axis, `depth` of them.
    kernels : tuple of tuple of int
        Size of each level's convolutions along each axis, ``depth + 1`` of them.
        Both are empty if every pooling is 2 and every kernel 3, as
        `NetworkConfig.pools` and `NetworkConfig.kernels` are.

    Raises
    ------
    InputError
        If the patch is too small for so many poolings.
    """
    now, size = list(map(float, spacing)), list(patch)
    kernel = (1,) * len(now)
    pools: Pools = ()
    kernels: Pools = ()
    for _ in range(depth):
        pool = _pool(now, size)
        kernel = _kernel(kernel, now, pool)
        if max(pool) == 1:
            raise _too_deep(patch, depth, len(pools))
        pools, kernels = (*pools, pool), (*kernels, kernel)
        now = [n * p for n, p in zip(now, pool, strict=True)]
        size = [-(-n // p) for n, p in zip(size, pool, strict=True)]
    kernels = (*kernels, (3,) * len(now))
    if {n for pool in pools for n in pool} == {2} and {
        n for level in kernels for n in level
    } == {3}:
        return (), ()
    return pools, kernels


def _pool(spacing: list[float], size: list[int]) -> tuple[int, ...]:
    long = [n >= 2 * _SMALLEST_MAP for n in size]
    finest = min(
        (s for s, is_long in zip(spacing, long, strict=True) if is_long), default=0
    )
    return tuple(
        2 if is_long and s < _SIMILAR * finest else 1
        for s, is_long in zip(spacing, long, strict=True)
    )


def _kernel(
    above: tuple[int, ...], spacing: list[float], pool: tuple[int, ...]
) -> tuple[int, ...]:
    finest = min(spacing)
    return tuple(
        3 if before == 3 or step == 2 or s < _SIMILAR * finest else 1
        for before, s, step in zip(above, spacing, pool, strict=True)
    )


def _too_deep(patch: Sequence[int], depth: int, possible: int) -> InputError:
    pixels = " x ".join(map(str, patch))
    problem = f"A depth of {depth} is too great for a patch of {pixels} pixels"
    if not possible:
        return InputError(
            problem, f"Give at least {2 * _SMALLEST_MAP} pixels along an axis"
        )
    return InputError(
        problem, f"Choose a depth of at most {possible}, or a larger patch"
    )
