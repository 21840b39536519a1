"""Runs with a scripted engine, which no test leaves behind."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from napari_unetseg.core.config import TrainConfig
from napari_unetseg.runs import client, process
from napari_unetseg.runs.questions import TrainQuestion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from napari_unetseg.runs.process import RunProcess

CHILD = Path(__file__).with_name("child.py")


@pytest.fixture
def question() -> TrainQuestion:
    return TrainQuestion(
        images=("/data/größe.tif",),
        labels=("/data/labels.tif",),
        model="/data/m.unetseg.safetensors",
        config=TrainConfig(minutes=2.5, seed=7),
    )


@pytest.fixture
def folder(tmp_path: Path, question: TrainQuestion) -> Path:
    """Make a new run, in a folder that only the careful can name."""
    path = tmp_path / "my réseau 神経" / "run 1"
    client.create(path, question)
    return path


@pytest.fixture
def start(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., RunProcess]]:
    """Start the run with a scenario of ``child.py``: ``start("count")``."""
    started = []

    def function(scenario: str, **options: object) -> RunProcess:
        monkeypatch.setattr(
            process,
            "engine_command",
            lambda folder, python: [python, str(CHILD), scenario, str(folder)],
        )
        started.append(client.start(folder, python=sys.executable, **options))
        return started[-1]

    yield function
    for run in started:
        run.kill()
        run.wait()


@pytest.fixture
def until() -> Callable[[Callable[[], bool]], None]:
    """Wait until something is true; 10 seconds are a failure."""

    def function(true: Callable[[], bool], seconds: float = 10.0) -> None:
        deadline = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < deadline, "it did not come true in time"
            time.sleep(0.02)

    return function
