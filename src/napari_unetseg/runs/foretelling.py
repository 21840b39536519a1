"""``python -m napari_unetseg.runs.foretelling``: answers, one line after the other.

A line of JSON on the standard input asks, lines of JSON on the standard output answer,
so that torch is loaded once for many small questions. What is asked last is answered
next: earlier questions that wait are old. The process ends with its input, or when for
a minute nobody asks.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from napari_unetseg.core.events import to_json
from napari_unetseg.runs.described import Described
from napari_unetseg.runs.failures import failed
from napari_unetseg.runs.questions import SegmentQuestion, TrainQuestion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_unetseg.core.events import Event

PATIENCE = 60.0
_POLITENESS = 10


def main() -> None:
    """Answer until nobody asks any more."""
    # Libraries may print; what is read as an answer must be ours alone.
    answers, sys.stdout = sys.stdout, sys.stderr
    if sys.platform != "win32":
        os.nice(_POLITENESS)
    for line in _newest(sys.stdin, PATIENCE):
        for answer in answers_to(line):
            answers.write(f"{answer}\n")
        answers.flush()


def answers_to(line: str) -> Iterator[str]:
    """Answer one question.

    Parameters
    ----------
    line : str
        JSON of "number", "folder", "question", and of what is asked beside: "image"
        (`Described`) is to be foreseen by a `SegmentQuestion`, with "shapes", the text
        of its mask, if that is not there yet; "patches", their count and step, are to
        be drawn by a `TrainQuestion`; "predict" asks what a `SegmentQuestion` says of
        its image.

    Yields
    ------
    str
        JSON of the same "number", and of "event", the JSON of an event; or, as the
        last one, of the "number" alone.
    """
    asked = json.loads(line)
    number = asked["number"]
    for event in _events(asked):
        yield json.dumps({"number": number, "event": event})
    yield json.dumps({"number": number})


def _events(asked: dict[str, Any]) -> Iterator[str]:
    try:
        for event in _story(asked, Path(str(asked["folder"]))):
            yield to_json(event)
    except Exception as error:  # noqa: BLE001 - whatever happens is told
        yield to_json(failed(error, "train" if "patches" in asked else "segment"))


def _story(asked: dict[str, Any], folder: Path) -> Iterator[Event]:
    if "patches" in asked:
        from napari_unetseg.runs.glancing import draw_patches

        question = TrainQuestion.model_validate(asked["question"])
        yield from draw_patches(question, folder, **asked["patches"])
        return
    asks = SegmentQuestion.model_validate(asked["question"])
    if "predict" in asked:
        from napari_unetseg.runs.glancing import predict

        yield from predict(asks, folder)
        return
    from napari_unetseg.runs.foreseeing import foresee_image

    image = Described.model_validate(asked["image"]).image()
    yield from foresee_image(asks, image, folder, str(asked.get("shapes", "")))


def _newest(lines: IO[str], patience: float) -> Iterator[str]:
    """Yield lines as they come, but of several that wait only the last."""
    waiting: queue.Queue[str] = queue.Queue()

    def listen() -> None:
        for line in lines:
            waiting.put(line)
        waiting.put("")

    threading.Thread(target=listen, daemon=True).start()
    while True:
        try:
            line = last = waiting.get(timeout=patience)
            while last and not waiting.empty():
                last = waiting.get()
                line = last or line
        except queue.Empty:
            return
        if line:
            yield line
        if not last:
            return


if __name__ == "__main__":
    main()
