"""Model files of every format that there was, as the program of its time wrote them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from napari_unetseg.core.network.card import FORMAT, read_card
from napari_unetseg.core.network.modelfile import load_model

GOLDEN = Path(__file__).with_name("golden")
FORMATS = range(1, FORMAT + 1)


def test_there_is_a_file_of_every_format() -> None:
    names = {path.name for path in GOLDEN.glob("*.safetensors")}
    assert names == {f"format-{n}.unetseg.safetensors" for n in FORMATS}


@pytest.mark.parametrize("number", FORMATS)
def test_a_model_of_an_older_format_says_and_predicts_the_same(number: int) -> None:
    path = GOLDEN / f"format-{number}.unetseg.safetensors"
    before = path.read_bytes()
    card = read_card(path)
    assert card.format == number
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
    same = {"format", "sha256"}
    assert again.card.model_dump(exclude=same) == model.card.model_dump(exclude=same)
