from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_unetseg.core.evaluate.instances import InstanceScore, instance_score
from oracles import instances as oracle

SCORES = ("seg", "precision", "recall", "f1", "ap")


@st.composite
def frames(draw, ids=(0, 1, 2, 3, -1)):
    """A truth, and a prediction that is the truth here and chance elsewhere."""
    shape = draw(hnp.array_shapes(min_dims=2, max_dims=3, max_side=5))
    truth, chance = (
        draw(hnp.arrays(np.int16, shape, elements=st.sampled_from(ids)))
        for _ in range(2)
    )
    kept = draw(hnp.arrays(bool, shape))
    return truth, np.where(kept & (truth > 0), truth + 5, abs(chance))


def row(text):
    """A frame of one row; "." is background, "?" not annotated."""
    numbers = {".": 0, "?": -1}
    return np.array([[numbers.get(c) if c in numbers else int(c) for c in text]])


def scored(truth, prediction, **more):
    return instance_score(row(truth), row(prediction), **more)


@given(frames(), st.sampled_from([-1, None, 0, 2]))
def test_as_by_definition(pair, ignore):
    found = instance_score(*pair, ignore)
    expected = oracle.scores(*pair, ignore)
    seg = expected.pop("seg")
    assert found.seg == (None if seg is None else pytest.approx(seg, rel=1e-12))
    assert {name: getattr(found, name) for name in expected} == expected


@given(frames(), st.randoms(use_true_random=False))
def test_ids_mean_nothing(pair, random):
    renamed = []
    for side in pair:
        ids = [i for i in np.unique(side).tolist() if i not in (0, -1)]
        names = {0: 0, -1: -1}
        names |= dict(zip(ids, random.sample(range(1, 10**9), len(ids)), strict=True))
        renamed.append(np.vectorize(names.get, otypes=[np.int64])(side))
    assert instance_score(*renamed) == instance_score(*pair)


@given(frames())
def test_the_truth_itself_is_perfect(pair):
    truth, _ = pair
    found = instance_score(truth, np.where(truth > 0, truth, 0))
    some = bool((truth > 0).any())
    assert [getattr(found, name) for name in SCORES] == [1.0 if some else None] * 5


@given(frames(), st.integers(0, 2))
def test_turned_and_mirrored_frames_score_alike(pair, axis):
    axis %= pair[0].ndim
    assert instance_score(*(np.flip(p, axis) for p in pair)) == instance_score(*pair)
    assert instance_score(*(p.T for p in pair)) == instance_score(*pair)


@given(frames(), frames())
def test_frames_are_pooled(one, other):
    both = instance_score(*one) + instance_score(*other)
    parts = [oracle.scores(*pair, -1) for pair in (one, other)]
    for name in ("references", "predictions", "matched"):
        assert getattr(both, name) == sum(part[name] for part in parts)
    if both.references:
        total = sum((part["seg"] or 0) * part["references"] for part in parts)
        assert both.seg == pytest.approx(total / both.references)
    assert InstanceScore() + both == both


@given(frames())
def test_json_gives_the_same_back(pair):
    found = instance_score(*pair)
    assert InstanceScore.from_dict(json.loads(json.dumps(found.to_dict()))) == found


def test_seg_asks_for_more_than_half_of_the_reference():
    """As in the challenge: half is not enough, one pixel more is."""
    assert scored("1111", "22..").seg == 0
    assert scored("1111", "222.").seg == 3 / 4
    assert scored("11111", "222..").seg == 3 / 5


def test_seg_counts_a_large_object_for_each_reference_it_covers():
    """Two cells found as one: IoU 4/10 and 6/10, of which only one is a match."""
    found = scored("1111222222", "3333333333")
    assert found.seg == pytest.approx((4 / 10 + 6 / 10) / 2)
    assert (found.matched, found.precision, found.recall) == (1, 1.0, 1 / 2)
    assert found.f1 == 2 / 3
    assert found.ap == 1 / 2


def test_one_object_split_in_k():
    for k in (2, 3, 4):
        pieces = "".join(str(n) * 3 for n in range(1, k + 1))
        found = scored("1" * len(pieces), pieces)
        assert found.seg == 0
        assert (found.references, found.predictions, found.matched) == (1, k, 0)
    # A large piece is the object, the rest is wrong.
    found = scored("1111111111", "2222222333")
    assert found.seg == 7 / 10
    assert (found.recall, found.precision) == (1.0, 1 / 2)


def test_an_iou_of_one_half_is_no_match():
    """Covered whole, so it counts in SEG, by an object twice as large."""
    found = scored("11..", "2222")
    assert found.seg == 1 / 2
    assert found.matched == 0
    assert found.f1 == 0


def test_extra_objects_cost_f1_and_not_seg():
    found = scored("111...", "111.2.")
    assert found.seg == 1
    assert found.precision == 1 / 2
    assert found.ap == 1 / 2
    assert found.f1 == 2 / 3


def test_hand_counted():
    """Of 3 objects 2 match, of 4 predicted ones 2 are wrong."""
    found = scored("111.222.333", "111.222.456"[:10] + ".")
    assert (found.references, found.predictions, found.matched) == (3, 4, 2)
    assert found.precision == 2 / 4
    assert found.recall == 2 / 3
    assert found.f1 == 4 / 7
    assert found.ap == 2 / 5
    assert found.seg == 2 / 3


def test_what_is_undefined_is_none():
    nothing = scored("...", "...")
    assert [getattr(nothing, name) for name in SCORES] == [None] * 5
    assert nothing == InstanceScore()
    extra = scored("...", "1..")
    assert (extra.seg, extra.recall) == (None, None)
    assert (extra.precision, extra.f1, extra.ap) == (0, 0, 0)
    missed = scored("1..", "...")
    assert missed.precision is None
    assert (missed.seg, missed.recall, missed.f1, missed.ap) == (0, 0, 0, 0)


def test_where_nothing_is_annotated_nothing_counts():
    assert scored("????", "1122") == InstanceScore()
    # Half of the object 2 is annotated; of 3 it is more than half.
    assert scored("..??", ".22.").predictions == 0
    assert scored("..??", "333.").predictions == 1


def test_a_match_counts_wherever_most_of_it_lies():
    found = scored("11?????", "2222222")
    assert found == InstanceScore(1, 1, 1, 1.0)


def test_pixels_that_are_not_annotated_change_no_area():
    for hidden in ("......", "555555", "5.6677", "777788"):
        found = scored("111..222??????", "111..22." + hidden)
        assert found.seg == pytest.approx((1 + 2 / 3) / 2)
        assert found.predictions == 2


def test_without_ignore_minus_one_is_an_object():
    found = scored("??11", "3311", ignore=None)
    assert (found.references, found.matched) == (2, 2)


def test_a_volume_is_not_the_sum_of_its_planes():
    truth = np.ones((3, 2, 2), int)
    prediction = np.arange(1, 4)[:, None, None] * truth
    assert instance_score(truth, prediction).seg == 0
    planes = [instance_score(t, p) for t, p in zip(truth, prediction, strict=True)]
    assert sum(planes, InstanceScore()) == InstanceScore(3, 3, 3, 3.0)


@pytest.mark.parametrize(
    "counts",
    [(1, 1, 2, 0.0), (2, 1, 2, 0.0), (1, 1, -1, 0.0), (1, 1, 1, 1.5), (1, 1, 1, -0.5)],
)
def test_refuses_impossible_counts(counts):
    with pytest.raises(ValueError, match=r"impossible|cannot"):
        InstanceScore(*counts)


@pytest.mark.data
@pytest.mark.parametrize(
    ("later", "seg", "counts"),
    [(0, 0.9537055813495614, (98, 112, 98)), (1, 0.7491790063873347, (98, 108, 93))],
)
def test_as_other_programs_on_dic_hela(data_folder, later, seg, counts):
    """The silver reference, of the same frames and of the next, against the gold one.

    SEG is that of py-ctcmetrics 1.3.3, the counts are those of stardist 0.9.2.
    """
    tifffile = pytest.importorskip("tifffile")
    folder = data_folder / "dic-hela"
    gold = tifffile.imread(folder / "01_gold_labels.tif")
    numbers = [int(n) for n in (folder / "01_gt_frames.txt").read_text().split()]
    silver = tifffile.imread(
        folder / "01_silver_labels.tif", key=[number + later for number in numbers]
    )
    frames = [instance_score(*pair) for pair in zip(gold, silver, strict=True)]
    total = sum(frames, InstanceScore())
    assert total.seg == pytest.approx(seg, rel=1e-14)
    assert (total.references, total.predictions, total.matched) == counts


@pytest.mark.data
def test_a_frame_of_dic_hela_that_is_partly_annotated(data_folder):
    """3 of 18 cells are drawn: the 14 others found there are not wrong."""
    tifffile = pytest.importorskip("tifffile")
    folder = data_folder / "dic-hela"
    gold = tifffile.imread(folder / "01_gold_labels.tif", key=8).astype(int)
    silver = tifffile.imread(folder / "01_silver_labels.tif", key=67)
    as_drawn = instance_score(gold, silver)
    assert (as_drawn.references, as_drawn.predictions, as_drawn.matched) == (3, 17, 3)
    partly = instance_score(np.where(gold == 0, -1, gold), silver)
    assert (partly.references, partly.predictions, partly.matched) == (3, 3, 3)
    assert partly.f1 == 1
