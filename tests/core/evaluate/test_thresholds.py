"""Classes at every threshold: as segmenting anew would have it."""

from __future__ import annotations

import numpy as np
import pytest

import napari_unetseg as us
from napari_unetseg.core.draining import result_of
from napari_unetseg.core.errors import InputError
from napari_unetseg.core.evaluate.judge import Asked, judge
from napari_unetseg.core.evaluate.report import evaluate
from napari_unetseg.core.evaluate.seen import Seen
from napari_unetseg.core.evaluate.thresholds import (
    THRESHOLDS,
    best_thresholds,
    threshold_curves,
)
from napari_unetseg.core.image import Image
from napari_unetseg.core.postprocess.thresholds import to_classes_with_thresholds

RNG = np.random.default_rng(3)
IDS = (0, 2, 7)
TRUTH = RNG.choice(IDS, (2, 12, 15)).astype(np.uint8)
LOGITS = RNG.normal(size=(3, 2, 12, 15)) + 2 * (
    np.array(IDS)[:, None, None, None] == TRUTH
)
SCORES = (np.exp(LOGITS) / np.exp(LOGITS).sum(0)).astype(np.float32)


def image(array, axes="ZYX"):
    return Image(array=array, axes=axes)


@pytest.mark.parametrize("now", [{}, {7: 0.3}, {2: 0.62, 7: 0.4}])
def test_as_segmenting_with_each_threshold(now):
    steps = threshold_curves(image(SCORES, "CZYX"), image(TRUTH), IDS, now=now)
    found = result_of(steps)
    for identity in IDS:
        for place in (0, 20, 39, 61, 98):
            thresholds = {**now, identity: THRESHOLDS[place]}
            labels = to_classes_with_thresholds(SCORES, IDS, thresholds)
            expected = evaluate(image(labels), image(TRUTH)).overlap.iou[identity]
            assert found[identity].iou[place] == expected


def test_the_report_tells_the_best():
    labels = to_classes_with_thresholds(SCORES, IDS, {})
    asked = Asked(channels=IDS)
    sides = image(labels), image(TRUTH)
    found = judge(*sides, asked, scores=image(SCORES, "CZYX"))
    told = found.to_dict()["thresholds"]["7"]
    assert told["iou_now"] == found.overlap.iou[7]
    assert told["best_iou"] == max(told["iou"]) >= told["iou_now"]
    best = best_thresholds(found)
    assert best[7] == told["best"]
    again = to_classes_with_thresholds(SCORES, IDS, {7: best[7]})
    assert evaluate(image(again), image(TRUTH)).overlap.iou[7] == told["best_iou"]


def test_unseen_pixels_are_spared_the_choice():
    boxes = [["validation", 0, 0, 12, 15]]
    seen = Seen.of([{"index": [0], "boxes": boxes}])
    sides = image(TRUTH), image(TRUTH)
    scores = image(SCORES, "CZYX")
    found = judge(*sides, Asked(channels=IDS), scores=scores, seen=seen)
    first = [image(one[:1]) for one in (TRUTH, TRUTH)]
    alone = judge(*first, Asked(channels=IDS), scores=image(SCORES[:, :1], "CZYX"))
    assert best_thresholds(found) == best_thresholds(alone)


def test_what_is_not_annotated_does_not_count():
    holes = np.where(RNG.random(TRUTH.shape) < 0.3, 9, TRUTH)
    scores = image(SCORES, "CZYX")
    found = result_of(threshold_curves(scores, image(holes), IDS, ignore=[9]))
    other = np.where(holes == 9, RNG.random(TRUTH.shape), SCORES).astype(np.float32)
    again = threshold_curves(image(other, "CZYX"), image(holes), IDS, ignore=[9])
    assert result_of(again) == found
    assert found[2].true == (holes == 2).sum()


def test_of_two_classes_one_may_be_alone():
    truth, share = TRUTH == 7, image(SCORES[2:], "CZYX")
    found = result_of(threshold_curves(share, image(truth), (0, 1)))
    for place in (0, 49, 98):
        chosen = SCORES[2] > THRESHOLDS[place]
        expected = (chosen & truth).sum() / (chosen | truth).sum()
        assert found[1].iou[place] == expected


def test_several_images_and_what_is_absent():
    pairs = [*TRUTH, np.zeros_like(TRUTH[0])]
    scores = [*SCORES.swapaxes(0, 1), SCORES[:, 0]]
    found = us.evaluate(
        pairs, pairs, scores=[Image(array=one, axes="CYX") for one in scores]
    )
    assert found.thresholds[0].true == sum((one == 0).sum() for one in pairs)
    empty = us.evaluate(pairs[2], pairs[2], scores=Image(array=scores[2], axes="CYX"))
    assert empty.thresholds[2].best is None
    assert list(best_thresholds(empty)) == [0]


def test_scores_of_objects_are_refused():
    with pytest.raises(InputError, match="nothing of single objects"):
        us.evaluate(TRUTH, TRUTH, task="instances", scores=image(SCORES, "CZYX"))


def test_scores_of_other_classes_are_refused():
    with pytest.raises(InputError, match="3 channels for 2 classes"):
        result_of(threshold_curves(image(SCORES, "CZYX"), image(TRUTH), (0, 2)))
