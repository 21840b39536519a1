"""Weight initialisation of the U-Net paper.

References
----------
He et al.: Delving Deep into Rectifiers. ICCV 2015. doi:10.1109/ICCV.2015.123
"""

from __future__ import annotations

import torch
from torch import nn


def initialise(network: nn.Module, seed: int) -> None:
    """Draw all weights from a Gaussian of standard deviation sqrt(2 / N).

    N is the number of incoming nodes of one neuron (9 * 64 = 576 for a 3 x 3
    convolution over 64 channels). In a 2 x 2 up-convolution of stride 2 every output
    pixel sees one input pixel, so N is the number of input channels. Biases are zero.

    Parameters
    ----------
    network : nn.Module
        Changed in place.
    seed : int
        The same seed gives the same weights.
    """
    generator = torch.Generator().manual_seed(seed)
    for layer in network.modules():
        if not isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            continue
        incoming = layer.in_channels
        if isinstance(layer, nn.Conv2d):
            incoming *= layer.kernel_size[0] * layer.kernel_size[1]
        nn.init.normal_(layer.weight, std=(2 / incoming) ** 0.5, generator=generator)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
