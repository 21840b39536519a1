"""Packed files give no more than they can hold, and weights nothing but numbers."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
import torch

from napari_unetseg.core.config import NetworkConfig
from napari_unetseg.core.errors import ModelError
from napari_unetseg.core.export.importing import model_of_package
from napari_unetseg.core.export.unpacking import (
    member,
    most_of_weights,
    tensors_in,
)
from napari_unetseg.core.network.build import network_of
from oracles.malicious import zipped
from oracles.models import random_model

if TYPE_CHECKING:
    from pathlib import Path


def saved(value: Any) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


def packed(path: Path, **members: bytes | str) -> Path:
    """Write a zip file as small as can be."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


@pytest.mark.parametrize("base", [2, 1 << 14])
def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, base: int) -> None:
    """Whatever network its card names: one that could be as large, too."""
    model = random_model()
    network = model.card.network.model_copy(update={"base": base})
    card = model.card.model_copy(update={"network": network}).model_dump_json()
    path = tmp_path / "bomb.zip"
    packed(path, **{"unetseg.json": card, "weights.pt": bytes(1 << 26)})
    assert path.stat().st_size < 1 << 17
    most_of_weights(model.card.network)  # Loads what it takes.
    tracemalloc.start()
    with pytest.raises(ModelError, match=r"its weights.pt is larger than such a file"):
        model_of_package(path)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 1 << 25


def test_a_bomb_inside_of_weights_is_refused() -> None:
    """Files of torch are zip files, too, whose parts it never packs."""
    data = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(saved({"a": torch.zeros(1 << 18)}))) as parts,
        zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as file,
    ):
        for name in parts.namelist():
            file.writestr(name, parts.read(name))
    with pytest.raises(ModelError, match=r"'w.pt' is damaged"):
        tensors_in(data.getvalue(), "w.pt")


@pytest.mark.parametrize("name", ["unet", "unet-bn", "unet-res"])
@pytest.mark.parametrize("base", [1, 16])
def test_weights_of_any_network_are_small_enough(name: str, base: int) -> None:
    config = NetworkConfig(name=name, base=base, depth=2)
    tensors = {f"network.{k}": v for k, v in network_of(config).state_dict().items()}
    size = len(saved(tensors))
    assert size <= most_of_weights(config)
    doubles = {k: v.double() for k, v in tensors.items()}
    assert len(saved(doubles)) <= most_of_weights(config)


@pytest.mark.parametrize(
    "tensor",
    [
        torch.zeros(3, dtype=torch.complex64),
        torch.zeros(3, dtype=torch.uint8),
        torch.zeros(3).to_sparse(),
        torch.zeros(3, device="meta"),
    ],
    ids=["complex", "uint8", "sparse", "meta"],
)
def test_what_are_no_weights(tensor: torch.Tensor) -> None:
    with pytest.raises(ModelError, match=r"'w.pt' is no plain state_dict|is damaged"):
        tensors_in(saved({"a": tensor}), "w.pt")


def test_a_number_that_is_repeated_takes_no_memory() -> None:
    with pytest.raises(ModelError, match=r"'w.pt' is damaged"):
        tensors_in(saved({"a": torch.zeros(1).expand(1 << 40)}), "w.pt")


@pytest.mark.parametrize("change", ["cut", "flipped", "locked", "twice"])
def test_a_damaged_zip_is_told_about(tmp_path: Path, change: str) -> None:
    path = packed(tmp_path / "m.zip", a=bytes(range(256)) * 9)
    data = bytearray(path.read_bytes())
    if change == "flipped":
        data[50] ^= 255
    elif change == "locked":
        data[data.index(b"PK\x01\x02") + 8] |= 1
        data[6] |= 1
    path.write_bytes(data[:60] if change == "cut" else data)
    if change == "twice":
        zipped(path, {"a/../a": b"", "../a": b"1"})
    with pytest.raises(ModelError, match=r"'m.zip' is "):
        member(path, "a", 1 << 20)
