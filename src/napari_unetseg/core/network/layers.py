"""Layers that torch does not have, most of them where two paths of a network meet.

A padded network's paths have the same size and meet pixel by pixel. In its valid twin
the longer path has lost more of its border, so that the other one is cropped; `before`
says how much of it is cut off at the start of each axis. It is 0 in a padded network,
the half in a network that is valid by birth, and set by `valid_twin`, which knows where
both paths lie in the image.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Sequence


class CropAndConcatenate(nn.Module):
    """Crop what comes over the skip, and stack it in front of the features.

    Attributes
    ----------
    before : tuple of int or None
        Pixels cut off at the start of each axis; None for the half of what is too much.
    """

    def __init__(self) -> None:
        super().__init__()
        self.before: tuple[int, ...] | None = None

    def forward(self, skip: Tensor, features: Tensor) -> Tensor:
        """(B, C1, ...) and (B, C2, *size) to (B, C1 + C2, *size)."""
        return torch.cat([crop(skip, features.shape[2:], self.before), features], dim=1)


class AddShortcut(nn.Module):
    """Add a residual block's input to its output, pooled and projected if needed.

    Parameters
    ----------
    pool : sequence of int
        Size of the average pooling along each axis, where the block has strides.
    project : nn.Module, optional
        A pointwise projection to the block's number of channels.

    Attributes
    ----------
    before : tuple of int or None
        Pixels of the block's input that are cut off at the start of each axis.
    """

    def __init__(self, pool: Sequence[int], project: nn.Module | None = None) -> None:
        super().__init__()
        self.pool = tuple(pool)
        self.project = nn.Identity() if project is None else project
        self.before: tuple[int, ...] | None = None

    def forward(self, block_input: Tensor, features: Tensor) -> Tensor:
        """(B, C1, ...) and (B, C2, *size) to (B, C2, *size)."""
        sizes = zip(features.shape[2:], self.pool, strict=True)
        shortcut = crop(block_input, [n * step for n, step in sizes], self.before)
        if any(step > 1 for step in self.pool):
            average = (functional.avg_pool2d, functional.avg_pool3d)[len(self.pool) - 2]
            shortcut = average(shortcut, self.pool)
        added: Tensor = self.project(shortcut) + features
        return added


class Upsample(nn.Module):
    """Bilinear or trilinear upsampling; pixels are areas (``align_corners=False``).

    Parameters
    ----------
    factor : sequence of int
        1 or 2 along each axis.

    Attributes
    ----------
    is_valid : bool
        Whether the outermost pixels are cut off along every enlarged axis, as in a
        valid twin: they would need a neighbour that is not there.
    """

    def __init__(self, factor: Sequence[int]) -> None:
        super().__init__()
        self.factor = tuple(factor)
        self.is_valid = False

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, ...) to (B, C, ...) of `factor` times the size."""
        mode = {2: "bilinear", 3: "trilinear"}[len(self.factor)]
        factor = [float(step) for step in self.factor]
        large = functional.interpolate(x, scale_factor=factor, mode=mode)
        if not self.is_valid:
            return large
        before = [int(step > 1) for step in self.factor]
        size = zip(large.shape[2:], before, strict=True)
        return crop(large, [n - 2 * cut for n, cut in size], before)


def crop(x: Tensor, size: Sequence[int], before: Sequence[int] | None) -> Tensor:
    """Cut a box of a size out of the spatial axes, from `before` or the centre."""
    if before is None:
        spatial = x.shape[-len(size) :]
        before = [(n - kept) // 2 for n, kept in zip(spatial, size, strict=True)]
    box: list[Any] = [slice(b, b + kept) for b, kept in zip(before, size, strict=True)]
    return x[(..., *box)]


class FixedUpsampling(nn.ConvTranspose2d):
    """A transposed convolution that is not taught, computed in the type of its weights.

    Of an odd number of channels oneDNN has no fast one in bfloat16: of three, at a
    stride of 32, it takes seconds in place of milliseconds.
    """

    def __init__(self, channels: int, stride: int) -> None:
        super().__init__(channels, channels, 2 * stride, stride, bias=False)
        self.requires_grad_(False)

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        """Enlarge scores (B, C, Y, X) by the stride, and half of it at either end."""
        kind = x.device.type
        # Where sizes alone are computed there is no autocast.
        can_be_on = torch.amp.is_autocast_available(kind)
        with torch.autocast(kind, enabled=False) if can_be_on else nullcontext():
            return super().forward(x.to(self.weight.dtype), output_size)
