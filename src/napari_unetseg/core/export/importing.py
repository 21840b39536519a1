"""Models from elsewhere: what is read are numbers and text, and no code is ever run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from napari_unetseg.core.config import NetworkConfig
from napari_unetseg.core.errors import ModelError
from napari_unetseg.core.export.unpacking import member, most_of_weights, tensors_in
from napari_unetseg.core.network.build import hollow, misfit
from napari_unetseg.core.network.card import ModelCard, parsed_card
from napari_unetseg.core.network.geometry import axis_geometries
from napari_unetseg.core.network.modelfile import Model

if TYPE_CHECKING:
    from pathlib import Path

DESCRIPTION = "rdf.yaml"
CARD = "unetseg.json"
WEIGHTS = "weights.pt"
# In front of the names of all tensors, where the network comes with a softmax.
PREFIX = "network."
_LARGEST_TEXT = 1 << 20


def model_of_package(path: Path) -> Model:
    """Read a BioImage.IO package that `export_bioimageio` wrote.

    The network is built anew from the description; code in the package is not looked
    at.

    Parameters
    ----------
    path : Path
        A zip file.

    Raises
    ------
    ModelError
        If it is damaged, a package of another program, or of a newer version.
    """
    card = parsed_card(member(path, CARD, _LARGEST_TEXT), path.name)
    weights = member(path, WEIGHTS, most_of_weights(card.network))
    tensors = tensors_in(weights, path.name)
    plain = {name.removeprefix(PREFIX): one for name, one in tensors.items()}
    return _fitted(card, plain, path)


def model_of_weights(path: Path, network: dict[str, Any]) -> Model:
    """Read a plain state_dict of PyTorch into a network.

    Parameters
    ----------
    path : Path
        What `torch.save(network.state_dict(), path)` wrote.
    network : dict
        Fields of `NetworkConfig`. The classes have the ids 0, 1, 2, ...

    Raises
    ------
    ModelError
        If the file holds anything but tensors, or they do not fit the network.
    InputError
        If there is no such network.
    """
    config = NetworkConfig.check(**network)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(
            f"'{path.name}' cannot be read: {error.strerror or error}"
        ) from error
    # Before a network is built, which may take a while.
    tensors = tensors_in(data, path.name)
    built = hollow(config)
    card = ModelCard(
        network=config,
        classes=tuple(range(config.classes)),
        halo=tuple(axis.before for axis in axis_geometries(built)),
        spacing=(1.0,) * config.dimensions,
        training={"images": [], "steps": 0},
    )
    return _fitted(card, tensors, path)


def _fitted(card: ModelCard, tensors: dict[str, torch.Tensor], path: Path) -> Model:
    """Check that weights fit their network."""
    difference = misfit(card.network, tensors)
    if difference:
        raise ModelError(
            f"The weights in '{path.name}' do not fit '{card.network.name}': "
            f"{difference}",
            "Name the network that they are of: its base, depth, channels and classes",
        )
    floats = {
        name: one.detach().to(_type_of(one)).contiguous()
        for name, one in tensors.items()
    }
    return Model(card, floats)


def _type_of(tensor: torch.Tensor) -> torch.dtype:
    """Weights are float32; counters, as of batches, stay whole numbers."""
    return torch.float32 if tensor.is_floating_point() else torch.int64
