"""The state of a training survives, on a full disk in memory."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections import namedtuple
from typing import TYPE_CHECKING

import pytest
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import nn

from napari_unetseg.core.config import TrainConfig
from napari_unetseg.core.errors import RunError, WriteError
from napari_unetseg.core.events import Waiting
from napari_unetseg.core.presets import sizes
from napari_unetseg.core.train import checkpoint
from napari_unetseg.core.train.checkpoint import Checkpoints, save_or_wait
from napari_unetseg.core.train.state import TrainingState
from napari_unetseg.core.write import disk
from napari_unetseg.core.write.disk import is_full

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CONFIG = TrainConfig(steps=8, minutes=None)
# What safetensors makes of the system's "No space left on device".
FULL = "Error while serializing: I/O error: No space left on device (os error 28)"
Usage = namedtuple("Usage", "total used free")


def state(step: int = 0, seed: int = 0) -> TrainingState:
    torch.manual_seed(seed)
    made = TrainingState(nn.Conv2d(1, 2, 3), CONFIG, sizes(CONFIG, "cpu"))
    made.step = step
    return made


def steps(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def fail(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let the next so many writings of a state fail, in the middle of the file."""
    monkeypatch.setattr(disk.time, "sleep", lambda seconds: None)

    def function(times: int, error: Exception) -> None:
        left = [error] * times
        real = checkpoint.save_file

        def save_file(tensors: object, path: Path, facts: object) -> None:
            if left:
                path.write_bytes(b"half of it")
                raise left.pop()
            real(tensors, path, facts)

        monkeypatch.setattr(checkpoint, "save_file", save_file)

    return function


@pytest.mark.parametrize(
    "error",
    [SafetensorError(FULL), OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))],
    ids=["safetensors", "quota"],
)
def test_a_full_disk_keeps_the_state_in_memory_until_there_is_room(
    tmp_path: Path, fail: Callable[..., None], error: Exception
) -> None:
    kept = Checkpoints(tmp_path)
    kept.save(state(3))
    newer = state(5, seed=1)
    fail(3, error)
    waits = []
    for event in save_or_wait(kept, newer):
        assert steps(tmp_path) == ["step-00000003.safetensors"], "the old one, whole"
        waits.append(event)
    assert len(waits) == 3
    assert isinstance(waits[0], Waiting)
    assert "after step 5" in waits[0].what
    assert str(tmp_path) in waits[0].what
    assert steps(tmp_path) == ["step-00000005.safetensors"]
    found = state(seed=2)
    assert Checkpoints(tmp_path).load(found)
    assert found.step == 5
    for name, value in newer.tensors().items():
        assert torch.equal(found.tensors()[name], value), name


def test_a_stop_ends_the_waiting_and_the_old_state_stays(
    tmp_path: Path, fail: Callable[..., None]
) -> None:
    kept = Checkpoints(tmp_path)
    kept.save(state(3))
    fail(9, SafetensorError(FULL))
    asked = iter([False, True])
    job = save_or_wait(kept, state(5), lambda: next(asked))
    assert isinstance(next(job), Waiting)
    with pytest.raises(StopIteration) as end:
        next(job)
    assert end.value.value is False
    assert steps(tmp_path) == ["step-00000003.safetensors"]


def test_where_nothing_is_kept_nothing_is_waited_for() -> None:
    with pytest.raises(StopIteration) as end:
        next(save_or_wait(Checkpoints(), state(5)))
    assert end.value.value is True


def test_a_full_disk_is_an_error_that_can_be_mended(
    tmp_path: Path, fail: Callable[..., None]
) -> None:
    fail(1, SafetensorError(FULL))
    with pytest.raises(WriteError, match=r"No space left on device\. Free space") as e:
        Checkpoints(tmp_path).save(state(1))
    assert is_full(e.value)
    assert steps(tmp_path) == []


def test_other_errors_are_raised_at_once(
    tmp_path: Path, fail: Callable[..., None]
) -> None:
    fail(1, SafetensorError("Error while serializing: a bug"))
    with pytest.raises(SafetensorError, match="a bug"):
        next(save_or_wait(Checkpoints(tmp_path), state(1)))
    fail(1, SafetensorError("I/O error: Permission denied (os error 13)"))
    with pytest.raises(WriteError, match="Permission denied"):
        next(save_or_wait(Checkpoints(tmp_path), state(1)))


def test_a_disk_without_room_is_refused_before_the_first_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Checkpoints(tmp_path)
    size = 5 * 4 * (2 * 9 + 2)  # Five copies of 20 weights, in bytes.

    def has_free(number: int) -> None:
        usage = Usage(10**9, 0, number)
        monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)

    has_free(2 * size)
    kept.check_room(state())
    has_free(2 * size - 1)
    with pytest.raises(WriteError, match=r"0 MB are free\. Free space"):
        kept.check_room(state())
    Checkpoints().check_room(state())


def test_a_state_is_no_larger_than_is_reckoned() -> None:
    trained = state()
    trained.network(torch.ones(1, 1, 4, 4)).sum().backward()
    trained.optimiser.step()
    trained.best = {k: v.clone() for k, v in trained.network.state_dict().items()}
    size = sum(one.nbytes for one in trained.tensors().values())
    weights = sum(one.nbytes for one in trained.network.state_dict().values())
    counters = 2 * 4  # of the optimiser, one per tensor
    assert size == 5 * weights + counters


def _half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


def _without_facts(path: Path) -> None:
    save_file(load_file(path), path)


def _fewer_facts(path: Path) -> None:
    with safe_open(path, "pt") as file:
        facts = json.loads(file.metadata()["facts"])
    del facts["held"]
    save_file(load_file(path), path, {"facts": json.dumps(facts)})


@pytest.mark.parametrize("spoil", [_half, _without_facts, _fewer_facts])
def test_a_state_that_is_damaged_is_refused_in_a_sentence(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    Checkpoints(tmp_path).save(state(4))
    spoil(tmp_path / "step-00000004.safetensors")
    with pytest.raises(RunError, match=r"step-00000004\.safetensors is damaged, or "):
        Checkpoints(tmp_path).load(state())
    assert steps(tmp_path) == ["step-00000004.safetensors"]


def test_a_state_of_another_network_is_refused_in_a_sentence(tmp_path: Path) -> None:
    Checkpoints(tmp_path).save(state(4))
    other = TrainingState(nn.Conv2d(1, 3, 3), CONFIG, sizes(CONFIG, "cpu"))
    with pytest.raises(RunError, match="the state of another network"):
        Checkpoints(tmp_path).load(other)


def test_a_fact_of_a_damaged_state_is_refused_too(tmp_path: Path) -> None:
    Checkpoints(tmp_path).save(state(4))
    assert Checkpoints(tmp_path).fact("held") is True
    _half(tmp_path / "step-00000004.safetensors")
    with pytest.raises(RunError, match="is damaged"):
        Checkpoints(tmp_path).fact("held")
