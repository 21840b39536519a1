"""From a configuration to a network, ready to train."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from napari_unetseg.core.config import NETWORKS, NetworkConfig
from napari_unetseg.core.errors import InputError, ModelError
from napari_unetseg.core.network.claims import plain
from napari_unetseg.core.network.deconvnet import DeconvNet
from napari_unetseg.core.network.fcn import FCN
from napari_unetseg.core.network.geometry import axis_geometries
from napari_unetseg.core.network.initialise import initialise
from napari_unetseg.core.network.patch import PatchClassifier
from napari_unetseg.core.network.residual import ResidualUNet
from napari_unetseg.core.network.segnet import SegNet
from napari_unetseg.core.network.unet import UNet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import nn

    from napari_unetseg.core.config import Dimensions

_BUILDERS: dict[str, Callable[[NetworkConfig], nn.Module]] = {
    "unet": UNet,
    "unet-bn": UNet,
    "unet-res": ResidualUNet,
    "fcn-32s": FCN,
    "fcn-16s": FCN,
    "fcn-8s": FCN,
    "segnet": SegNet,
    "deconvnet": DeconvNet,
    "patch": PatchClassifier,
}

_LONGEST_NAME = 100

# What is published, by name and dimensions; "unet-bn" of planes is the paper's network
# with batch norm, and of volumes as wide as Çiçek's and as deep as that of planes.
# nnU-Net plans seven levels for planes of about 512 pixels, six for volumes of 128.
_PUBLISHED: dict[tuple[str, int], dict[str, Any]] = {
    ("unet", 2): {"base": 64, "depth": 4, "dropout": 0.5},
    ("unet", 3): {"base": 32, "depth": 3},
    ("unet-bn", 2): {"base": 64, "depth": 4},
    ("unet-bn", 3): {"base": 32, "depth": 4},
    ("unet-res", 2): {"base": 32, "depth": 6},
    ("unet-res", 3): {"base": 32, "depth": 5},
    ("fcn-32s", 2): {"base": 64, "dropout": 0.5},
    ("fcn-16s", 2): {"base": 64, "dropout": 0.5},
    ("fcn-8s", 2): {"base": 64, "dropout": 0.5},
    ("segnet", 2): {"base": 64},
    ("deconvnet", 2): {"base": 64},
    ("patch", 2): {"base": 48},
}


def build_network(
    name: str = "unet-bn",
    *,
    dimensions: Dimensions = 2,
    channels: int = 1,
    classes: int = 2,
    seed: int = 0,
    **options: Any,
) -> nn.Module:
    """Build a network of the published width, or any other, with fresh weights.

    Parameters
    ----------
    name : str
        "unet": valid convolutions (Ronneberger 2015; in 3D Çiçek 2016); "unet-bn":
        padded, with batch norm; "unet-res": its encoder made of residual blocks. Of
        planes only: "fcn-32s", "fcn-16s", "fcn-8s", "segnet", "deconvnet", and "patch",
        which classifies the window around each pixel.
    dimensions : {2, 3}
        2: the network sees planes (Y, X); 3: volumes (Z, Y, X).
    channels, classes : int
        Number of input channels and of output classes.
    seed : int
        Start of the weights' random numbers.
    **options
        Other fields of `NetworkConfig`. Without any, "unet" and "unet-bn" have 64
        channels at the first level and 4 poolings, "unet" a dropout of 0.5 besides; in
        3D 32 channels, "unet" 3 poolings and "unet-bn" 4. "unet-res" has 32 channels
        and 6 halvings, in 3D 5. The others are as wide as their papers': 64 channels at
        the first level, "patch" 48.

    Returns
    -------
    nn.Module
        On the CPU, in training mode; (B, C, [Z,] Y, X) to scores of (B, classes, ...).

    Raises
    ------
    InputError
        If there is no such network or option, or a value does not fit.
    """
    if name not in NETWORKS:
        raise InputError(
            f"There is no network '{name}'", f"Choose one of: {', '.join(NETWORKS)}"
        )
    for option in options:
        if option not in NetworkConfig.model_fields:
            known = ", ".join(NetworkConfig.model_fields)
            raise InputError(
                f"A network has no option '{option}'", f"Choose one of: {known}"
            )
    given = {"channels": channels, "classes": classes, **options}
    published = _PUBLISHED.get((name, dimensions), {})
    config = NetworkConfig.check(
        **{"name": name, "dimensions": dimensions} | published | given
    )
    return network_of(config, seed)


def network_of(config: NetworkConfig, seed: int = 0) -> nn.Module:
    """Build the network that a configuration tells.

    Parameters
    ----------
    config : NetworkConfig
        The architecture.
    seed : int
        Start of the weights' random numbers.

    Raises
    ------
    ModelError
        If a layer has no geometry rule, so that it could not be tiled exactly.
    """
    network = _laid_out(config)
    initialise(network, seed)
    return network


def _laid_out(config: NetworkConfig) -> nn.Module:
    """Put a network's layers together, and refuse those that cannot be tiled."""
    network = _BUILDERS[config.name](config)
    axis_geometries(network)
    return network


def hollow(config: NetworkConfig) -> nn.Module:
    """Build a network without numbers, which takes no memory and hardly any time.

    It will do for all that follows from the layers alone: geometry, costs, names.

    Parameters
    ----------
    config : NetworkConfig
        Of a file of whatever origin, which may claim any size.

    Raises
    ------
    ModelError
        If no computer could count its numbers, or as for `network_of`.
    """
    try:
        with torch.device("meta"):
            # Nothing is drawn: for a normal distribution of no numbers torch would load
            # its compiler, which takes two seconds.
            return _laid_out(config)
    except (RuntimeError, TypeError, OverflowError) as error:
        raise ModelError(
            f"A '{config.name}' of {config.base} channels at the first level, depth "
            f"{config.depth}, is larger than any computer",
            "The file was put together wrongly; train or fetch it again",
        ) from error


def misfit(config: NetworkConfig, tensors: Mapping[str, torch.Tensor]) -> str:
    """Say where weights do not fit a network, which is not made for that.

    Parameters
    ----------
    config : NetworkConfig
        The network that they are said to be of.
    tensors : mapping of str to Tensor
        The weights.

    Returns
    -------
    str
        The first difference, as in "down.0.weight is missing"; empty if they fit.

    Raises
    ------
    ModelError
        As for `hollow`.
    """
    wanted = hollow(config).state_dict()
    for name in sorted(wanted.keys() | tensors.keys()):
        if name not in tensors:
            return f"{name} is missing"
        if name not in wanted:
            return f"{plain(name)[:_LONGEST_NAME]} is not known there"
        found, right = tuple(tensors[name].shape), tuple(wanted[name].shape)
        if found != right:
            return f"{name} is of shape {found} in place of {right}"
    return ""
