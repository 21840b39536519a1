"""The valid twin: a trained network as it predicts, without padding."""

from __future__ import annotations

import copy
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from napari_unetseg.core.network.crops import CropLike, Surround
from napari_unetseg.core.network.exact import ExactByItself
from napari_unetseg.core.network.geometry import offsets, padded
from napari_unetseg.core.network.layers import AddShortcut, Upsample
from napari_unetseg.core.network.trace import IMAGE, Call, calls_of
from napari_unetseg.core.network.window import CONVOLUTIONS, NORMS, UP_CONVOLUTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator


def valid_twin(network: nn.Module, device: torch.device | str = "cpu") -> nn.Module:
    """Copy a network into the form that predicts.

    Convolutions lose their padding and upsamplings their border; where paths meet the
    longer one is cropped to lie on the other. Batch normalisation is folded into the
    convolution before it, dropout is off.

    Parameters
    ----------
    network : nn.Module
        A trained network; it is not changed.
    device : torch.device or str
        Where the twin shall live.

    Returns
    -------
    nn.Module
        In evaluation mode, channels last, without gradients. It gives what the padded
        network gives of an image without border, for tiles on the lattice that
        `axis_geometries` describes.

    Raises
    ------
    ModelError
        If the network could not be predicted exactly in tiles, naming the layer.
    """
    if isinstance(network, ExactByItself):
        return network.twin(device)
    twin = copy.deepcopy(network).eval().requires_grad_(False)
    if padded(network):
        for name, before in offsets(network).items():
            twin.get_submodule(name).before = before  # type: ignore[assignment]
    for layer in twin.modules():
        if isinstance(layer, CONVOLUTIONS):
            layer.padding = (0,) * len(layer.kernel_size)
        elif isinstance(layer, UP_CONVOLUTIONS):
            # Only pixels that all that could be added to them was added to.
            sides = zip(layer.kernel_size, layer.stride, strict=True)
            layer.padding = tuple(kernel - step for kernel, step in sides)
        elif isinstance(layer, (CropLike, Surround, Upsample)):
            layer.is_valid = True
    fold_batch_norms(twin, network)
    return channels_last(ValidTwin(_calls_of_copy(twin, network)).eval().to(device))


class ValidTwin(nn.Module):
    """A network's layers, called one after the other.

    Differently from a forward that was written to train, it lets go of each result as
    soon as its last reader has read it, which is what `network_geometry` counts.

    Parameters
    ----------
    calls : list of Call
        The layers and whose results they take.
    """

    def __init__(self, calls: list[Call]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(call.layer for call in calls)
        self._inputs = [call.inputs for call in calls]
        readers = {
            value: n for n, inputs in enumerate(self._inputs) for value in inputs
        }
        self._done: list[list[int]] = [[] for _ in calls]
        for value, last in readers.items():
            self._done[last].append(value)

    def forward(self, x: Tensor) -> Tensor:
        """Scores before softmax: (B, C, [Z,] Y, X) to (B, classes, [Z',] Y', X')."""
        results = {IMAGE: x}
        steps = zip(self.layers, self._inputs, self._done, strict=True)
        for number, (layer, inputs, done) in enumerate(steps, start=1):
            results[number] = layer(*(results[value] for value in inputs))
            for value in done:
                del results[value]
        return results[len(self.layers)]


def channels_last(network: nn.Module) -> nn.Module:
    """Lay the weights out as the fast convolutions want them, in place."""
    volumes = any(isinstance(layer, nn.Conv3d) for layer in network.modules())
    layout = torch.channels_last_3d if volumes else torch.channels_last
    # torch's type stubs do not know this argument of Module.to.
    return network.to(memory_format=layout)  # type: ignore[call-overload, no-any-return]


def foldable(calls: list[Call]) -> Iterator[tuple[Call, Call]]:
    """Find the convolutions whose result goes to a batch normalisation alone.

    Parameters
    ----------
    calls : list of Call
        A network's layers.

    Yields
    ------
    convolution, norm : Call
        Each layer is called once in the network.
    """
    times = Counter(call.name for call in calls)
    users = Counter(value for call in calls for value in call.inputs)
    for norm in calls:
        if isinstance(norm.layer, NORMS) and norm.inputs[0]:
            before = calls[norm.inputs[0] - 1]
            alone = users[norm.inputs[0]] == times[before.name] == times[norm.name] == 1
            if alone and isinstance(before.layer, (*CONVOLUTIONS, *UP_CONVOLUTIONS)):
                yield before, norm


def _calls_of_copy(copied: nn.Module, network: nn.Module) -> list[Call]:
    """What a copy calls, without following it anew: its layers may differ by now."""
    return [
        replace(call, layer=copied.get_submodule(call.name))
        for call in calls_of(network)
    ]


def fold_batch_norms(copied: nn.Module, network: nn.Module) -> None:
    """Fold batch normalisations into the convolutions before them, in a copy."""
    calls = _calls_of_copy(copied, network)
    replaced: dict[nn.Module, nn.Module] = {}
    for convolution, norm in foldable(calls):
        before, after = cast("Any", convolution.layer), cast("Any", norm.layer)
        is_up = isinstance(before, UP_CONVOLUTIONS)
        fused: nn.Module = fuse_conv_bn_eval(before, after, transpose=is_up)
        replaced |= {convolution.layer: fused, norm.layer: nn.Identity()}
    # A layer may be known by several names.
    for name, layer in list(copied.named_modules(remove_duplicate=False)):
        if layer in replaced:
            copied.set_submodule(name, replaced[layer])
    for call in calls:
        # A projection is part of its layer, and not among the calls.
        if isinstance(call.layer, AddShortcut) and any(call.layer.project.children()):
            original = cast("AddShortcut", network.get_submodule(call.name))
            fold_batch_norms(call.layer.project, original.project)
