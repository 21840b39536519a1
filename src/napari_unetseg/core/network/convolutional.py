"""From a classifier of windows to a fully convolutional network.

A fully connected layer that sees a map of 3 x 3 pixels is a convolution of 3 x 3 that
was never moved. Moved over a larger image the network gives the classifier's scores at
every s-th pixel, where s is the product of the strides: the *strided* form. In the
*dense* form the strides are 1 and what lies behind them is dilated by as much instead,
so that it gives the scores of every window of the image.

References
----------
Long, Shelhamer, Darrell: Fully Convolutional Networks for Semantic Segmentation.
CVPR 2015. arXiv:1411.4038
Giusti et al.: Fast Image Scanning with Deep Max-Pooling Convolutional Neural Networks.
ICIP 2013. arXiv:1302.1700
"""

from __future__ import annotations

import copy
from math import isqrt
from typing import TYPE_CHECKING, Any

from torch import nn

from napari_unetseg.core.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

_POOLINGS = (nn.MaxPool2d, nn.AvgPool2d)
# They see single pixels, whatever the layout.
_POINTWISE = (
    nn.BatchNorm2d,
    nn.Dropout,
    nn.Dropout2d,
    nn.ELU,
    nn.GELU,
    nn.Identity,
    nn.LeakyReLU,
    nn.LocalResponseNorm,
    nn.ReLU,
    nn.Sigmoid,
    nn.SiLU,
    nn.Tanh,
)
_OVER_CLASSES = (nn.Softmax, nn.LogSoftmax)


def convolutionalise(classifier: nn.Module, *, dense: bool = False) -> nn.Sequential:
    """Turn a classifier of windows into a fully convolutional network.

    Parameters
    ----------
    classifier : nn.Module
        A sequence of convolutions and poolings without padding, activations, one
        flattening, and linear layers: (B, C, H, W) to (B, classes). Square windows.
    dense : bool
        False: scores at every s-th pixel, s being the product of all strides. True: at
        every pixel, by dilation.

    Returns
    -------
    nn.Sequential
        With copies of the weights, and without padding: a window of the classifier
        becomes 1 x 1 scores, a larger image more of them.

    Notes
    -----
    Pixels at the end of a window that its strides leave out count for nothing: the
    window is then as much smaller.

    Raises
    ------
    ModelError
        If the classifier pads, is no sequence, or has a layer that cannot be turned,
        naming it.

    Examples
    --------
    >>> import torch
    >>> from torch import nn
    >>> classifier = nn.Sequential(
    ...     nn.Conv2d(1, 4, 3), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(16, 2)
    ... )
    >>> classifier(torch.zeros(1, 1, 6, 6)).shape
    torch.Size([1, 2])
    >>> convolutionalise(classifier)(torch.zeros(1, 1, 10, 10)).shape
    torch.Size([1, 2, 3, 3])
    >>> convolutionalise(classifier, dense=True)(torch.zeros(1, 1, 10, 10)).shape
    torch.Size([1, 2, 5, 5])
    """
    turned = _Turning(dense=dense)
    layers = [turned.layer(name, one) for name, one in _sequence(classifier)]
    found = nn.Sequential(*(one for one in layers if one is not None))
    return found.train(classifier.training)


def _sequence(network: nn.Module, prefix: str = "") -> Iterator[tuple[str, nn.Module]]:
    """Layers of sequences within sequences, in their order, and their names."""
    if not isinstance(network, nn.Sequential):
        raise ModelError(
            f"{prefix or 'The classifier'} ({type(network).__name__}) is no sequence "
            "of layers",
            "Give a torch.nn.Sequential",
        )
    for name, layer in network.named_children():
        if isinstance(layer, nn.Sequential):
            yield from _sequence(layer, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", layer


class _Turning:
    """What is known of the layers that were turned so far."""

    def __init__(self, *, dense: bool) -> None:
        self._dense = dense
        self._channels = 0
        self._like: Tensor | None = None
        self._dilation = 1
        self._is_flat = False
        self._is_linear = False

    def layer(self, name: str, layer: nn.Module) -> nn.Module | None:
        """The layer's form in the fully convolutional network; None: it vanishes."""
        if isinstance(layer, nn.Flatten):
            self._is_flat = True
            return None
        if isinstance(layer, nn.Linear):
            return self._linear(name, layer)
        if isinstance(layer, nn.BatchNorm1d):
            return self._norm(layer)
        if isinstance(layer, _OVER_CLASSES):
            return type(layer)(dim=1)
        if isinstance(layer, nn.Conv2d):
            return self._convolution(name, layer)
        if isinstance(layer, _POOLINGS):
            return self._pooling(name, layer)
        if isinstance(layer, _POINTWISE):
            return copy.deepcopy(layer)
        raise _refused(name, layer, "has no fully convolutional form")

    def _convolution(self, name: str, layer: nn.Conv2d) -> nn.Module:
        if layer.padding not in ("valid", 0, (0, 0)):
            raise _refused(
                name, layer, "pads, so that its scores depend on where the window ends"
            )
        made = copy.deepcopy(layer)
        if self._dense:
            made.dilation = _times(layer.dilation, self._dilation)
            made.stride = (1, 1)
            self._dilation *= _one(name, layer, layer.stride)
        self._channels = layer.out_channels
        self._like = layer.weight
        return made

    def _cast(self, made: nn.Module) -> nn.Module:
        """Bring a new layer to the device and type of the classifier's weights."""
        if self._like is None:
            return made
        return made.to(self._like.device, self._like.dtype)

    def _pooling(self, name: str, layer: Any) -> nn.Module:
        if layer.padding not in (0, (0, 0)) or layer.ceil_mode:
            raise _refused(
                name, layer, "pads, so that its scores depend on where the window ends"
            )
        if not self._dense:
            same: nn.Module = copy.deepcopy(layer)
            return same
        dilation, stride = self._dilation, _one(name, layer, layer.stride)
        self._dilation *= stride
        if isinstance(layer, nn.AvgPool2d):
            size = _one(name, layer, layer.kernel_size)
            return self._cast(_averaging(self._channels, size, dilation))
        return nn.MaxPool2d(
            layer.kernel_size, stride=1, dilation=_times(layer.dilation, dilation)
        )

    def _linear(self, name: str, layer: nn.Linear) -> nn.Module:
        side = 1
        if not self._is_linear:
            if not self._is_flat or not self._channels:
                raise _refused(name, layer, "comes before the flattening of a map")
            side = isqrt(layer.in_features // self._channels)
            if side * side * self._channels != layer.in_features:
                raise _refused(name, layer, "does not see a square map")
        self._is_linear = True
        dilation = self._dilation if self._dense else 1
        made = nn.Conv2d(
            layer.in_features // (side * side),
            layer.out_features,
            side,
            dilation=dilation,
            bias=layer.bias is not None,
        ).to(layer.weight.device, layer.weight.dtype)
        made.weight.data.copy_(layer.weight.data.view_as(made.weight))
        if made.bias is not None:
            made.bias.data.copy_(layer.bias.data)
        return made

    def _norm(self, layer: nn.BatchNorm1d) -> nn.Module:
        made = nn.BatchNorm2d(
            layer.num_features, layer.eps, layer.momentum, layer.affine
        )
        made.load_state_dict(layer.state_dict())
        return self._cast(made)


def _averaging(channels: int, size: int, dilation: int) -> nn.Module:
    """Average pooling with dilation, which torch knows of convolutions alone."""
    made = nn.Conv2d(
        channels, channels, size, dilation=dilation, groups=channels, bias=False
    )
    nn.init.constant_(made.weight, 1 / size**2)
    return made.requires_grad_(False)


def _times(values: int | tuple[int, ...], factor: int) -> tuple[int, int]:
    pair = values if isinstance(values, tuple) else (values, values)
    return pair[0] * factor, pair[1] * factor


def _one(name: str, layer: nn.Module, values: int | tuple[int, ...]) -> int:
    """The number that both axes have."""
    pair = values if isinstance(values, tuple) else (values, values)
    if len(set(pair)) > 1:
        raise _refused(name, layer, "treats rows and columns differently")
    return pair[0]


def _refused(name: str, layer: nn.Module, why: str) -> ModelError:
    return ModelError(
        f"The layer {name} ({type(layer).__name__}) {why}",
        "Use convolutions and poolings without padding, activations, and linear layers",
    )
