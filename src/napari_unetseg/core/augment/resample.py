"""Look up image and labels along a coordinate map, on the device."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def resample(
    image: Tensor, target: Tensor, coordinates: Tensor, ignore: int
) -> tuple[Tensor, Tensor]:
    """Sample an image (cubic) and its targets (nearest) at the same places.

    Linear interpolation would blur the patches and take away half of their noise, so
    that the network would be trained on other images than it is to predict.

    Parameters
    ----------
    image : tensor of shape (C, Y, X), float32
        Beyond its border it is mirrored, the edge pixel not repeated.
    target : tensor of shape (Y, X), float32
        Class indices, `ignore` where not annotated.
    coordinates : tensor of shape (2, H, W), float32
        y and x in pixels.
    ignore : int
        Value of the targets beyond the image's border.

    Returns
    -------
    image : tensor of shape (C, H, W), float32
    target : tensor of shape (H, W), int64
    """
    height, width = image.shape[-2:]
    last = torch.tensor([max(height - 1, 1), max(width - 1, 1)], device=image.device)
    # grid_sample wants (x, y) from -1 to 1 between the centres of the edge pixels.
    grid = (coordinates * (2 / last)[:, None, None] - 1).flip(0).movedim(0, -1)[None]
    pixels = functional.grid_sample(
        image[None],
        grid,
        mode="bicubic",
        padding_mode="reflection",
        align_corners=True,
    )
    classes = functional.grid_sample(
        target[None, None],
        grid,
        mode="nearest",
        padding_mode="border",
        align_corners=True,
    )
    size = torch.tensor([height, width], device=image.device)[:, None, None]
    outside = ((coordinates < -0.5) | (coordinates > size - 0.5)).any(dim=0)
    return pixels[0], classes[0, 0].long().masked_fill(outside, ignore)
