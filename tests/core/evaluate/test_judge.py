"""One question, one answer: tasks, uses of pixels, several images."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import ndimage

import napari_unetseg as us
from napari_unetseg.core.errors import InputError
from napari_unetseg.core.evaluate.judge import Asked, dimensions_of, judge
from napari_unetseg.core.evaluate.matching import contingency
from napari_unetseg.core.evaluate.neurites import neurite_score
from napari_unetseg.core.evaluate.object_scores import ObjectScores, object_scores
from napari_unetseg.core.evaluate.report import evaluate
from napari_unetseg.core.evaluate.seen import OUT, Codes, Restricted, Seen, uses
from napari_unetseg.core.evaluate.sentences import lead, methods
from napari_unetseg.core.evaluate.uncertain import compared, headline
from napari_unetseg.core.image import Image

RNG = np.random.default_rng(0)
TRUTH = RNG.integers(0, 3, (6, 12, 15))
PREDICTION = np.where(RNG.random(TRUTH.shape) < 0.8, TRUTH, 1)
ALL, ROWS = (
    [["train", 0, 0, 12, 15]],
    [["gap", 0, 0, 12, 9], ["validation", 0, 0, 12, 5]],
)
SEEN = Seen.of(
    [{"index": [0], "boxes": ALL}, {"index": [1], "boxes": [*ALL, *ROWS]}],
)


def labels(array, axes="ZYX", **more):
    return Image(array=array, axes=axes, **more)


def test_objects_of_a_class_are_its_connected_pixels():
    found = us.evaluate(PREDICTION, TRUTH, task="instances", objects=2)
    total = ObjectScores.none()
    for true, predicted in zip(TRUTH, PREDICTION, strict=True):
        sides = [ndimage.label(side == 2)[0] for side in (true, predicted)]
        total += object_scores(contingency(*sides, ignore=None))
    assert found.objects.scores == total
    assert len(found.objects.frames) == 6
    told = found.to_dict()["instances"]
    assert told["seg"] == total.seg
    assert told["f1"]["0.5"] == total.f1[0.5]
    assert len(told["frames"]) == 6


def test_planes_unless_z_is_declared():
    asked = Asked(task="instances")
    assert dimensions_of(labels(TRUTH), asked) == 2
    size = {"spacing": (50, 4, 4), "unit": "nm"}
    assert dimensions_of(labels(TRUTH, **size), asked) == 3
    series = labels(TRUTH, "TYX", spacing=(4, 4), unit="nm")
    assert dimensions_of(series, asked) == 2
    assert dimensions_of(labels(TRUTH), Asked(task="instances", dimensions=3)) == 3
    volume = us.evaluate(PREDICTION, TRUTH, task="instances", dimensions=3)
    assert len(volume.objects.frames) == 1


def cells(leak):
    y, x = np.indices((40, 40))
    mask = np.stack([(y % 20 > 1) & (x % 20 > 1)] * 3).astype(np.uint8)
    mask[1, 10, 20:22] = leak
    return mask


def test_neurites_are_scored_as_the_challenge_does():
    truth, prediction = cells(0), cells(1)
    scores = (truth * 0.9).astype(np.float32)
    scores[1, 10, 20:22] = 0.6
    found = us.evaluate(
        prediction, truth, task="neurites", objects=1, scores=scores
    ).to_dict()["neurites"]
    expected = neurite_score(truth, scores)
    assert found["v_rand"] == pytest.approx(expected.v_rand)
    assert found["v_rand_threshold"] == expected.v_rand_threshold
    assert found["v_info"] == pytest.approx(expected.v_info)
    assert found["curves"]["v_rand"] == pytest.approx(expected.v_rands)
    of_labels = us.evaluate(prediction, truth, task="neurites", objects=1)
    assert headline(of_labels)["v_rand"] < 1
    # In one slice of three a pixel parts what is joined.
    assert headline(of_labels)["warping_error"] == pytest.approx(1 / 1600 / 3)


@pytest.mark.parametrize("task", ["classes", "instances", "neurites"])
def test_each_use_is_scored_as_if_it_were_all(task):
    asked = Asked(task=task, identity=None if task == "classes" else 1)
    found = judge(labels(PREDICTION), labels(TRUTH), asked, seen=SEEN)
    assert set(found.parts) == {"unseen", "train", "validation", "beside"}
    alone = judge(labels(PREDICTION[2:]), labels(TRUTH[2:]), asked)
    expected = headline(alone)
    assert headline(found.parts["unseen"]) == pytest.approx(expected)
    counts = [part.overlap.total for part in found.parts.values()]
    assert sum(counts) == found.overlap.total == TRUTH.size
    plain = found.to_dict()
    assert plain["seen"]["unseen"]["pixels"] == TRUTH[2:].size
    json.dumps(plain, allow_nan=False)


@pytest.mark.parametrize("axes", ["ZYX", "ZXY", "YXZ"])
def test_restricted_in_any_order_of_axes(axes):
    array = TRUTH.transpose(["ZYX".index(axis) for axis in axes])
    found = Restricted(array, Codes(labels(array, axes), SEEN), "validation")
    back = np.asarray(found[()]).transpose([axes.index(axis) for axis in "ZYX"])
    kept = back < OUT
    assert kept[1, :, :5].all()
    assert kept.sum() == 12 * 5
    np.testing.assert_array_equal(back[kept], TRUTH[kept])
    for z in range(2):
        key = tuple(z if axis == "Z" else slice(1, 7) for axis in axes)
        plane = np.asarray(found[()])[key]
        np.testing.assert_array_equal(found[key], plane)


def test_first_line():
    sides = labels(PREDICTION), labels(TRUTH)
    assert "not known" in lead(judge(*sides, Asked()))
    unseen = judge(*sides, Asked(), seen=Seen.of([]))
    assert lead(unseen).startswith("The model was neither trained nor validated")
    every = Seen.of([{"index": [z], "boxes": ALL} for z in range(6)])
    trained = judge(*sides, Asked(), seen=every)
    assert lead(trained).startswith(
        "All of these pixels are what the model was trained"
    )
    mixed = judge(*sides, Asked(), seen=SEEN)
    score = mixed.parts["unseen"].overlap.mean_iou
    assert lead(mixed).startswith(f"Mean IoU {score:.3f} on 720 pixels that the model")


def test_a_plane_that_taught_once_has_taught():
    twice = [{"index": [0], "boxes": ALL}, {"index": [0], "boxes": ROWS}]
    plane = labels(TRUTH[:1])
    codes = labels(Codes(plane, Seen.of(twice)))
    assert uses(codes) == {"train": 180}
    assert Seen.from_notes(None) is None
    assert Seen.from_notes("no JSON") is None
    none = Codes(labels(TRUTH), Seen.from_notes("[]"))
    assert uses(labels(none)) == {"unseen": TRUTH.size}


def test_several_images_are_pooled():
    pairs = [(PREDICTION[:2], TRUTH[:2]), (PREDICTION[2:], TRUTH[2:])]
    both = us.evaluate(*map(list, zip(*pairs, strict=True)))
    whole = us.evaluate(PREDICTION, TRUTH)
    assert both.overlap.iou == whole.overlap.iou
    assert [index for index, _ in both.per_plane][:3] == [(0, 0), (0, 1), (1, 0)]
    assert len(both.to_dict()["images"]) == 2
    six = us.evaluate([*PREDICTION], [*TRUTH]).to_dict()
    assert (six["intervals"]["over"], six["intervals"]["count"]) == ("images", 6)
    with pytest.raises(InputError, match="2 predictions, 1 truths"):
        us.evaluate([PREDICTION, PREDICTION], [TRUTH])


def test_neurites_of_several_images_are_pooled():
    both = us.evaluate(
        [cells(1), cells(0)], [cells(0), cells(0)], task="neurites", objects=1
    )
    assert [one.index for one in both.neurites.slices][2:4] == [(0, 2), (1, 0)]
    assert headline(both)["warping_error"] == pytest.approx(1 / 1600 / 6)


def test_two_predictions_of_the_same_slices():
    better = evaluate(labels(TRUTH), labels(TRUTH))
    worse = evaluate(labels(PREDICTION), labels(TRUTH))
    found = compared(better, worse)["mean_iou"]
    assert found.first == 1
    assert found.second == worse.overlap.mean_iou
    assert 0 < found.interval.low <= found.first - found.second <= found.interval.high
    assert found.ahead == 1
    with pytest.raises(InputError, match="cannot be paired"):
        compared(better, evaluate(labels(PREDICTION[:4]), labels(TRUTH[:4])))


def test_borders_when_asked():
    found = us.evaluate(PREDICTION, TRUTH, borders=True)
    told = found.to_dict()["classes"]["1"]
    assert 0 < told["boundary_iou"] < 1
    assert told["hausdorff95_frames"] == 6
    plain = found.to_dict()
    frames = plain["boundaries"]
    assert [one["index"] for one in frames] == [[z] for z in range(6)]
    of_one = us.evaluate(PREDICTION[2], TRUTH[2], borders=True).to_dict()
    assert frames[2]["classes"]["1"] == {
        name: of_one["classes"]["1"][name] for name in frames[2]["classes"]["1"]
    }
    every = [one["hausdorff95"] for one in plain["classes"].values()]
    assert plain["mean_hausdorff95"] == pytest.approx(np.mean(every))
    assert plain["planes"][2]["recall"]["1"] == of_one["classes"]["1"]["recall"]
    recalls = [one["recall"] for one in plain["classes"].values()]
    assert plain["mean_recall"] == pytest.approx(np.mean(recalls))
    assert "Boundary IoU" in methods(found)
    assert (
        "boundary_iou" not in us.evaluate(PREDICTION, TRUTH).to_dict()["classes"]["1"]
    )
