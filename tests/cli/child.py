"""A scripted engine for the command line: ``python child.py SCENARIO FOLDER``."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.events import Event, Note, Planned, Started, Step, Validated
from napari_unetseg.runs.engine import execute

if TYPE_CHECKING:
    from napari_unetseg.runs.questions import Question

Story = Generator[Event, None, dict[str, Any]]
SCORES = {"iou": {"1": 0.5, "2": 0.75}, "mean_iou": 0.625, "pixel_error": 0.125}


def step(number: int, total: int) -> Step:
    return Step(step=number, total=total, loss=1 / number, learning_rate=1e-3)


def fine(question: Question, folder: Path) -> Story:
    """Do three steps."""
    yield Note(text="All is well.")
    yield Note(text="Or nearly.", level="warning")
    yield Started(job=question.job, device="cpu", precision="fp32")
    yield Planned(total=3, unit="step")
    for number in range(1, 4):
        yield step(number, 3)
    yield Validated(step=3, best=True, **SCORES)
    return {"model": "m", "steps": 3, "validation": {"slices": [4], **SCORES}}


def endless(question: Question, folder: Path) -> Story:
    """Do steps until closed."""
    yield Started(job=question.job)
    yield Planned(total=10**6, unit="step")
    number = 0
    while True:
        number += 1
        time.sleep(0.01)
        yield step(number, 10**6)


def measuring(question: Question, folder: Path) -> Story:
    """Do steps without ever knowing how many there will be."""
    yield Started(job=question.job)
    number = 0
    while True:
        number += 1
        time.sleep(0.01)
        yield step(number, 0)


def deaf(question: Question, folder: Path) -> Story:
    """Work without ever coming back to say anything."""
    yield Started(job=question.job)
    yield Planned(total=3, unit="step")
    yield step(1, 3)
    while True:
        time.sleep(1)


def refused(question: Question, folder: Path) -> Story:
    """Find the inputs wrong."""
    yield Note(text="It looks bad.")
    raise InputError("the image is empty", "Choose another")


def bug(question: Question, folder: Path) -> Story:
    """Raise an error of ours, before anything has begun."""
    yield Note(text="It looks good.")
    raise ZeroDivisionError("a very particular bug")


SCENARIOS: dict[str, Callable[[Question, Path], Story]] = {
    function.__name__: function
    for function in (fine, endless, measuring, deaf, refused, bug)
}

if __name__ == "__main__":
    sys.exit(execute(Path(sys.argv[2]), SCENARIOS[sys.argv[1]]))
