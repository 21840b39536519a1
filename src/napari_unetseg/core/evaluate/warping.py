"""Warping error: pixels that are wrong however borders are moved.

The truth is bent to the prediction as far as it goes without splitting or joining
anything, and what is left differs in its topology.

References
----------
Jain et al. (2010), Boundary learning by optimization with topological constraints,
DOI 10.1109/CVPR.2010.5539950
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.prepare.targets import IGNORE

if TYPE_CHECKING:
    from numpy.typing import NDArray

# The neighbours of a pixel in the order of a walk around it, and those at its faces.
_AROUND = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
_FACES = range(0, 8, 2)


def warping_error(
    truth: NDArray[Any],
    interior: NDArray[Any],
    threshold: float = 0.5,
    ignore: int | None = IGNORE,
) -> float | None:
    """Share of the pixels of a slice that no bending of the truth brings to agree.

    Parameters
    ----------
    truth : ndarray of shape (Y, X) and dtype bool or int
        0 where there is membrane, anything else in the interior of cells.
    interior : ndarray of the same shape
        Probability of the interior, or a bool mask.
    threshold : float
        A pixel is predicted to be interior if its probability is larger.
    ignore : int, optional
        The true value of pixels that are not annotated: they are neither bent nor
        counted.

    Returns
    -------
    float or None
        From 0 to 1, smaller is better; None where nothing is annotated.

    Notes
    -----
    Pixels that differ are flipped if they are simple, that is if no object (connected
    by faces) and no gap (connected by corners too) is split, joined, made or lost, the
    surest first; of equally sure ones column by column. This is done anew until nothing
    changes any more. Outside of the slice there is membrane.
    """
    known = np.ones(truth.shape, bool) if ignore is None else truth != ignore
    if not known.any():
        return None
    target = np.asarray(interior > threshold)
    sure = np.abs(np.asarray(interior, np.float64) - threshold)
    bent = warped((truth != 0) & known, target, sure, known)
    return float(np.count_nonzero((bent != target) & known) / np.count_nonzero(known))


def warped(
    source: NDArray[np.bool_],
    target: NDArray[np.bool_],
    sure: NDArray[np.float64],
    known: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Bend a mask to another one without changing its topology.

    Parameters
    ----------
    source, target : ndarray of shape (Y, X) and dtype bool
        The mask, and what it is bent to.
    sure : ndarray of shape (Y, X)
        Pixels where this is larger are flipped first.
    known : ndarray of shape (Y, X) and dtype bool
        Which pixels may be flipped.
    """
    height, width = source.shape
    row = width + 2
    # Plain lists of one axis: each pixel is looked at by itself, often.
    now = np.pad(source, 1).ravel().tolist()
    simple = _simple()
    steps = [down * row + right for down, right in _AROUND]
    differs = (source != target) & known
    while True:
        rows, columns = np.nonzero(differs)
        order = np.lexsort((rows, columns, -sure[rows, columns]))
        places = ((rows + 1) * row + columns + 1)[order].tolist()
        flipped = False
        for place in places:
            code = 0
            for bit, step in enumerate(steps):
                if now[place + step]:
                    code |= 1 << bit
            if simple[code]:
                now[place] = not now[place]
                flipped = True
        bent = np.array(now, bool).reshape(height + 2, row)[1:-1, 1:-1]
        if not flipped:
            return bent
        differs = (bent != target) & known


@lru_cache(maxsize=1)
def _simple() -> list[bool]:
    """For each way of its eight neighbours, whether a pixel is simple."""
    return [_is_simple(code) for code in range(256)]


def _is_simple(code: int) -> bool:
    """Whether one object touches a pixel by its faces, and a gap its rim.

    Going around the pixel, objects that touch it begin where a face follows on what is
    not joined to it: that many there are. A single one that goes all around would be
    closed by the pixel.
    """
    on = [bool(code >> bit & 1) for bit in range(8)]
    faces = sum(on[face] for face in _FACES)
    joined = sum(on[f] and on[f + 1] and on[(f + 2) % 8] for f in _FACES)
    return faces - joined == 1
