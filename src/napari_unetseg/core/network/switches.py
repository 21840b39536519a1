"""Unpooling: features go back to where the maxima were.

Max pooling forgets where in its windows the maxima were. SegNet and DeconvNet remember
it in switches, which are a mask of the pooled map's size here, one byte per pixel: true
at one pixel of each window. So a crop needs no re-basing of indices, as long as it cuts
no window, and that it never does on the lattice of the poolings.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from napari_unetseg.core.network.layers import crop


class Switches(nn.Module):
    """Mark the first maximum of each window of 2 x 2 pixels.

    At odd sizes the last windows are narrower, as in pooling with ``ceil_mode``.
    """

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, Y, X) to a mask of the same shape."""
        values = x.detach()
        _, places = functional.max_pool2d(
            values, 2, ceil_mode=True, return_indices=True
        )
        marks = torch.zeros(
            (*x.shape[:2], x.shape[2] * x.shape[3]), dtype=torch.bool, device=x.device
        )
        places = places.flatten(2)
        # A tensor of true ones: what exports to ONNX knows no single one.
        ones = torch.ones_like(places, dtype=torch.bool)
        return marks.scatter_(2, places, ones).view(x.shape)


class Unpool(nn.Module):
    """Put each feature where the switch of its window is, and zeros elsewhere.

    Attributes
    ----------
    before : tuple of int or None
        Pixels of the switches that are cut off at the start of each axis in the valid
        twin; None: they lie on the features, which lose what is beyond them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.before: tuple[int, ...] | None = None

    def forward(self, switches: Tensor, features: Tensor) -> Tensor:
        """(B, C, *size) and (B, C, half of it) to (B, C, *size)."""
        large = functional.interpolate(features, scale_factor=2.0, mode="nearest")
        if self.before is None:
            large = crop(large, switches.shape[2:], (0, 0))
        else:
            switches = crop(switches, large.shape[2:], self.before)
        return large * switches
