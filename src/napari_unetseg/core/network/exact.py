"""Networks that say themselves how they are predicted, instead of by their layers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from torch import nn

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

    from napari_unetseg.core.network.geometry import AxisGeometry
    from napari_unetseg.core.network.measure import NetworkGeometry


class ExactByItself(nn.Module, ABC):
    """A network whose prediction is more than one walk through its layers.

    `axis_geometries`, `valid_twin` and `network_geometry` ask it, so that whoever cuts
    tiles does not know the difference.
    """

    @abstractmethod
    def axes(self) -> tuple[AxisGeometry, ...]:
        """Geometry of its prediction along each axis."""

    @abstractmethod
    def twin(self, device: torch.device | str) -> nn.Module:
        """Copy it into the form that predicts tiles of that geometry."""

    @abstractmethod
    def measured(self, shape: Sequence[int]) -> NetworkGeometry:
        """Measure it for an output of at least a shape."""
