"""What a training costs, for a computer with known figures."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from napari_unetseg.core.config import NetworkConfig
from napari_unetseg.core.errors import InputError
from napari_unetseg.core.network.cost import parameters, training_memory
from napari_unetseg.core.presets import train_config
from napari_unetseg.runs.cost import PROGRAM_BYTES, Cost, training_cost
from napari_unetseg.runs.machine import Machine


def machine(**changes: Any) -> Machine:
    """Return a computer that was measured with the default preset."""
    device = changes.get("device", "cpu")
    values: dict[str, Any] = {
        "versions": {},
        "device": device,
        "precision": "fp32",
        "threads": 2,
        "memory_bytes": 8 * 10**9,
        "network": NetworkConfig(base=16 if device == "cpu" else 32),
        "patch": 256,
        "batch": 4,
        "seconds_per_step": 0.9,
        "seconds_per_empty_step": 0.1,
        "train_multiply_adds_per_second": 7e10,
        "predict_pixels_per_second": 1e6,
        "python": sys.executable,
        "measured": datetime.now(UTC),
    }
    return Machine(**values | changes)


def reckon(
    here: Machine | None,
    side: int | None = None,
    shape: tuple[int, ...] = (),
    spacing: tuple[float, ...] = (),
    preset: str = "default",
    **wishes: Any,
) -> Cost:
    return training_cost(
        train_config(preset, **wishes),
        channels=1,
        classes=2,
        machine=here,
        shapes=[(side, side) if side else shape] if side or shape else (),
        spacing=spacing,
    )


def test_the_default_costs_what_was_measured() -> None:
    cost = reckon(machine())
    network = NetworkConfig(base=16)
    assert cost.seconds_per_step == pytest.approx(0.9)
    assert cost.steps == 333
    assert cost.parameters == parameters(network)
    assert cost.memory == training_memory(network, 256, 4) + PROGRAM_BYTES
    assert cost.fits
    assert cost.suffices
    assert cost.sentence() == (
        "1.9 M weights, 1.0 GB of memory; here (cpu, 2 threads) about 0.9 s a step: "
        "330 steps in 5 minutes, fewer with validation."
    )


def test_no_step_is_faster_than_an_empty_one() -> None:
    cost = reckon(machine(), base=1, depth=1, patch=16, batch=1)
    assert cost.seconds_per_step == pytest.approx(0.1, rel=0.01)


def test_what_every_step_takes_does_not_grow_with_the_network() -> None:
    slow_to_start = machine(seconds_per_empty_step=0.6)
    first, second = (
        reckon(here, batch=8).seconds_per_step for here in (machine(), slow_to_start)
    )
    assert first == pytest.approx(0.1 + 2 * 0.8, rel=0.05)
    assert second == pytest.approx(0.6 + 2 * 0.3, rel=0.05)


def test_steps_that_are_asked_for_are_told_with_their_duration() -> None:
    cost = reckon(machine(), steps=500)
    assert cost.steps == 500
    assert cost.sentence().endswith("a step: 500 steps take 8 minutes, and validation.")


def test_patches_are_no_larger_than_the_image() -> None:
    here = machine()
    small, whole = reckon(here, side=128), reckon(here, side=512)
    asked = reckon(here, patch=128)
    assert (small.memory, small.steps) == (asked.memory, asked.steps)
    assert small.memory < whole.memory
    assert whole == reckon(here, side=256) == reckon(here)


def test_flat_volumes_cost_less() -> None:
    cube = reckon(machine(), shape=(64, 64, 64), dimensions=3)
    flat = reckon(machine(), shape=(16, 64, 64), dimensions=3)
    coarse = reckon(machine(), shape=(64, 64, 64), spacing=(4, 1, 1), dimensions=3)
    assert flat.memory < cube.memory
    assert coarse.memory < cube.memory
    assert coarse.parameters < cube.parameters


@pytest.mark.parametrize(
    ("shape", "wishes"), [((8, 8), {}), ((4, 4, 4), {"dimensions": 3})]
)
def test_a_network_that_is_too_deep_is_refused(
    shape: tuple[int, ...], wishes: dict[str, Any]
) -> None:
    with pytest.raises(InputError, match="depth"):
        reckon(machine(), shape=shape, **wishes)


def test_a_gpu_gets_the_wider_network() -> None:
    wide = parameters(NetworkConfig(base=32))
    cost = reckon(machine(device="cuda", precision="bf16"))
    assert (cost.parameters, cost.precision) == (wide, "bf16")
    assert "here (cuda) about 0.9 s a step" in cost.sentence()
    assert reckon(None).parameters < reckon(None, device="cuda").parameters == wide


@pytest.mark.parametrize(
    ("here", "wishes", "words"),
    [
        (None, {}, "1.0 GB of memory; how fast it trains here is not measured yet."),
        (machine(), {"device": "cuda"}, "how fast it trains here is not measured yet."),
        (
            machine(),
            {"precision": "bf16"},
            "how fast it trains in bf16 is not measured.",
        ),
    ],
)
def test_what_was_not_measured_is_not_guessed(
    here: Machine | None, wishes: dict[str, Any], words: str
) -> None:
    cost = reckon(here, **wishes)
    assert (cost.seconds_per_step, cost.steps) == (None, None)
    assert cost.suffices
    assert cost.sentence().endswith(words)
    assert reckon(here, steps=7, **wishes).steps == 7


def test_the_memory_of_another_device_says_nothing() -> None:
    tiny = machine(memory_bytes=10**8)
    assert not reckon(tiny).fits
    assert reckon(tiny, device="cuda").fits


def test_too_much_memory_is_said_with_what_to_do() -> None:
    cost = reckon(machine(memory_bytes=2 * 10**9), preset="paper", minutes=600)
    assert not cost.fits
    assert cost.sentence().endswith(
        "That is too much for the 2.0 GB there are: choose preset fast, or a smaller "
        "patch, batch or base."
    )
    fast = reckon(machine(memory_bytes=5 * 10**8), preset="fast")
    assert fast.sentence().endswith("choose a smaller patch, batch or base.")


@pytest.mark.parametrize(
    ("wishes", "advice"),
    [
        ({"minutes": 1}, "choose preset fast, or more minutes."),
        ({"minutes": 0.1, "preset": "fast"}, "choose more minutes."),
        ({"steps": 99}, "choose preset fast, or more steps."),
    ],
)
def test_too_few_steps_are_said_with_what_to_do(
    wishes: dict[str, Any], advice: str
) -> None:
    cost = reckon(machine(), **wishes)
    assert not cost.suffices
    assert cost.sentence().endswith(f"That is too few steps to learn: {advice}")
    assert reckon(machine(), steps=100).suffices


def test_a_minute_is_one() -> None:
    assert " steps in 1 minute, " in reckon(machine(), minutes=1).sentence()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.0284, "0.028 s"), (12.3, "12 s"), (600, "10 minutes"), (9000, "2.5 hours")],
)
def test_durations_are_written_for_people(seconds: float, words: str) -> None:
    cost = reckon(machine(seconds_per_step=seconds, seconds_per_empty_step=seconds))
    assert f"about {words} a step" in cost.sentence()


def test_reckoning_loads_no_torch() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys\n"
            "from napari_unetseg.core.presets import train_config\n"
            "from napari_unetseg.runs import machine\n"
            "from napari_unetseg.runs.cost import training_cost\n"
            "config = train_config()\n"
            "cost = training_cost(config, channels=1, classes=2, machine=None)\n"
            "assert cost.sentence()\n"
            "print('torch' in sys.modules)",
        ],
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stdout == "False\n"


def test_of_the_memory_only_what_may_be_used_counts() -> None:
    whole = reckon(machine(), preset="default")
    percent = 100 * whole.memory // whole.machine.memory_bytes
    assert whole.fits
    part = reckon(machine(), preset="default", memory=max(5, percent))
    assert not part.fits
    assert "that may be used: choose" in part.sentence()
