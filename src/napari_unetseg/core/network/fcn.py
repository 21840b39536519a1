"""FCN-32s, FCN-16s and FCN-8s: VGG16 as a fully convolutional network.

Layer for layer as the authors' release: the image is padded by 100 pixels, the fully
connected layers are convolutions, scores of pool4 and pool3 are cropped and added, and
transposed convolutions, bilinear and fixed, bring the scores to the image's size.

References
----------
Long, Shelhamer, Darrell: Fully Convolutional Networks for Semantic Segmentation.
CVPR 2015. arXiv:1411.4038
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from napari_unetseg.core.network.crops import AddCropped, CropLike
from napari_unetseg.core.network.layers import FixedUpsampling
from napari_unetseg.core.network.plans import (
    FCN_SKIPS,
    FIRST_PADDING,
    FULLY_CONNECTED,
    VGG,
)
from napari_unetseg.core.network.vgg import fully_connected, stages

if TYPE_CHECKING:
    from napari_unetseg.core.config import NetworkConfig


class FCN(nn.Module):
    """A fully convolutional network whose finest scores are of stride 32, 16 or 8.

    Parameters
    ----------
    config : NetworkConfig
        "fcn-32s", "fcn-16s" or "fcn-8s". The output has the size of the input, which
        may be any.

    Notes
    -----
    What depends on the classes is in `head`, by the stride that it leads from, so that
    a network of stride 16 can start from the weights of one of stride 32.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        base, classes = config.base, config.classes
        skips = FCN_SKIPS[config.name]
        self.down = stages(
            config.channels, base, norm=False, first_padding=FIRST_PADDING
        )
        self.pool = nn.ModuleList(nn.MaxPool2d(2, ceil_mode=True) for _ in VGG)
        self.fc6, self.fc7 = fully_connected(base, norm=False, dropout=config.dropout)
        self.head = nn.ModuleDict(
            {"score": nn.Conv2d(FULLY_CONNECTED * base, classes, 1)}
        )
        self.fuse = nn.ModuleDict()
        for level, offset in skips.fused:
            width = VGG[level - 1][-1] * base
            self.head[f"score{level}"] = nn.Conv2d(width, classes, 1)
            self.head[f"up{level}"] = FixedUpsampling(classes, 2)
            self.fuse[f"{level}"] = AddCropped(offset)
        self.head[f"up{skips.stride}s"] = FixedUpsampling(classes, skips.stride)
        self.crop = CropLike(skips.offset)
        self._levels = [level for level, _ in skips.fused]
        self._last = f"up{skips.stride}s"

    def forward(self, x: Tensor) -> Tensor:
        """Scores before softmax: (B, C, Y, X) to (B, classes, Y, X)."""
        pooled = []
        features = x
        for stage, pool in zip(self.down, self.pool, strict=True):
            features = pool(stage(features))
            pooled.append(features)
        scores = self.head["score"](self.fc7(self.fc6(features)))
        for level in self._levels:
            skip = self.head[f"score{level}"](pooled[level - 1])
            scores = self.fuse[str(level)](skip, self.head[f"up{level}"](scores))
        cropped: Tensor = self.crop(x, self.head[self._last](scores))
        return cropped

    def forward_all(self, x: Tensor) -> list[Tensor]:
        """The scores that teach: those of `forward`."""
        return [self(x)]

    def initialise(self) -> None:
        """Let scores begin at zero, and upsamplings as bilinear, as the release."""
        for layer in self.head.values():
            if isinstance(layer, FixedUpsampling):
                layer.weight.data.copy_(bilinear_weights(layer))
            elif isinstance(layer, nn.Conv2d):
                nn.init.zeros_(layer.weight)


def bilinear_weights(layer: FixedUpsampling) -> Tensor:
    """Weights (C, C, K, K) with which a layer interpolates each channel by itself."""
    size = layer.kernel_size[0]
    factor = (size + 1) // 2
    centre = factor - 1 if size % 2 else factor - 0.5
    ramp = 1 - (torch.arange(size) - centre).abs() / factor
    same = torch.eye(layer.in_channels)
    return same[:, :, None, None] * torch.outer(ramp, ramp)
