"""Models come and go by commands of the command line, which a child would run."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch

from napari_unetseg.cli.app import run
from napari_unetseg.core.errors import ModelError, RunError
from napari_unetseg.core.export.importing import CARD, PREFIX, WEIGHTS
from napari_unetseg.core.network.modelfile import load_model
from napari_unetseg.runs import child, home, travel
from napari_unetseg.runs.preferences import models_folder
from oracles.models import random_model

GOLDEN = Path(__file__).parents[1] / "core/network/golden"
ENDING = ".unetseg.safetensors"


@pytest.fixture(autouse=True)
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(home.VARIABLE, str(tmp_path / "home"))
    models_folder().mkdir(parents=True)
    return models_folder()


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> list[list[str]]:
    """Run in this process what a child would run."""
    asked = []

    def printed(argv: list[str]) -> Any:
        yield
        asked.append(argv)
        code = run(argv[4:])
        said = capsys.readouterr()
        return child.Printed(said.out, said.err, code)

    monkeypatch.setattr(child, "printed", printed)
    return asked


def done(work: Any) -> Any:
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def package(path: Path) -> dict[str, torch.Tensor]:
    """Write what an import reads of a package; return the model's tensors."""
    model = random_model()
    weights = path.with_suffix(".pt")
    torch.save({PREFIX + name: one for name, one in model.tensors.items()}, weights)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(CARD, model.card.model_dump_json())
        file.write(weights, WEIGHTS)
    return model.tensors


def test_a_model_file_comes_in_without_a_child(library: Path, tmp_path: Path) -> None:
    file = tmp_path / f"em{ENDING}"
    shutil.copy(GOLDEN / f"format-4{ENDING}", file)

    first, second = done(travel.bringing_in(file)), done(travel.bringing_in(file))

    assert [first.name, second.name] == [f"em{ENDING}", f"em-2{ENDING}"]
    assert first.read_bytes() == second.read_bytes() == file.read_bytes()


def test_a_package_comes_in(library: Path, tmp_path: Path, here: Any) -> None:
    tensors = package(tmp_path / "em.of.mine.zip")

    path = done(travel.bringing_in(tmp_path / "em.of.mine.zip"))

    assert path == library / f"em{ENDING}"
    found = load_model(path).tensors
    assert all(torch.equal(found[name], one) for name, one in tensors.items())
    assert Path(here[0][0]).name.startswith("python")


def test_what_a_child_complains_of_is_told(tmp_path: Path, here: Any) -> None:
    file = tmp_path / "other.zip"
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("rdf.yaml", json.dumps({"name": "of another program"}))

    with pytest.raises(ModelError, match=r"other\.zip") as caught:
        done(travel.bringing_in(file))

    assert not str(caught.value).startswith("Error")
    assert [*models_folder().iterdir()] == []


@pytest.mark.parametrize(("name", "to"), [("m.zip", "bioimageio"), ("m.ONNX", "onnx")])
def test_the_ending_names_the_format_to_export(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, to: str
) -> None:
    asked = []

    def printed(argv: list[str]) -> Any:
        yield
        asked.append(argv[4:])
        return child.Printed("", "", 0)

    monkeypatch.setattr(child, "printed", printed)
    model, out = tmp_path / f"em{ENDING}", tmp_path / name

    done(travel.exporting(model, out, "A. Name"))

    words = ["export", str(model), "--to", to, "--out", str(out), "--overwrite"]
    assert asked == [words + ["--author", "A. Name"] * (to == "bioimageio")]


def test_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"\.zip or \.onnx"):
        done(travel.exporting(tmp_path / "m", tmp_path / "m.keras"))


def test_without_an_interpreter_nothing_starts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(travel, "engine_python", lambda _: str(tmp_path / "none"))
    with pytest.raises(RunError, match="cannot be started"):
        done(travel.bringing_in(tmp_path / "em.zip"))
