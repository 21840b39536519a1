"""From a configuration to a network, ready to train."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_unetseg.core.network.geometry import network_geometry
from napari_unetseg.core.network.initialise import initialise
from napari_unetseg.core.network.unet import UNet

if TYPE_CHECKING:
    from torch import nn

    from napari_unetseg.core.config import NetworkConfig


def build_network(config: NetworkConfig, seed: int = 0) -> nn.Module:
    """Build a network with fresh weights.

    Parameters
    ----------
    config : NetworkConfig
        The architecture.
    seed : int
        Start of the weights' random numbers.

    Raises
    ------
    ModelError
        If a layer has no geometry rule, so that it could not be tiled exactly.
    """
    network = UNet(config)
    network_geometry(network)
    initialise(network, seed)
    return network
