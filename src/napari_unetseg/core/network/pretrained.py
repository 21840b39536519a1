"""Weights of VGG16 that somebody else has trained, from a file on this computer.

FCN, SegNet and DeconvNet began with those that were trained on ImageNet. The file is
one that torchvision saves (``vgg16`` or ``vgg16_bn``): a state dict in torch's own
format, of which tensors are read and no code, or the same as safetensors.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_unetseg.core.config import POOLINGS
from napari_unetseg.core.errors import InputError, ModelError

if TYPE_CHECKING:
    from torch import Tensor, nn

ON_VGG16 = tuple(name for name in POOLINGS if name != "patch")
_REMEDY = (
    "Give the state dict of torchvision's vgg16 or vgg16_bn, as .pth or .safetensors"
)
_FULLY_CONNECTED = (("classifier.0", "fc6"), ("classifier.3", "fc7"))
_COLOURS = 3


def check_vgg16(path: str | Path, name: str, *, also: object = None) -> None:
    """Refuse what can be refused without reading the file. Loads no torch.

    Parameters
    ----------
    path : str or Path
        The file.
    name : str
        Of the network that is to start from it.
    also : object, optional
        The model that it is to start from too, which cannot be.

    Raises
    ------
    InputError
        If the network is not built on VGG16, or is to start from a model besides.
    ModelError
        If there is no such file.
    """
    if also is not None:
        raise InputError(
            "A network starts from a model's weights or from VGG16's, not from both",
            "Give one of them",
        )
    if name not in ON_VGG16:
        raise InputError(
            f"'{name}' is not built on VGG16, so that its weights do not fit",
            f"Choose one of: {', '.join(ON_VGG16)}",
        )
    if not Path(path).is_file():
        raise ModelError(
            f"There is no file '{Path(path).name}' of VGG16's weights", "Check the path"
        )


def load_vgg16(network: nn.Module, path: str | Path) -> str:
    """Give a network the weights of VGG16, as far as it is VGG16.

    Parameters
    ----------
    network : nn.Module
        An FCN, SegNet or DeconvNet of any width, as it was built; changed in place. Of
        one channel its first layer gets the sum over the colours, so that a grey image
        gives what it would give in colour.
    path : str or Path
        A file in torchvision's naming: "features.0.weight" and so on. Fully connected
        layers are taken if it has them.

    Returns
    -------
    str
        What was taken, as a sentence.

    Raises
    ------
    ModelError
        If the file is missing, is no such file, or of another width; the network is not
        changed then.
    InputError
        If the network is of another kind, or has neither one channel nor three.
    """
    from torch import nn

    path = Path(path)
    values = _read(path)
    down = getattr(network, "down", None)
    own = [
        layer
        for layer in (down.modules() if down is not None else ())
        if isinstance(layer, (nn.Conv2d, nn.BatchNorm2d))
    ]
    convolutions = [layer for layer in own if isinstance(layer, nn.Conv2d)]
    given = _convolutions(values)
    if len(convolutions) != len(given) or not given:
        raise ModelError(
            f"'{path.name}' has {len(given)} convolutions named as in VGG16, and the "
            f"network {len(convolutions)}",
            _REMEDY,
        )
    state: dict[str, Tensor] = {}
    names = {layer: name for name, layer in network.named_modules()}
    for number, (layer, source) in enumerate(zip(convolutions, given, strict=True)):
        weight = values[f"{source}.weight"]
        if not number:
            weight = _for_channels(weight, layer.in_channels)
        state[f"{names[layer]}.weight"] = weight
        state[f"{names[layer]}.bias"] = values[f"{source}.bias"]
    state |= _norms(values, given, own, names)
    state |= _connected(values, network)
    _check_shapes(state, network, path)
    network.load_state_dict(state, strict=False)
    has_both = any(name.startswith("fc6") for name in state)
    more = " and its fully connected layers" if has_both else ""
    return f"The convolutions of VGG16{more} come from '{path.name}'."


def _read(path: Path) -> dict[str, Any]:
    """Read a file's tensors, and never code."""
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        if path.suffix == ".safetensors":
            found: Any = load_file(path)
        else:
            found = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise ModelError(
            f"There is no file '{path.name}' of VGG16's weights", "Check the path"
        ) from error
    except (SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise ModelError(
            f"'{path.name}' holds no weights, or more than weights", _REMEDY
        ) from error
    if not isinstance(found, dict) or not all(
        isinstance(one, torch.Tensor) for one in found.values()
    ):
        raise ModelError(f"'{path.name}' is no state dict", _REMEDY)
    return found


def _convolutions(values: dict[str, Any]) -> list[str]:
    """Names of the convolutions, in their order."""
    found = [
        name.removesuffix(".weight")
        for name, one in values.items()
        if name.startswith("features.") and name.endswith(".weight") and one.ndim == 4
    ]
    return sorted(
        (name for name in found if f"{name}.bias" in values),
        key=lambda name: int(name.split(".")[1]),
    )


def _for_channels(weight: Tensor, channels: int) -> Tensor:
    """The first layer's weights, for grey or coloured images."""
    if channels == 1:
        return weight.sum(dim=1, keepdim=True)
    if channels == weight.shape[1] == _COLOURS:
        return weight
    raise InputError(
        f"VGG16 has seen red, green and blue, and these images have {channels} "
        "channels",
        "Choose one channel or three to learn from",
    )


def _norms(
    values: dict[str, Any], given: list[str], own: list[Any], names: dict[Any, str]
) -> dict[str, Tensor]:
    """Batch normalisations, if the file and the network have them."""
    from torch import nn

    state: dict[str, Tensor] = {}
    norms = [layer for layer in own if isinstance(layer, nn.BatchNorm2d)]
    for layer, source in zip(norms, given, strict=False):
        after = f"features.{int(source.split('.')[1]) + 1}"
        if f"{after}.running_mean" not in values:
            return {}
        for one in ("weight", "bias", "running_mean", "running_var"):
            state[f"{names[layer]}.{one}"] = values[f"{after}.{one}"]
    return state


def _connected(values: dict[str, Any], network: nn.Module) -> dict[str, Tensor]:
    """Fully connected layers as convolutions, if the file and the network have them."""
    state: dict[str, Tensor] = {}
    for source, target in _FULLY_CONNECTED:
        layer = getattr(network, target, None)
        weight = values.get(f"{source}.weight")
        if layer is None or weight is None:
            continue
        wanted = layer[0].weight
        if weight.numel() == wanted.numel():
            weight = weight.view(wanted.shape)
        state[f"{target}.0.weight"] = weight
        state[f"{target}.0.bias"] = values[f"{source}.bias"]
    return state


def _check_shapes(state: dict[str, Tensor], network: nn.Module, path: Path) -> None:
    wanted = network.state_dict()
    for name, one in state.items():
        if one.shape != wanted[name].shape:
            width = next(iter(state.values())).shape[0]
            raise ModelError(
                f"'{path.name}' does not fit a network of this width: {name} is "
                f"{tuple(one.shape)} there and {tuple(wanted[name].shape)} here",
                f"Train with {width} channels at the first level (--base {width})",
            )
