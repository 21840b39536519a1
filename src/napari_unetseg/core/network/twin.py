"""The valid twin: a trained network as it predicts, without padding."""

from __future__ import annotations

import copy
from itertools import pairwise

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval


def valid_twin(network: nn.Module, device: torch.device | str = "cpu") -> nn.Module:
    """Copy a network into the form that predicts.

    Convolutions lose their padding (the skips are cropped to fit), batch normalisation
    is folded into the convolution before it, dropout is off.

    Parameters
    ----------
    network : nn.Module
        A trained network; it is not changed.
    device : torch.device or str
        Where the twin shall live.

    Returns
    -------
    nn.Module
        In evaluation mode, channels last, without gradients.
    """
    twin = copy.deepcopy(network).eval().requires_grad_(False)
    for layer in twin.modules():
        if isinstance(layer, nn.Conv2d):
            layer.padding = (0, 0)
        elif isinstance(layer, nn.Sequential):
            _fold_batch_norm(layer)
    return channels_last(twin.to(device))


def channels_last(network: nn.Module) -> nn.Module:
    """Lay the weights out as the fast convolutions want them, in place."""
    # torch's type stubs do not know this argument of Module.to.
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def _fold_batch_norm(layers: nn.Sequential) -> None:
    """Fold each batch normalisation into the convolution before it, in place."""
    for i, (first, second) in enumerate(pairwise(list(layers))):
        if isinstance(first, nn.Conv2d) and isinstance(second, nn.BatchNorm2d):
            layers[i] = fuse_conv_bn_eval(first, second)
            layers[i + 1] = nn.Identity()
