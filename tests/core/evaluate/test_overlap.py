from __future__ import annotations

from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_unetseg.core.evaluate import pixels
from napari_unetseg.core.evaluate.overlap import (
    Overlap,
    class_ids,
    confusion,
    overlap,
    pool,
)
from oracles import overlap as oracle

# 8 pixels: class 1 is right 3 times, missed once, wrongly given once; class 2 likewise
# 3, 1, 1. IoU 3/5, Dice 6/8.
TRUTH = np.array([[1, 1, 1, 1], [2, 2, 2, 2]])
PREDICTION = np.array([[1, 1, 1, 2], [1, 2, 2, 2]])

SHAPES = hnp.array_shapes(min_dims=2, max_dims=4, max_side=5)


@st.composite
def label_pairs(draw, ids=(0, 1, 2, 5), dtypes=(np.uint8, np.int16, np.int64)):
    shape = draw(SHAPES)
    labels = st.sampled_from(ids)
    return tuple(
        draw(hnp.arrays(draw(st.sampled_from(dtypes)), shape, elements=labels))
        for _ in range(2)
    )


def test_hand_computed():
    result = overlap(PREDICTION, TRUTH)
    assert result.ids == (1, 2)
    assert result.matrix.tolist() == [[3, 1], [1, 3]]
    assert result.matrix.dtype == np.int64
    assert result.iou == {1: 3 / 5, 2: 3 / 5}
    assert result.dice == {1: 3 / 4, 2: 3 / 4}
    assert result.precision == {1: 3 / 4, 2: 3 / 4}
    assert result.recall == {1: 3 / 4, 2: 3 / 4}
    assert result.pixels == {1: 4, 2: 4}
    assert result.total == 8
    assert result.mean_iou == pytest.approx(3 / 5)
    assert result.mean_dice == pytest.approx(3 / 4)
    assert result.pixel_error == 2 / 8


def test_rows_are_truth_and_columns_prediction():
    truth = np.array([[7, 7, 7]])
    prediction = np.array([[7, 9, 9]])
    assert confusion(prediction, truth, (7, 9)).tolist() == [[1, 2], [0, 0]]


def test_the_answer_that_is_all_cell():
    """Calling everything cell scores the share of the cells, and 0 for the rest."""
    truth = np.array([[1, 1, 1, 0]])
    result = overlap(np.ones_like(truth), truth)
    assert result.iou == {0: 0.0, 1: 3 / 4}
    assert result.mean_iou == pytest.approx(3 / 8)
    assert result.pixel_error == 1 / 4
    assert result.precision[0] is None
    assert result.recall[0] == 0.0


def test_labels_1_and_2_without_0_are_two_classes():
    result = overlap(TRUTH, TRUTH)
    assert result.iou == {1: 1.0, 2: 1.0}
    assert result.mean_iou == 1.0


def test_an_absent_class_has_no_score():
    ids = (1, 2, 3)
    result = Overlap(ids, confusion(PREDICTION, TRUTH, ids))
    for scores in (result.iou, result.dice, result.precision, result.recall):
        assert scores[3] is None
    assert result.pixels[3] == 0
    assert result.mean_iou == pytest.approx(3 / 5)


def test_a_class_that_is_only_predicted_counts_in_the_mean():
    result = overlap(np.array([[1, 3]]), np.array([[1, 1]]))
    assert result.iou == {1: 1 / 2, 3: 0.0}
    assert result.mean_iou == 1 / 4
    assert result.recall[3] is None


def test_ignored_on_either_side_is_left_out_of_both():
    truth = np.array([[0, 1, 1, 2]])
    prediction = np.array([[2, 1, 0, 2]])
    result = overlap(prediction, truth, ignore=(0,))
    assert result.ids == (1, 2)
    assert result.iou == {1: 1.0, 2: 1.0}
    assert result.pixel_error == 0.0
    assert result.total == 2


def test_nothing_left():
    result = overlap(TRUTH, TRUTH, ignore=(1, 2))
    assert result.ids == ()
    assert result.mean_iou is None
    assert result.mean_dice is None
    assert result.pixel_error is None


def test_pooled_is_not_the_mean_of_the_images():
    """One image with one cell pixel, missed; one with 99, all found."""
    none = overlap(np.array([[0, 0]]), np.array([[1, 0]]))
    full = overlap(np.ones((1, 99), int), np.ones((1, 99), int))
    pooled = none + full
    assert pooled.iou[1] == 99 / 100
    assert (none.iou[1] + full.iou[1]) / 2 == 1 / 2


def test_adding_knows_the_classes_of_both():
    left = overlap(np.array([[5, 1]]), np.array([[1, 1]]))
    right = overlap(np.array([[3, 3]]), np.array([[5, 3]]))
    both = left + right
    assert both.ids == (1, 3, 5)
    assert both.matrix.tolist() == [[1, 0, 1], [0, 1, 0], [0, 1, 0]]
    assert pool([], ids=(2, 1)).ids == (1, 2)


@given(label_pairs(), st.lists(st.sampled_from((0, 1, 5, 7)), unique=True))
def test_oracle(pair, ignore):
    prediction, truth = pair
    result = overlap(prediction, truth, ignore=ignore)
    expected = oracle.scores(prediction, truth, ignore)
    for name, value in expected.items():
        assert getattr(result, name) == pytest.approx(value), name


@given(label_pairs(), st.permutations((0, 1, 2, 5)))
def test_confusion_in_any_order_of_ids(pair, ids):
    assert confusion(*pair, ids).tolist() == oracle.confusion(*pair, list(ids))


@given(label_pairs(ids=(0, 4, 70_000, 2**40), dtypes=(np.int64, np.uint64)))
def test_large_ids(pair):
    ids = class_ids(*pair)
    assert confusion(*pair, ids).tolist() == oracle.confusion(*pair, list(ids))


@given(label_pairs())
def test_dice_follows_from_iou(pair):
    result = overlap(*pair)
    for identity, iou in result.iou.items():
        assert result.dice[identity] == pytest.approx(2 * iou / (1 + iou))


@given(label_pairs())
def test_swapping_the_two_swaps_precision_and_recall(pair):
    one, other = overlap(*pair), overlap(*reversed(pair))
    assert one.iou == other.iou
    assert one.precision == other.recall


@given(label_pairs(), st.integers(1, 12))
def test_block_size_does_not_matter(pair, block):
    whole = overlap(*pair)
    with mock.patch.object(pixels, "BLOCK", block):
        blocks = overlap(*pair)
    assert blocks.ids == whole.ids
    assert blocks.matrix.tolist() == whole.matrix.tolist()


def test_bool_masks():
    truth = np.array([[True, True, False]])
    assert overlap(truth, truth.astype(np.uint8)).iou == {0: 1.0, 1: 1.0}


def test_negative_ids():
    labels = np.array([[-7, -1, 3]])
    assert overlap(labels, labels).iou == {-7: 1.0, -1: 1.0, 3: 1.0}
    assert overlap(labels, labels, ignore=(-1,)).ids == (-7, 3)


@pytest.mark.parametrize("stranger", [-1, -2, 2, 9, 2**40])
def test_a_class_outside_the_ids_is_not_dropped(stranger):
    with pytest.raises(ValueError, match="1 pixels have a class that is none of"):
        confusion(np.array([[1, stranger]]), np.array([[1, 1]]), (1, 3))


def test_a_class_outside_large_ids_is_not_dropped():
    with pytest.raises(ValueError, match="none of"):
        confusion(np.array([[1, 2**41]]), np.array([[1, 1]]), (1, 2**40))


@pytest.mark.parametrize(
    ("prediction", "words"),
    [
        (np.zeros((3, 2), int), r"shape \(3, 2\).*shape \(2, 4\)"),
        (np.zeros((2, 4), float), "must be integers, not float64"),
    ],
)
def test_refuses(prediction, words):
    with pytest.raises(ValueError, match=words):
        overlap(prediction, TRUTH)


def test_refuses_a_row_of_labels():
    with pytest.raises(ValueError, match="Y, X"):
        overlap(np.zeros(3, int), np.zeros(3, int))


def test_refuses_a_matrix_that_does_not_fit():
    with pytest.raises(ValueError, match="one row and one column"):
        Overlap((1, 2), np.zeros((3, 3), np.int64))
