"""Where the memory is too small tiles are parted, and the result is the same."""

import numpy as np
import pytest

from napari_unetseg.core import jobs
from napari_unetseg.core.config import SegmentConfig
from napari_unetseg.core.errors import DeviceError
from napari_unetseg.core.events import Note, Tile
from napari_unetseg.core.frames import Frames
from napari_unetseg.core.image import Image
from napari_unetseg.core.network.geometry import axis_geometries
from napari_unetseg.core.predict import whole
from napari_unetseg.core.predict.plan import Plan
from napari_unetseg.core.predict.predictor import Predictor
from napari_unetseg.core.predict.run import Runner, is_out_of_memory
from napari_unetseg.core.predict.shown import Shown
from napari_unetseg.core.predict.views import views
from oracles.doubles import OUT_OF_MEMORY, Kept, Narrow, Watched, threads, until
from oracles.models import random_model

ERRORS = [
    OUT_OF_MEMORY,
    RuntimeError(
        "[enforce fail at alloc_cpu.cpp:117] . DefaultCPUAllocator: can't "
        "allocate memory: you tried to allocate 99 bytes. Error code 12"
    ),
    RuntimeError("MPS backend out of memory (MPS allocated: 5.00 GB)"),
    MemoryError(),
]


@pytest.fixture
def narrow(monkeypatch):
    """Let the job's network be on a device of little memory, and give it."""

    def limit(most, **options):
        made = []

        def valid_twin(network, device):
            made.append(Narrow(original(network, device), most, **options))
            return made[-1]

        original = whole.valid_twin
        monkeypatch.setattr(whole, "valid_twin", valid_twin)
        return made

    return limit


def random_image(*shape, axes=None):
    array = np.random.default_rng(0).normal(size=shape)
    return Image(array=array, axes=axes or "ZYX"[-len(shape) :], unit="um")


def run(image, model, store=None, **options):
    """All events of a job; what was found is in the store."""
    config = SegmentConfig(scores=True, device="cpu", **options)
    return list(jobs.segment(image, model, config, store=store or Kept()))


def scores_of(image, model, **options):
    store = Kept()
    run(image, model, store, **options)
    return store.arrays["scores"]


def notes(events):
    return [event.text for event in events if isinstance(event, Note)]


# A network that is pooled once reads 8 pixels around a tile.
@pytest.mark.parametrize("error", ERRORS)
def test_a_tile_is_halved_and_all_after_it(error, narrow):
    image, model, store = random_image(70, 48), random_model(), Kept()
    wanted = scores_of(image, model, tile=32)
    made = narrow(32 * 48, error=error)
    events = run(image, model, store, tile=32)
    [twin] = made
    assert np.abs(store.arrays["scores"] - wanted).max() < 1e-4
    assert set(twin.refused) == {(1, 1, 48, 48)}
    assert (32, 48) in {shape[2:] for shape in twin.seen}
    assert store.plan().parts == (16, 70)
    assert notes(events) == [
        "The memory was too small for a tile: tiles are computed in parts of at most "
        "16 x 70 pixels from here on. The result is the same."
    ]
    assert threads() == []


def test_what_was_read_before_is_parted_as_much_and_no_more(narrow):
    """Tiles that wait when the first one fails fail too, and need not be smaller."""
    model, store = random_model(), Kept()
    array = Watched(np.random.default_rng(0).integers(0, 99, (40, 4)).astype(np.uint8))
    image = Image(array=array, axes="YX")
    wanted = scores_of(image, model, tile=4)
    statistics = len(array.read) - 10
    array.read.clear()
    # Two tiles wait, and one waits to wait.
    made = narrow(
        18 * 20, before=lambda: until(lambda: len(array.read) >= statistics + 4)
    )
    run(image, model, store, tile=4)
    assert made[0].refused == [(1, 1, 20, 20)] * 4
    assert store.plan().parts == (2, 40)
    assert np.abs(store.arrays["scores"] - wanted).max() < 1e-4


@pytest.mark.parametrize("most", [5000, 14000])
def test_volumes_are_halved_along_any_axis(most, narrow):
    image, model, store = random_image(9, 20, 24), random_model(volumes=True), Kept()
    wanted = scores_of(image, model)
    made = narrow(most)
    events = run(image, model, store)
    assert len(notes(events)) == len({plan.parts for plan in store.plans}) - 1 > 0
    assert all(np.prod(shape[2:]) <= most for shape in made[0].seen)
    assert np.abs(store.arrays["scores"] - wanted).max() < 1e-4


@pytest.mark.parametrize("average", ["none", "rotations"])
@pytest.mark.parametrize("size", [0.6, 1.0, 4.0])
def test_parts_of_views_and_of_resampled_tiles_fit_together(average, size, narrow):
    image = random_image(2, 14, 11).with_spacing((1, size, size), "um")
    model, store = random_model(depth=2), Kept()
    options = {"tile": 16, "average": average, "uncertainty": "entropy"}
    made = narrow(1 << 30)
    run(image, model, wanted := Kept(), **options)
    largest = max(height * width for *_, height, width in made[0].seen)
    narrow(largest - 1)
    run(image, model, store, **options)
    assert store.plan().parts
    for name in ("scores", "uncertainty"):
        assert np.abs(store.arrays[name] - wanted.arrays[name]).max() < 1e-4


def test_finished_tiles_stay_when_the_memory_shrinks(narrow):
    image, model, store = random_image(64, 64), random_model(), Kept()
    wanted = scores_of(image, model, tile=32)
    made = narrow(48 * 48, later=(3, 32 * 48))
    events = run(image, model, store, tile=32)
    [twin] = made
    assert twin.seen[:3] == [(1, 1, 48, 48)] * 3
    assert twin.refused == [(1, 1, 48, 48)]
    assert len(twin.seen) == 3 + 2
    [told] = [event for event in events if isinstance(event, Note)]
    assert isinstance(events[events.index(told) + 1], Tile)
    assert np.abs(store.arrays["scores"] - wanted).max() < 1e-4


def test_who_goes_on_knows_how_small_the_memory_is(narrow):
    image, model, store = random_image(64, 64), random_model(), Kept()
    made = narrow(32 * 48)
    run(image, model, store, tile=32)
    wanted = store.arrays["scores"].copy()
    store.finished, store.arrays["scores"][:, 32:] = {0, 1}, 0
    events = run(image, model, store, tile=32)
    assert notes(events) == []
    assert made[1].refused == []
    np.testing.assert_array_equal(store.arrays["scores"], wanted)


def test_less_than_the_smallest_tile_is_an_error_and_what_is_done_stays(narrow):
    image, model, store = random_image(8, 12), random_model(), Kept()
    wanted = scores_of(image, model, tile=4)
    # When the fourth tile is given away, the first one is written for certain.
    narrow(20 * 20, later=(4, 17 * 17))
    with pytest.raises(
        DeviceError, match=r"not enough memory for a tile of 2 x 2 pixels, the smallest"
    ):
        run(image, model, store, tile=4)
    assert threads() == []
    assert np.abs(store.arrays["scores"] - wanted)[:, :4, :4].max() < 1e-4


def test_another_error_is_no_matter_of_memory(narrow):
    made = narrow(1, error=RuntimeError("cuDNN error: CUDNN_STATUS_NOT_SUPPORTED"))
    with pytest.raises(RuntimeError, match="NOT_SUPPORTED"):
        run(random_image(20, 20), random_model())
    assert len(made[0].refused) == 1
    assert threads() == []


def test_what_tells_that_the_memory_is_too_small():
    assert all(map(is_out_of_memory, ERRORS))
    assert is_out_of_memory(RuntimeError("not enough memory: you tried to allocate 9"))
    assert not is_out_of_memory(RuntimeError("size mismatch"))
    assert not is_out_of_memory(ValueError("out of memory"))


def batches(image, model, most, batch, average="none"):
    """Scores of an image's tasks in batches, and the network that computed them."""
    network, frames = model.network(), Frames(image)
    plan = Plan(grid=frames.shape, sides=(16, 16)).measured(frames)
    twin = Narrow(whole.valid_twin(network), most)
    predictor = Predictor(
        Shown(frames, plan.normalisers(frames), plan.grid),
        Runner(twin, "cpu", "fp32"),
        axis_geometries(network),
        views(average, 2, True),
        shape=frames.shape,
        grid=plan.grid,
        batch=batch,
    )
    work = plan.work(frames)
    found = list(predictor.predict(work[n] for n in range(len(work))))
    assert [one.task.number for one in found] == list(range(len(work)))
    return [one.scores()[0] for one in found], twin, predictor


@pytest.mark.parametrize("average", ["none", "flips"])
def test_batches_give_what_single_tiles_give(average):
    image, model = random_image(2, 40, 48), random_model()
    wanted, alone, _ = batches(image, model, 1 << 30, 1, average)
    found, twin, _ = batches(image, model, 1 << 30, 4, average)
    assert {shape[0] for shape in alone.seen} == {1}
    assert max(shape[0] for shape in twin.seen) == 4
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_a_batch_is_parted_before_a_tile_is_halved():
    image, model = random_image(2, 32, 48), random_model()
    wanted, *_ = batches(image, model, 1 << 30, 1)
    found, twin, predictor = batches(image, model, 3 * 32 * 32, 4)
    assert predictor.parts is None
    # The batch that is being read at that moment may have gathered up to three.
    assert 1 in {shape[0] for shape in twin.seen} <= {1, 2, 3}
    assert set(twin.refused) == {(4, 1, 32, 32)}
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    found, twin, predictor = batches(image, model, 32 * 24, 4)
    assert predictor.parts == (8, 48)
    for one, other in zip(found, wanted, strict=True):
        assert np.abs(one - other).max() < 1e-4
