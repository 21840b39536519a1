"""Scores as other programs tell them; see tests/golden."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from napari_unetseg.core.evaluate.boundary import boundaries
from napari_unetseg.core.evaluate.matching import contingency
from napari_unetseg.core.evaluate.object_scores import (
    THRESHOLDS,
    ObjectScores,
    object_scores,
)
from napari_unetseg.core.evaluate.overlap import overlap

GOLDEN = Path(__file__).resolve().parents[2] / "golden"
TOLD = json.loads((GOLDEN / "golden.json").read_text(encoding="utf-8"))
REAL = {"dic-hela", "gonuclear", "isbi"}


def named(kind):
    return [
        pytest.param(name, marks=[pytest.mark.data] if name in REAL else [])
        for name in TOLD[kind]
    ]


@pytest.fixture(scope="module")
def cases():
    spec = importlib.util.spec_from_file_location("cases", GOLDEN / "cases.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", named("objects"))
def test_objects(cases, data_folder, name):
    """SEG and DET of py-ctcmetrics, the others of stardist."""
    total = ObjectScores.none()
    for truth, prediction in cases.objects(name, data_folder):
        total += object_scores(contingency(truth, prediction, ignore=None))
    told = TOLD["objects"][name]
    assert total.seg == pytest.approx(told["seg"], abs=1e-12)
    assert total.det == pytest.approx(told["det"], abs=1e-12)
    assert total.pq == pytest.approx(told["0.5"]["pq"], abs=1e-6)
    for number, threshold in enumerate(THRESHOLDS):
        here = told[f"{threshold:g}"]
        matched = total.matched[number]
        wrong = total.predictions[number] - matched
        counts = (matched, wrong, total.references - matched)
        assert counts == (here["tp"], here["fp"], here["fn"])
        for score in ("f1", "ap", "precision", "recall"):
            assert getattr(total, score)[threshold] == pytest.approx(here[score])


@pytest.mark.parametrize("name", named("classes"))
def test_classes(cases, data_folder, name):
    """IoU of torchmetrics, Dice, IoU and the Hausdorff distance of MONAI."""
    truth, prediction = cases.classes(name, data_folder)
    found, told = overlap(prediction, truth), TOLD["classes"][name]
    edges = boundaries(
        prediction, truth, ids=found.ids, spacing=cases.SPACING[truth.ndim]
    )
    for identity in found.ids:
        expected = {score: values[identity] for score, values in told.items()}
        near = {"abs": 1e-6}
        assert found.iou[identity] == pytest.approx(expected["jaccard"], **near)
        assert found.iou[identity] == pytest.approx(expected["iou"], **near)
        assert found.dice[identity] == pytest.approx(expected["dice"], **near)
        away = edges[identity].hausdorff95
        assert away == pytest.approx(expected["hausdorff95"], rel=1e-6)


@pytest.mark.parametrize("name", named("classes"))
def test_classes_of_which_one_is_not_annotated(cases, data_folder, name):
    """torchmetrics leaves out true pixels only, where the prediction has it too."""
    truth, prediction = cases.classes(name, data_folder)
    known = truth != 2
    found = overlap(prediction[None, known], truth[None, known])
    for identity in found.ids:
        if identity != 2:
            told = TOLD["classes"][name]["jaccard without 2"][identity]
            assert found.iou[identity] == pytest.approx(told, abs=1e-6)


def test_the_cases_are_not_trivial(cases):
    for name in ("random planes", "random volume"):
        for truth, prediction in cases.objects(name, None):
            assert len(np.unique(truth)) > 10
            assert 0 < (truth != prediction).mean() < 0.9
