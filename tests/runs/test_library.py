"""The library of models: what is listed, renamed, deleted and brought in."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from napari_unetseg.cli.app import run
from napari_unetseg.core.errors import InputError, ModelError, WriteError
from napari_unetseg.core.image import Image
from napari_unetseg.core.network.modelfile import load_model
from napari_unetseg.runs import home, library
from napari_unetseg.runs.model_words import in_words, summary
from napari_unetseg.runs.thumbnails import draw_thumbnail, thumbnail

GOLDEN = Path(__file__).parents[1] / "core/network/golden"
ENDING = ".unetseg.safetensors"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have a library of two models."""
    monkeypatch.setenv(home.VARIABLE, str(tmp_path / "home"))
    place = tmp_path / "home/models"
    place.mkdir(parents=True)
    for number, name in ((2, "cells"), (4, "em")):
        shutil.copy(GOLDEN / f"format-{number}{ENDING}", place / f"{name}{ENDING}")
    return place


def names(folder: Path) -> list[str]:
    return sorted(path.name.removesuffix(ENDING) for path in folder.iterdir())


def test_models_are_listed_with_what_they_say(folder: Path) -> None:
    (folder / f"broken{ENDING}").write_bytes(b"no model")
    found = {entry.name: entry for entry in library.entries()}
    assert set(found) == {"cells", "em", "broken"}
    assert found["broken"].card is None
    assert "is not a model" in found["broken"].fault
    assert summary(found["em"]) == {
        "name": "em",
        "date": found["em"].date,
        "network": "unet-bn 2D",
        "classes": ["cell", "gap"],
        "pixel_size": [8.0, 8.0],
        "unit": "nm",
        "mean_iou": 0.625,
        "trained_on": ["em.tif"],
        "thumbnail": False,
    }
    assert in_words(found["em"]).endswith(
        "mean IoU 0.625; thresholds 3 from 0.7; trained on em.tif"
    )


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"validation": {"mean_iou": "high"}}, "validation.mean_iou: "),
        ({"training": {"images": 3}}, "training.images: "),
        ({"training": {"images": [None]}}, "training.images.0: "),
        ({"spacing": (1.0,) * 5, "unit": "um"}, "a network of 2D has a pixel size"),
    ],
    ids=str,
)
def test_a_card_that_says_nonsense_hides_no_other(
    folder: Path, changes: dict[str, Any], why: str
) -> None:
    model = load_model(folder / f"em{ENDING}")
    odd = replace(model, card=model.card.model_copy(update=changes))
    odd.save(folder / f"odd{ENDING}")
    words = {entry.name: in_words(entry) for entry in library.entries()}
    assert f"its description is damaged: {why}" in words.pop("odd")
    assert words.keys() == {"cells", "em"}
    assert all(said.startswith("unet-bn 2D; cell, gap") for said in words.values())


def test_a_thumbnail_lies_beside_the_model_and_goes_with_it(folder: Path) -> None:
    image = Image(array=np.random.default_rng(0).random((3, 300, 200)), axes="ZYX")
    draw_thumbnail(folder / f"em{ENDING}", image)
    picture = thumbnail(folder / f"em{ENDING}")
    assert picture == folder / "em.thumbnail.png"
    assert Pillow.open(picture).size == (67, 100)
    library.rename("em", "membranes")
    assert names(folder) == ["cells", "membranes", "membranes.thumbnail.png"]
    library.delete("membranes")
    assert names(folder) == ["cells"]


def test_a_model_elsewhere_gets_no_thumbnail(folder: Path, tmp_path: Path) -> None:
    image = Image(array=np.zeros((3, 4)), axes="YX")
    draw_thumbnail(tmp_path / f"em{ENDING}", image)
    assert not [*tmp_path.glob("*.png")]


@pytest.mark.parametrize(
    ("name", "new", "error", "sentence"),
    [
        ("gone", "new", ModelError, "There is no model 'gone' in the library. Known: "),
        ("em", "cells", WriteError, "There is a model 'cells' already"),
        (
            "em",
            "a/b",
            InputError,
            "'a/b' is no name for a model. Choose one like 'a-b'",
        ),
        ("em", "", InputError, "'' is no name for a model"),
        ("em", "..", InputError, "is no name"),
    ],
)
def test_names_that_cannot_be_are_refused(
    folder: Path, name: str, new: str, error: Any, sentence: str
) -> None:
    with pytest.raises(error) as caught:
        library.rename(name, new)
    assert sentence in str(caught.value)
    assert names(folder) == ["cells", "em"]


def test_a_model_is_brought_in_if_it_is_one(folder: Path, tmp_path: Path) -> None:
    source = tmp_path / f"other{ENDING}"
    shutil.copy(GOLDEN / f"format-3{ENDING}", source)
    assert library.bring_in(source) == folder / f"other{ENDING}"
    assert library.bring_in(source, "third") == folder / f"third{ENDING}"
    assert source.read_bytes() == (folder / f"third{ENDING}").read_bytes()
    with pytest.raises(WriteError, match="There is a model 'other' already"):
        library.bring_in(source)
    source.write_bytes(b"\x80\x04text")
    with pytest.raises(ModelError):
        library.bring_in(source, "fourth")
    assert names(folder) == ["cells", "em", "other", "third"]


def test_the_command_line_does_the_same(
    folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["models"]) == 0
    told = capfd.readouterr().out
    assert "em  (" in told
    assert "unet-bn 2D; cell, gap; Y 8 nm, X 8 nm; mean IoU 0.625" in told
    assert run(["models", "--json"]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert {json.loads(line)["name"] for line in lines} == {"cells", "em"}
    assert run(["models", "rename", "em", "membranes"]) == 0
    assert run(["models", "delete", "cells", "--yes"]) == 0
    source = tmp_path / f"other{ENDING}"
    shutil.copy(GOLDEN / f"format-1{ENDING}", source)
    assert run(["models", "import", str(source), "--name", "old"]) == 0
    assert names(folder) == ["membranes", "old"]
    assert run(["models", "delete", "gone", "--yes"]) == 2
    assert "There is no model 'gone'" in capfd.readouterr().err
    shutil.rmtree(folder)
    assert run(["models"]) == 0
    assert "No models yet in " in capfd.readouterr().out
