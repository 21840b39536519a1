"""A memory that is too small makes the work smaller, and says so; nothing is lost."""

import numpy as np
import pytest
import torch

from napari_unetseg.core.config import NetworkConfig
from napari_unetseg.core.errors import DeviceError
from napari_unetseg.core.events import Note, Planned, Started, Step, Validated
from napari_unetseg.core.network.cost import training_memory
from napari_unetseg.core.network.unet import UNet
from napari_unetseg.core.predict import run as prediction
from napari_unetseg.core.prepare import samples
from napari_unetseg.core.presets import train_config
from napari_unetseg.core.train import validate
from napari_unetseg.core.train.batches import Batches
from oracles.doubles import OUT_OF_MEMORY
from oracles.trainings import TINY, ask, drained, notes, of, same_model, stack

HOW = {"validation": "0.2", "patch": 32, "batch": 4}
SMALL = "The memory was too small for step"


@pytest.fixture(scope="module")
def pair():
    return stack()


class Shortage:
    """Refuses to work for so many times at some steps.

    Parameters
    ----------
    at : dict of int to int
        By step, counted from 0, how often there is no memory.
    error : Exception
        What is raised then.
    """

    def __init__(self, at, error=OUT_OF_MEMORY):
        self.left, self.error = dict(at), error

    def __call__(self, step):
        if self.left.get(step, 0):
            self.left[step] -= 1
            raise self.error


@pytest.fixture
def drawn(monkeypatch):
    """Let batches be too large as a `Shortage` says; sizes of those that are not."""

    def function(shortage):
        sizes = []
        real = Batches.draw

        def draw(self, step):
            shortage(step)
            batch = real(self, step)
            sizes.append((step, len(batch.images), batch.images.shape[-1]))
            return batch

        monkeypatch.setattr(Batches, "draw", draw)
        return sizes

    return function


@pytest.mark.parametrize(
    "error",
    [
        OUT_OF_MEMORY,
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to ..."),
    ],
    ids=lambda error: type(error).__name__,
)
def test_the_batch_is_halved_and_then_the_patch_and_the_step_is_done(
    pair, drawn, error
):
    sizes = drawn(Shortage({2: 1, 3: 2}, error))
    events, trained = drained(ask(*pair, **HOW, steps=5))
    assert sizes == [(0, 4, 32), (1, 4, 32), (2, 2, 32), (3, 1, 16), (4, 1, 16)]
    assert [e.step for e in of(Step, events)] == [1, 2, 3, 4, 5]
    assert [text for text in notes(events, "warning") if SMALL in text] == [
        f"{SMALL} 3 with 4 patches of 32 pixels: it goes on with 2 patches of 32 "
        "pixels.",
        f"{SMALL} 4 with 2 patches of 32 pixels: it goes on with a patch of 32 pixels.",
        f"{SMALL} 4 with a patch of 32 pixels: it goes on with a patch of 16 pixels.",
    ]
    config = trained.model.card.training["config"]
    assert (config["batch"], config["patch"]) == (1, 16)


def test_the_step_that_is_done_again_is_that_of_the_smaller_size(pair, drawn):
    """What did not fit has left nothing behind."""
    drawn(Shortage({0: 1}))
    _, found = drained(ask(*pair, **HOW))
    _, wanted = drained(ask(*pair, **HOW | {"batch": 2}))
    assert wanted.model.tensors.keys() == found.model.tensors.keys()
    for name, tensor in wanted.model.tensors.items():
        assert torch.equal(tensor, found.model.tensors[name]), name


@pytest.mark.parametrize("where", ["forward", "backward"])
def test_it_does_not_matter_where_in_a_step_there_is_no_memory(
    monkeypatch, pair, where
):
    shortage, calls = Shortage({2: 1}), []
    real = UNet.forward

    def forward(self, x):
        if not self.training or isinstance(x, torch.fx.Proxy):
            return real(self, x)
        number = len(calls)
        calls.append(len(x))
        scores = real(self, x)
        if where == "forward":
            shortage(number)
        else:
            scores.register_hook(lambda _: shortage(number))
        return scores

    monkeypatch.setattr(UNet, "forward", forward)
    events, _ = drained(ask(*pair, **HOW, steps=4))
    assert [e.step for e in of(Step, events)] == [1, 2, 3, 4]
    assert calls[-5:] == [4, 4, 4, 2, 2]
    assert np.isfinite([e.loss for e in of(Step, events)]).all()
    assert any(f"{SMALL} 3 with 4 patches" in text for text in notes(events))


def test_a_step_that_did_not_fit_leaves_the_statistics_where_they_were(
    monkeypatch, pair
):
    """Those of batch normalisation move whenever a batch passes."""
    shortage, seen, calls = Shortage({2: 1}), [], []
    real = UNet.forward

    def forward(self, x):
        if not self.training or isinstance(x, torch.fx.Proxy):
            return real(self, x)
        seen.append([buffer.clone() for buffer in self.buffers()])
        scores = real(self, x)
        number = len(calls)
        calls.append(len(x))
        scores.register_hook(lambda _: shortage(number))
        return scores

    monkeypatch.setattr(UNet, "forward", forward)
    drained(ask(*pair, **HOW, steps=4, network="unet-bn"))
    assert calls == [4, 4, 4, 2, 2]
    assert any(buffer.any() for buffer in seen[2])
    for before, again in zip(seen[2], seen[3], strict=True):
        assert torch.equal(before, again)


def test_another_error_is_raised_as_it_is(pair, drawn):
    drawn(Shortage({1: 1}, RuntimeError("a bug")))
    with pytest.raises(RuntimeError, match="a bug"):
        drained(ask(*pair, **HOW))


def test_who_is_resumed_goes_on_with_the_smaller_size(tmp_path, pair, drawn):
    sizes = drawn(Shortage({2: 1}))
    _, wanted = drained(ask(*pair, **HOW, steps=6))
    assert [size[1] for size in sizes] == [4, 4, 2, 2, 2, 2]

    def after_four(events):
        return isinstance(events[-1], Step) and events[-1].step == 4

    sizes = drawn(Shortage({2: 1}))
    drained(ask(*pair, **HOW, steps=6, state=tmp_path), after_four)
    sizes.clear()
    events, found = drained(ask(*pair, **HOW, steps=6, state=tmp_path))
    assert sizes == [(4, 2, 32), (5, 2, 32)]
    assert not any(SMALL in text for text in notes(events))
    assert same_model(found.model, wanted.model)


def test_what_is_broken_off_while_that_is_told_goes_on_too(tmp_path, pair, drawn):
    def told(events):
        return isinstance(events[-1], Note) and SMALL in events[-1].text

    sizes = drawn(Shortage({2: 1}))
    drained(ask(*pair, **HOW, steps=4, state=tmp_path), told)
    sizes.clear()
    events, _ = drained(ask(*pair, **HOW, steps=4, state=tmp_path))
    assert [e.step for e in of(Step, events)] == [3, 4]
    assert [size[0] for size in sizes] == [2, 3]


def test_in_the_end_it_says_what_can_be_done(tmp_path, pair, drawn):
    drawn(Shortage({2: 99}))
    with pytest.raises(
        DeviceError,
        match=r"^A training step with one patch of 16 pixels takes more memory than "
        r"there is\. Choose a network with fewer channels or poolings, or another "
        r"device\.$",
    ):
        drained(ask(*pair, **HOW, state=tmp_path))
    # The two steps that were done are kept.
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000002.safetensors"]


# Before the first step.


def test_the_size_is_planned_by_the_memory_that_is_free(monkeypatch, pair):
    wished = train_config(**TINY | HOW)
    network = NetworkConfig(base=2, depth=1)
    needed = training_memory(network, (32, 32), 4, optimiser="adamw", precision="fp32")
    monkeypatch.setattr("napari_unetseg.core.device.free_memory", lambda device: needed)
    events, trained = drained(ask(*pair, **HOW, steps=1))
    config = trained.model.card.training["config"]
    assert (wished.batch, config["batch"], config["patch"]) == (4, 2, 32)
    [told] = [e for e in of(Note, events) if "it is trained with" in e.text]
    assert told.level == "warning"
    assert events.index(told) < events.index(of(Planned, events)[0])


def test_of_the_free_memory_only_a_share_is_used(monkeypatch, pair):
    network = NetworkConfig(base=2, depth=1)
    one = training_memory(network, (32, 32), 4, optimiser="adamw", precision="fp32")
    free = "napari_unetseg.core.device.free_memory"
    monkeypatch.setattr(free, lambda device: 4 * one)
    batches = {}
    for percent in (None, 100, 25):
        _, trained = drained(ask(*pair, **HOW, steps=1, memory=percent))
        batches[percent] = trained.model.card.training["config"]["batch"]
    assert batches == {None: 4, 100: 4, 25: 2}


def test_a_device_without_any_memory_is_refused_before_the_first_step(
    monkeypatch, pair
):
    monkeypatch.setattr("napari_unetseg.core.device.free_memory", lambda device: 1000)
    events = []
    with pytest.raises(DeviceError, match=r"one patch of \d+ pixels needs"):
        events.extend(ask(*pair, **HOW))
    assert not of(Started, events)


# Validation.


@pytest.fixture
def narrow(monkeypatch):
    """Let a prediction take no more than so many pixels at once; the sizes it took."""

    def function(most, error=OUT_OF_MEMORY):
        sizes = []
        real = prediction.Runner.launch

        def launch(self, staged, keeps):
            if staged[0, 0].numel() > most:
                raise error
            sizes.append(tuple(staged.shape[2:]))
            return real(self, staged, keeps)

        monkeypatch.setattr(prediction.Runner, "launch", launch)
        return sizes

    return function


@pytest.fixture
def little(monkeypatch):
    """Count so few bytes as free that smaller ones make smaller tiles."""
    monkeypatch.setattr(validate, "_FREE", 1 << 22)
    monkeypatch.setattr(validate, "_LEAST_FREE", 1 << 12)


def test_what_does_not_fit_is_scored_in_smaller_tiles(little, pair, narrow):
    how = {"validation": "3-4", "steps": 2}
    sizes = narrow(10**9)
    events, wanted = drained(ask(*pair, **how))
    whole = set(sizes)
    sizes = narrow(max(a * b for a, b in whole) - 1)
    events, found = drained(ask(*pair, **how))
    assert len(sizes) > 2 * len(of(Validated, events))
    assert whole.isdisjoint(sizes)
    assert found.model.card.validation == wanted.model.card.validation
    for name, tensor in wanted.model.tensors.items():
        assert torch.equal(tensor, found.model.tensors[name]), name


def test_tiles_are_planned_once_for_all_frames_of_a_shape(monkeypatch, pair):
    """Which takes longer than to compute the tiles of small frames."""
    asked = []
    real = validate.tiles_for

    def tiles_for(shape, *given):
        asked.append(shape)
        return real(shape, *given)

    monkeypatch.setattr(validate, "tiles_for", tiles_for)
    events, _ = drained(ask(*pair, validation="3-4", batch=8))
    assert len(of(Validated, events)) > 2
    assert asked == [(32, 32)]


def test_a_validation_that_never_fits_ends_with_a_reason(little, pair, narrow):
    narrow(10)
    with pytest.raises((DeviceError, torch.OutOfMemoryError), match="memory"):
        drained(ask(*pair, validation="4"))


def test_another_error_of_a_validation_is_raised_at_once(little, pair, narrow):
    sizes = narrow(10, ValueError("a bug"))
    with pytest.raises(ValueError, match="a bug"):
        drained(ask(*pair, validation="4"))
    assert sizes == []


def test_samples_that_would_fill_the_memory_are_read_patch_by_patch(monkeypatch, pair):
    events, _ = drained(ask(*pair, **HOW, steps=1))
    assert not any("patch by patch" in text for text in notes(events))
    monkeypatch.setattr(samples, "_MOST_FOR_SAMPLES", 1e-9)
    events, _ = drained(ask(*pair, **HOW, steps=1))
    assert any("patch by patch" in text for text in notes(events))
