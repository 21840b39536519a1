"""The class of every pixel: that of the highest score."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# Pixels compared at a time, so that the running maximum stays in the cache.
BLOCK = 1 << 17


def to_classes(
    scores: NDArray[Any], ids: Sequence[int], out: NDArray[Any] | None = None
) -> NDArray[Any]:
    """Give every pixel the id of its best class.

    Parameters
    ----------
    scores : ndarray of shape (K, Y, X) or (K, Z, Y, X) and dtype float32
        Logits or probabilities: only their order matters.
    ids : sequence of K int
        The painted id of each class, in the order of the scores.
    out : ndarray of shape (Y, X) or (Z, Y, X), optional
        Where to write, of an integer type that holds all ids.

    Returns
    -------
    ndarray of the shape of one class
        `out`, or a new array of the smallest unsigned type that holds all ids. Where
        scores are equal the class that comes first in `ids` wins.

    Raises
    ------
    ValueError
        If a score is not finite (a NaN would win or lose every comparison without a
        word, that is become background), if the ids do not fit the scores or are
        negative, or if `out` cannot take the result.

    Notes
    -----
    The same as ``ids[np.argmax(scores, axis=0)]``, which is slow along the first axis
    of an array; here each class is compared with the running maximum instead.
    """
    if scores.ndim < 2 or len(ids) != scores.shape[0]:
        raise ValueError(f"{len(ids)} ids do not fit scores of shape {scores.shape}")
    if len(ids) == 0 or min(ids) < 0:
        raise ValueError(f"ids must be one or more numbers from 0 on, not {ids}")
    if out is None:
        out = np.empty(scores.shape[1:], dtype=np.min_scalar_type(max(ids)))
    if out.shape != scores.shape[1:]:
        raise ValueError(
            f"out (shape {out.shape}) must have the shape {scores.shape[1:]}"
        )
    if out.dtype.kind not in "iu" or np.iinfo(out.dtype).max < max(ids):
        raise ValueError(f"out (dtype {out.dtype}) cannot hold the id {max(ids)}")
    step = max(1, BLOCK // max(1, math.prod(scores.shape[2:])))
    for start in range(0, scores.shape[1], step):
        place = slice(start, start + step)
        block = scores[:, place]
        _check_finite(block, ids, start)
        _fill(block, ids, out[place])
    return out


def _fill(block: NDArray[Any], ids: Sequence[int], out: NDArray[Any]) -> None:
    """Write the best class of a small block of scores (K, ...) into out (...)."""
    small = np.min_scalar_type(len(ids))
    winner = np.zeros(out.shape, dtype=small)
    best = block[0]
    for index in range(1, len(ids)):
        # Strictly greater: at a tie the earlier class stays. A later index is a larger
        # number, so the winner is a maximum: no branch for every pixel.
        better = (block[index] > best).astype(small)
        np.maximum(winner, better * small.type(index), out=winner)
        if index + 1 < len(ids):
            best = np.maximum(best, block[index])
    np.take(np.asarray(ids, dtype=out.dtype), winner, out=out, mode="clip")


def _check_finite(block: NDArray[Any], ids: Sequence[int], start: int) -> None:
    """Refuse NaN and infinity, saying where the first one is."""
    # A NaN makes both the minimum and the maximum NaN: no array of flags is needed.
    if not block.size or (math.isfinite(block.min()) and math.isfinite(block.max())):
        return
    index, *pixel = (int(i) for i in np.argwhere(~np.isfinite(block))[0])
    value = float(block[(index, *pixel)])
    pixel[0] += start
    raise ValueError(
        f"the score of class {ids[index]} at pixel {tuple(pixel)} is {value}, "
        "not a finite number"
    )
