"""How a training ended, in a few words."""

from __future__ import annotations

from pathlib import Path

import pytest

from napari_unetseg.core.network.card import ModelCard
from napari_unetseg.gui.train import summary as summary_module
from napari_unetseg.gui.train.summary import details, summary

MODEL = Path("models", "cells.unetseg.safetensors")


def result(slices, mean_iou=0.8124):
    scores = {"slices": slices, "mean_iou": mean_iou}
    return {"steps": 300, "kept_step": 280, "validation": scores}


@pytest.mark.parametrize(
    ("slices", "text"),
    [
        ([4], "slice 4"),
        ([16, 17, 18, 19], "slices 16-19"),
        ([1, 3, 4], "slices 1, 3-4"),
    ],
)
def test_a_score_is_told_with_its_slices_and_the_name(slices, text):
    expected = f"Model 'cells': mean IoU 0.812 on validation {text}."

    assert summary(result(slices), MODEL) == expected


def test_of_single_objects_it_is_their_scores():
    ended = result([4])
    ended["validation"] |= {"seg": 0.71239, "f1": 0.8}

    assert summary(ended, MODEL) == (
        "Model 'cells': SEG 0.712 and F1 0.800 on validation slice 4."
    )


@pytest.mark.parametrize(
    ("taught", "words"),
    [([4], "on a block of slice 4."), ([0, 1], "on validation slice 4.")],
)
def test_a_block_of_a_slice_that_has_taught_is_called_that(monkeypatch, taught, words):
    card = ModelCard.model_construct(
        training={"train_slices": taught}, validation={"slices": [4]}
    )
    monkeypatch.setattr(summary_module, "read_card", lambda path: card)

    assert summary(result([4]), MODEL).endswith(words)


def test_the_rest_is_in_the_details():
    text = details(result([4]), MODEL)

    assert f"Model file: {MODEL}" in text
    assert "chose the weights" in text
    assert "step 280 of 300" in text


@pytest.mark.parametrize("validation", [None, {}, {"slices": [], "mean_iou": None}])
def test_without_validation_there_is_no_score(validation):
    ended = {"steps": 300, "kept_step": 300, "validation": validation}

    assert summary(ended, MODEL) == (
        "Model 'cells': trained for 300 steps; no slice was kept to validate on."
    )
    assert details(ended, MODEL) == f"Model file: {MODEL}"
