from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.events import (
    Event,
    Failed,
    Finished,
    Note,
    Planned,
    Started,
    Step,
    Stopped,
)
from napari_unetseg.runs import inbox, journal
from napari_unetseg.runs.engine import Story, execute
from napari_unetseg.runs.folder import EVENTS, RUN, read_question
from napari_unetseg.runs.journal import Journal
from napari_unetseg.runs.lock import RunLock, is_taken
from napari_unetseg.runs.options import RunOptions
from napari_unetseg.runs.questions import Question, TrainQuestion

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def events(folder: Path) -> list[Event]:
    return [entry.event for entry in journal.read(folder)]


def answering(
    *told: Event, result: object = None, error: Exception | None = None
) -> Callable[[Question, Path], Story]:
    def answer(question: Question, folder: Path) -> Story:
        yield from told
        if error is not None:
            raise error
        return result

    return answer


def test_a_story_is_written_and_finished(folder: Path) -> None:
    told = [Started(job="train"), Planned(total=9, unit="step"), Note(text="ok")]
    assert execute(folder, answering(*told, result={"iou": 0.5})) == 0
    assert events(folder) == [*told, Finished(result={"iou": 0.5})]
    question = read_question(folder)
    assert isinstance(question, TrainQuestion)
    assert (question.config.steps, question.config.minutes) == (9, None)
    assert not is_taken(folder)


def test_resuming_continues_the_story(folder: Path) -> None:
    assert execute(folder, answering(error=InputError("no disk"))) == 2
    with (folder / EVENTS).open("ab") as file:
        file.write(b'{"time": 1, "ev')
    assert execute(folder, answering(Note(text="again"))) == 0
    assert [type(event) for event in events(folder)] == [Failed, Note, Finished]


def test_the_answer_gets_the_question_as_it_was_fixed(folder: Path) -> None:
    seen = []

    def answer(question: Question, folder: Path) -> Story:
        seen.append(question)
        yield Planned(total=9, unit="step")
        return {}

    execute(folder, answer)
    execute(folder, answer)
    assert [question.config.steps for question in seen] == [None, 9]


def test_an_error_of_the_user_is_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    error = InputError("the image is empty", "Choose another")
    assert execute(folder, answering(error=error)) == 2
    sentence = "the image is empty. Choose another."
    assert events(folder) == [
        Failed(message=sentence, mendable=True, error="InputError")
    ]
    assert "Traceback" not in capsys.readouterr().err


def test_a_bug_keeps_its_traceback(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(folder, answering(error=KeyError("k"))) == 1
    (failed,) = events(folder)
    assert isinstance(failed, Failed)
    assert not failed.mendable
    assert failed.error == "KeyError"
    assert "log.txt" in failed.message
    assert "Traceback" in capsys.readouterr().err


class OutOfMemoryError(RuntimeError):
    """As torch names it."""


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "computer has not enough free memory"),
        (OutOfMemoryError("CUDA out of memory."), "graphics card has not enough"),
        (RuntimeError("can't allocate memory: you tried"), "not enough free memory"),
        (OSError(errno.ENOSPC, "No space left on device"), "disk is full"),
    ],
)
def test_what_the_computer_lacks_is_said_in_words(
    folder: Path, error: Exception, words: str
) -> None:
    assert execute(folder, answering(error=error)) == 1
    (failed,) = events(folder)
    assert isinstance(failed, Failed)
    assert words in failed.message


def test_a_result_that_is_not_plain_is_a_bug(folder: Path) -> None:
    assert execute(folder, answering(result={"x": object()})) == 1
    (failed,) = events(folder)
    assert isinstance(failed, Failed)
    assert failed.error == "TypeError"


def test_a_cancel_closes_the_answer_before_the_end_is_told(folder: Path) -> None:
    closed_after = []

    def answer(question: Question, folder: Path) -> Story:
        try:
            inbox.put(folder, inbox.Command("cancel"))
            while True:
                yield Step(step=1, total=2, loss=0.0, learning_rate=0.0)
        finally:
            closed_after.extend(events(folder))

    assert execute(folder, answer) == 3
    assert closed_after
    assert not any(isinstance(event, Stopped) for event in closed_after)
    assert events(folder) == [*closed_after, Stopped(reason="cancelled")]


def test_an_error_while_saving_is_told(folder: Path) -> None:
    def answer(question: Question, folder: Path) -> Story:
        try:
            inbox.put(folder, inbox.Command("cancel"))
            while True:
                yield Note(text="")
        finally:
            raise InputError("the checkpoint cannot be written")

    assert execute(folder, answer) == 2
    assert isinstance(events(folder)[-1], Failed)


def test_a_story_that_cannot_be_written_saves_the_answer(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def append(self: Journal, event: Event) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def answer(question: Question, folder: Path) -> Story:
        try:
            yield Note(text="")
        finally:
            (folder / "saved").touch()
        return {}

    monkeypatch.setattr(Journal, "append", append)
    assert execute(folder, answer) == 1
    assert (folder / "saved").exists()
    assert "No space left on device" in capsys.readouterr().err
    assert not is_taken(folder)


def test_a_taken_run_is_left_alone(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with RunLock(folder):
        assert execute(folder, answering(Note(text="never"))) == 2
    assert "being worked on by another process" in capsys.readouterr().err
    assert events(folder) == []


def test_a_folder_that_is_no_run_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / RUN).write_text("{}")
    assert execute(tmp_path, answering()) == 2
    assert [path.name for path in tmp_path.iterdir()] == [RUN]
    error = capsys.readouterr().err
    assert "not a run folder" in error
    assert "Traceback" not in error


def test_an_orphan_saves_and_ends(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "napari_unetseg.runs.interrupts._parent_guard", lambda parent: lambda: False
    )
    options = RunOptions(attached=True)
    assert execute(folder, answering(Note(text="")), options) == 3
    assert events(folder) == [Stopped(reason="abandoned")]
