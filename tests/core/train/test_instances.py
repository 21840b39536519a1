"""Single objects are learnt so that those that touch come out apart."""

import math
from functools import cache

import numpy as np
import pytest
from scipy import ndimage

import napari_unetseg as us
from napari_unetseg.core.errors import InputError
from napari_unetseg.core.evaluate.instances import instance_score
from napari_unetseg.core.events import Started, Step, Validated
from napari_unetseg.core.image import Image
from napari_unetseg.core.network.card import Objects
from napari_unetseg.core.prepare.targets import IGNORE
from napari_unetseg.core.train.batches import Batches
from oracles.trainings import ask, drained, notes, of, same_model

TASK = {"task": "instances", "validation": "4", "unannotated": "none"}
LEARN = TASK | {
    "base": 4,
    "depth": 2,
    "patch": 48,
    "batch": 4,
    "steps": 110,
    "averaging": 0.9,
    "learning_rate": 1e-2,
    "augment": {"elastic_sigma": 2, "scale": 0},
}
GAP = {"apart": "gap", "weights": "paper", "sigma": 2.0}
BORDER = {"apart": "border", "weights": "none", "border": 1.5}


def crowd(slices=5, side=64, seed=0):
    """Slices full of bright discs, each of which touches its neighbours."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side]
    labels = np.zeros((slices, side, side), np.uint16)
    grey = np.zeros(labels.shape)
    for ids, values in zip(labels, grey, strict=True):
        grid = np.mgrid[12 : side - 4 : 13, 12 : side - 4 : 13].reshape(2, -1).T
        centres = grid + rng.uniform(-2, 2, grid.shape)
        away = np.stack([np.hypot(y - a, x - b) for a, b in centres])
        near, distance = away.argmin(0), away.min(0)
        ids[:] = np.where(distance < 8, near + 1, 0)
        values[:] = np.where(distance < 8, 1 - 0.8 * (distance / 8) ** 2, 0)
    values = (100 * grey + rng.normal(0, 4, grey.shape)).astype(np.float32)
    return (
        Image(array=values, axes="ZYX", name="cells"),
        Image(array=labels, axes="ZYX", name="ids"),
    )


@pytest.fixture(scope="module")
def pair():
    return crowd()


@cache
def trained_for(apart):
    """Events and model of a training for a way to keep objects apart."""
    if apart == "gap":
        events, trained = drained(ask(*crowd(), **LEARN, instances=GAP))
    else:
        how = LEARN | {"patch": 64, "batch": 2}
        events, trained = drained(ask(*crowd(), **how, instances=BORDER))
    return events, trained.model


@pytest.fixture(params=["gap", "border"])
def learnt(request):
    """A way to keep objects apart, with events and model of its training."""
    return request.param, *trained_for(request.param)


def test_foreground_alone_would_not_do(pair):
    """The very best of networks that knows no gaps sees one object."""
    for plane in pair[1].array.astype(int):
        score = instance_score(plane, ndimage.label(plane > 0)[0])
        assert score.seg < 0.1
        assert score.f1 == 0


def test_objects_that_touch_are_learnt_apart(learnt):
    _, events, model = learnt
    first, *_ = scores = of(Validated, events)
    best = max((e.seg + e.f1) / 2 for e in scores)
    assert first.seg < 0.1
    assert model.card.validation["seg"] > 0.5
    assert model.card.validation["f1"] > 0.75
    # The best model is that of the best score of objects.
    card = model.card.validation
    assert (card["seg"] + card["f1"]) / 2 == best


def test_a_model_segments_instances_by_itself(learnt):
    _, _, model = learnt
    image, labels = crowd(slices=2, seed=5)
    found = us.segment(image, model)
    score = pooled(labels.array, found.array)
    assert score.seg > 0.5
    assert score.f1 > 0.7
    assert 0.6 * 32 <= score.predictions <= 1.4 * 32
    # Classes are still to be had.
    classes = us.segment(image, model, objects="classes")
    assert set(np.unique(classes.array)) == set(model.card.classes)


def pooled(truth, found):
    first, *rest = (
        instance_score(a.astype(int), b.astype(int))
        for a, b in zip(truth, found, strict=True)
    )
    for one in rest:
        first = first + one
    return first


def test_validation_is_what_the_model_does_to_those_slices(pair, learnt):
    _, _, model = learnt
    image, labels = pair
    found = us.segment(image, model)
    score = pooled(labels.array[4:], found.array[4:])
    assert score.seg == pytest.approx(model.card.validation["seg"], abs=1e-3)
    assert score.f1 == pytest.approx(model.card.validation["f1"], abs=1e-9)


def test_the_card_tells_how_objects_are_found(pair, learnt):
    apart, _, model = learnt
    areas = [n for plane in pair[1].array for n in np.bincount(plane.ravel())[1:]]
    smallest = 0.5 * np.percentile(areas, 2)
    card = model.card
    if apart == "gap":
        assert card.objects == Objects(smallest=smallest)
        assert card.classes == (0, 1)
        assert card.class_names == {"0": "background", "1": "object"}
    else:
        assert card.objects == Objects(
            kind="watershed", centre=1, border=2, smallest=smallest
        )
        assert card.classes == (0, 1, 2)
        assert card.class_names == {"0": "background", "1": "centre", "2": "border"}
    assert card.training["config"]["instances"]["apart"] == apart


def test_the_smallest_object_is_counted_in_pixels_of_the_model(pair):
    """Also where most images are of another pixel size."""
    image, labels = (one.with_spacing((1, 1, 1), "um") for one in pair)
    _, once = drained(ask(image, labels, **TASK, steps=1))
    finer = [
        Image(
            array=one.array.repeat(2, 1).repeat(2, 2),
            axes="ZYX",
            spacing=(1, 0.5, 0.5),
            unit="um",
        )
        for one in (image, labels)
    ]
    _, twice = drained(ask(*finer, **TASK, steps=1, start_from=once.model))
    assert twice.model.card.objects.smallest == once.model.card.objects.smallest > 0


# How the classes and their weights reach the loss.


@pytest.fixture
def drawn(monkeypatch):
    found = []
    real = Batches.draw

    def draw(self, step):
        found.append(real(self, step))
        return found[-1]

    monkeypatch.setattr(Batches, "draw", draw)
    return found


@pytest.mark.parametrize("apart", ["gap", "border"])
@pytest.mark.parametrize("weights", ["none", "paper", "fiji"])
def test_all_weights_can_be_learnt_with(pair, drawn, apart, weights):
    how = {"apart": apart, "weights": weights}
    events, _ = drained(ask(*pair, **TASK, steps=3, patch=32, instances=how))
    assert np.isfinite([e.loss for e in of(Step, events)]).all()
    classes = {int(k) for one in drawn for k in one.targets.unique()}
    assert classes - {IGNORE} == ({0, 1} if apart == "gap" else {0, 1, 2})
    if weights == "none":
        assert all(one.weights is None for one in drawn)
        return
    for one in drawn:
        assert one.weights.shape == one.targets.shape
        inside, ignored = one.targets == 1, one.targets == IGNORE
        assert (one.weights[inside] == 1).all()
        assert (one.weights[ignored] == 0).all()
        others = one.weights[~inside & ~ignored]
        least, most = {"paper": (1, 11), "fiji": (0.1, 51.1)}[weights]
        assert others.min() >= least - 1e-3
        # Between two objects that touch; cubic interpolation may overshoot a little.
        assert 0.5 * most < others.max() < 1.1 * most


@pytest.mark.parametrize("apart", ["gap", "border"])
def test_trainings_on_objects_are_resumed_to_the_bit(tmp_path, pair, apart):
    how = TASK | {"instances": {"apart": apart, "weights": "paper"}, "steps": 4}
    _, whole = drained(ask(*pair, **how))
    drained(
        ask(*pair, **how, state=tmp_path),
        lambda events: isinstance(events[-1], Step) and events[-1].step == 3,
    )
    _, resumed = drained(ask(*pair, **how, state=tmp_path))
    assert same_model(resumed.model, whole.model)


# Partly annotated frames.


def partly(pair, keep=(1, 2, 3)):
    """The same, but of the third slice only some objects are painted."""
    image, labels = pair
    array = labels.array.copy()
    array[2][~np.isin(array[2], keep)] = 0
    return image, Image(array=array, axes="ZYX", name="some")


def test_a_slice_with_a_few_of_its_objects_is_recognised_and_told(pair):
    how = TASK | {"unannotated": "auto", "steps": 1}
    events, _ = drained(ask(*partly(pair), **how))
    [verdict] = [text for text in notes(events) if "not annotated" in text]
    assert "3 of about 16" in verdict
    events, _ = drained(ask(*partly(pair), **how | {"unannotated": "none"}))
    assert not any("not annotated" in text for text in notes(events))


def test_what_is_not_painted_there_teaches_nothing_but_a_ring(pair, drawn):
    image, labels = partly(pair)
    only = Image(array=image.array[2:3], axes="ZYX", name="one")
    some = Image(array=labels.array[2:3], axes="ZYX", name="some")
    still = {"bent": 0, "noise": 0, "blur": 0, "rotate": False, "flip": False}
    how = TASK | {"validation": "0", "unannotated": "0", "steps": 1, "augment": still}
    how |= {"patch": 64, "instances": {"apart": "gap", "weights": "none", "ring": 4}}
    drained(ask(only, some, **how))
    background = some.array[0] == 0
    away = ndimage.distance_transform_edt(background)
    for target in drawn[0].targets.numpy():
        np.testing.assert_array_equal(target == IGNORE, away > 4)
        assert (target[background & (away <= 4)] == 0).all()


def test_validation_leaves_out_what_is_not_annotated(pair):
    """The objects that are not painted, but found, are no mistakes."""
    image, labels = pair
    array = labels.array.copy()
    array[4][array[4] > 3] = 0
    some = Image(array=array, axes="ZYX", name="some")
    _, model = trained_for("gap")
    how = LEARN | {"unannotated": "auto", "steps": 10, "instances": GAP}
    how |= {"start_from": model, "learning_rate": 1e-4}
    events, trained = drained(ask(image, some, **how))
    assert any("3 of about 16" in text for text in notes(events))
    assert trained.model.card.validation["f1"] > 0.6
    strict = us.segment(image, trained.model).array[4].astype(int)
    assert instance_score(array[4].astype(int), strict).f1 < 0.4


def test_no_object_at_all_is_refused(pair):
    image, labels = pair
    empty = Image(array=np.zeros_like(labels.array), axes="ZYX", name="empty")
    events = []
    with pytest.raises(InputError, match=r"'empty' have no painted .* Paint some"):
        events.extend(ask(image, empty, **TASK))
    assert not of(Started, events)


def test_many_objects_are_no_reason_to_refuse(pair):
    """More ids than classes could have, some of them huge; all in one slice."""
    image, labels = pair
    array = labels.array.astype(np.uint32)
    array[array > 0] += 100_000
    array[0] = np.arange(64 * 64).reshape(64, 64) // 4
    huge = Image(array=array, axes="ZYX", name="huge")
    _, trained = drained(ask(image, huge, **TASK, steps=2))
    assert trained.model.card.classes == (0, 1, 2)
    assert math.isfinite(trained.model.card.objects.smallest)
