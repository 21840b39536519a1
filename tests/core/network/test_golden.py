"""Model files of every format that there was, as the program of its time wrote them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from napari_unetseg.core.config import NetworkConfig
from napari_unetseg.core.network.card import KEY, ModelCard, parsed_card, read_card
from napari_unetseg.core.network.header import metadata_of
from napari_unetseg.core.network.migrations import FORMAT, STEPS, migrated
from napari_unetseg.core.network.modelfile import load_model

GOLDEN = Path(__file__).with_name("golden")
FORMATS = range(1, FORMAT + 1)


def test_there_is_a_file_of_every_format() -> None:
    names = {path.name for path in GOLDEN.glob("*.safetensors")}
    assert names == {f"format-{n}.unetseg.safetensors" for n in FORMATS}


def described(number: int) -> dict[str, Any]:
    """Read the card as the program of its time wrote it."""
    path = GOLDEN / f"format-{number}.unetseg.safetensors"
    document = json.loads(metadata_of(path)[KEY])
    assert document["format"] == number
    return dict(document)


@pytest.mark.parametrize("number", FORMATS)
def test_a_model_of_an_older_format_says_and_predicts_the_same(number: int) -> None:
    path = GOLDEN / f"format-{number}.unetseg.safetensors"
    before = path.read_bytes()
    card = read_card(path)
    assert card.format == FORMAT
    assert (card.classes, card.halo) == ((1, 3), (8, 8))
    assert card.class_names == {"1": "cell", "3": "gap"}
    assert (card.spacing, card.unit) == ((8.0, 8.0), "nm")
    assert card.training["images"] == ["em.tif"]
    assert card.validation["mean_iou"] == 0.625
    # What was not yet said then is what was meant.
    assert card.thresholds == ({3: 0.7} if number >= 3 else {})
    assert card.class_colors == ({"1": "#ff0010"} if number >= 4 else {})
    assert (card.objects is not None) == (number >= 4)
    image = torch.from_numpy(np.sin(np.arange(256)).reshape(1, 1, 16, 16).astype("f4"))
    with torch.no_grad():
        scores = load_model(path).network()(image)[0].numpy()
    with np.load(GOLDEN / "scores.npz") as wanted:
        np.testing.assert_allclose(scores, wanted[f"format-{number}"], 1e-4, 1e-4)
    assert path.read_bytes() == before


@pytest.mark.parametrize("number", FORMATS)
def test_saved_again_it_is_of_the_newest_format(number: int, tmp_path: Path) -> None:
    model = load_model(GOLDEN / f"format-{number}.unetseg.safetensors")
    model.save(tmp_path / "m")
    again = load_model(tmp_path / "m")
    assert again.card.format == FORMAT
    assert again.card == model.card


def test_there_is_a_step_from_every_format_to_the_next() -> None:
    assert len(STEPS) == FORMAT - 1


@pytest.mark.parametrize("number", FORMATS)
def test_what_a_step_does_not_name_is_kept(number: int) -> None:
    """Models came to tell what they were asked without a format of its own."""
    asked = {"images": ["em.tif"], "labels": ["em-labels.tif"]}
    document = described(number)
    document["training"]["asked"] = asked
    before = json.dumps(document)
    card = parsed_card(before, "m")
    assert card.training["asked"] == asked
    assert card.sha256 == document["sha256"]
    migrated(document)
    assert json.dumps(document) == before


@pytest.mark.parametrize("number", FORMATS)
def test_the_newest_format_leaves_nothing_to_be_meant(number: int) -> None:
    """Another value that is usual later changes no model of today."""
    document = migrated(described(number))
    assert document.keys() == ModelCard.model_fields.keys()
    assert document["network"].keys() == NetworkConfig.model_fields.keys()


@pytest.mark.parametrize("version", [True, 0, -1, "1", None, [1], FORMAT])
def test_what_is_no_older_format_is_left_to_the_check(version: object) -> None:
    assert migrated({"format": version}) == {"format": version}
