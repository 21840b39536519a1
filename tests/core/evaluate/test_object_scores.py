"""Scores of objects: by definition, and what holds of them all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_unetseg.core.evaluate.instances import instance_score
from napari_unetseg.core.evaluate.matching import contingency
from napari_unetseg.core.evaluate.object_errors import fates
from napari_unetseg.core.evaluate.object_scores import (
    THRESHOLDS,
    ObjectScores,
    object_scores,
)
from oracles import object_scores as oracle


@st.composite
def frames(draw):
    shape = draw(hnp.array_shapes(min_dims=2, max_dims=3, max_side=5))
    ids = st.sampled_from((0, 1, 2, 3, -1))
    truth, chance = (draw(hnp.arrays(np.int16, shape, elements=ids)) for _ in range(2))
    kept = draw(hnp.arrays(bool, shape))
    return truth, np.where(kept & (truth > 0), truth + 5, abs(chance))


def scored(truth, prediction, ignore=-1, **more):
    return object_scores(contingency(truth, prediction, ignore=ignore), **more)


def row(text):
    numbers = {".": 0, "?": -1}
    return np.array([[numbers.get(c) if c in numbers else int(c) for c in text]])


@given(frames(), st.sampled_from([-1, None, 0, 2]))
def test_as_by_definition(pair, ignore):
    found, expected = scored(*pair, ignore), oracle.scores(*pair, ignore)
    for name in ("drawn", "uncovered", "strays", "joints"):
        assert getattr(found, name) == expected[name]
    for name in ("seg", "det", "pq"):
        value = expected[name]
        assert getattr(found, name) == (
            value if value is None else pytest.approx(value)
        )
    for threshold, value in found.f1.items():
        assert value == expected[round(100 * threshold)]


@given(frames())
def test_counts_are_those_of_the_other_reports(pair):
    found, score = scored(*pair), instance_score(*pair)
    assert (found.references, found.predictions[0], found.matched[0]) == (
        score.references,
        score.predictions,
        score.matched,
    )
    assert (found.seg, found.f1[0.5], found.ap[0.5]) == (score.seg, score.f1, score.ap)
    told = [fate for fate, *_ in fates(contingency(*pair))]
    assert (found.split, found.merged) == (told.count("split"), told.count("merged"))


@given(frames(), st.randoms(use_true_random=False))
def test_ids_mean_nothing(pair, random):
    renamed = []
    for side in pair:
        ids = [i for i in np.unique(side).tolist() if i not in (0, -1)]
        names = {0: 0, -1: -1}
        names |= dict(zip(ids, random.sample(range(1, 10**9), len(ids)), strict=True))
        renamed.append(np.vectorize(names.get, otypes=[np.int64])(side))
    assert scored(*renamed) == scored(*pair)


@given(frames())
def test_the_truth_itself_is_perfect(pair):
    truth, _ = pair
    found = scored(truth, np.where(truth > 0, truth, 0))
    expected = 1.0 if (truth > 0).any() else None
    single = [found.seg, found.det, found.pq, found.matched_iou, found.mean_ap]
    assert single == [expected] * 5
    for name in ("f1", "ap", "precision", "recall"):
        assert getattr(found, name) == dict.fromkeys(THRESHOLDS, expected)
    assert (found.missed, found.spurious, found.split, found.merged) == (0, 0, 0, 0)


@given(frames(), frames())
def test_frames_are_pooled(one, other):
    both = scored(*one) + scored(*other)
    assert both.vector == pytest.approx(scored(*one).vector + scored(*other).vector)
    assert ObjectScores.none() + both == both
    assert ObjectScores.of(both.vector) == both


@given(frames(), st.integers(0, 4))
def test_what_is_not_annotated_changes_nothing(pair, value):
    truth, prediction = pair
    # Where an object lies does not matter, but how much of it is hidden does.
    known = np.where(truth < 0, 0, prediction)
    other = np.where(truth < 0, value * (known.size < 0), prediction)
    assert scored(truth, known) == scored(truth, other)
    rest = scored(truth, prediction)
    assert (rest.references, rest.seg) == (scored(truth, known).references, rest.seg)


@pytest.mark.parametrize("k", [2, 3, 4])
def test_one_object_split_in_k(k):
    pieces = "".join(str(n) * 3 for n in range(2, k + 2))
    found = scored(row("1" * len(pieces)), row(pieces))
    assert (found.split, found.merged) == (1, 0)
    assert (found.seg, found.f1[0.5], found.pq) == (0, 0, 0)
    # Nothing holds more than half of it: all has to be drawn anew.
    assert found.det == 0


def test_k_objects_found_as_one():
    found = scored(row("111222333"), row("444444444"))
    assert (found.merged, found.joints, found.strays, found.uncovered) == (3, 2, 0, 0)
    assert found.det == pytest.approx(1 - 2 * 5 / 30)
    assert found.seg == pytest.approx(1 / 3)


def test_detection_by_hand():
    """One is covered, one is missed, one is spurious."""
    found = scored(row("111.222."), row("33....44"))
    assert found.det == pytest.approx(1 - (10 + 1) / 20)


def test_of_partly_annotated_frames_only_seg_counts():
    truth, prediction = row("111....."), row("111.2222")
    partly = scored(truth, prediction, partly=True)
    assert (partly.seg, partly.drawn) == (1, 1)
    assert (partly.det, partly.f1[0.5], partly.references) == (None, None, 0)
    both = partly + scored(row("22.."), row(".33."))
    assert (both.drawn, both.references, both.seg) == (2, 1, 0.5)


def test_empty_against_empty_is_nothing():
    found = scored(row("...."), row("...."))
    assert found == ObjectScores.none()
    assert found.to_dict()["f1"]["0.5"] is None
    assert found.to_dict()["pq"] is None


def test_json_keys():
    told = scored(row("11.2"), row("33.."))
    plain = told.to_dict()
    assert plain["f1"]["0.5"] == 2 / 3
    assert [*plain["ap"]] == [f"{t:g}" for t in THRESHOLDS]
    assert (plain["missed"], plain["spurious"], plain["true_objects"]) == (1, 0, 2)
