"""Models from elsewhere: what is read are numbers and text, and no code is ever run."""

from __future__ import annotations

import io
import pickle
import zipfile
from typing import TYPE_CHECKING, Any

import torch

from napari_unetseg.core.config import NetworkConfig
from napari_unetseg.core.errors import ModelError
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
_LARGEST_WEIGHTS = 1 << 34
# What damaged files make torch raise.
_LOADING_ERRORS = (
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)


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
    try:
        with zipfile.ZipFile(path) as package:
            document = _member(package, CARD, _LARGEST_TEXT, path)
            weights = _member(package, WEIGHTS, _LARGEST_WEIGHTS, path)
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise ModelError(
            f"'{path.name}' is damaged or no zip file: {error}",
            "Copy or fetch the file again",
        ) from error
    card = parsed_card(document, path.name)
    tensors = _tensors(weights, path.name)
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
    tensors = _tensors(data, path.name)
    built = hollow(config)
    card = ModelCard(
        network=config,
        classes=tuple(range(config.classes)),
        halo=tuple(axis.before for axis in axis_geometries(built)),
        spacing=(1.0,) * config.dimensions,
        training={"images": [], "steps": 0},
    )
    return _fitted(card, tensors, path)


def _member(package: zipfile.ZipFile, name: str, most: int, path: Path) -> bytes:
    """Read one file of a package, which says how large it is and may lie."""
    try:
        about = package.getinfo(name)
    except KeyError as error:
        raise _foreign(path, f"there is no {name} in it") from error
    if about.file_size > most:
        raise _foreign(path, f"its {name} is larger than such a file can be")
    with package.open(about) as file:
        return file.read(about.file_size)


def _tensors(data: bytes, name: str) -> dict[str, torch.Tensor]:
    """Read tensors by name, and nothing else, whatever the environment allows."""
    try:
        found = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ModelError(
            f"'{name}' holds more than tensors, which can run any program when it is "
            "read; it was not read",
            "Save only the weights: torch.save(network.state_dict(), ...)",
        ) from error
    except _LOADING_ERRORS as error:
        raise ModelError(
            f"'{name}' is damaged or holds no tensors", "Copy or fetch the file again"
        ) from error
    is_plain = isinstance(found, dict) and all(
        isinstance(key, str) and isinstance(one, torch.Tensor)
        for key, one in found.items()
    )
    if not is_plain or not found:
        raise ModelError(
            f"'{name}' is no plain state_dict: tensors by their names",
            "Save only the weights: torch.save(network.state_dict(), ...)",
        )
    return dict(found)


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


def _foreign(path: Path, why: str) -> ModelError:
    return ModelError(
        f"'{path.name}' is no package of napari-unetseg: {why}",
        "Import packages that unetseg export has written; networks of others would "
        "need code to be run",
    )
