"""Models from elsewhere: weights are read, code never is, and every fault is told."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
import torch

from napari_unetseg.core.config import POOLINGS, NetworkConfig
from napari_unetseg.core.errors import InputError, ModelError
from napari_unetseg.core.export.importing import (
    CARD,
    PREFIX,
    WEIGHTS,
    model_of_package,
    model_of_weights,
)
from napari_unetseg.core.network.build import network_of
from napari_unetseg.core.network.migrations import FORMAT
from oracles.malicious import Payload
from oracles.models import random_model

if TYPE_CHECKING:
    from pathlib import Path

NETWORK = {"name": "unet-bn", "base": 2, "depth": 1, "classes": 3}


def card(network: Any = None, **changes: Any) -> str:
    """Make the description of a model, with other values."""
    document = json.loads(random_model().card.model_dump_json())
    document["network"] |= network or {}
    return json.dumps(document | changes)


def package(path: Path, **members: Any) -> Path:
    """Make a package as the export makes it, with other members if they are given."""
    model = random_model()
    tensors = {PREFIX + name: one for name, one in model.tensors.items()}
    torch.save(tensors, path.with_suffix(".pt"))
    content = {
        CARD: model.card.model_dump_json(),
        WEIGHTS: path.with_suffix(".pt").read_bytes(),
        "unet.py": "import os; os._exit(3)",
    } | members
    with zipfile.ZipFile(path, "w") as file:
        for name, one in content.items():
            if one is not None:
                file.writestr(name, one)
    return path


def test_a_package_gives_the_model_back(tmp_path: Path) -> None:
    model = model_of_package(package(tmp_path / "m.zip"))
    assert model.card == random_model().card
    assert model.tensors.keys() == random_model().tensors.keys()
    assert all(
        torch.equal(one, random_model().tensors[name])
        for name, one in model.tensors.items()
    )


def test_plain_weights_become_a_model(tmp_path: Path) -> None:
    torch.save(random_model().tensors, tmp_path / "w.pt")
    model = model_of_weights(tmp_path / "w.pt", NETWORK)
    assert model.card.classes == (0, 1, 2)
    assert model.card.halo == tuple(random_model().card.halo)
    model.network()


@pytest.mark.parametrize(
    ("network", "sentence"),
    [
        ({"base": 4}, "is of shape"),
        ({"depth": 2}, "is missing"),
        ({"classes": 2}, "is of shape"),
        ({"name": "unet-res"}, "do not fit 'unet-res'"),
    ],
)
def test_weights_of_another_network_are_refused(
    tmp_path: Path, network: dict[str, Any], sentence: str
) -> None:
    torch.save(random_model().tensors, tmp_path / "w.pt")
    with pytest.raises(ModelError, match=sentence):
        model_of_weights(tmp_path / "w.pt", NETWORK | network)


def test_a_network_that_is_not_known_is_refused(tmp_path: Path) -> None:
    torch.save(random_model().tensors, tmp_path / "w.pt")
    with pytest.raises(InputError):
        model_of_weights(tmp_path / "w.pt", NETWORK | {"name": "resnet"})


def test_a_package_of_an_older_format_is_brought_to_the_newest(tmp_path: Path) -> None:
    old = card(format=1, objects=None, training={"asked": {"images": ["a.tif"]}})
    model = model_of_package(package(tmp_path / "m.zip", **{CARD: old}))
    assert model.card.format == FORMAT
    assert model.card.training == {"asked": {"images": ["a.tif"]}}


@pytest.mark.parametrize("name", POOLINGS)
def test_networks_of_other_papers_come_from_plain_weights(
    tmp_path: Path, name: str
) -> None:
    network = {"name": name, "base": 1, "classes": 3}
    built = network_of(NetworkConfig(**network))
    torch.save(built.state_dict(), tmp_path / "w.pt")
    found = model_of_weights(tmp_path / "w.pt", network)
    assert found.card.network == NetworkConfig(**network)
    other = "segnet" if name == "patch" else "patch"
    with pytest.raises(ModelError, match=f"do not fit '{other}'"):
        model_of_weights(tmp_path / "w.pt", network | {"name": other})


@pytest.mark.parametrize("forced", [False, True])
def test_a_malicious_pickle_runs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forced: bool
) -> None:
    if forced:
        monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")
    mark = tmp_path / "mark"
    evil = tmp_path / "evil.pt"
    torch.save({"a": Payload(mark)}, evil)
    with pytest.raises(ModelError, match="more than tensors"):
        model_of_weights(evil, NETWORK)
    with pytest.raises(ModelError, match="more than tensors"):
        model_of_package(package(tmp_path / "m.zip", **{WEIGHTS: evil.read_bytes()}))
    assert not mark.exists()


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({CARD: None}, "there is no unetseg.json in it"),
        ({WEIGHTS: None}, "there is no weights.pt in it"),
        ({CARD: "{"}, "its description is damaged"),
        ({CARD: b"\xff"}, "its description is damaged"),
        ({CARD: json.dumps({"format": 4})}, "its description is damaged"),
        ({CARD: json.dumps({"format": 99})}, "made by a newer napari-unetseg"),
        ({CARD: "[" * 100_000}, "its description is damaged"),
        ({CARD: card(network={"base": 1 << 20})}, "is of shape"),
        ({CARD: card(network={"base": 1 << 30})}, "is larger than any computer"),
        ({CARD: card(network={"base": 1 << 60})}, "is larger than any computer"),
        ({CARD: card(network={"base": 1 << 70})}, "its description is damaged"),
        ({CARD: " " * (1 << 20) + "{}"}, "larger than such a file can be"),
        ({WEIGHTS: b"text"}, "damaged|more than tensors"),
        ({WEIGHTS: b""}, "damaged"),
    ],
)
def test_packages_of_others_and_damaged_ones_are_refused(
    tmp_path: Path, members: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ModelError, match=sentence):
        model_of_package(package(tmp_path / "m.zip", **members))


def test_what_is_no_zip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.zip").write_bytes(b"PK\x03\x04 no zip")
    with pytest.raises(ModelError, match="damaged or no zip"):
        model_of_package(tmp_path / "m.zip")


def test_lists_of_tensors_are_no_state_dict(tmp_path: Path) -> None:
    torch.save([torch.zeros(3)], tmp_path / "w.pt")
    with pytest.raises(ModelError, match="no plain state_dict"):
        model_of_weights(tmp_path / "w.pt", NETWORK)
