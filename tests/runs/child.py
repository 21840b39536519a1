"""A scripted engine: ``python child.py SCENARIO FOLDER`` executes a run."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.events import Note, Planned, Started, Step
from napari_unetseg.runs.engine import Answer, Stop, Story, execute

if TYPE_CHECKING:
    from napari_unetseg.runs.questions import Question


def step(number: int, total: int = 5) -> Step:
    return Step(step=number, total=total, loss=1 / number, learning_rate=1e-3)


def count(question: Question, folder: Path, stop: Stop) -> Story:
    """Do five steps; the result tells of the process."""
    yield Started(job=question.job, device="cpu", precision="fp32")
    yield Planned(total=5, unit="step")
    for number in range(1, 6):
        yield step(number)
    print("a library prints, ä")  # noqa: T201
    return {
        "folder": str(Path.cwd()),
        "nice": os.nice(0) if os.name == "posix" else 0,
        "threads": os.environ.get("OMP_NUM_THREADS", ""),
        "options": "UNETSEG_ENGINE" in os.environ,
    }


def endless(question: Question, folder: Path, stop: Stop) -> Story:
    """Do steps until closed or stopped, and note in ``saved`` that it was."""
    yield Started(job=question.job)
    number = 0
    try:
        while not stop():
            number += 1
            time.sleep(0.01)
            yield step(number, 10**6)
    finally:
        (folder / "saved").write_text(str(number))
    return {"model": "m", "steps": number}


def slow_to_stop(question: Question, folder: Path, stop: Stop) -> Story:
    """Be endless, and once it is to stop, take its time until closed."""
    yield Started(job=question.job)
    yield Planned(total=10**6, unit="step")
    number = 0
    while True:
        number += 1
        time.sleep(0.01)
        if not stop():
            yield step(number, 10**6)
        else:
            yield Note(text="still scoring")


def deaf(question: Question, folder: Path, stop: Stop) -> Story:
    """Work without ever coming back to say anything."""
    yield Started(job=question.job)
    while True:
        time.sleep(1)


def mendable(question: Question, folder: Path, stop: Stop) -> Story:
    """Raise an error of the user's."""
    yield Started(job=question.job)
    raise InputError("the image is empty", "Choose another")


def bug(question: Question, folder: Path, stop: Stop) -> Story:
    """Raise an error of ours."""
    yield Started(job=question.job)
    raise ZeroDivisionError("a very particular bug")


def full(question: Question, folder: Path, stop: Stop) -> Story:
    """Fill up the disk in the middle of a line."""
    import resource

    try:
        for number in range(1, 200):
            yield step(number, 200)
        size = (folder / "events.jsonl").stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 30, size + 30))
        yield step(200, 200)
    finally:
        (folder / "saved").write_text("200")
    return {}


SCENARIOS: dict[str, Answer] = {
    function.__name__: function
    for function in (count, endless, slow_to_stop, deaf, mendable, bug, full)
}

if __name__ == "__main__":
    sys.exit(execute(Path(sys.argv[2]), SCENARIOS[sys.argv[1]]))
