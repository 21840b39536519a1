from __future__ import annotations

from unittest import mock

import numpy as np
import pytest
import zarr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_unetseg.core.evaluate import pixels
from napari_unetseg.core.evaluate.matching import contingency
from oracles import instances as oracle

# Row 0 is annotated, of row 1 only the end.
TRUTH = np.array([[5, 5, 5, 0, 9], [-1, -1, -1, -1, 9]])
PREDICTION = np.array([[2, 2, 7, 7, 7], [2, 0, 4, 4, 7]])


@st.composite
def frames(draw, ids=(0, 1, 2, 3, -1), dtypes=(np.int16, np.int64)):
    """Truth and prediction of few ids, so that overlaps of all sizes occur."""
    shape = draw(hnp.array_shapes(min_dims=2, max_dims=3, max_side=5))
    labels = st.sampled_from(ids)
    return tuple(
        draw(hnp.arrays(draw(st.sampled_from(dtypes)), shape, elements=labels))
        for _ in range(2)
    )


def told(table):
    """A table as the oracle tells it."""
    true, predicted = table.true_ids.tolist(), table.predicted_ids.tolist()
    rows = zip(table.true, table.predicted, table.shared.tolist(), strict=True)
    return {
        "true": dict(zip(true, table.true_areas.tolist(), strict=True)),
        "predicted": dict(zip(predicted, table.predicted_areas.tolist(), strict=True)),
        "hidden": dict(zip(predicted, table.hidden_areas.tolist(), strict=True)),
        "shared": {(true[r], predicted[s]): n for r, s, n in rows},
    }


def test_hand_counted():
    table = contingency(TRUTH, PREDICTION)
    assert told(table) == {
        "true": {5: 3, 9: 2},
        "predicted": {2: 2, 4: 0, 7: 4},
        "hidden": {2: 1, 4: 2, 7: 0},
        "shared": {(5, 2): 2, (5, 7): 1, (9, 7): 2},
    }
    assert table.iou.tolist() == [2 / 3, 1 / 6, 2 / 4]
    assert table.matches().tolist() == [0]
    assert {field.dtype for field in told_fields(table)} == {np.dtype(np.int64)}


def told_fields(table):
    return [getattr(table, name) for name in table.__slots__]


@given(frames(), st.sampled_from([-1, None, 0, 2, 77]))
def test_as_each_with_each(pair, ignore):
    table = contingency(*pair, ignore=ignore)
    assert told(table) == oracle.overlaps(*pair, ignore)
    assert (np.diff(table.true_ids) > 0).all()
    assert (np.diff(table.predicted_ids) > 0).all()
    pairs = list(zip(table.true, table.predicted, strict=True))
    assert pairs == sorted(pairs)


@given(frames(ids=(0, 3, -(2**62), 2**62, 2**63 - 1), dtypes=(np.int64,)))
def test_ids_of_any_size(pair):
    assert told(contingency(*pair)) == oracle.overlaps(*pair, -1)


@given(frames(), st.sampled_from([0.5, 0.55, 0.6, 2 / 3, 0.75, 0.95, 1]))
def test_matches_are_one_to_one(pair, threshold):
    table = contingency(*pair)
    matches = table.matches(threshold)
    for side in (table.true[matches], table.predicted[matches]):
        assert len(set(side.tolist())) == len(side)
    assert matches.tolist() == [
        n for n, iou in enumerate(table.iou.tolist()) if iou > threshold
    ]


@pytest.mark.parametrize("threshold", [0.55, 0.6, 0.7, 0.8, 0.95])
def test_an_iou_of_the_threshold_itself_is_no_match(threshold):
    common = round(100 * threshold)
    truth = np.ones((1, 100), int)
    prediction = np.where(np.arange(100) < common, 4, 0)[np.newaxis]
    table = contingency(truth, prediction)
    assert table.iou.tolist() == [common / 100]
    assert not table.matches(threshold).size
    prediction[0, common] = 4
    assert contingency(truth, prediction).matches(threshold).size == 1


@given(frames(), st.integers(1, 12))
def test_block_size_does_not_matter(pair, block):
    whole = told(contingency(*pair))
    with mock.patch.object(pixels, "BLOCK", block):
        assert told(contingency(*pair)) == whole


@given(frames())
def test_swapping_the_two_swaps_the_table(pair):
    one, other = (contingency(*p, ignore=None) for p in (pair, pair[::-1]))
    assert told(one)["true"] == told(other)["predicted"]
    assert told(one)["shared"] == {
        (r, s): n for (s, r), n in told(other)["shared"].items()
    }


def test_lazy_arrays():
    volume = np.random.default_rng(0).integers(-1, 4, (2, 5, 30, 20))
    lazy = (zarr.array(side, chunks=(2, 16, 16)) for side in volume)
    assert told(contingency(*lazy)) == told(contingency(*volume))


def test_many_objects_on_both_sides_need_no_square_table():
    """A table of every true object with every predicted one would hold 80 GB."""
    ids = np.arange(1, 100_001).reshape(250, 400)
    table = contingency(ids, ids[::-1])
    assert len(table.shared) == ids.size
    assert (table.iou == 1).all()


@pytest.mark.parametrize("shape", [(0, 4), (3, 0), (0, 2, 2), (3, 4)])
def test_frames_without_objects(shape):
    empty = np.zeros(shape, np.uint8)
    table = contingency(empty, empty)
    assert [field.size for field in told_fields(table)] == [0] * 8
    assert table.iou.size == table.matches().size == 0


@pytest.mark.parametrize(
    ("truth", "prediction", "words"),
    [
        (TRUTH, PREDICTION[:1], "must have the shape"),
        (TRUTH, PREDICTION.astype(float), "must be integers, not float64"),
        (TRUTH[0], PREDICTION[0], r"not the shape \(5,\)"),
        (TRUTH[None, None], PREDICTION[None, None], r"shape \(1, 1, 2, 5\)"),
    ],
)
def test_refuses(truth, prediction, words):
    with pytest.raises(ValueError, match=words):
        contingency(truth, prediction)


@pytest.mark.parametrize("threshold", [0.49, 1.01, float("nan")])
def test_refuses_thresholds_that_leave_a_choice(threshold):
    with pytest.raises(ValueError, match=r"between 0\.5 and 1"):
        contingency(TRUTH, PREDICTION).matches(threshold)
