"""The network that a training starts from: a fresh one, or a model's."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from torch import nn

from napari_unetseg.core.network.build import network_of

if TYPE_CHECKING:
    from napari_unetseg.core.config import NetworkConfig
    from napari_unetseg.core.network.modelfile import Model

_HEADS = ("head.", "auxiliary.")
_CONTRACTING = ("down.", "pool.")
# The papers' way to the finer one of two networks.
_FINER = {"fcn-32s": "fcn-16s", "fcn-16s": "fcn-8s"}


def starting_network(
    config: NetworkConfig,
    seed: int,
    start_from: Model | None,
    *,
    same_classes: bool = True,
    freeze: bool = False,
) -> tuple[nn.Module, NetworkConfig, list[str]]:
    """A fresh network, or a given model's, of which some layers may start anew.

    Parameters
    ----------
    config : NetworkConfig
        What is asked for. Of a model to start from only its numbers of channels and
        classes count: for other classes the last layer starts anew, for another number
        of channels the first one. A FCN-16s can start from an FCN-32s, though, and an
        FCN-8s from an FCN-16s: what is new in it starts at zero.
    seed : int
        Of what starts anew.
    start_from : Model, optional
        Whose weights are taken over.
    same_classes : bool
        Whether its classes are those that are taught now, if they are as many.
    freeze : bool
        Whether its contracting path keeps its weights.

    Returns
    -------
    network : nn.Module
    config : NetworkConfig
        Of the network.
    notes : list of str
        What was taken over and what was not.

    Raises
    ------
    ModelError
        If the given model's weights are not of the network that it names.
    """
    if start_from is None:
        return network_of(config, seed), config, []
    start_from.check()
    old, wished = start_from.card.network, config
    config = old.model_copy(
        update={"classes": config.classes, "channels": config.channels}
    )
    finer = _FINER.get(old.name)
    if wished.name == finer:
        config = config.model_copy(update={"name": finer})
    network = network_of(config, seed)
    kept = dict(start_from.tensors)
    notes = [f"Starts from a {old.name} of {old.base} channels at the first level."]
    if config.name != old.name:
        notes.append(f"It goes on as {config.name}, whose new scores begin at zero.")
    if old.classes != config.classes or not same_classes:
        kept = {k: v for k, v in kept.items() if not k.startswith(_HEADS)}
        notes.append(
            f"The model had {old.classes} classes and these labels have "
            f"{config.classes}"
            + ", but others" * (old.classes == config.classes)
            + ": its last layer starts anew."
        )
    first: set[str] = set()
    if old.channels != config.channels:
        first = _first_layer(network)
        kept = {k: v for k, v in kept.items() if k not in first}
        notes.append(
            f"The model had {old.channels} channels and these images have "
            f"{config.channels}: its first layer starts anew."
        )
    network.load_state_dict(kept, strict=False)
    if freeze:
        for name, weight in network.named_parameters():
            if name.startswith(_CONTRACTING):
                weight.requires_grad_(name in first)
        notes.append("The contracting path keeps the weights of the model.")
    return network, config, notes


def teach(network: nn.Module) -> nn.Module:
    """Bring a network into the mode in which it learns.

    Layers without a weight that may change keep their statistics too.
    """
    network.train()
    for layer in network.modules():
        weights = list(layer.parameters())
        if weights and not any(weight.requires_grad for weight in weights):
            layer.eval()
    return network


def _first_layer(network: nn.Module) -> set[str]:
    """Names of what the layer that sees the image has, and of its normalisation."""
    weighted = (
        (name, layer)
        for name, layer in network.named_modules()
        if any(True for _ in layer.parameters(recurse=False))
    )
    found: set[str] = set()
    for name, layer in islice(weighted, 2):
        # Statistics of the old layer's values say nothing about those of the new one.
        if not found or isinstance(layer, (nn.BatchNorm2d, nn.BatchNorm3d)):
            found |= {f"{name}.{one}" for one in layer.state_dict()}
    return found
