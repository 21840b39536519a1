"""Layers of networks that lose or add a border on their way, and mend it at the end.

FCN pads its image by 100 pixels and crops what it adds up; a classifier of windows is
surrounded by half a window. Such a network keeps the size of the image as a whole,
although its layers do not. Each of these layers says by how much the pixels are shifted
against the image, and in the valid twin none of them is needed: there the tile itself
is as much larger.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from napari_unetseg.core.network.layers import crop


class AddCropped(nn.Module):
    """Crop what comes over the skip, and add it to the features.

    Parameters
    ----------
    offset : int
        Pixels of the skip before the one that the first of the features belongs to.

    Attributes
    ----------
    before : tuple of int or None
        Pixels cut off at the start of each axis in the valid twin; None: `offset`.
    """

    def __init__(self, offset: int) -> None:
        super().__init__()
        self.offset = offset
        self.before: tuple[int, ...] | None = None

    def forward(self, skip: Tensor, features: Tensor) -> Tensor:
        """(B, C, ...) and (B, C, *size) to (B, C, *size)."""
        size = features.shape[2:]
        before = self.before or (self.offset,) * len(size)
        return crop(skip, size, before) + features


class CropLike(nn.Module):
    """Crop the features to the size of what they once came from.

    Parameters
    ----------
    offset : int
        Pixels of the features before the one that the first pixel belongs to.

    Attributes
    ----------
    is_valid : bool
        Whether nothing is cropped, as in a valid twin, whose tiles are of other sizes.
    """

    def __init__(self, offset: int = 0) -> None:
        super().__init__()
        self.offset = offset
        self.is_valid = False
        self.before: tuple[int, ...] | None = None

    def forward(self, model: Tensor, features: Tensor) -> Tensor:
        """(B, C1, *size) and (B, C2, ...) to (B, C2, *size)."""
        if self.is_valid:
            return features
        size = model.shape[2:]
        return crop(features, size, (self.offset,) * len(size))


class Surround(nn.Module):
    """Add zeros around the image: half of a window, so that each pixel has one.

    Parameters
    ----------
    border : int
        Pixels at either end of each axis.

    Attributes
    ----------
    is_valid : bool
        Whether nothing is added, as in a valid twin.
    """

    def __init__(self, border: int) -> None:
        super().__init__()
        self.border = border
        self.is_valid = False

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, Y, X) to a tensor that is larger by twice the border."""
        return x if self.is_valid else functional.pad(x, [self.border] * 4)
