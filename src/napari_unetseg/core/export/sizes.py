"""Which sizes an exported network takes, and what it gives of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.network.exact import ExactByItself
from napari_unetseg.core.network.geometry import axis_geometries, padded

if TYPE_CHECKING:
    from torch import nn

# Large enough that something is seen of it, small enough for a test.
USUAL = {2: 64, 3: 16}


@dataclass(frozen=True, slots=True)
class AxisSizes:
    """Sizes along one axis, in pixels.

    Attributes
    ----------
    smallest, step : int
        An input is of the smallest size, or larger by multiples of the step.
    lost : int
        By how much the output is smaller than the input.
    halo : int
        How far from a border of its input the output of a tile is not yet that of the
        whole image; 0 of a network that gives nothing there.
    example : int
        An input size to test with.
    """

    smallest: int
    step: int
    lost: int
    halo: int
    example: int


def axis_sizes(network: nn.Module) -> tuple[AxisSizes, ...]:
    """Compute the sizes from the network's layers.

    Parameters
    ----------
    network : nn.Module
        As `network_of` builds it.

    Returns
    -------
    tuple of AxisSizes
        Along [Z,] Y and X.

    Raises
    ------
    InputError
        If it averages windows, which the formats cannot say.
    """
    if isinstance(network, ExactByItself):
        raise InputError(
            "A network whose windows are averaged, as those of 'deconvnet' are, cannot "
            "be exported: the formats of others know no such thing",
            "Export a model of another network",
        )
    geometries = axis_geometries(network)
    usual = USUAL[len(geometries)]
    found = []
    for axis in geometries:
        if padded(network):
            # Multiples of the stride, so that nothing is cut off on the way down; and
            # the halo is a multiple too, so that tiles lie on the network's lattice.
            halo = -(-max(axis.before, axis.after) // axis.stride) * axis.stride
            smallest = axis.stride
            found.append(
                AxisSizes(
                    smallest=smallest,
                    step=axis.stride,
                    lost=0,
                    halo=halo,
                    example=-(-usual // axis.stride) * axis.stride,
                )
            )
        else:
            smallest = axis.input_size(axis.smallest)
            found.append(
                AxisSizes(
                    smallest=smallest,
                    step=axis.stride,
                    lost=axis.before + axis.after,
                    halo=0,
                    example=smallest + axis.stride,
                )
            )
    return tuple(found)
