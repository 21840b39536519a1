"""The sliding-window classifier N4, which says of one pixel what class it is.

It won the ISBI 2012 challenge, and the U-Net replaced it: it classifies the 95 x 95
window around each pixel anew. Here it is trained just so, window by window, and
predicts as the fully convolutional network that gives the same at every pixel at once.

References
----------
Ciresan, Giusti, Gambardella, Schmidhuber: Deep Neural Networks Segment Neuronal
Membranes in Electron Microscopy Images. NIPS 2012.
Giusti et al.: Fast Image Scanning with Deep Max-Pooling Convolutional Neural Networks.
ICIP 2013. arXiv:1302.1700
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn
from torch.nn import functional

from napari_unetseg.core.network.convolutional import convolutionalise
from napari_unetseg.core.network.crops import Surround
from napari_unetseg.core.network.plans import (
    PATCH_KERNELS,
    PATCH_WINDOW,
    patch_connected,
)

if TYPE_CHECKING:
    from napari_unetseg.core.config import NetworkConfig


class PatchClassifier(nn.Module):
    """Four convolutions with poolings and two fully connected layers on a window.

    Parameters
    ----------
    config : NetworkConfig
        "patch"; `base` is the number of maps of each convolution, 48 in the paper.

    Notes
    -----
    The network is dense: after k poolings its layers are dilated by ``2**k``, and the
    poolings have the stride 1. `forward_all`, with which it is taught, applies the same
    weights as the classifier does, which is far less work for a single window.
    """

    lesson = PATCH_WINDOW, 1

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        *inner, last = convolutionalise(classifier(config), dense=True)
        self.surround = Surround(PATCH_WINDOW // 2)
        self.down = nn.Sequential(*inner)
        self.head = last

    def forward(self, x: Tensor) -> Tensor:
        """Scores before softmax: (B, C, Y, X) to (B, classes, Y, X)."""
        scores: Tensor = self.head(self.down(self.surround(x)))
        return scores

    def forward_all(self, x: Tensor) -> list[Tensor]:
        """Scores (B, classes, 1, 1) of the pixel in the middle of each window."""
        for layer in (*self.down, self.head):
            if isinstance(layer, nn.Conv2d):
                x = functional.conv2d(x, layer.weight, layer.bias)
            elif isinstance(layer, nn.MaxPool2d):
                x = functional.max_pool2d(x, layer.kernel_size)
            else:
                x = layer(x)
        return [x]


def classifier(config: NetworkConfig) -> nn.Sequential:
    """Make N4 as published: (B, C, 95, 95) to (B, classes).

    The reference that is at hand tells its layers and not its activation; it has ReLUs.
    """
    layers: list[nn.Module] = []
    before, maps = config.channels, config.base
    for kernel in PATCH_KERNELS:
        layers += [nn.Conv2d(before, maps, kernel), nn.ReLU(inplace=True)]
        layers.append(nn.MaxPool2d(2))
        before = maps
    side, wide = 3, patch_connected(maps)
    return nn.Sequential(
        *layers,
        nn.Flatten(),
        nn.Linear(maps * side * side, wide),
        nn.ReLU(inplace=True),
        nn.Linear(wide, config.classes),
    )
