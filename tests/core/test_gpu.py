"""A GPU gives what the CPU gives, in the time and the memory that it has.

Deselected where torch finds no CUDA.
"""

import time
from functools import cache

import numpy as np
import pytest
import torch

from napari_unetseg.core import jobs
from napari_unetseg.core.config import NetworkConfig, SegmentConfig
from napari_unetseg.core.device import import_torch
from napari_unetseg.core.events import Note, Started, Step, Validated
from napari_unetseg.core.image import Image
from napari_unetseg.core.network.build import network_of
from napari_unetseg.core.network.card import ModelCard
from napari_unetseg.core.network.geometry import axis_geometries
from napari_unetseg.core.network.measure import network_geometry
from napari_unetseg.core.network.modelfile import Model
from napari_unetseg.core.network.twin import valid_twin
from napari_unetseg.core.predict.run import Runner
from napari_unetseg.core.prepare import samples
from napari_unetseg.core.presets import train_config
from napari_unetseg.core.train.wishes import Wishes
from oracles.doubles import Kept
from oracles.models import SHALLOW, random_network

pytestmark = pytest.mark.gpu

GPU = "cuda"
SMALL = {"steps": 30, "base": 8, "depth": 2, "patch": 64, "batch": 4, "validation": "3"}
INSTANCES = {"task": "instances"}
VOLUMES = {"dimensions": 3, "patch": 16, "depth": 1, "validation": "12-15"}
# Of convolutions that add in another order, on logits of usual size.
CLOSE = 1e-4


def discs(side=96, count=4, instances=False):
    """A stack of noisy discs, and their labels: learnt within some steps."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:side, :side]
    labels = np.zeros((count, side, side), np.uint8)
    for plane in labels:
        for number, (cy, cx) in enumerate(rng.uniform(15, side - 15, (3, 2)), 1):
            plane[(y - cy) ** 2 + (x - cx) ** 2 < 13**2] = number
    grey = 60 + 60 * (labels > 0) + rng.normal(0, 15, labels.shape)
    if not instances:
        labels = 1 + (labels > 0).astype(np.uint8)
    return (
        Image(array=grey.clip(0, 255).astype(np.uint8), axes="ZYX", name="discs"),
        Image(array=labels, axes="ZYX", name="labels"),
    )


def drained(job):
    """All events of a job, and its result."""
    events = []
    while True:
        try:
            events.append(next(job))
        except StopIteration as end:
            return events, end.value


def train(device=GPU, precision="fp32", data=None, state=None, stop=None, **wishes):
    """Events of a training, and what it has made."""
    config = train_config(**SMALL | wishes, device=device, precision=precision)
    if data is None:
        volumes = (48, 16) if config.dimensions == 3 else (96, 4)
        data = discs(*volumes, instances=config.task == "instances")
    image, labels = data
    asked = Wishes(stop=stop) if stop else Wishes()
    return drained(jobs.train([image], [labels], config, state=state, wishes=asked))


def losses(events):
    return np.array([event.loss for event in events if isinstance(event, Step)])


def scored(events):
    return [event.mean_iou for event in events if isinstance(event, Validated)]


def warnings(events):
    notes = [event for event in events if isinstance(event, Note)]
    return [note.text for note in notes if "memory" in note.text]


@cache
def model_of(name="unet-bn", depth=2, base=8, **levels):
    """A model whose scores are of usual size, as if it were trained."""
    network = random_network(name, depth, 4, base=base, **levels)
    config = NetworkConfig(name=name, depth=depth, base=base, classes=3, **levels)
    halo = [axis.before for axis in axis_geometries(network)]
    card = ModelCard(
        network=config,
        classes=(0, 3, 7),
        halo=halo,
        spacing=(1.0,) * len(halo),
        unit="um",
    )
    return Model(card, network.state_dict())


def noise(*shape, axes=None):
    array = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    return Image(array=array, axes=axes or "TZYX"[-len(shape) :], unit="um")


def segment(image, model, device=GPU, precision="fp32", **options):
    """Events of a segmentation, its labels, and what was kept beside them."""
    config = SegmentConfig(scores=True, device=device, precision=precision, **options)
    store = Kept()
    events, found = drained(jobs.segment(image, model, config, store=store))
    return events, np.asarray(found.labels.array), store.arrays


def margins(scores):
    """By how much the best class wins, for scores with the classes first."""
    second, first = np.sort(scores, axis=0)[-2:]
    return first - second


@pytest.fixture
def room():
    """Let torch have so many bytes more than it holds now; all again afterwards."""

    def limit(size):
        torch.cuda.empty_cache()
        total = torch.cuda.mem_get_info()[1]
        most = torch.cuda.memory_reserved() + size
        torch.cuda.set_per_process_memory_fraction(most / total)

    yield limit
    torch.cuda.set_per_process_memory_fraction(1.0)
    torch.cuda.empty_cache()


def test_the_best_device_is_the_gpu_and_its_best_precision():
    events, _ = train(device="auto", precision="auto", steps=1)
    [started] = [event for event in events if isinstance(event, Started)]
    precision = "bf16" if torch.cuda.is_bf16_supported() else "fp32"
    assert (started.device, started.precision) == (GPU, precision)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize(
    "wishes",
    [{}, {"network": "unet"}, {"network": "unet-res"}, VOLUMES, INSTANCES],
    ids=["unet-bn", "unet", "unet-res", "volumes", "instances"],
)
def test_it_learns(precision, wishes):
    events, made = train(precision=precision, **wishes)
    found = losses(events)
    assert found.shape == (30,)
    assert np.isfinite(found).all()
    assert found[-5:].mean() < 0.5 * found[:5].mean()
    for tensor in made.model.tensors.values():
        assert torch.isfinite(tensor).all()
        assert tensor.device.type == "cpu"
    assert scored(events)[-1] > scored(events)[0]


@pytest.mark.parametrize(
    "wishes", [{}, VOLUMES, INSTANCES], ids=["planes", "volumes", "instances"]
)
def test_a_training_begins_as_it_does_on_the_cpu(wishes):
    """The same patches, network and steps; what differs is rounding alone."""
    here, _ = train(steps=6, **wishes)
    there, _ = train("cpu", steps=6, **wishes)
    np.testing.assert_allclose(losses(here), losses(there), rtol=0.01)


def test_patches_that_are_read_ahead_are_the_same(monkeypatch):
    wanted, _ = train(steps=6)
    monkeypatch.setattr(samples, "_MOST_FOR_SAMPLES", 0)
    found, _ = train(steps=6)
    assert any("patch by patch" in text for text in warnings(found))
    np.testing.assert_allclose(losses(found), losses(wanted), rtol=0.01)


def test_a_resumed_training_goes_on_as_if_it_had_not_stopped(tmp_path):
    """Not to the bit: a GPU adds gradients in an order of its own."""
    options = {"optimiser": "sgd", "learning_rate": 0.01, "steps": 24}
    whole, wanted = train(**options)
    asked = iter([False] * 16 + [True])
    first, _ = train(state=tmp_path, stop=lambda: next(asked), **options)
    second, resumed = train(state=tmp_path, **options)
    assert len(losses(first)) == 16
    assert [e.step for e in second if isinstance(e, Step)] == list(range(17, 25))
    np.testing.assert_allclose(losses(second), losses(whole)[16:], rtol=0.02)
    for name, tensor in wanted.last.tensors.items():
        if tensor.is_floating_point():
            most = 0.02 * (1 + tensor.abs().max())
            assert (resumed.last.tensors[name] - tensor).abs().max() < most, name


def test_minutes_are_kept():
    """Steps are timed to their end, not to when the GPU was told of them."""
    minutes = 0.15
    wishes = {"base": 64, "depth": 4, "patch": 256, "batch": 8, "steps": None}
    begun = time.monotonic()
    events, _ = train(data=discs(256), minutes=minutes, **wishes)
    seconds = time.monotonic() - begun
    assert len(losses(events)) > 23
    assert seconds < 1.4 * 60 * minutes


@pytest.mark.parametrize(
    ("shape", "options"),
    [
        ((70, 53), {"base": 2}),
        ((2, 70, 53), {"base": 32, "depth": 4}),
        ((70, 53), {"name": "unet"}),
        ((70, 53), {"name": "unet-res"}),
        ((2, 70, 53), {"upsampling": "linear"}),
        ((9, 30, 35), {"depth": 1, **SHALLOW}),
        ((9, 30, 35), {"depth": 1, "name": "unet-res", **SHALLOW}),
    ],
    ids=["narrow", "wide", "unet", "unet-res", "linear", "3D", "3D unet-res"],
)
def test_scores_are_those_of_the_cpu(shape, options):
    image, model = noise(*shape), model_of(**options)
    _, labels, found = segment(image, model, tile=32)
    _, same, wanted = segment(image, model, device="cpu")
    assert np.abs(found["scores"] - wanted["scores"]).max() < CLOSE
    different = labels != same
    assert (margins(wanted["scores"])[different] < 2 * CLOSE).all()
    assert len(np.unique(labels)) > 1


@pytest.mark.parametrize("tile", [8, 16, 48, 100, "auto"])
def test_any_tile_gives_what_the_whole_gives(tile):
    """Small ones go there together."""
    image, model = noise(3, 131, 90), model_of(base=16, depth=3)
    _, _, found = segment(image, model, tile=tile)
    _, _, wanted = segment(image, model, tile="whole")
    assert np.abs(found["scores"] - wanted["scores"]).max() < CLOSE


@pytest.mark.parametrize("tile", [8, 12])
def test_any_tile_gives_what_the_whole_volume_gives(tile):
    image, model = noise(11, 40, 35), model_of(depth=1, **SHALLOW)
    _, _, found = segment(image, model, tile=tile)
    _, _, wanted = segment(image, model, tile="whole")
    assert np.abs(found["scores"] - wanted["scores"]).max() < CLOSE


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_a_reduced_precision_changes_no_label_that_is_sure(precision):
    image, model = noise(2, 150, 120), model_of(base=16, depth=3)
    _, labels, found = segment(image, model, precision=precision, tile=64)
    _, exact, wanted = segment(image, model, tile=64)
    difference = np.abs(found["scores"] - wanted["scores"]).max()
    assert CLOSE < difference < 0.3
    different = labels != exact
    assert different.mean() < 0.05
    assert (margins(wanted["scores"])[different] < 0.3).all()


@pytest.mark.parametrize("average", ["none", "rotations"])
def test_a_film_comes_back_in_its_place(average):
    image = noise(2, 3, 60, 60).with_spacing((1, 0.7, 0.7), "um")
    options = {"tile": 24, "average": average, "uncertainty": "entropy"}
    events, labels, found = segment(image, model_of(), **options)
    _, same, wanted = segment(image, model_of(), device="cpu", **options)
    assert labels.shape == (2, 3, 60, 60)
    for name in ("scores", "uncertainty"):
        assert np.abs(found[name] - wanted[name]).max() < 2 * CLOSE
    assert (margins(wanted["scores"])[labels != same] < 2 * CLOSE).all()
    assert [e.device for e in events if isinstance(e, Started)] == [GPU]


def test_what_travels_is_pinned_and_does_not_wait():
    import_torch()
    network = random_network("unet-bn", 3, base=16)
    runner = Runner(valid_twin(network, GPU), GPU, "fp32")
    values = np.random.default_rng(0).normal(size=(4, 1, 128, 128)).astype(np.float32)
    keep = (slice(None), slice(None))
    staged = [runner.stage([one]) for one in values]
    assert all(tensor.is_pinned() for tensor in staged)
    # All are on their way before any has arrived, and none is overwritten by another.
    pending = [runner.launch(tensor, [keep]) for tensor in staged]
    found = [one.wait()[0] for one in pending]
    reference = Runner(valid_twin(network), "cpu", "fp32")
    for one, tile in zip(found, values, strict=True):
        [wanted] = reference.launch(reference.stage([tile]), [keep]).wait()
        assert np.abs(one - wanted).max() < CLOSE


@pytest.mark.parametrize("share", [0.8, 0.4, 0.1])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_tile_that_does_not_fit_is_halved(share, precision, room):
    image, model = noise(1024, 1024), model_of(base=16, depth=3)
    _, _, wanted = segment(image, model, precision=precision, tile="whole")
    needed = network_geometry(model.network(), image.shape).memory_inference
    if precision == "bf16":
        needed //= 2
    room(int(share * needed))
    events, _, found = segment(image, model, precision=precision, tile="whole")
    assert any("too small for a tile" in text for text in warnings(events))
    close = CLOSE if precision == "fp32" else 0.3
    assert np.abs(found["scores"] - wanted["scores"]).max() < close


@pytest.mark.parametrize("share", [0.6, 0.2])
def test_a_batch_that_does_not_fit_is_halved(share, room):
    """The training goes on to its last step, and says so."""
    wishes = {"base": 16, "depth": 3, "patch": 256, "batch": 8, "steps": 6}
    network = network_of(NetworkConfig(base=16, depth=3))
    each = network_geometry(network, (256, 256)).memory_training
    data = discs(256)
    room(int(share * 8 * each))
    events, _ = train(data=data, **wishes)
    assert losses(events).shape == (6,)
    assert np.isfinite(losses(events)).all()
    assert any("too small for step 1 with 8 patches" in t for t in warnings(events))


@pytest.mark.parametrize("share", [0.6, 0.2])
def test_a_validation_that_does_not_fit_is_computed_in_parts(share, room):
    """Small patches fit where the images that are scored do not."""
    wishes = {"base": 16, "depth": 3, "patch": 64, "batch": 1, "steps": 2}
    network = network_of(NetworkConfig(base=16, depth=3))
    data = discs(1024)
    events, _ = train(data=data, **wishes)
    room(int(share * network_geometry(network, (1024, 1024)).memory_inference))
    found, _ = train(data=data, **wishes)
    for one, other in zip(scored(found), scored(events), strict=True):
        assert one == pytest.approx(other, abs=0.01)
