"""A network of planes that is shown volumes, plane by plane."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from napari_unetseg.core.network.exact import ExactByItself
from napari_unetseg.core.network.geometry import AxisGeometry, axis_geometries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_unetseg.core.network.measure import NetworkGeometry

# Each plane is seen alone.
_ALONE = AxisGeometry(1, 0, 0, 0, 1, ((0, 0),))
_FLOAT = 4


class Planewise(ExactByItself):
    """Volumes as a network of planes sees them.

    Parameters
    ----------
    network : nn.Module
        Of planes, as it was trained.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def axes(self) -> tuple[AxisGeometry, ...]:
        """Those of the network, and before them an axis along which it sees nothing."""
        return (_ALONE, *axis_geometries(self.network))

    def twin(self, device: torch.device | str) -> nn.Module:
        """Copy it into the form that predicts tiles."""
        from napari_unetseg.core.network.twin import valid_twin

        return _PlanewiseTwin(valid_twin(self.network, device)).eval()

    def measured(self, shape: Sequence[int]) -> NetworkGeometry:
        """Measure it: the planes are computed one after the other."""
        from napari_unetseg.core.network.measure import network_geometry

        depth, *plane = shape
        own = network_geometry(self.network, plane)
        inputs, outputs = prod(own.input_shape), prod(own.output_shape)
        held = _FLOAT * (own.channels * inputs + 2 * own.classes * outputs)
        return replace(
            own,
            axes=self.axes(),
            input_shape=(depth, *own.input_shape),
            output_shape=(depth, *own.output_shape),
            training_shape=(depth, *own.training_shape),
            multiply_adds=depth * own.multiply_adds,
            memory_inference=depth * held + own.memory_inference,
            memory_training=depth * own.memory_training,
        )


class _PlanewiseTwin(nn.Module):
    """The twin of a network of planes, called plane by plane."""

    def __init__(self, twin: nn.Module) -> None:
        super().__init__()
        self.twin = twin

    def forward(self, x: Tensor) -> Tensor:
        """Scores before softmax: (B, C, Z, Y, X) to (B, classes, Z, Y', X')."""
        return torch.stack([self.twin(plane) for plane in x.unbind(2)], dim=2)
