"""The model file: weights and everything needed to use them, in one safetensors file.

The file's metadata holds one JSON document, the model's card (`card.py`). No code is
ever read from it, and a checksum over the tensors tells a damaged file from a good one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from napari_unetseg.core.errors import InputError, ModelError
from napari_unetseg.core.network.card import KEY, read_card
from napari_unetseg.core.network.header import damaged
from napari_unetseg.core.write.atomic import check_writable, write_bytes_atomic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor, nn

    from napari_unetseg.core.network.card import ModelCard
    from napari_unetseg.core.network.ensemble import Ensemble
    from napari_unetseg.core.network.member import Member


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

    @property
    def cards(self) -> tuple[ModelCard, ...]:
        """Its card alone; of an `Ensemble` those of all models."""
        return (self.card,)

    def members(self) -> tuple[Member, ...]:
        """Its network alone; of an `Ensemble` those of all models."""
        from napari_unetseg.core.network.member import Member

        return (Member.of(self.card, self.network()),)

    def network(self) -> nn.Module:
        """Build the network with these weights, on the CPU, in evaluation mode."""
        from napari_unetseg.core.network.build import network_of

        self.check()
        network = network_of(self.card.network)
        network.load_state_dict(self.tensors)
        return network.eval()

    def check(self) -> None:
        """Refuse weights of another network, before memory is taken for one.

        Raises
        ------
        ModelError
            If they do not fit: a card from elsewhere may claim any size.
        """
        from napari_unetseg.core.network.build import misfit

        if misfit(self.card.network, self.tensors):
            raise ModelError(
                "The weights do not fit the network that the model names",
                "The file was put together wrongly; train or fetch it again",
            )

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
        data = save(tensors, {KEY: card.model_dump_json()})
        write_bytes_atomic(path, data, overwrite)


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
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    path = Path(path)
    card = read_card(path)
    try:
        tensors = load_file(path)
    except (OSError, SafetensorError) as error:
        raise damaged(path, str(error).rstrip(".")) from error
    if _checksum(tensors) != card.sha256:
        raise damaged(path, "its checksum differs")
    return Model(card, tensors)


def known_model(
    given: Model | str | Path | Sequence[Model | str | Path],
) -> Model | Ensemble:
    """Read what is a file, and put several models together.

    Parameters
    ----------
    given : Model, str, Path, or sequence of them
        A model or its file; or several of the same classes.

    Raises
    ------
    ModelError
        If a file is missing, damaged or no model.
    InputError
        If there is none, or they do not fit together.
    """
    if isinstance(given, Model):
        return given
    if isinstance(given, str | Path):
        return load_model(given)
    if not given:
        raise InputError("There is no model", "Give one or more")
    from napari_unetseg.core.network.ensemble import Ensemble

    models = [one if isinstance(one, Model) else load_model(one) for one in given]
    return models[0] if len(models) == 1 else Ensemble.of(models)


def _checksum(tensors: dict[str, Tensor]) -> str:
    """SHA-256 over names, types, shapes and bytes, in the order of the names."""
    digest = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.contiguous().numpy().tobytes())
    return digest.hexdigest()
