"""Random changes of grey values: contrast, brightness and noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    import numpy as np

    from napari_unetseg.core.config import AugmentConfig


def vary_intensity(
    image: torch.Tensor, config: AugmentConfig, rng: np.random.Generator
) -> torch.Tensor:
    """Change the values of one normalised patch.

    Parameters
    ----------
    image : tensor of shape (C, [D,] H, W), float32
        With mean about 0 and standard deviation about 1.
    config : AugmentConfig
        How strongly.
    rng : Generator
        Draws gain and offset per channel, and the seed of the noise.

    Returns
    -------
    tensor of shape (C, [D,] H, W)
    """
    shape = (2, image.shape[0], *(1,) * (image.ndim - 1))
    gain, offset = torch.from_numpy(rng.standard_normal(shape)).to(
        image.device, image.dtype
    )
    strength = config.noise * rng.uniform()
    # The generator of the CPU, so that every device sees the same noise.
    noise_rng = torch.Generator().manual_seed(int(rng.integers(2**63)))
    noise = torch.randn(image.shape, generator=noise_rng).to(image.device)
    brightened: torch.Tensor = image * torch.exp(config.contrast * gain)
    brightened += config.brightness * offset
    return brightened + strength * noise
