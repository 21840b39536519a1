"""Images that would fill the memory are read patch by patch, ahead of use."""

from math import prod

import dask.array as da
import numpy as np
import pytest
import torch
import zarr

from napari_unetseg.core.events import Step, Validated
from napari_unetseg.core.image import Image
from napari_unetseg.core.prepare import samples, trace
from napari_unetseg.core.prepare.edits import Edit
from napari_unetseg.core.train.batches import Batches
from napari_unetseg.core.train.wishes import Wishes
from oracles.doubles import Watched, threads
from oracles.trainings import Painter, ask, drained, notes, of, same_model, stack

SIDE, PATCH = 96, 16
HOW = {
    "validation": "0.2",
    "steps": 6,
    "patch": PATCH,
    "augment": {"elastic_sigma": 1.0},
    # Adam makes whole steps of gradients that are nothing but rounding.
    "optimiser": "sgd",
    "learning_rate": 0.05,
}
TOLD = "The images would fill the memory: they are read patch by patch."
# Of another way to the same numbers: pieces are cut at other places.
CLOSE = 2e-3


@pytest.fixture(scope="module")
def pair():
    return stack(side=SIDE)


@pytest.fixture(scope="module")
def held(pair):
    """The training of the same pair in memory."""
    return drained(ask(*pair, **HOW))


@pytest.fixture
def little(monkeypatch):
    """Leave no memory for samples."""
    monkeypatch.setattr(samples, "_MOST_FOR_SAMPLES", 1e-9)


def lazily(pair, kind, folder):
    """The same pair as arrays that are read when they are indexed."""
    found = []
    for number, one in enumerate(pair):
        chunks = (1, 32, 32)
        if kind == "dask":
            array = da.from_array(one.array, chunks=chunks)
        elif kind == "zarr":
            path = folder / f"{number}.zarr"
            array = zarr.create_array(
                path, shape=one.shape, dtype=one.dtype, chunks=chunks
            )
            array[:] = one.array
            array = zarr.open_array(path, mode="r")
        else:
            array = Watched(one.array.copy())
        found.append(Image(array=array, axes="ZYX", name=one.name))
    return found


def scores(events):
    return [(e.step, e.mean_iou, e.pixel_error) for e in of(Validated, events)]


@pytest.mark.parametrize("kind", ["dask", "zarr", "slices"])
def test_it_learns_what_it_would_learn_from_memory(little, tmp_path, pair, held, kind):
    events, trained = drained(ask(*lazily(pair, kind, tmp_path), **HOW))
    wanted, from_memory = held
    assert TOLD in notes(events)
    assert TOLD not in notes(wanted)
    losses = [[e.loss for e in of(Step, one)] for one in (events, wanted)]
    np.testing.assert_allclose(losses[0], losses[1], atol=CLOSE, rtol=CLOSE)
    for name, tensor in from_memory.last.tensors.items():
        torch.testing.assert_close(
            trained.last.tensors[name], tensor, atol=CLOSE, rtol=CLOSE, msg=name
        )
    np.testing.assert_allclose(scores(events), scores(wanted), atol=0.02)
    assert threads() == []


@pytest.mark.parametrize("kind", ["dask", "zarr", "slices"])
def test_what_fits_into_memory_is_brought_there_once(tmp_path, pair, held, kind):
    """The very same model, and no thread that reads."""
    running = []
    lazy = lazily(pair, kind, tmp_path)
    events, trained = drained(
        ask(*lazy, **HOW), lambda _: running.extend(threads()) or False
    )
    assert TOLD not in notes(events)
    assert same_model(trained.model, held[1].model)
    assert running == []


def size_of(place, shape):
    """Pixels that an index asks for."""
    return prod(
        len(range(*one.indices(n))) if isinstance(one, slice) else 1
        for one, n in zip(place, shape, strict=True)
    )


def test_a_step_reads_small_boxes_alone(little, pair, monkeypatch):
    """Not more than its patches, turned by any angle, and what is read ahead."""
    # At the end, a block of each plane is read by which it is known again.
    monkeypatch.setattr(trace, "_SIDE", 16)
    image, labels = lazily(pair, "slices", None)
    read = {}

    def look(events):
        if isinstance(events[-1], Step):
            read[events[-1].step] = len(image.array.read)
        return False

    how = HOW | {"validation": "0", "batch": 3}
    drained(ask(image, labels, **how), look)
    boxes = [size_of(place, image.shape) for place in image.array.read[read[1] :]]
    diagonal = 1.5 * PATCH * 1.1 + 2 * 4 + 10
    assert boxes
    assert max(boxes) <= diagonal**2 < 0.3 * SIDE**2
    # Three patches for each of the steps that follow the first, and for the few that
    # are read ahead in vain.
    assert len(boxes) <= 3 * (HOW["steps"] + 4)
    painted = labels.array.read[-len(boxes) :]
    assert max(size_of(place, labels.shape) for place in painted) <= diagonal**2


def test_reading_is_ahead_in_one_thread(little, tmp_path, pair):
    running = []

    def look(events):
        if isinstance(events[-1], Step):
            running.append(threads())
        return False

    drained(ask(*lazily(pair, "dask", tmp_path), **HOW), look)
    assert running == [["unetseg-ahead"]] * HOW["steps"]
    assert threads() == []


@pytest.mark.parametrize("steps", [0, 1, 3])
def test_no_thread_is_left_when_it_is_broken_off(little, tmp_path, pair, steps):
    def enough(events):
        return len(of(Step, events)) == steps and bool(of(Validated, events))

    drained(ask(*lazily(pair, "dask", tmp_path), **HOW), enough)
    assert threads() == []


def test_no_thread_is_left_when_something_fails(little, monkeypatch, tmp_path, pair):
    real = Batches.draw

    def draw(self, step):
        if step == 2:
            raise KeyError("a bug")
        return real(self, step)

    monkeypatch.setattr(Batches, "draw", draw)
    with pytest.raises(KeyError, match="a bug"):
        drained(ask(*lazily(pair, "dask", tmp_path), **HOW))
    assert threads() == []


def test_what_fails_to_be_read_is_raised(little, pair):
    image, labels = lazily(pair, "slices", None)
    told = []

    class Broken(Watched):
        def __getitem__(self, place):
            if any(isinstance(event, Step) for event in told):
                raise OSError("the disk is gone")
            return super().__getitem__(place)

    broken = Image(array=Broken(image.array.array), axes="ZYX")

    def look(events):
        told.append(events[-1])
        return False

    with pytest.raises(OSError, match="the disk is gone"):
        drained(ask(broken, labels, **HOW | {"validation": "0"}), look)
    assert threads() == []


@pytest.mark.parametrize("kind", ["dask", "slices"])
def test_what_is_resumed_is_as_if_it_had_not_stopped(little, tmp_path, pair, kind):
    lazy = lazily(pair, kind, tmp_path)
    _, whole = drained(ask(*lazy, **HOW))
    state = tmp_path / "state"
    drained(
        ask(*lazy, **HOW, state=state),
        lambda events: isinstance(events[-1], Step) and events[-1].step == 3,
    )
    _, resumed = drained(ask(*lazy, **HOW, state=state))
    assert same_model(resumed.model, whole.model)


def test_what_is_painted_is_learnt_from_at_the_next_batch(little, tmp_path, pair):
    """As from memory, of what teaches and of what is scored, and nothing is written."""
    boxes = [
        Edit(1, 0, (1, 10, 10), np.full((1, 60, 60), 2, np.uint8)),
        Edit(2, 0, (4, 0, 0), 3 - pair[1].array[4:5]),
    ]
    at = {2: boxes[:1], 3: boxes[1:]}
    image, labels = pair
    own = Image(array=labels.array.copy(), axes="ZYX", name="gt")
    lazy = lazily(pair, "slices", tmp_path)
    before = lazy[1].array.array.copy()
    events, _ = drained(ask(*lazy, **HOW, wishes=Wishes(edits=Painter(at))))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(samples, "_MOST_FOR_SAMPLES", 0.5)
        wanted, _ = drained(ask(image, own, **HOW, wishes=Wishes(edits=Painter(at))))
    assert TOLD not in notes(wanted)
    losses = [[e.loss for e in of(Step, one)] for one in (events, wanted)]
    np.testing.assert_allclose(losses[0], losses[1], atol=CLOSE, rtol=CLOSE)
    np.testing.assert_allclose(scores(events), scores(wanted), atol=0.02)
    np.testing.assert_array_equal(lazy[1].array.array, before)


def test_objects_are_learnt_from_disk_too(little, tmp_path, pair):
    image, labels = pair
    ids = Image(array=(labels.array == 2).astype(np.uint8), axes="ZYX", name="ids")
    how = HOW | {"task": "instances", "unannotated": "none", "steps": 4}
    how |= {"instances": {"apart": "border", "weights": "paper", "sigma": 2.0}}
    events, trained = drained(ask(*lazily((image, ids), "dask", tmp_path), **how))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(samples, "_MOST_FOR_SAMPLES", 0.5)
        wanted, from_memory = drained(ask(image, ids, **how))
    losses = [[e.loss for e in of(Step, one)] for one in (events, wanted)]
    np.testing.assert_allclose(losses[0], losses[1], rtol=0.02)
    assert trained.model.card.objects == from_memory.model.card.objects
