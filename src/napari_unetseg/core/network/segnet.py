"""SegNet: features go back to where the maxima of the poolings were.

References
----------
Badrinarayanan, Kendall, Cipolla: SegNet: A Deep Convolutional Encoder-Decoder
Architecture for Image Segmentation. PAMI 2017. arXiv:1511.00561
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from napari_unetseg.core.network.plans import SEGNET_UP, VGG
from napari_unetseg.core.network.steps_up import StepUp
from napari_unetseg.core.network.vgg import convolutions, stages

if TYPE_CHECKING:
    from napari_unetseg.core.config import NetworkConfig


class SegNet(nn.Module):
    """13 convolutions of VGG16 down and 13 up, each with batch norm but the last.

    Parameters
    ----------
    config : NetworkConfig
        "segnet". The output has the size of the input, which may be any. Its upsampling
        may be that of the networks that the paper compares: a transposed convolution,
        or linear, in place of the unpooling.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        base = config.base
        self.down = stages(config.channels, base, norm=True)
        self.pool = nn.ModuleList(nn.MaxPool2d(2, ceil_mode=True) for _ in VGG)
        self.up = nn.ModuleList()
        self.merge = nn.ModuleList()
        before = VGG[-1][-1] * base
        for widths in SEGNET_UP:
            self.up.append(StepUp(before, config.upsampling))
            sizes = (before, *(base * width for width in widths))
            self.merge.append(convolutions(sizes, norm=True))
            before = sizes[-1]
        self.head = nn.Conv2d(before, config.classes, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Scores before softmax: (B, C, Y, X) to (B, classes, Y, X)."""
        passed = []
        for stage, pool in zip(self.down, self.pool, strict=True):
            x = stage(x)
            passed.append(x)
            x = pool(x)
        for up, merge in zip(self.up, self.merge, strict=True):
            x = merge(up(passed.pop(), x))
        scores: Tensor = self.head(x)
        return scores

    def forward_all(self, x: Tensor) -> list[Tensor]:
        """The scores that teach: those of `forward`."""
        return [self(x)]
