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
    Tile,
)
from napari_unetseg.runs import client, inbox, interrupts, journal
from napari_unetseg.runs.engine import Answer, Stop, Story, execute
from napari_unetseg.runs.folder import EVENTS, RUN, read_question
from napari_unetseg.runs.journal import Journal
from napari_unetseg.runs.lock import RunLock, is_taken
from napari_unetseg.runs.options import RunOptions
from napari_unetseg.runs.questions import Question, SegmentQuestion, TrainQuestion
from napari_unetseg.runs.status import status

if TYPE_CHECKING:
    from pathlib import Path


def events(folder: Path) -> list[Event]:
    return [entry.event for entry in journal.read(folder)]


def answering(
    *told: Event, result: object = None, error: Exception | None = None
) -> Answer:
    def answer(question: Question, folder: Path, stop: Stop) -> Story:
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

    def answer(question: Question, folder: Path, stop: Stop) -> Story:
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

    def answer(question: Question, folder: Path, stop: Stop) -> Story:
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
    def answer(question: Question, folder: Path, stop: Stop) -> Story:
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
        raise OSError(errno.EROFS, "Read-only file system")

    def answer(question: Question, folder: Path, stop: Stop) -> Story:
        try:
            yield Note(text="")
        finally:
            (folder / "saved").touch()
        return {}

    monkeypatch.setattr(Journal, "append", append)
    assert execute(folder, answer) == 1
    assert (folder / "saved").exists()
    assert "Read-only file system" in capsys.readouterr().err
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
    assert execute(folder, training(), options) == 3
    result = {"steps": 1, "resumable": True}
    assert events(folder)[-1] == Stopped(reason="abandoned", result=result)


def training(stop_after: int = 1, planned: bool = True) -> Answer:
    """Train until it is to stop, or closed; `keep` is asked after a step."""

    def answer(question: Question, folder: Path, stop: Stop) -> Story:
        if planned:
            yield Planned(total=99, unit="step")
        number = 0
        while not number or not stop():
            number += 1
            if number == stop_after:
                client.keep(folder)
            yield Step(step=number, total=99, loss=0.0, learning_rate=0.0)
        return {"steps": number}

    return answer


@pytest.mark.parametrize("planned", [True, False])
def test_to_keep_is_to_stop_with_a_result(
    folder: Path, monkeypatch: pytest.MonkeyPatch, planned: bool
) -> None:
    monkeypatch.setattr(interrupts, "LOOK_EVERY", 0)
    assert execute(folder, training(3, planned)) == 3
    end = Stopped(reason="kept", result={"steps": 3, "resumable": planned})
    assert events(folder)[-1] == end
    assert status(folder).result == end.result
    assert status(folder).state == "stopped"


def test_a_wish_that_comes_too_late_changes_nothing(folder: Path) -> None:
    """The story was at its end and never asked."""

    def answer(question: Question, folder: Path, stop: Stop) -> Story:
        client.keep(folder)
        yield Note(text="the last step")
        return {"steps": 9}

    assert execute(folder, answer) == 0
    assert events(folder)[-1] == Finished(result={"steps": 9})


def test_what_was_kept_can_still_be_cancelled(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interrupts, "LOOK_EVERY", 0)

    def answer(question: Question, folder: Path, stop: Stop) -> Story:
        client.keep(folder)
        assert stop()
        yield Note(text="scoring")
        client.command(folder, "cancel")
        yield Note(text="still scoring")
        raise AssertionError("it was cancelled")

    assert execute(folder, answer) == 3
    assert events(folder)[-1] == Stopped(reason="cancelled")


def test_to_keep_a_segmentation_is_to_cancel_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interrupts, "LOOK_EVERY", 0)
    closed = []

    def answer(question: Question, folder: Path, stop: Stop) -> Story:
        client.keep(folder)
        try:
            while True:
                yield Tile(done=1, total=2)
        finally:
            closed.append(True)

    client.create(tmp_path, SegmentQuestion(image="i", model="m", out="o"))
    assert execute(tmp_path, answer) == 3
    assert events(tmp_path)[-1] == Stopped(reason="cancelled")
    assert closed
