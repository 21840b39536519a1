"""A package that others run, that says what it is, and gives nobody's images away."""

from __future__ import annotations

import socket
import sys
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.export.bioimageio import About, export_bioimageio
from napari_unetseg.core.export.describing import description
from napari_unetseg.core.export.importing import model_of_package
from napari_unetseg.core.image import Image
from oracles.models import random_model
from oracles.networks import model_of

if TYPE_CHECKING:
    from pathlib import Path

ABOUT = About(name="EM: cells / 2", authors=("A. Nobody", "B. Nobody"))


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Refuse every connection, and note who wanted one."""
    wanted: list[Any] = []

    def refuse(*where: Any, **_: Any) -> None:
        wanted.append(where)
        raise OSError("There is no network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    return wanted


def described(path: Path) -> dict[str, Any]:
    import yaml

    with zipfile.ZipFile(path) as package:
        return dict(yaml.safe_load(package.read("rdf.yaml")))


@pytest.mark.exported
@pytest.mark.parametrize(
    "options", [{}, {"name": "unet", "volumes": True}], ids=["plane", "volume"]
)
def test_a_package_comes_back_as_the_same_model(
    tmp_path: Path, offline: list[Any], options: dict[str, Any]
) -> None:
    model = random_model(**options)
    path = tmp_path / "m.zip"
    export_bioimageio(model, path, ABOUT)
    again = model_of_package(path)
    assert again.card == model.card
    for name, tensor in model.tensors.items():
        assert torch.equal(again.tensors[name], tensor)
    assert not offline
    assert [file.name for file in tmp_path.iterdir()] == ["m.zip"]


@pytest.mark.exported
def test_the_description_says_how_to_run_it(tmp_path: Path) -> None:
    model = random_model(channels=2)
    export_bioimageio(model, tmp_path / "m.zip", ABOUT)
    rdf = described(tmp_path / "m.zip")
    (given,), (made,) = rdf["inputs"], rdf["outputs"]
    casts = [one["id"] for one in given["preprocessing"]]
    assert casts == ["ensure_dtype", "zero_mean_unit_variance", "ensure_dtype"]
    kinds = {
        one["kwargs"]["dtype"]
        for one in (*given["preprocessing"], *made["postprocessing"])
        if one["id"] == "ensure_dtype"
    }
    assert kinds == {"float32"}
    halo = max(model.card.halo)
    for axis, out in zip(given["axes"][2:], made["axes"][2:], strict=True):
        assert axis["unit"] == out["unit"] == "micrometer"
        assert axis["scale"] == 1.0
        # Tiles lie on the lattice of the poolings, halo and all.
        assert out["halo"] % axis["size"]["step"] == 0
        assert halo <= out["halo"] < axis["size"]["min"] / 2
    assert rdf["name"] == "EM cells 2"
    assert [author["name"] for author in rdf["authors"]] == ["A. Nobody", "B. Nobody"]
    assert "github_user" not in str(rdf)
    assert set(rdf["weights"]) == {"pytorch_state_dict", "onnx"}


@pytest.mark.exported
@pytest.mark.parametrize(
    ("name", "told"), [("em", "U-Net em"), ("µ", "U-Net"), ("cells", "cells")]
)
def test_a_name_of_a_few_letters_is_made_longer(name: str, told: str) -> None:
    card = random_model().card
    about = About(name=name, authors=("A. Nobody",))
    assert f"name: {told}\n" in description(card, about, onnx=False)


@pytest.mark.exported
def test_an_example_is_in_it_only_if_it_is_asked_for(tmp_path: Path) -> None:
    model = random_model()
    values = np.arange(3 * 90 * 80).reshape(3, 90, 80).astype(np.uint16)
    image = Image(array=values, axes="ZYX", name="em")
    export_bioimageio(model, tmp_path / "m.zip", ABOUT, example=image)
    with zipfile.ZipFile(tmp_path / "m.zip") as package:
        (tmp_path / "in.npy").write_bytes(package.read("test_input.npy"))
    np.testing.assert_array_equal(
        np.load(tmp_path / "in.npy"), values[1:2, None, 13:77, 8:72]
    )


@pytest.mark.exported
@pytest.mark.parametrize(
    ("shape", "axes", "sentence"),
    [
        ((30, 90), "YX", "'em' is 30 pixels along Y; the example of this model has 64"),
        ((2, 90, 90), "CYX", "'em' has 2 channels, the model 1"),
    ],
)
def test_an_example_that_does_not_fit_is_refused(
    tmp_path: Path, shape: tuple[int, ...], axes: str, sentence: str
) -> None:
    image = Image(array=np.zeros(shape, np.uint8), axes=axes, name="em")
    with pytest.raises(InputError, match=sentence):
        export_bioimageio(random_model(), tmp_path / "m.zip", ABOUT, example=image)
    assert not [*tmp_path.iterdir()]


@pytest.mark.judged
@pytest.mark.parametrize(
    "name", ["unet-bn", "unet", "unet-res", "fcn-32s", "fcn-8s", "segnet", "patch"]
)
def test_bioimageio_core_finds_it_good(tmp_path: Path, name: str) -> None:
    """It runs the PyTorch and the ONNX weights and compares with what we wrote."""
    from bioimageio.core import test_model as judge

    export_bioimageio(model_of(name), tmp_path / "m.zip", ABOUT)
    summary = judge(tmp_path / "m.zip")
    assert summary.status == "passed", summary.format()


def test_without_the_package_a_sentence_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "bioimageio.spec", None)
    monkeypatch.setitem(sys.modules, "bioimageio", None)
    with pytest.raises(InputError, match=r"napari-unetseg\[bioimageio\]"):
        export_bioimageio(random_model(), tmp_path / "m.zip", ABOUT)
