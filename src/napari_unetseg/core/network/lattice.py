"""A network's layers along one axis, and the pixels they need of one another.

A valid twin and its padded network live on the same lattice: every layer of the twin is
a crop of the padded network's layer. The walks here follow the first and the last pixel
of that crop from layer to layer, or what an output sees back to the image.

The two ends do not know of each other but for one thing: something must be left between
them. So each is followed from all its places on the lattice at once, and the smallest
size is computed from those that fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import lcm
from typing import TYPE_CHECKING

import numpy as np

from napari_unetseg.core.errors import ModelError
from napari_unetseg.core.network.trace import IMAGE, Call
from napari_unetseg.core.network.windows import (
    JOINS,
    dimensions_of,
    keeps_size_as_a_whole,
    kinds,
    windows,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_unetseg.core.network.window import Window

    Integers = NDArray[np.int64]
    Flags = NDArray[np.bool_]

_FAR = 1 << 40


@dataclass(frozen=True, slots=True)
class Ends:
    """First and last pixels of each result, as the padded network counts them.

    Attributes
    ----------
    first, last : list of array of int
        One array per result, the image's first; one number per candidate.
    first_fits, last_fits : array of bool
        Whether no layer objects to a candidate.
    gaps : dict
        For each result where paths meet: by how many pixels the other path reaches
        beyond what is needed of it, at the first and at the last end.
    """

    first: list[Integers]
    last: list[Integers]
    first_fits: Flags
    last_fits: Flags
    gaps: dict[int, tuple[Integers, Integers]]


@dataclass(frozen=True, slots=True)
class Axis:
    """A network's layers along one axis, as numbers: two of alike networks are equal.

    Attributes
    ----------
    inputs : tuple of tuple of int
        Numbers of the results that each call takes, as in `Call`.
    windows : tuple of tuple of Window
        What each call sees of them.
    scales : tuple of Fraction
        How many pixels of the image a pixel of each result is long; the image first.
    crops : tuple of (int, int or None), optional
        The results where paths meet and the network crops as it stands, being valid by
        birth or a twin already, so that the geometry has to follow it: how much is cut
        off at the start, or None for the half.
    """

    inputs: tuple[tuple[int, ...], ...]
    windows: tuple[tuple[Window, ...], ...]
    scales: tuple[Fraction, ...]
    crops: tuple[tuple[int, int | None], ...] = ()

    @property
    def stride(self) -> int:
        """Distance of the lattice, in pixels of the image."""
        return lcm(*(scale.numerator for scale in self.scales))

    def smallest(self) -> tuple[int, int]:
        """First and last pixel of the smallest possible crop of the image."""
        stride = self.stride
        ends = self.follow(range(stride), range(stride))
        found = []
        for i, j in product(
            np.flatnonzero(ends.first_fits).tolist(),
            np.flatnonzero(ends.last_fits).tolist(),
        ):
            if self._meet(ends, i, j):
                found.append((i, j + stride * self._strides_between(ends, i, j)))
        if not found:
            raise ModelError(
                "The network's paths do not meet pixel by pixel at any size of the "
                "image",
                "Cut as much off both ends of a path, or pad all convolutions",
            )
        return min(found, key=lambda crop: (crop[1] - crop[0], crop[0]))

    def follow(self, first: list[int] | range, last: list[int] | range) -> Ends:
        """Follow crops of the image through the valid twin.

        Parameters
        ----------
        first, last : list of int
            First and last pixels of the crops, as many of either.
        """
        a, b = [np.array(first)], [np.array(last)]
        fits = np.ones((2, len(first)), dtype=bool)
        gaps = {}
        for inputs, seen in zip(self.inputs, self.windows, strict=True):
            main, window = inputs[-1], seen[-1]
            start = window.up * a[main] + window.before
            stop = window.up * (b[main] + 1) - 1 - window.after
            fits &= np.stack([start, stop]) % window.down == 0
            a.append(start // window.down)
            b.append(stop // window.down)
            for other, window in zip(inputs[:-1], seen[:-1], strict=True):
                gap = window.first(a[-1]) - a[other], b[other] - window.last(b[-1])
                fits &= np.stack(gap) >= 0
                gaps[len(a) - 1] = gap
        return Ends(a, b, fits[0], fits[1], gaps)

    def reach(self) -> tuple[tuple[int, int], ...]:
        """How far an output pixel sees to either side, for each of its phases."""
        phases = np.arange(self.stride)
        a = [np.full(len(phases), _FAR) for _ in self.scales]
        b = [-far for far in a]
        a[-1], b[-1] = phases, phases
        for result in range(len(self.inputs), 0, -1):
            inputs, seen = self.inputs[result - 1], self.windows[result - 1]
            for value, window in zip(inputs, seen, strict=True):
                a[value] = np.minimum(a[value], window.first(a[result]))
                b[value] = np.maximum(b[value], window.last(b[result]))
        before, after = phases - a[IMAGE], b[IMAGE] - phases
        return tuple(zip(before.tolist(), after.tolist(), strict=True))

    def _meet(self, ends: Ends, i: int, j: int) -> bool:
        """Whether the crops that the network makes by itself are the right ones."""
        for result, given in self.crops:
            before, after = ends.gaps[result]
            if before[i] != (after[j] if given is None else given):
                return False
        return True

    def _strides_between(self, ends: Ends, i: int, j: int) -> int:
        """How many strides the ends must move apart to leave a pixel everywhere."""
        return max(
            # The last pixel moves by stride / scale and must not be before the first.
            -((int(last[j]) - int(first[i])) * scale // self.stride)
            for first, last, scale in zip(
                ends.first, ends.last, self.scales, strict=True
            )
        )


def axes_of(calls: list[Call]) -> list[Axis]:
    """A network's layers along each of its axes.

    Raises
    ------
    ModelError
        If a layer has no rule, or the layers do not belong together.
    """
    own_crops = not _are_padded(calls)
    axes = range(dimensions_of(calls))
    found = [_axis(calls, number, own_crops=own_crops) for number in axes]
    joins = [call.name for call in calls if isinstance(call.layer, JOINS)]
    for name in joins:
        if not own_crops and joins.count(name) > 1:
            raise ModelError(
                f"The layer {name} is used {joins.count(name)} times, but the twin's "
                "paths are cropped differently each time",
                "Give each place where paths meet a layer of its own",
            )
    return found


def _axis(calls: list[Call], number: int, *, own_crops: bool) -> Axis:
    sized = keeps_size_as_a_whole(calls)
    seen = tuple(windows(call, number, sized=sized) for call in calls)
    crops = []
    for result, call in enumerate(calls, start=1):
        if own_crops and isinstance(call.layer, JOINS):
            given = call.layer.before
            crops.append((result, None if given is None else given[number]))
    inputs = tuple(call.inputs for call in calls)
    return Axis(inputs, seen, _scales(calls, seen), tuple(crops))


def _are_padded(calls: list[Call]) -> bool:
    """Whether all layers that see more than a pixel keep the size."""
    names = {kind: call.name for call in calls for kind in kinds(call.layer)}
    if keeps_size_as_a_whole(calls):
        return True
    if len(names) > 1:
        raise ModelError(
            f"The layer {names[True]} pads and {names[False]} does not",
            "Pad all layers of a network, or none",
        )
    return True in names


def _scales(
    calls: list[Call], seen: tuple[tuple[Window, ...], ...]
) -> tuple[Fraction, ...]:
    """How many pixels of the image a pixel of each result is long."""
    scales = [Fraction(1)]
    for call, each in zip(calls, seen, strict=True):
        pairs = zip(call.inputs, each, strict=True)
        found = {scales[value] * w.down / w.up for value, w in pairs}
        if len(found) > 1:
            raise ModelError(
                f"The paths that meet in {call.name} are of different resolution",
                "Pool and enlarge both of them alike",
            )
        scales.append(found.pop())
    if scales[-1] != 1:
        raise ModelError(
            f"The network's strides and poolings leave {1 / scales[-1]} of the image's "
            "resolution at its output",
            "Enlarge as often as you pool",
        )
    return tuple(scales)
