"""Asks small questions of a process that loads torch in the asker's place.

What a segmentation would take is one of them; others are in `glances`. The process is
started with the first question and serves the next ones too; see `foretelling`, which
is what runs there.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from napari_unetseg.core.errors import RunError
from napari_unetseg.core.events import from_json
from napari_unetseg.runs import child
from napari_unetseg.runs.described import Described
from napari_unetseg.runs.preferences import engine_python, preferred

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from napari_unetseg.core.events import Event
    from napari_unetseg.core.image import Image
    from napari_unetseg.runs.questions import SegmentQuestion

PAUSE = 0.05
_ANSWERS = "answers"


def command(python: str) -> list[str]:
    """Return the command line of the process that answers."""
    return [python, "-P", "-m", "napari_unetseg.runs.foretelling"]


class Foreteller:
    """Asks one question after the other; the last one counts.

    Parameters
    ----------
    python : str, optional
        Interpreter of the environment that does the work; by default the one that the
        user prefers when the process is started.
    """

    def __init__(self, python: str | None = None) -> None:
        self._python = python
        self._process: subprocess.Popen[bytes] | None = None
        # What it writes lies in a file: unlike a pipe that never fills up, and reading
        # it never waits.
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._number = 0
        # Each question is asked on a thread of its own.
        self._lock = threading.RLock()

    def ask(
        self, question: SegmentQuestion, image: Image, folder: Path, shapes: str = ""
    ) -> Generator[None, None, tuple[Event, ...]]:
        """Ask what a segmentation would take, and wait.

        Parameters
        ----------
        question : SegmentQuestion
            Its image is not looked at; its relative paths start at the folder.
        image : Image
            Of which no pixel is read.
        folder : Path
            Where the run folder would be.
        shapes : str
            What the question's mask would hold, a CSV of shapes, if it has one.

        Yields
        ------
        None
            Twenty times a second while there is no answer.

        Returns
        -------
        tuple of Event
            `Forecast`, and `Note`; the last one is `Failed` if it would be refused.
            Empty if another question was asked meanwhile, or it was closed.

        Raises
        ------
        RunError
            If the process cannot be started, or ends without an answer.
        """
        asked: dict[str, object] = {
            "folder": str(folder),
            "question": preferred(question).model_dump(mode="json"),
            "image": Described.of(image).model_dump(mode="json"),
            "shapes": shapes,
        }
        return (yield from self.request(asked))

    def request(
        self, asked: Mapping[str, object]
    ) -> Generator[None, None, tuple[Event, ...]]:
        """Ask anything that `foretelling` answers, and wait.

        Parameters
        ----------
        asked : mapping
            Plain values, as `foretelling.answers_to` takes them, without the number.

        Yields, returns and raises as `ask`.
        """
        number, process, answers = self._send(asked)
        while number == self._number and process is self._process:
            is_over = process.poll() is not None  # Before what it wrote is read.
            try:
                found = _answer(answers, number)
            except FileNotFoundError:
                return ()  # It was closed just now.
            if found is not None:
                return found
            if is_over:
                self.close()
                raise RunError("What it takes cannot be told: torch does not start")
            yield
            time.sleep(PAUSE)
        return ()

    def _send(
        self, asked: Mapping[str, object]
    ) -> tuple[int, subprocess.Popen[bytes], Path]:
        """Send a question; return its number, and where the answer will be."""
        with self._lock:
            self._number += 1
            process, answers = self._ready()
            line = json.dumps({"number": self._number, **asked}).encode() + b"\n"
            assert process.stdin is not None
            with suppress(OSError):  # Who waits notices that it has ended.
                process.stdin.write(line)
                process.stdin.flush()
            return self._number, process, answers

    def close(self) -> None:
        """End the process; the next question starts another one."""
        with self._lock:
            process, self._process = self._process, None
            folder, self._folder = self._folder, None
        if process is not None:
            process.kill()
            process.wait()
            if process.stdin is not None:
                with suppress(OSError):
                    process.stdin.close()
        if folder is not None:
            folder.cleanup()

    def _ready(self) -> tuple[subprocess.Popen[bytes], Path]:
        """The process and the file it writes into; started if there is none."""
        process, folder = self._process, self._folder
        if process is None or folder is None or process.poll() is not None:
            self.close()
            folder = tempfile.TemporaryDirectory(prefix="unetseg-")
            process = _start(engine_python(self._python), Path(folder.name) / _ANSWERS)
            self._process, self._folder = process, folder
        return process, Path(folder.name) / _ANSWERS


def _start(python: str, answers: Path) -> subprocess.Popen[bytes]:
    with answers.open("wb") as out:
        return child.start(
            subprocess.Popen,
            command(python),
            polite=True,
            stdin=subprocess.PIPE,
            stdout=out,
        )


def _answer(answers: Path, number: int) -> tuple[Event, ...] | None:
    """The events of an answer; None while it is not whole."""
    events: list[Event] = []
    for line in answers.read_bytes().split(b"\n")[:-1]:
        values = json.loads(line)
        if values["number"] != number:
            continue
        if "event" not in values:
            return tuple(events)
        events.append(from_json(values["event"]))
    return None
