"""Look up image, labels and weights along a coordinate map, on the device."""

from __future__ import annotations

from typing import overload

import torch
from torch import Tensor
from torch.nn import functional


@overload
def resample(
    image: Tensor,
    target: Tensor,
    coordinates: Tensor,
    ignore: int,
    *,
    extra: None = None,
) -> tuple[Tensor, Tensor]: ...


@overload
def resample(
    image: Tensor, target: Tensor, coordinates: Tensor, ignore: int, *, extra: Tensor
) -> tuple[Tensor, Tensor, Tensor]: ...


def resample(
    image: Tensor,
    target: Tensor,
    coordinates: Tensor,
    ignore: int,
    *,
    extra: Tensor | None = None,
) -> tuple[Tensor, Tensor] | tuple[Tensor, Tensor, Tensor]:
    """Sample an image, its targets (nearest) and a map of numbers at the same places.

    Planes are interpolated cubically: linear interpolation would blur the patches and
    take away half of their noise, so that the network would be trained on other images
    than it is to predict. Volumes are interpolated linearly, which is all that torch
    has for them; their patches that are not bent keep their pixels.

    Parameters
    ----------
    image : tensor of shape (C, [Z,] Y, X), float32
        Beyond its border it is mirrored, the edge pixel not repeated.
    target : tensor of shape ([Z,] Y, X), float32
        Class indices or ids of instances, `ignore` where not annotated. Whole numbers
        up to 2**24, all of which float32 holds; whoever has larger ids numbers them
        anew.
    coordinates : tensor of shape (rank, [D,] H, W), float32
        ([z,] y, x) in pixels.
    ignore : int
        Value of the targets beyond the image's border.
    extra : tensor of shape ([Z,] Y, X), float32, optional
        Further numbers per pixel, such as weights: interpolated linearly, so that they
        stay between those given, and continued by those of the edge.

    Returns
    -------
    image : tensor of shape (C, [D,] H, W), float32
    target : tensor of shape ([D,] H, W), int64
    extra : tensor of shape ([D,] H, W), float32
        Only where it was given.
    """
    shape = target.shape
    column = (-1, *(1,) * len(shape))
    last = torch.tensor([max(size - 1, 1) for size in shape], device=image.device)
    # grid_sample wants (x, y[, z]) from -1 to 1 between the centres of the edge pixels.
    grid = (coordinates * (2 / last).view(column) - 1).flip(0).movedim(0, -1)[None]
    pixels = functional.grid_sample(
        image[None],
        grid,
        mode="bicubic" if len(shape) == 2 else "bilinear",
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
    size = torch.tensor(shape, device=image.device).view(column)
    outside = ((coordinates < -0.5) | (coordinates > size - 0.5)).any(dim=0)
    labels = classes[0, 0].long().masked_fill(outside, ignore)
    if extra is None:
        return pixels[0], labels
    numbers = functional.grid_sample(
        extra[None, None],
        grid,
        mode="bilinear",
        padding_mode="border",
        align_corners=True,
    )
    return pixels[0], labels, numbers[0, 0]
