"""Volumes from the question to the answer: trained, segmented, resumed."""

import numpy as np
import pytest
import torch

import napari_unetseg as us
from napari_unetseg.core import jobs
from napari_unetseg.core.errors import InputError
from napari_unetseg.core.events import Divided, Note, Started, Step
from napari_unetseg.core.image import Image
from napari_unetseg.core.train import lessons
from napari_unetseg.core.train.batches import Batches

SPACING = (2.0, 1.0, 1.0)
SMALL = {
    "dimensions": 3,
    "unannotated": "none",
    "device": "cpu",
    "precision": "fp32",
    "validation": "18-23",
    "base": 4,
    "depth": 1,
    "patch": 20,
    "batch": 2,
}


def balls(seed=0, shape=(24, 44, 44), axes="ZYX"):
    """Two balls in noise that no threshold can see through."""
    rng = np.random.default_rng(seed)
    z, y, x = np.ogrid[: 2 * shape[0] : 2, : shape[1], : shape[2]]
    labels = np.zeros(shape, np.uint8)
    for centre in ((14, 14, 14), (34, 29, 30)):
        squares = ((i - c) ** 2 for i, c in zip((z, y, x), centre, strict=True))
        labels[sum(squares) < 11**2] = 1
    values = (labels + rng.normal(0, 0.8, shape)).astype(np.float32)
    how = {"axes": axes, "spacing": SPACING, "unit": "um"}
    return Image(array=values, **how), Image(array=labels, **how)


def iou(one, other):
    return (one & other).sum() / (one | other).sum()


def drain(job, stop_after=None):
    events = []
    while True:
        try:
            events.append(next(job))
        except StopIteration as end:
            return events, end.value.model
        if isinstance(events[-1], Step) and events[-1].step == stop_after:
            job.close()
            return events, None


@pytest.fixture(scope="module")
def trained():
    image, labels = balls()
    config = us.train_config(**SMALL, steps=60, averaging=0.9)
    return drain(jobs.train([image], [labels], config))


def test_balls_are_found_where_a_threshold_fails(trained):
    image, labels = balls(seed=1)
    truth = labels.array == 1
    best = max(iou(image.array > t, truth) for t in np.linspace(-1, 3, 41))
    found = us.segment(image, trained[1]).array == 1
    assert best < 0.45
    assert iou(found, truth) > 0.75


def test_the_card_tells_the_axes_of_the_network(trained):
    card = trained[1].card
    assert card.network.dimensions == 3
    # The coarse axis is left alone until the others have caught up.
    assert (card.network.pools, card.network.kernels[0]) == (((1, 2, 2),), (1, 3, 3))
    assert (card.spacing, card.unit) == (SPACING, "um")
    assert card.halo[0] < card.halo[1] == card.halo[2]
    assert card.validation["slices"] == [18, 19, 20, 21, 22, 23]
    assert card.training["train_slices"] == list(range(18))
    stated = card.training["config"]
    assert [stated[n] for n in ("base", "depth", "patch", "batch")] == [4, 1, 20, 2]


def test_a_resumed_training_on_volumes_equals_an_uninterrupted_one(tmp_path):
    image, labels = balls(shape=(12, 20, 22))
    config = us.train_config(**SMALL | {"validation": "8-11", "steps": 4, "patch": 12})

    def ask(state=None):
        return jobs.train([image], [labels], config, state=state)

    _, whole = drain(ask())
    assert drain(ask(tmp_path), stop_after=2)[1] is None
    events, resumed = drain(ask(tmp_path))
    assert [e.step for e in events if isinstance(e, Step)] == [3, 4]
    for name, tensor in whole.tensors.items():
        assert torch.equal(tensor, resumed.tensors[name]), name


@pytest.mark.parametrize(
    ("shape", "wishes", "sentence"),
    [
        ((24, 44, 44), {"depth": 7}, "depth of 7 is too great for a patch of 10 x 20"),
        ((24, 44, 44), {"validation": "2-21"}, "at most 2 slices thick"),
        ((24, 44, 44), {"dimensions": 2, "depth": 6}, "depth of 6 .* most 44 pixels"),
        ((44, 44), {}, "has the axes YX"),
    ],
)
def test_what_cannot_be_trained_is_refused_before_any_work(shape, wishes, sentence):
    image, labels = balls()
    if len(shape) == 2:
        image, labels = (
            Image(array=one.array[7], axes="YX", name=one.name)
            for one in (image, labels)
        )
    config = us.train_config(**SMALL | {"validation": "0.2", "steps": 1} | wishes)
    events = []
    with pytest.raises(InputError, match=sentence):
        events.extend(jobs.train([image], [labels], config))
    assert not any(isinstance(event, Started) for event in events)


def test_training_goes_on_from_a_model_of_as_many_dimensions(trained):
    image, labels = balls()
    config = us.train_config(**SMALL | {"steps": 1, "base": 9})
    _, found = drain(jobs.train([image], [labels], config, start_from=trained[1]))
    assert found.card.network == trained[1].card.network
    assert found.card.training["config"]["base"] == 4
    flat = us.train_config(steps=1)
    with pytest.raises(InputError, match="has 3 dimensions, but 2"):
        drain(jobs.train([image], [labels], flat, start_from=trained[1]))


def test_a_block_of_the_only_volume_validates_behind_a_guard_band():
    image, labels = balls()
    config = us.train_config(**SMALL | {"steps": 1, "validation": "0.25"})
    events, model = drain(jobs.train([image], [labels], config))
    notes = [event.text for event in events if isinstance(event, Note)]
    assert any(note.startswith("Validation on the block z ") for note in notes)
    [told] = [event for event in events if isinstance(event, Divided)]
    names = {part["name"]: part for part in told.parts}
    assert set(names) == {"train", "gap", "validation"}
    assert names["train"]["stop"] == [24, 44, 44]
    # How far a network of depth 1 sees, which the border of the volume cuts short.
    band, block = names["gap"], names["validation"]
    reach = (3, 8, 8)
    for axis, far in enumerate(reach):
        before = block["start"][axis] - band["start"][axis]
        assert before == min(far, block["start"][axis])
    assert model.card.validation["mean_iou"] is not None


@pytest.mark.parametrize(
    ("wishes", "outer", "inner"),
    [
        ({}, (10, 20, 20), (10, 20, 20)),
        ({"patch": 21}, (11, 22, 22), (11, 22, 22)),
        ({"patch": 100}, (20, 44, 44), (20, 44, 44)),
        ({"network": "unet", "patch": 15}, (12, 32, 32), (8, 16, 16)),
    ],
)
def test_patches_are_as_long_along_every_axis(monkeypatch, wishes, outer, inner):
    """Up to the network's stride, and unless the volume ends before."""
    image, labels = balls()
    asked = []

    def batches(*args, **options):
        asked.append(options)
        return Batches(*args, **options)

    monkeypatch.setattr(lessons, "Batches", batches)
    config = us.train_config(**SMALL | {"steps": 1, "validation": "20-23"} | wishes)
    drain(jobs.train([image], [labels], config))
    [options] = asked
    assert (options["input_shape"], options["output_shape"]) == (outer, inner)
    assert (options["spacing"], options["batch"]) == (SPACING, 2)
