"""What a network needs to see and what it gives, computed from its layers.

A network that was trained with padding is predicted as its *valid twin*: the same
weights without padding, so that each output pixel depends on the image alone. Both live
on the same lattice: every layer of the twin is a crop of the padded network's layer.
Sizes, halo and origin come out of walks
over its layers (`lattice.py`), nothing of it is typed in by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from napari_unetseg.core.network.exact import ExactByItself
from napari_unetseg.core.network.lattice import Axis, axes_of
from napari_unetseg.core.network.trace import calls_of
from napari_unetseg.core.network.windows import kinds

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class AxisGeometry:
    """Geometry of the valid twin along one axis, in pixels.

    Attributes
    ----------
    stride : int
        Distance of the lattice: tiles that start a multiple of it apart agree exactly.
    origin : int
        Where an output may start in the image, modulo `stride`.
    before, after : int
        How far the input reaches beyond the output, on either side.
    smallest : int
        Smallest output size; the others are larger by multiples of `stride`.
    reach : tuple of (int, int)
        For each phase, that is the position of an output pixel modulo `stride`: how far
        from it the first pixel lies that it sees, and how far the last one.
    """

    stride: int
    origin: int
    before: int
    after: int
    smallest: int
    reach: tuple[tuple[int, int], ...] = ()

    def output_size(self, wanted: int) -> int:
        """Smallest possible output size of at least `wanted` pixels."""
        steps = -(-max(wanted - self.smallest, 0) // self.stride)
        return self.smallest + steps * self.stride

    def input_size(self, output: int) -> int:
        """Input size that yields an output size."""
        return self.before + output + self.after


def axis_geometries(network: nn.Module) -> tuple[AxisGeometry, ...]:
    """Geometry of a network's valid twin along each of its axes.

    Parameters
    ----------
    network : nn.Module
        Padded throughout or valid throughout, of two or three dimensions; only its
        layers matter, not their weights.

    Returns
    -------
    tuple of AxisGeometry
        Along Y and X, or Z, Y and X.

    Raises
    ------
    ModelError
        If the network could not be predicted exactly in tiles, naming the layer.
    """
    if isinstance(network, ExactByItself):
        return network.axes()
    return tuple(axis_geometry(axis) for axis in axes_of(calls_of(network)))


def padded(network: nn.Module) -> bool:
    """Whether the network's own output has the size of its input."""
    return any(True in kinds(layer) for layer in network.modules())


def offsets(network: nn.Module) -> dict[str, tuple[int, ...]]:
    """Where a padded network's paths meet in its twin.

    Parameters
    ----------
    network : nn.Module
        As for `axis_geometries`.

    Returns
    -------
    dict of name to tuple of int
        For each layer in which paths meet: how many pixels of the path that comes first
        are cut off at the start of each axis.
    """
    calls = calls_of(network)
    found: dict[str, list[int]] = {}
    for axis in axes_of(calls):
        first, last = axis.smallest()
        for result, (before, _) in axis.follow([first], [last]).gaps.items():
            found.setdefault(calls[result - 1].name, []).append(int(before[0]))
    return {name: tuple(before) for name, before in found.items()}


@lru_cache(maxsize=256)
def axis_geometry(axis: Axis) -> AxisGeometry:
    """Put together what the walks along an axis find; they are the same each time."""
    first, last = axis.smallest()
    ends = axis.follow([first], [last])
    before = int(ends.first[-1][0]) - first
    after = last - int(ends.last[-1][0])
    return AxisGeometry(
        stride=axis.stride,
        origin=(first + before) % axis.stride,
        before=before,
        after=after,
        smallest=last + 1 - first - before - after,
        reach=axis.reach(),
    )
