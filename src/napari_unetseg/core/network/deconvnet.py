"""DeconvNet: VGG16 mirrored, joined by its fully connected layers.

References
----------
Noh, Hong, Han: Learning Deconvolution Network for Semantic Segmentation. ICCV 2015.
arXiv:1505.04366
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from torch import Tensor, nn

from napari_unetseg.core.network.fixed import FixedWindows
from napari_unetseg.core.network.plans import (
    DECONVNET_UP,
    DECONVNET_WINDOW,
    FC_KERNEL,
    FULLY_CONNECTED,
    VGG,
)
from napari_unetseg.core.network.steps_up import StepUp
from napari_unetseg.core.network.vgg import (
    activation,
    convolutions,
    fully_connected,
    stages,
)

if TYPE_CHECKING:
    from napari_unetseg.core.config import NetworkConfig

_DEVIATION = 0.01


class DeconvNet(FixedWindows):
    """Down to a single vector for a window of 224 pixels, and all the way up again.

    Parameters
    ----------
    config : NetworkConfig
        "deconvnet".

    Notes
    -----
    All of a window goes through one vector, so that the window is what it is exact for:
    an image is predicted in windows on a fixed lattice, half a window apart, whose
    probabilities are averaged (the paper takes the largest of many object proposals).
    """

    window: ClassVar[int] = DECONVNET_WINDOW
    lesson = DECONVNET_WINDOW, DECONVNET_WINDOW

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        base = config.base
        deep = VGG[-1][-1] * base
        self.down = stages(config.channels, base, norm=True)
        self.pool = nn.ModuleList(nn.MaxPool2d(2) for _ in VGG)
        self.fc6, self.fc7 = fully_connected(base, norm=True, dropout=config.dropout)
        self.fc6_up = nn.Sequential(
            nn.ConvTranspose2d(FULLY_CONNECTED * base, deep, FC_KERNEL),
            *activation(deep, norm=True),
        )
        self.up = nn.ModuleList()
        self.merge = nn.ModuleList()
        before = deep
        for widths in DECONVNET_UP:
            self.up.append(StepUp(before, config.upsampling))
            sizes = (before, *(base * width for width in widths))
            self.merge.append(convolutions(sizes, norm=True, layer=nn.ConvTranspose2d))
            before = sizes[-1]
        self.head = nn.Conv2d(before, config.classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Scores before softmax: (B, C, 224, 224) to (B, classes, 224, 224)."""
        passed = []
        for stage, pool in zip(self.down, self.pool, strict=True):
            x = stage(x)
            passed.append(x)
            x = pool(x)
        x = self.fc6_up(self.fc7(self.fc6(x)))
        for up, merge in zip(self.up, self.merge, strict=True):
            x = merge(up(passed.pop(), x))
        scores: Tensor = self.head(x)
        return scores

    def forward_all(self, x: Tensor) -> list[Tensor]:
        """The scores that teach: those of `forward`."""
        return [self(x)]

    def initialise(self) -> None:
        """Draw the deconvolutions from a Gaussian of deviation 0.01, as the release.

        They are scaled by the batch norm behind them anyway; what is drawn already is
        brought to that deviation, so that the seed still decides.
        """
        for part in (self.fc6_up, self.merge):
            for layer in part.modules():
                if isinstance(layer, nn.ConvTranspose2d):
                    layer.weight.data.mul_(_DEVIATION / layer.weight.data.std())
