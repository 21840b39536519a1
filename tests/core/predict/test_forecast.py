"""What is told before a segmentation begins is what then happens."""

from dataclasses import replace
from math import prod
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_unetseg.core import jobs
from napari_unetseg.core.config import SegmentConfig
from napari_unetseg.core.errors import WriteError
from napari_unetseg.core.events import Forecast, Note, Started, Tile
from napari_unetseg.core.image import Image
from napari_unetseg.core.network.measure import network_geometry
from napari_unetseg.core.predict import forecast as module
from napari_unetseg.core.predict import planning, whole
from oracles.doubles import Kept, Narrow
from oracles.models import random_model, strides_of


class Disk(Kept):
    """A store on a disk of some size."""

    def __init__(self, free=10**12):
        super().__init__()
        self.left = free

    def free(self):
        return self.left


def image(*shape, axes=None, spacing=()):
    array = np.random.default_rng(0).normal(size=shape)
    axes = axes or "ZYX"[-len(shape) :]
    return Image(array=array, axes=axes, spacing=spacing, unit="um")


def told_by(store, image, model, **options):
    """A job's forecast, and all of its tiles."""
    job = jobs.segment(image, model, SegmentConfig(**options), store=store)
    events = list(job)
    [told] = [event for event in events if isinstance(event, Forecast)]
    tiles = [event for event in events if isinstance(event, Tile)]
    return told, tiles


def watched(monkeypatch, place):
    """Networks that are made in a module, and what they see."""
    made, original = [], place.valid_twin

    def valid_twin(network, device):
        made.append(Narrow(original(network, device), 1 << 40))
        return made[-1]

    monkeypatch.setattr(place, "valid_twin", valid_twin)
    return made


@settings(max_examples=10)
@given(
    st.sampled_from([(3, 30, 41), (1, 5, 5), (2, 40, 16)]),
    st.booleans(),
    st.sampled_from(["none", "Y", "ZX"]),
    st.sampled_from([{}, {"scores": True}, {"scores": True, "uncertainty": "entropy"}]),
    st.sampled_from([0.5, 1.0]),
    st.sampled_from([8, 16, "auto"]),
)
def test_the_figures_are_those_that_are_counted(
    shape, volumes, axes, arrays, spacing, tile
):
    ends = {"Z": (0, 1), "Y": (2, 5), "X": (0, 4)}
    region = {axis: ends[axis] for axis in axes if axis in ends}
    store = Disk()
    stack = image(*shape, spacing=(spacing,) * 3)
    model = random_model(volumes=volumes)
    told, tiles = told_by(store, stack, model, tile=tile, region=region, **arrays)
    assert told.tiles == len(tiles) == tiles[0].total
    sizes = np.subtract([t.stop for t in tiles], [t.start for t in tiles])
    pixels = sizes.prod(axis=1).sum()
    assert told.size == sum(
        pixels * array.itemsize * (len(array) if name == "scores" else 1)
        for name, array in store.arrays.items()
    )
    assert set(store.arrays) == {"labels", *arrays}
    longest = sizes.max(axis=0).tolist()[-len(told.tile) :]
    assert all(a >= b for a, b in zip(told.tile, longest, strict=True))
    if not region:
        assert told.tile == longest
    assert told.disk == 10**12
    frame = shape[-len(told.tile) :]
    grid = list(frame) if spacing == 1 else [max(1, round(n / 2)) for n in frame]
    assert told.resampled == (grid if spacing != 1 else [])


@pytest.mark.parametrize(("depth", "volumes"), [(1, False), (2, False), (1, True)])
def test_the_halo_is_what_a_tile_reads_around_it(depth, volumes, monkeypatch):
    made = watched(monkeypatch, whole)
    model = random_model(depth=depth, volumes=volumes)
    told, _ = told_by(Disk(), image(8, 40, 48), model, tile=16)
    assert tuple(told.halo) == model.card.halo
    largest = np.max([shape[2:] for shape in made[0].seen], axis=0)
    lattice = strides_of(model)
    around = (largest - told.tile) / 2 - told.halo
    # A tile that does not begin on the lattice reads a little more.
    assert ((around >= 0) & (around < lattice)).all()


def test_the_memory_is_that_of_the_largest_tile(monkeypatch):
    made = watched(monkeypatch, whole)
    monkeypatch.setattr(planning, "free_memory", lambda device: 12345678)
    model = random_model(depth=2)
    for spacing in (1.0, 0.4):
        told, _ = told_by(
            Disk(), image(70, 50, spacing=(spacing,) * 2), model, tile=32, device="cpu"
        )
        inputs = {shape[2:] for shape in made.pop().seen}
        network = model.network()
        needed = [
            network_geometry(network, tuple(n - 2 * 20 for n in shape))
            for shape in inputs
        ]
        assert {one.input_shape for one in needed} == inputs
        assert told.memory == max(one.memory_inference for one in needed)
        assert told.free == 12345678


def test_the_time_grows_with_work_views_and_tiles_that_are_left(monkeypatch):
    ticks = iter(range(10**6))
    clock = SimpleNamespace(perf_counter=lambda: float(next(ticks)))
    monkeypatch.setattr(module, "time", clock)
    model = random_model()
    network = model.network()

    def seconds(done=(), **options):
        store = Disk()
        store.finished = set(done)
        told, tiles = told_by(store, image(2, 64, 64), model, **options)
        assert len(tiles) == told.tiles - len(done)
        return told.seconds

    # Each measured tile takes a second by that clock.
    assert seconds(tile=32) == pytest.approx(2 * 4)
    assert seconds(tile=32, average="flips") == pytest.approx(2 * 4 * 4)
    assert seconds(tile=32, average="rotations") == pytest.approx(2 * 4 * 8)
    assert seconds(tile=32, done=(1, 3, 5)) == pytest.approx(5)
    assert seconds(tile=32, region={"Z": (1, 2)}) == pytest.approx(4)
    small, large = (network_geometry(network, (n, n)).multiply_adds for n in (96, 128))
    store = Disk()
    told, _ = told_by(store, image(128, 128), model, tile=128)
    assert told.seconds == pytest.approx(large / small)


@pytest.mark.parametrize(
    ("volumes", "tile", "most"), [(0, 8, 24), (0, "whole", 112), (1, 8, 24)]
)
def test_what_is_measured_is_no_larger_than_a_tile(volumes, tile, most, monkeypatch):
    """Else the memory for it may be missing."""
    made = watched(monkeypatch, module)
    model = random_model(volumes=bool(volumes))
    job = jobs.foresee(image(2, 130, 130), model, SegmentConfig(tile=tile))
    list(job)
    assert {shape[-1] for shape in made[0].seen} == {most}


def test_to_foresee_is_to_do_nothing():
    store, model, stack = Disk(), random_model(), image(2, 40, 50)
    config = SegmentConfig(tile=16, scores=True)
    job = jobs.foresee(stack, model, config, store=store)
    with pytest.raises(StopIteration) as end:
        next(job)
    assert (store.arrays, store.plans) == ({}, [])
    told, _ = told_by(store, stack, model, tile=16, scores=True)
    same = [
        {name: getattr(one, name) for name in ("tile", "halo", "tiles", "size", "disk")}
        for one in (told, end.value.value)
    ]
    assert same[0] == same[1]


def first_events(store, stack, **options):
    """What a job says before its first tile."""
    events = []
    for event in jobs.segment(
        stack, random_model(), SegmentConfig(tile=16, **options), store=store
    ):
        if isinstance(event, Tile):
            break
        events.append(event)
    return events


def test_a_result_that_may_not_fit_is_told():
    stack = image(2, 32, 32)
    size = prod(stack.shape) * (1 + 3 * 4)
    assert not warnings(first_events(Disk(size), stack, scores=True))
    [text] = warnings(first_events(Disk(size - 1), stack, scores=True))
    assert text.startswith("The result takes up to 0.0 GB before compression, and 0.0")
    assert warnings(first_events(Disk(size // 50 + 1), stack, scores=True))
    # In memory nobody asks.
    assert not warnings(first_events(Disk(-1), stack, scores=True))


def warnings(events):
    assert any(isinstance(event, Started) for event in events)
    return [e.text for e in events if isinstance(e, Note) and e.level == "warning"]


def test_a_result_that_never_fits_is_refused_before_anything_is_written():
    stack, store = image(2, 32, 32), Disk(2 * 32 * 32 // 51)
    with pytest.raises(
        WriteError, match=r"The result takes up to 0\.0 GB, and 0\.0 GB are free"
    ):
        first_events(store, stack)
    assert store.arrays == {}


def test_what_is_written_already_needs_no_room():
    stack = image(2, 32, 32)
    store = Disk(2 * 32 * 32 // 2)
    assert warnings(first_events(store, stack))
    store.finished = set(range(4))
    assert not warnings(first_events(store, stack))
    store.finished = set(range(3))
    assert warnings(first_events(store, stack))


def test_a_region_needs_the_room_of_a_region():
    stack = image(2, 32, 32)
    assert not warnings(first_events(Disk(16 * 16), stack, region=quarter()))
    assert warnings(first_events(Disk(16 * 16 - 1), stack, region=quarter()))


def quarter():
    return {"Z": (1, 2), "Y": (0, 16), "X": (16, 32)}


def test_with_a_share_of_the_memory_tiles_are_smaller(monkeypatch):
    model, plane = random_model(depth=2), image(400, 360)
    wide, _ = told_by(Disk(), plane, model, device="cpu")
    monkeypatch.setattr(planning, "free_memory", lambda device: 4 * wide.memory)
    told = {
        percent: told_by(Disk(), plane, model, device="cpu", memory=percent)[0]
        for percent in (None, 100, 20)
    }
    assert told[None] == replace(told[100], seconds=told[None].seconds)
    assert told[20].free == 4 * wide.memory * 20 // 100
    assert told[20].memory <= told[20].free // 2 < told[100].memory
    assert told[20].tiles > told[100].tiles
