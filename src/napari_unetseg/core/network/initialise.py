"""Weight initialisation of the U-Net paper.

References
----------
He et al.: Delving Deep into Rectifiers. ICCV 2015. doi:10.1109/ICCV.2015.123
Goyal et al.: Accurate, Large Minibatch SGD. 2017 (residual blocks). arXiv:1706.02677
"""

from __future__ import annotations

from math import prod
from typing import cast

import torch
from torch import Tensor, nn

from napari_unetseg.core.network.residual import ResidualBlock

_CONVOLUTIONS = (nn.Conv2d, nn.Conv3d)
_UP_CONVOLUTIONS = (nn.ConvTranspose2d, nn.ConvTranspose3d)


def initialise(network: nn.Module, seed: int) -> None:
    """Draw all weights from a Gaussian of standard deviation sqrt(2 / N).

    N is the number of incoming nodes of one neuron (9 * 64 = 576 for a 3 x 3
    convolution over 64 channels). In an up-convolution whose stride is its size every
    output pixel sees one input pixel, so N is the number of input channels. Biases are
    zero. (The slope 0.01 of a leaky ReLU would change this by 1 in 20,000.)

    The last normalisation of a residual block starts with the scale 0, so that the
    block returns its shortcut at first. A network whose paper says otherwise has a
    method `initialise`, which has the last word.

    Parameters
    ----------
    network : nn.Module
        Changed in place.
    seed : int
        The same seed gives the same weights.
    """
    generator = torch.Generator().manual_seed(seed)
    for layer in network.modules():
        if isinstance(layer, ResidualBlock):
            nn.init.zeros_(cast("Tensor", layer.norm2.weight))
        if not isinstance(layer, (*_CONVOLUTIONS, *_UP_CONVOLUTIONS)):
            continue
        incoming = layer.in_channels
        if isinstance(layer, _CONVOLUTIONS):
            incoming *= prod(layer.kernel_size)
        nn.init.normal_(layer.weight, std=(2 / incoming) ** 0.5, generator=generator)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    own = getattr(network, "initialise", None)
    if own is not None:
        own()
