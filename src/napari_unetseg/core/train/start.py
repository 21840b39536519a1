"""The network that a training starts from: a fresh one, or a model's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_unetseg.core.network.build import network_of

if TYPE_CHECKING:
    from torch import nn

    from napari_unetseg.core.config import NetworkConfig
    from napari_unetseg.core.network.modelfile import Model

_HEADS = ("head.", "auxiliary.")


def starting_network(
    config: NetworkConfig, seed: int, start_from: Model | None
) -> tuple[nn.Module, NetworkConfig, list[str]]:
    """A fresh network, or a given model's, with a new last layer for other classes."""
    if start_from is None:
        return network_of(config, seed), config, []
    old = start_from.card.network
    config = old.model_copy(update={"classes": config.classes})
    network = network_of(config, seed)
    kept = dict(start_from.tensors)
    notes = [f"Starts from a {old.name} of {old.base} channels at the first level."]
    if old.classes != config.classes:
        kept = {k: v for k, v in kept.items() if not k.startswith(_HEADS)}
        notes.append(
            f"The model had {old.classes} classes and these labels have "
            f"{config.classes}: its last layer starts anew."
        )
    network.load_state_dict(kept, strict=False)
    return network, config, notes
