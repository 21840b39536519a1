"""Random changes of grey values and colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from napari_unetseg.core.augment.blur import blurred
from napari_unetseg.core.augment.turn import in_finest_pixels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_unetseg.core.config import AugmentConfig

# Values closer together than this are all the same: rounding makes such differences.
_SAME = 1e-6


def vary_intensity(
    image: torch.Tensor,
    config: AugmentConfig,
    rng: np.random.Generator,
    *,
    spacing: Sequence[float] = (),
    colour: bool = False,
) -> torch.Tensor:
    """Change the values of one normalised patch: hue, gain, offset, gamma, blur, noise.

    Parameters
    ----------
    image : tensor of shape (C, [D,] H, W), float32
        With mean about 0 and standard deviation about 1.
    config : AugmentConfig
        How strongly.
    rng : Generator
        Draws gain, offset and gamma per channel, blur, noise and hue per patch: on
        every device the same.
    spacing : sequence of float
        Pixel size of a volume along each axis; empty if they are equal. Its blur is as
        wide along all of them.
    colour : bool
        Whether the three channels are red, green and blue, so that the hue is varied.

    Returns
    -------
    tensor of shape (C, [D,] H, W)

    Raises
    ------
    ValueError
        If an image in colour has another number of channels than three.
    """
    if colour and len(image) != 3:
        raise ValueError(f"Colours are of 3 channels, not of {len(image)}")
    shape = (image.shape[0], *(1,) * (image.ndim - 1))
    gain, offset = torch.from_numpy(rng.standard_normal((2, *shape))).to(
        image.device, image.dtype
    )
    strength = config.noise * rng.uniform()
    # The generator of the CPU, so that every device sees the same noise.
    noise_rng = torch.Generator().manual_seed(int(rng.integers(2**63)))
    # What came later is drawn last and only if asked for: without it, a seed gives the
    # patches that it ever gave.
    exponents = np.exp(config.gamma * rng.standard_normal(shape)) if config.gamma else 1
    deviation = config.blur * rng.uniform() if config.blur else 0.0
    turn = config.hue * rng.standard_normal() if colour and config.hue else 0.0

    if turn:
        image = with_turned_hue(image, turn)
    varied: torch.Tensor = image * torch.exp(config.contrast * gain)
    varied += config.brightness * offset
    if config.gamma:
        varied = with_gamma(varied, torch.as_tensor(exponents).to(varied))
    coarse = in_finest_pixels(spacing if image.ndim == 4 else (), image.ndim - 1)
    varied = blurred(varied, (deviation / coarse).tolist())
    if config.noise:
        noise = torch.randn(image.shape, generator=noise_rng).to(image.device)
        varied = varied + strength * noise
    return varied


def with_gamma(image: torch.Tensor, exponents: torch.Tensor) -> torch.Tensor:
    """Raise the values between the least and the largest of each channel.

    Afterwards each channel has the mean and standard deviation that it had, as in
    nnU-Net (Isensee 2021, doi:10.1038/s41592-020-01008-z, supplementary note 2).

    Parameters
    ----------
    image : tensor of shape (C, [D,] H, W), float32
        A channel that is constant stays so.
    exponents : tensor of shape (C, 1, ...)
        Above 0.

    Returns
    -------
    tensor of shape (C, [D,] H, W)
    """
    axes = tuple(range(1, image.ndim))
    low, high = image.amin(axes, keepdim=True), image.amax(axes, keepdim=True)
    share = (image - low) / (high - low).clamp(min=_SAME)
    raised = torch.exp(exponents * share.log())  # Faster than `**`; 0 stays 0.
    mean, deviation = _moments(image)
    raised_mean, raised_deviation = _moments(raised)
    scale = deviation / raised_deviation.clamp(min=_SAME)
    restored: torch.Tensor = (raised - raised_mean) * scale + mean
    return restored


def with_turned_hue(image: torch.Tensor, turn: float) -> torch.Tensor:
    """Rotate colours about the grey axis.

    Red, green and blue count as the axes of a space (Rodrigues' formula): brightness
    and colourfulness stay, grey stays grey.

    Parameters
    ----------
    image : tensor of shape (3, [D,] H, W)
        Red, green, blue.
    turn : float
        1 is the whole circle; 1/3 makes red green, green blue and blue red.

    Returns
    -------
    tensor of shape (3, [D,] H, W)
    """
    cos, sin = np.cos(2 * np.pi * turn), np.sin(2 * np.pi * turn)
    across = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / np.sqrt(3)
    rotation = cos * np.eye(3) + (1 - cos) / 3 + sin * across
    turned: torch.Tensor = torch.tensordot(
        torch.from_numpy(rotation).to(image), image, dims=1
    )
    return turned


def _moments(image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and standard deviation of each channel; faster than torch's own."""
    axes = tuple(range(1, image.ndim))
    mean = image.mean(axes, keepdim=True)
    return mean, (image - mean).square().mean(axes, keepdim=True).sqrt()
