"""What tells the networks of the U-Net family apart, as plain numbers. Loads no torch.

The builders (`unet.py`, `residual.py`) and the estimates (`cost.py`) read the same
figures here, so that a dock can tell what a network costs without building it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_unetseg.core.config import NetworkConfig

# nnU-Net's ResEnc presets: residual blocks of each level, and the largest width.
RESIDUAL_BLOCKS = (1, 3, 4, 6, 6, 6, 6, 6)
_LARGEST_RESIDUAL_WIDTH = {2: 512, 3: 320}


@dataclass(frozen=True, slots=True)
class Style:
    """How the convolutions of a network are made.

    Attributes
    ----------
    padded : bool
        Whether a convolution keeps the size.
    learnt_by_norm : int
        Numbers that a normalisation learns per channel: 2 are scale and shift, 1 is a
        shift alone, 0 means that nothing is normalised.
    bias : bool
        Whether the convolutions have biases.
    up_bias, up_relu : bool
        Whether up-convolutions have biases, and a ReLU behind them.
    early : bool
        Whether the channels double before a pooling instead of behind it.
    residual : bool
        Whether the way down is made of residual blocks.
    """

    padded: bool = True
    learnt_by_norm: int = 2
    bias: bool = True
    up_bias: bool = True
    up_relu: bool = True
    early: bool = False
    residual: bool = False


def style(config: NetworkConfig) -> Style:
    """How the convolutions of a network are made.

    Notes
    -----
    Çiçek et al. publish 19,069,955 parameters. That is one number per channel and 3 x 3
    x 3 convolution, besides the weights, no bias in the up-convolutions, and one in the
    head. The one number is the shift of the batch normalisation here: a bias before it
    would be dead, and a scale is redundant between a ReLU and a convolution.

    Convolutions of "unet-res" that are normalised have no bias either; nnU-Net's have
    one, which its instance normalisation takes away again.
    """
    if config.name == "unet-res":
        return Style(bias=False, up_relu=False, residual=True)
    if config.name == "unet-bn":
        return Style()
    if config.dimensions == 2:
        return Style(padded=False, learnt_by_norm=0)
    return Style(
        padded=False,
        learnt_by_norm=1,
        bias=False,
        up_bias=False,
        up_relu=False,
        early=True,
    )


def widths(config: NetworkConfig) -> list[int]:
    """Channels that leave each level, from the top; the bottom's is the last."""
    found = [config.base << level for level in range(config.depth + 1)]
    if config.name == "unet-res":
        largest = _LARGEST_RESIDUAL_WIDTH[config.dimensions]
        return [min(width, largest) for width in found]
    return [2 * width for width in found] if style(config).early else found


def channels_down(config: NetworkConfig, level: int) -> tuple[int, int, int]:
    """Channels before, between and behind the two convolutions of a level."""
    after = widths(config)
    before = after[level - 1] if level else config.channels
    between = after[level] // 2 if style(config).early else after[level]
    return before, between, after[level]


def channels_up(config: NetworkConfig, level: int) -> tuple[int, int, int]:
    """Channels below an up-convolution, behind it, and of the level that it leads to.

    An up-convolution halves the channels, but keeps them in Çiçek's network.
    """
    after = widths(config)
    below, out = after[level + 1], after[level]
    return below, below if style(config).early else out, out


def auxiliary_levels(config: NetworkConfig) -> range:
    """Levels whose scores teach too, from fine to coarse.

    Every level on the way up but the coarsest, which nnU-Net gives the weight 0; a
    network of two poolings keeps it, since it has no other.
    """
    if not config.deep_supervision:
        return range(0)
    return range(1, min(config.depth, max(2, config.depth - 1)))
