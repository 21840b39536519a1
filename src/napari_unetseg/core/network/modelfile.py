"""The model file: weights and everything needed to use them, in one safetensors file.

The file's metadata holds one JSON document, the model's card. No code is ever read from
it, and a checksum over the tensors tells a damaged file from a good one.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field, ValidationError

from napari_unetseg.core.config import Config, NetworkConfig
from napari_unetseg.core.errors import ModelError
from napari_unetseg.core.write.atomic import check_writable, write_bytes_atomic

if TYPE_CHECKING:
    from torch import Tensor, nn

FORMAT = 1
ENDING = ".unetseg.safetensors"
_KEY = "unetseg"
_LARGEST_HEADER = 1 << 20


class ModelCard(Config):
    """What a model says about itself.

    Attributes
    ----------
    format : int
        Version of this document.
    network : NetworkConfig
        The architecture.
    classes : tuple of int
        Painted id of each class index.
    class_names : dict of str to str
        Names by painted id; may be empty.
    channels : tuple of str
        Names of the channels in the order the network sees them; may be empty.
    spacing : tuple of float
        (Y, X) pixel size of the training images; with `unit`.
    unit : str
        "pixel" when unknown.
    normalisation : str
        "mean-std": per image, channel and time point to mean 0 and deviation 1.
    halo : tuple of int
        (Y, X) pixels that the network sees around an output pixel, on each side.
    training : dict
        How the model was made: images by name, steps, seed, settings.
    validation : dict
        Scores on the validation slices; empty without any.
    versions : dict of str to str
        Programs that made it.
    sha256 : str
        Checksum of the tensors.
    """

    format: int = FORMAT
    network: NetworkConfig
    classes: tuple[int, ...]
    class_names: dict[str, str] = Field(default_factory=dict)
    channels: tuple[str, ...] = ()
    spacing: tuple[float, ...] = (1.0, 1.0)
    unit: str = "pixel"
    normalisation: str = "mean-std"
    halo: tuple[int, ...]
    training: dict[str, Any] = Field(default_factory=dict)
    validation: dict[str, Any] = Field(default_factory=dict)
    versions: dict[str, str] = Field(default_factory=dict)
    sha256: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A trained network and its card.

    Attributes
    ----------
    card : ModelCard
        Everything but the weights.
    tensors : dict of str to Tensor
        The weights, float32, on the CPU.
    """

    card: ModelCard
    tensors: dict[str, Tensor]

    def network(self) -> nn.Module:
        """Build the network with these weights, on the CPU, in evaluation mode."""
        from napari_unetseg.core.network.build import build_network

        network = build_network(self.card.network)
        try:
            network.load_state_dict(self.tensors)
        except RuntimeError as error:
            raise ModelError(
                "The weights do not fit the network that the model names",
                "The file was put together wrongly; train or fetch it again",
            ) from error
        return network.eval()

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the model file, in one piece or not at all.

        Raises
        ------
        WriteError
            If the file exists or cannot be written.
        """
        from safetensors.torch import save

        check_writable(path, overwrite=overwrite)
        tensors = {k: v.contiguous().clone() for k, v in self.tensors.items()}
        card = self.card.model_copy(update={"sha256": _checksum(tensors)})
        write_bytes_atomic(path, save(tensors, {_KEY: card.model_dump_json()}))


def load_model(path: str | Path) -> Model:
    """Read a model file.

    Parameters
    ----------
    path : str or Path
        A file that `Model.save` wrote.

    Raises
    ------
    ModelError
        If the file is missing, damaged, no model, or of a newer version.
    """
    from safetensors.torch import load_file

    card = read_card(path)
    tensors = load_file(path)
    if _checksum(tensors) != card.sha256:
        raise ModelError(
            f"'{Path(path).name}' is damaged: its checksum differs",
            "Copy or fetch the file again",
        )
    return Model(card, tensors)


def read_card(path: str | Path) -> ModelCard:
    """Read what a model says about itself, without its weights (and without torch).

    Raises
    ------
    ModelError
        As `load_model`.
    """
    path = Path(path)
    document = json.loads(_metadata(path).get(_KEY, "null"))
    if not isinstance(document, dict):
        raise _no_model(path, "it says nothing about a network")
    if int(document.get("format", 0)) > FORMAT:
        raise ModelError(
            f"'{path.name}' was made by a newer napari-unetseg (format "
            f"{document['format']}; this one reads up to {FORMAT})",
            "Update napari-unetseg",
        )
    try:
        return ModelCard(**document)
    except ValidationError as error:
        raise _no_model(
            path, f"its description is damaged: {error.errors()[0]['msg']}"
        ) from error


def _metadata(path: Path) -> dict[str, str]:
    """Metadata of a safetensors file; its header is small, or it is not read at all."""
    from safetensors import SafetensorError, safe_open

    try:
        with path.open("rb") as file:
            start = file.read(8)
        if start[:2] == b"PK" or start[:1] == b"\x80":
            raise ModelError(
                f"'{path.name}' is a pickle, which can run any program when it is read",
                f"Only tensors are accepted: a file that ends in {ENDING}",
            )
        if int.from_bytes(start, "little") > _LARGEST_HEADER:
            raise _no_model(path, "it is no safetensors file")
        with safe_open(path, framework="numpy") as file:
            return dict(file.metadata() or {})
    except FileNotFoundError as error:
        raise ModelError(
            f"There is no model file '{path.name}'", "Check the path"
        ) from error
    except (OSError, SafetensorError) as error:
        raise _no_model(path, str(error).rstrip(".")) from error


def _no_model(path: Path, why: str) -> ModelError:
    return ModelError(
        f"'{path.name}' is not a model of napari-unetseg: {why}",
        f"Models end in {ENDING} and are made by training",
    )


def _checksum(tensors: dict[str, Tensor]) -> str:
    """SHA-256 over names, types, shapes and bytes, in the order of the names."""
    digest = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.contiguous().numpy().tobytes())
    return digest.hexdigest()
