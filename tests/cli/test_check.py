"""``unetseg check``: the same figures for a person and for a program."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import psutil
import pytest
import torch

from napari_unetseg.cli import check, computer
from napari_unetseg.core.errors import DeviceError
from napari_unetseg.core.network.cost import multiply_adds
from napari_unetseg.runs import preferences
from napari_unetseg.runs.folder import programs
from napari_unetseg.runs.machine import Figures
from napari_unetseg.runs.preferences import Preferences

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="module")
def figures() -> Figures:
    """Measure for real, with little work."""
    return check.measure_speed(steps=3, side=32)


def test_the_figures_fit_together(figures: Figures) -> None:
    work = figures.train_multiply_adds_per_second * figures.seconds_per_step
    forward = multiply_adds(figures.network, 32)
    assert work == pytest.approx(3 * 4 * forward)
    assert 0 < figures.seconds_per_empty_step <= figures.seconds_per_step
    assert (figures.patch, figures.batch) == (32, 4)
    assert figures.network.base == (16 if figures.device == "cpu" else 32)
    assert figures.threads == torch.get_num_threads()
    assert figures.versions == programs()


def test_json_is_one_object_and_nothing_else(
    unetseg: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, figures: Figures
) -> None:
    monkeypatch.setattr(check, "measure_speed", lambda wish: figures)
    answer = unetseg("check", "--json")
    assert answer.code == 0
    assert answer.err == ""
    assert Figures.model_validate(json.loads(answer.out)) == figures


def test_a_person_reads_the_same(
    unetseg: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, figures: Figures
) -> None:
    monkeypatch.setattr(check, "measure_speed", lambda steps, side, wish: figures)
    answer = unetseg("check")
    assert answer.code == 0
    assert f"one training step: {figures.seconds_per_step:.2f} s, " in answer.out
    assert "4 patches of 32 x 32)" in answer.out
    assert "\ntorch: " in answer.out


def test_what_is_wrong_is_said_in_json_too(
    unetseg: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(wish: str) -> None:
        raise DeviceError("PyTorch cannot be loaded: no DLL", "Install it anew")

    monkeypatch.setattr(computer, "engine_facts", broken)
    answer = unetseg("check", "--json")
    assert answer.code == 2
    event = json.loads(answer.out)
    assert event["event"] == "Failed"
    assert event["message"] == "PyTorch cannot be loaded: no DLL. Install it anew."
    assert answer.err == f"Error: {event['message']}\n"


def test_the_preferred_device_is_looked_at_unless_another_is_named(
    unetseg: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    wished: list[str] = []

    def measure(*, wish: str) -> Any:
        wished.append(wish)
        raise DeviceError("enough")

    monkeypatch.setattr(check, "measure_speed", measure)
    monkeypatch.setattr(preferences, "read", lambda: Preferences(device="mps"))
    unetseg("check", "--json")
    unetseg("check", "--json", "--device", "cpu")
    assert wished == ["mps", "cpu"]


def test_memory_is_the_cards_or_the_computers(monkeypatch: pytest.MonkeyPatch) -> None:
    class Card:
        total_memory = 6 * 10**9

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    facts = computer.engine_facts()
    assert facts["device"] == "cpu"
    assert facts["memory_bytes"] == psutil.virtual_memory().total
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda number: Card)
    facts = computer.engine_facts()
    assert (facts["device"], facts["precision"]) == ("cuda", "bf16")
    assert facts["memory_bytes"] == Card.total_memory
