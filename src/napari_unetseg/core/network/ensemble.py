"""Several models as one, which averages what they say.

Each member reads as much around a tile as its own geometry asks for, and lies on its
own lattice, so that an ensemble gives the mean of what its members give alone, whatever
the tiles are.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import lcm, prod
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.network.card import (
    difference,
    joint_checksum,
    joint_thresholds,
)
from napari_unetseg.core.network.exact import ExactByItself
from napari_unetseg.core.network.geometry import AxisGeometry, axis_geometries
from napari_unetseg.core.network.layers import crop

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_unetseg.core.network.card import ModelCard
    from napari_unetseg.core.network.measure import NetworkGeometry
    from napari_unetseg.core.network.modelfile import Model

_SMALLEST = 1e-30
_FLOAT = 4


@dataclass(frozen=True, slots=True, eq=False)
class Ensemble:
    """Models of the same classes, to be used in place of one.

    Attributes
    ----------
    card : ModelCard
        Of the first, for what they have in common; its checksum is over all of them.
    models : tuple of Model
        Two or more.
    """

    card: ModelCard
    models: tuple[Model, ...]

    @classmethod
    def of(cls, models: Sequence[Model], names: Sequence[str] = ()) -> Ensemble:
        """Put models together.

        Parameters
        ----------
        models : sequence of Model
            Two or more; what they have in common is told by the first one's card.
        names : sequence of str
            What to call them where they do not fit.

        Raises
        ------
        InputError
            If they have other classes, channels, pixel sizes or dimensions, or do not
            find objects in the same way.
        """
        first = models[0].card
        called = names or [f"model {number + 1}" for number in range(len(models))]
        for one, name in zip(models[1:], called[1:], strict=True):
            what = difference(first, one.card)
            if what:
                raise InputError(
                    f"'{name}' and '{called[0]}' have other {what}",
                    "Average models that were trained for the same classes and images",
                )
        axes = EnsembleNetwork([one.network() for one in models]).axes()
        cards = [one.card for one in models]
        card = first.model_copy(
            update={
                "sha256": joint_checksum(cards),
                "halo": tuple(axis.before for axis in axes),
                "thresholds": joint_thresholds(cards),
            }
        )
        return cls(card, tuple(models))

    @property
    def cards(self) -> tuple[ModelCard, ...]:
        """What each of them says about itself."""
        return tuple(one.card for one in self.models)

    def network(self) -> nn.Module:
        """Build the network of them all, on the CPU, in evaluation mode."""
        return EnsembleNetwork([one.network() for one in self.models]).eval()


class EnsembleNetwork(ExactByItself):
    """Networks that see the same image, and whose probabilities are averaged.

    Parameters
    ----------
    members : sequence of nn.Module
        Of as many channels, classes and dimensions.
    """

    def __init__(self, members: Sequence[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def axes(self) -> tuple[AxisGeometry, ...]:
        """On a lattice that all of theirs share, with the widest of their halos."""
        each = zip(*map(axis_geometries, self.members), strict=True)
        return tuple(_common(members) for members in each)

    def twin(self, device: torch.device | str) -> nn.Module:
        """Copy it into the form that predicts tiles."""
        return EnsembleTwin(self, device)

    def measured(self, shape: Sequence[int]) -> NetworkGeometry:
        """Measure it: the members work one after the other."""
        from napari_unetseg.core.network.measure import (
            NetworkGeometry,
            network_geometry,
        )

        axes = self.axes()
        outputs = tuple(a.output_size(n) for a, n in zip(axes, shape, strict=True))
        inputs = tuple(map(AxisGeometry.input_size, axes, outputs))
        own = [
            network_geometry(one, _wanted(axes, axis_geometries(one), outputs))
            for one in self.members
        ]
        first = own[0]
        held = (first.channels * prod(inputs) + 2 * first.classes * prod(outputs)) * (
            _FLOAT
        )
        return NetworkGeometry(
            axes=axes,
            channels=first.channels,
            classes=first.classes,
            padded=False,
            parameters=sum(one.parameters for one in own),
            input_shape=inputs,
            output_shape=outputs,
            multiply_adds=sum(one.multiply_adds for one in own),
            memory_inference=held + max(one.memory_inference for one in own),
            training_shape=inputs,
            memory_training=sum(one.memory_training for one in own),
        )


class EnsembleTwin(nn.Module):
    """The twins of the members, each shown its part of the tile."""

    def __init__(self, network: EnsembleNetwork, device: torch.device | str) -> None:
        super().__init__()
        from napari_unetseg.core.network.twin import valid_twin

        self._axes = network.axes()
        self._own = [axis_geometries(one) for one in network.members]
        self.twins = nn.ModuleList(valid_twin(one, device) for one in network.members)
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        """Logarithms of the averaged probabilities: (B, C, ...) to (B, classes, ...).

        Softmax leaves what is averaged as it is.
        """
        sizes = zip(x.shape[2:], self._axes, strict=True)
        outputs = [size - axis.before - axis.after for size, axis in sizes]
        total: Tensor | None = None
        for twin, own in zip(self.twins, self._own, strict=True):
            spans = list(zip(self._axes, own, outputs, strict=True))
            starts, lengths = zip(*(_read(*each) for each in spans), strict=True)
            scores = crop(twin(crop(x, lengths, starts)), outputs, [*map(_shift, own)])
            found = torch.softmax(scores.float(), dim=1)
            total = found if total is None else total + found
        assert total is not None
        return (total / len(self.twins)).clamp_min(_SMALLEST).log()


def _shift(own: AxisGeometry) -> int:
    """Pixels of a member's output before the ensemble's, which starts at 0."""
    return -own.origin % own.stride


def _own_output(own: AxisGeometry, output: int) -> int:
    """Size of a member's output that covers the ensemble's."""
    return own.output_size(output + _shift(own))


def _read(axis: AxisGeometry, own: AxisGeometry, output: int) -> tuple[int, int]:
    """Where a member reads the ensemble's tile from, and how many pixels."""
    start = axis.before - _shift(own) - own.before
    return start, own.input_size(_own_output(own, output))


def _common(members: Sequence[AxisGeometry]) -> AxisGeometry:
    """Geometry along an axis on which all members have their output."""
    stride = lcm(*(own.stride for own in members))
    largest = max(own.smallest for own in members)
    smallest = -(-largest // stride) * stride
    before = max(_shift(own) + own.before for own in members)
    beyond = (_own_output(own, smallest) - _shift(own) - smallest for own in members)
    after = max(b + own.after for b, own in zip(beyond, members, strict=True))
    reach = tuple(
        (
            max(own.reach[phase % own.stride][0] for own in members),
            max(own.reach[phase % own.stride][1] for own in members),
        )
        for phase in range(stride)
    )
    return AxisGeometry(stride, 0, before, after, smallest, reach)


def _wanted(
    axes: Sequence[AxisGeometry], own: Sequence[AxisGeometry], outputs: Sequence[int]
) -> tuple[int, ...]:
    """Output of a member in a tile of the ensemble."""
    return tuple(_own_output(o, n) for _, o, n in zip(axes, own, outputs, strict=True))
