"""Thresholds are written into a model; segmenting uses them, weights stay."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import napari_unetseg as us
from napari_unetseg.core.config import NetworkConfig
from napari_unetseg.core.errors import InputError, ModelError
from napari_unetseg.core.network.build import network_of
from napari_unetseg.core.network.card import ModelCard, read_card
from napari_unetseg.core.network.migrations import FORMAT
from napari_unetseg.core.network.modelfile import Model, load_model
from napari_unetseg.core.network.retouch import set_thresholds

GOLDEN = Path(__file__).with_name("golden")
IMAGE = np.sin(np.arange(1024.0)).reshape(32, 32)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    config = NetworkConfig(base=2, depth=1)
    card = ModelCard(network=config, classes=(1, 4), halo=(8, 8))
    path = tmp_path / "naïve.unetseg.safetensors"
    Model(card, network_of(config, 2).state_dict()).save(path)
    return path


def test_segmenting_chooses_from_the_threshold_on(saved: Path) -> None:
    _, scores = us.segment(IMAGE, saved, scores=True)
    threshold = round(float(np.median(scores[1])), 3)
    card = us.set_thresholds(saved, {4: threshold})
    assert card == read_card(saved)
    assert card.thresholds == {4: threshold}
    labels, again = us.segment(IMAGE, saved, scores=True)
    np.testing.assert_array_equal(again, scores)
    np.testing.assert_array_equal(labels, np.where(scores[1] > threshold, 4, 1))


def test_nothing_else_changes(saved: Path) -> None:
    before = load_model(saved)
    set_thresholds(saved, {1: 0.25, 4: 0.9})
    set_thresholds(saved, {1: None})
    after = load_model(saved)
    kept = before.card.model_copy(update={"thresholds": {4: 0.9}})
    assert after.card == kept
    for name, tensor in before.tensors.items():
        assert tensor.equal(after.tensors[name])


@pytest.mark.parametrize("number", range(1, FORMAT + 1))
def test_models_of_every_format(number: int, tmp_path: Path) -> None:
    name = f"format-{number}.unetseg.safetensors"
    path = tmp_path / name
    path.write_bytes((GOLDEN / name).read_bytes())
    set_thresholds(path, {1: 0.3})
    card = load_model(path).card
    assert card.format == FORMAT
    assert card.thresholds[1] == 0.3
    assert card.training == read_card(GOLDEN / name).training


@pytest.mark.parametrize("wanted", [{3: 0.5}, {4: 0.0}, {4: 1.0}, {4: float("nan")}])
def test_nonsense_leaves_the_file(saved: Path, wanted: dict[int, float]) -> None:
    before = saved.read_bytes()
    with pytest.raises(InputError):
        set_thresholds(saved, wanted)
    assert saved.read_bytes() == before


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    path.write_bytes(b"text")
    with pytest.raises(ModelError):
        set_thresholds(path, {1: 0.3})
    assert path.read_bytes() == b"text"
