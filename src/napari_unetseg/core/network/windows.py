"""What each pixel of a layer's output sees of its input: one rule per layer type.

Along one axis all layers that can be tiled exactly are alike: output i sees the inputs
from ``(down * i - before) // up`` to ``(down * i + after) // up``. A layer type without
a rule here would see the whole image, or pixels that depend on the tile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import nn

from napari_unetseg.core.errors import ModelError
from napari_unetseg.core.network.crops import AddCropped, CropLike, Surround
from napari_unetseg.core.network.layers import (
    AddShortcut,
    CropAndConcatenate,
    Upsample,
)
from napari_unetseg.core.network.sized import SIZED_RULES
from napari_unetseg.core.network.switches import Switches, Unpool
from napari_unetseg.core.network.window import (
    CONVOLUTIONS,
    NORMS,
    POOLINGS,
    UP_CONVOLUTIONS,
    RefusedError,
    Window,
    centre,
    number,
    padding_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from napari_unetseg.core.network.trace import Call

    Integers = NDArray[np.int64]

JOINS = (AddCropped, AddShortcut, CropAndConcatenate, CropLike, Unpool)


def windows(call: Call, axis: int, *, sized: bool = False) -> tuple[Window, ...]:
    """What a layer sees of each of its inputs along an axis.

    Parameters
    ----------
    call : Call
        The layer, and what it takes.
    axis : int
        Spatial axis: 0 is Z or Y.
    sized : bool
        Whether the network keeps the size as a whole, and not layer by layer.

    Returns
    -------
    tuple of Window
        One per input. Where paths meet the last one is of the features; the other path
        is cropped to them.

    Raises
    ------
    ModelError
        If the layer has no rule, or is used in a way that no rule covers.
    """
    try:
        window = _rule(call.layer, sized=sized)(call.layer, axis)
    except RefusedError as error:
        raise ModelError(
            f"The layer {call.name} ({type(call.layer).__name__}) {error}, so that the "
            "network could not be predicted exactly in tiles",
            f"Layers with a geometry rule: {', '.join(t.__name__ for t in _RULES)}",
        ) from None
    if isinstance(call.layer, (CropLike, Unpool)):
        return Window(), window
    return (window, Window()) if isinstance(call.layer, JOINS) else (window,)


def keeps_size_as_a_whole(calls: list[Call]) -> bool:
    """Whether a network's output has its input's size, whatever its layers lose.

    Its layers are then counted from their own first pixel, as they stand, and not from
    their centre.
    """
    return any(isinstance(call.layer, (CropLike, Surround)) for call in calls)


def kinds(layer: nn.Module) -> set[bool]:
    """Whether a layer makes up what lies outside (True) or loses its border (False).

    Parameters
    ----------
    layer : nn.Module
        Any; only convolutions and upsamplings can be of either kind.

    Returns
    -------
    set of bool
        Over the axes; empty if the layer sees single pixels only.
    """
    if isinstance(layer, CONVOLUTIONS):
        sees = zip(layer.kernel_size, padding_of(layer), strict=True)
        return {padding > 0 for kernel, padding in sees if kernel > 1}
    if isinstance(layer, Upsample) and max(layer.factor) > 1:
        return {not layer.is_valid}
    if isinstance(layer, (CropLike, Surround)):
        return {not layer.is_valid}
    return set()


def dimensions_of(calls: list[Call]) -> int:
    """Number of spatial axes that the layers work along, 2 or 3."""
    names = {}
    for call in calls:
        kind = type(call.layer).__name__
        if isinstance(call.layer, AddShortcut):
            names[len(call.layer.pool)] = call.name
        elif isinstance(call.layer, Upsample):
            names[len(call.layer.factor)] = call.name
        elif kind.endswith(("2d", "3d")):
            names[int(kind[-2])] = call.name
    if len(names) > 1:
        raise ModelError(
            f"The layers {names.get(2)} and {names.get(3)} work along two and three "
            "axes",
            "Build a network of layers for as many axes",
        )
    if not names:
        raise ModelError("The network has no convolution", "Give it layers that learn")
    return names.popitem()[0]


def _convolution(layer: nn.Conv2d | nn.Conv3d, axis: int) -> Window:
    if not layer.kernel_size[axis] % 2:
        raise RefusedError("has an even kernel, which has no centre")
    if layer.padding_mode != "zeros":
        raise RefusedError(f"pads with '{layer.padding_mode}' instead of zeros")
    half = centre(layer.kernel_size[axis], layer.dilation[axis])
    if padding_of(layer)[axis] not in (0, half):
        raise RefusedError(f"pads by something else than 0 or {half}")
    return Window(down=layer.stride[axis], before=half, after=half)


def _up_convolution(layer: Any, axis: int) -> Window:
    kernel, stride = layer.kernel_size[axis], layer.stride[axis]
    if kernel != stride or layer.padding[axis] or layer.output_padding[axis]:
        raise RefusedError("overlaps or pads; its stride is not its size")
    if layer.dilation[axis] != 1:
        raise RefusedError("is dilated")
    return Window(up=kernel)


def _pooling(layer: Any, axis: int) -> Window:
    kernel, stride = number(layer.kernel_size, axis), number(layer.stride, axis)
    if kernel != stride or number(layer.dilation, axis) != 1:
        raise RefusedError("overlaps; its stride is not its size")
    if number(layer.padding, axis):
        raise RefusedError("pads")
    if layer.return_indices:
        raise RefusedError("returns places, which change with the tile")
    return Window(down=kernel, after=kernel - 1)


def _added(layer: AddCropped, axis: int) -> Window:
    return Window(before=-layer.offset, after=layer.offset)


def _cropped(layer: CropLike, axis: int) -> Window:
    offset = 0 if layer.is_valid else layer.offset
    return Window(before=-offset, after=offset)


def _surrounded(layer: Surround, axis: int) -> Window:
    border = 0 if layer.is_valid else layer.border
    return Window(before=border, after=-border)


def _switches(layer: Switches, axis: int) -> Window:
    # A switch depends on its window alone, which no crop on the lattice cuts, and of
    # which the pooling beside it sees all pixels.
    return Window()


def _unpooling(layer: Unpool, axis: int) -> Window:
    return Window(up=2)


def _upsampling(layer: Upsample, axis: int) -> Window:
    # Output 2m lies a quarter of a pixel before input m, output 2m + 1 behind it.
    factor = layer.factor[axis]
    if factor not in (1, 2):
        raise RefusedError(f"enlarges by {factor} instead of 1 or 2")
    return Window(up=factor, before=factor - 1, after=factor - 1)


def _norm(layer: Any, axis: int) -> Window:
    if not layer.track_running_stats:
        raise RefusedError("normalises by the statistics of the tile that it sees")
    return Window()


def _pointwise(layer: nn.Module, axis: int) -> Window:
    return Window()


def _shortcut(layer: AddShortcut, axis: int) -> Window:
    for name, part in layer.project.named_modules(prefix="project"):
        if isinstance(part, nn.Sequential):
            continue
        try:
            window = _rule(part)(part, axis)
        except RefusedError as error:
            raise RefusedError(
                f"has {name} ({type(part).__name__}) that {error}"
            ) from None
        if window != Window():
            raise RefusedError(
                f"has {name} ({type(part).__name__}) that sees more than one pixel"
            )
    pool = layer.pool[axis]
    return Window(down=pool, after=pool - 1)


_RULES: dict[type[nn.Module], Callable[[Any, int], Window]] = {
    **dict.fromkeys(CONVOLUTIONS, _convolution),
    **dict.fromkeys(UP_CONVOLUTIONS, _up_convolution),
    **dict.fromkeys(POOLINGS, _pooling),
    **dict.fromkeys(NORMS, _norm),
    **dict.fromkeys((nn.Dropout, nn.Identity, nn.LeakyReLU, nn.ReLU), _pointwise),
    CropAndConcatenate: _pointwise,
    AddShortcut: _shortcut,
    Upsample: _upsampling,
    AddCropped: _added,
    CropLike: _cropped,
    Surround: _surrounded,
    Switches: _switches,
    Unpool: _unpooling,
}


def _rule(layer: nn.Module, *, sized: bool = False) -> Callable[[Any, int], Window]:
    if type(layer) not in _RULES:
        raise RefusedError("has no geometry rule")
    if sized and type(layer) in SIZED_RULES:
        return SIZED_RULES[type(layer)]
    return _RULES[type(layer)]
