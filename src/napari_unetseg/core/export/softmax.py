"""A network as other programs run it: probabilities at once, in float32."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from napari_unetseg.core.config import NetworkConfig
from napari_unetseg.core.network.build import network_of

if TYPE_CHECKING:
    from typing import Any

    from torch import Tensor


class WithSoftmax(nn.Module):
    """A network followed by the softmax over its classes.

    Parameters
    ----------
    network : nn.Module
        Gives scores of shape (batch, classes, [Z,] Y, X).
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor:
        """Probabilities of the classes.

        Parameters
        ----------
        image : Tensor
            (batch, channels, [Z,] Y, X), normalised.
        """
        return torch.softmax(self.network(image), dim=1)


def build(**config: Any) -> nn.Module:
    """Build a network from its configuration; what a BioImage.IO package names.

    Parameters
    ----------
    **config
        Fields of `NetworkConfig`.

    Returns
    -------
    nn.Module
        In evaluation mode, with softmax; its weights are still those of chance.
    """
    return WithSoftmax(network_of(NetworkConfig.check(**config))).eval()
