"""The three ways up that the papers compare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from napari_unetseg.core.network.crops import CropLike
from napari_unetseg.core.network.layers import Upsample
from napari_unetseg.core.network.switches import Switches, Unpool

if TYPE_CHECKING:
    from napari_unetseg.core.config.network import Upsampling


class StepUp(nn.Module):
    """Enlarge features to the map that the pooling on the same level has halved.

    Parameters
    ----------
    channels : int
        Of the features, which keep their number.
    way : {"unpooling", "transposed", "linear"}
        Back to where the maxima were, by a transposed convolution of 2 x 2 pixels, or
        bilinear; a convolution follows anyway.
    """

    def __init__(self, channels: int, way: Upsampling) -> None:
        super().__init__()
        self.is_unpooling = way == "unpooling"
        self.enlarge: nn.Module = nn.Identity()
        self.meet: nn.Module = CropLike()
        if way == "unpooling":
            self.enlarge, self.meet = Switches(), Unpool()
        elif way == "transposed":
            self.enlarge = nn.ConvTranspose2d(channels, channels, 2, stride=2)
        else:
            self.enlarge = Upsample((2, 2))

    def forward(self, pooled: Tensor, features: Tensor) -> Tensor:
        """(B, C, *size) before a pooling and (B, C, half of it), to (B, C, *size)."""
        if self.is_unpooling:
            large: Tensor = self.meet(self.enlarge(pooled), features)
        else:
            large = self.meet(pooled, self.enlarge(features))
        return large
