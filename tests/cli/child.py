"""A scripted engine for the command line: ``python child.py SCENARIO FOLDER``."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.events import Note, Planned, Started, Step, Validated
from napari_unetseg.runs import interrupts
from napari_unetseg.runs.engine import Answer, Stop, Story, execute

if TYPE_CHECKING:
    from napari_unetseg.runs.questions import Question

SCORES = {"iou": {"1": 0.5, "2": 0.75}, "mean_iou": 0.625, "pixel_error": 0.125}


def step(number: int, total: int) -> Step:
    return Step(step=number, total=total, loss=1 / number, learning_rate=1e-3)


def fine(question: Question, folder: Path, stop: Stop) -> Story:
    """Do three steps."""
    yield Note(text="All is well.")
    yield Note(text="Or nearly.", level="warning")
    yield Started(job=question.job, device="cpu", precision="fp32")
    yield Planned(total=3, unit="step")
    for number in range(1, 4):
        yield step(number, 3)
    yield Validated(step=3, best=True, **SCORES)
    return {"model": "m", "steps": 3, "validation": {"slices": [4], **SCORES}}


def endless(question: Question, folder: Path, stop: Stop) -> Story:
    """Do steps until closed or stopped."""
    yield Started(job=question.job)
    yield Planned(total=10**6, unit="step")
    number = 0
    while not stop():
        number += 1
        time.sleep(0.01)
        yield step(number, 10**6)
    return {"model": "m", "steps": number, "kept_step": 0, "validation": {}}


def measuring(question: Question, folder: Path, stop: Stop) -> Story:
    """Do steps without ever knowing how many there will be."""
    yield Started(job=question.job)
    number = 0
    while not stop():
        number += 1
        time.sleep(0.01)
        yield step(number, 0)
    return {"model": "m", "steps": number, "kept_step": number, "validation": {}}


def unwatched(question: Question, folder: Path, stop: Stop) -> Story:
    """Do steps, and miss the watcher within a moment."""
    interrupts.UNWATCHED = 0
    return (yield from endless(question, folder, stop))


def deaf(question: Question, folder: Path, stop: Stop) -> Story:
    """Work without ever coming back to say anything."""
    yield Started(job=question.job)
    yield Planned(total=3, unit="step")
    yield step(1, 3)
    while True:
        time.sleep(1)


def refused(question: Question, folder: Path, stop: Stop) -> Story:
    """Find the inputs wrong."""
    yield Note(text="It looks bad.")
    raise InputError("the image is empty", "Choose another")


def bug(question: Question, folder: Path, stop: Stop) -> Story:
    """Raise an error of ours, before anything has begun."""
    yield Note(text="It looks good.")
    raise ZeroDivisionError("a very particular bug")


SCENARIOS: dict[str, Answer] = {
    function.__name__: function
    for function in (fine, endless, measuring, unwatched, deaf, refused, bug)
}

if __name__ == "__main__":
    sys.exit(execute(Path(sys.argv[2]), SCENARIOS[sys.argv[1]]))
