"""The networks before and beside the U-Net, layer by layer, as plain numbers.

Loads no torch. The builders (`fcn.py`, `segnet.py`, `deconvnet.py`, `patch.py`) read
their figures here, and `steps` lists the layers that they make of them, so that costs
and drawings need no network.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from napari_unetseg.core.config import POOLINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_unetseg.core.config import NetworkConfig

# Widths of the stages of VGG16 and of its fully connected layers, of which the first
# stage's is 1.
VGG = ((1, 1), (2, 2), (4, 4, 4), (8, 8, 8), (8, 8, 8))
FULLY_CONNECTED = 64
FC_KERNEL = 7
# The way up, from the lowest stage; the last convolution of SegNet is its head.
SEGNET_UP = ((8, 8, 8), (8, 8, 4), (4, 4, 2), (2, 1), (1,))
DECONVNET_UP = ((8, 8, 8), (8, 8, 4), (4, 4, 2), (2, 1), (1, 1))
DECONVNET_WINDOW = 224
FIRST_PADDING = 100
PATCH_KERNELS = (4, 5, 4, 4)
PATCH_WINDOW = 95


class Skips(NamedTuple):
    """Which poolings' scores an FCN adds, and how far they are cropped.

    Attributes
    ----------
    stride : int
        Of the finest scores.
    fused : tuple of (int, int)
        Number of each pooling, and where its scores are cropped.
    offset : int
        Where the output is cropped.
    """

    stride: int
    fused: tuple[tuple[int, int], ...]
    offset: int


FCN_SKIPS = {
    "fcn-32s": Skips(32, (), 19),
    "fcn-16s": Skips(16, ((4, 5),), 27),
    "fcn-8s": Skips(8, ((4, 5), (3, 9)), 31),
}


def patch_connected(maps: int) -> int:
    """Neurons of the patch classifier's inner fully connected layer: 200 of 48 maps."""
    return max(1, maps * 25 // 6)


def lesson(config: NetworkConfig) -> tuple[int, int] | None:
    """Sides of what a network is given and of what it teaches, if they never change.

    Parameters
    ----------
    config : NetworkConfig
        Any.

    Returns
    -------
    given, taught : int
        In pixels along each axis; None for a network that takes images of many sizes.
    """
    if config.name == "patch":
        return PATCH_WINDOW, 1
    if config.name == "deconvnet":
        return DECONVNET_WINDOW, DECONVNET_WINDOW
    return None


@dataclass(frozen=True, slots=True)
class Step:
    """One layer of a network, as it is trained.

    Attributes
    ----------
    kind : str
        "conv", "deconv", "pool", "unpool", "linear" (upsampling), "add" (a skip) or
        "crop" (to the size of the image).
    channels : int
        Behind it.
    kernel, stride, padding : int
        Along both axes, in pixels of its input.
    norm, relu, dropout : bool
        Whether batch norm, a ReLU or dropout follows.
    bias, learnt : bool
        Whether it has biases, and whether its weights change.
    level : int
        Poolings before it; of "add", "unpool" and its like the pooling's that it
        belongs to.
    """

    kind: Literal["conv", "deconv", "pool", "unpool", "linear", "add", "crop"]
    channels: int
    kernel: int = 1
    stride: int = 1
    padding: int = 0
    norm: bool = False
    relu: bool = False
    dropout: bool = False
    bias: bool = True
    learnt: bool = True
    level: int = 0


def steps(config: NetworkConfig) -> Iterator[Step]:
    """List the layers of a network of history in the order in which it applies them.

    Parameters
    ----------
    config : NetworkConfig
        Of a name in `POOLINGS`.
    """
    assert config.name in POOLINGS
    if config.name == "patch":
        yield from _patch(config)
        return
    yield from _vgg(config, norm=config.name not in FCN_SKIPS)
    if config.name in FCN_SKIPS:
        yield from _fcn(config)
    else:
        yield from _mirrored(config)


def _vgg(config: NetworkConfig, *, norm: bool) -> Iterator[Step]:
    padding = FIRST_PADDING if config.name in FCN_SKIPS else 1
    for level, widths in enumerate(VGG):
        for width in widths:
            yield Step(
                "conv", width * config.base, 3, 1, padding, norm, True, level=level
            )
            padding = 1
        yield Step("pool", widths[-1] * config.base, 2, 2, level=level + 1)


def _connected(config: NetworkConfig, *, norm: bool) -> Iterator[Step]:
    wide, level = FULLY_CONNECTED * config.base, len(VGG)
    drop = config.dropout > 0
    yield Step("conv", wide, FC_KERNEL, 1, 0, norm, True, drop, level=level)
    yield Step("conv", wide, 1, 1, 0, norm, True, drop, level=level)


def _fcn(config: NetworkConfig) -> Iterator[Step]:
    skips, classes = FCN_SKIPS[config.name], config.classes
    yield from _connected(config, norm=False)
    yield Step("conv", classes, level=len(VGG))
    for level, _ in skips.fused:
        yield Step("deconv", classes, 4, 2, bias=False, learnt=False, level=level)
        yield Step("add", classes, level=level)
    stride = skips.stride
    yield Step("deconv", classes, 2 * stride, stride, bias=False, learnt=False)
    yield Step("crop", classes)


def _mirrored(config: NetworkConfig) -> Iterator[Step]:
    base, before = config.base, VGG[-1][-1] * config.base
    is_segnet = config.name == "segnet"
    ways = SEGNET_UP if is_segnet else DECONVNET_UP
    if not is_segnet:
        yield from _connected(config, norm=True)
        yield Step("deconv", before, FC_KERNEL, 1, 0, True, True, level=len(VGG))
    for level, widths in zip(reversed(range(len(VGG))), ways, strict=True):
        if config.upsampling == "unpooling":
            yield Step("unpool", before, 2, 2, level=level)
        elif config.upsampling == "transposed":
            yield Step("deconv", before, 2, 2, level=level)
        else:
            yield Step("linear", before, 2, 2, level=level)
        for width in widths:
            kind: Literal["conv", "deconv"] = "conv" if is_segnet else "deconv"
            yield Step(kind, width * base, 3, 1, 1, True, True, level=level)
        before = widths[-1] * base
    kernel = 3 if is_segnet else 1
    yield Step("conv", config.classes, kernel, 1, kernel // 2)


def _patch(config: NetworkConfig) -> Iterator[Step]:
    for level, kernel in enumerate(PATCH_KERNELS):
        yield Step("conv", config.base, kernel, relu=True, level=level)
        yield Step("pool", config.base, 2, 2, level=level + 1)
    level = len(PATCH_KERNELS)
    yield Step("conv", patch_connected(config.base), 3, relu=True, level=level)
    yield Step("conv", config.classes, level=level)
