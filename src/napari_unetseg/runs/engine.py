"""Answers a run's question in this process and writes down the story.

Executing the same folder again resumes it: the story is continued, and the answer
decides from what it finds what is left to do. While the disk is full, it waits.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Generator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any

from napari_unetseg.core.errors import RunError
from napari_unetseg.core.events import Event, Failed, Finished, Planned, Stopped
from napari_unetseg.runs.failures import failed
from napari_unetseg.runs.folder import fix_steps, read_question, record_programs
from napari_unetseg.runs.interrupts import Interrupts
from napari_unetseg.runs.journal import Journal
from napari_unetseg.runs.lock import RunLock
from napari_unetseg.runs.options import RunOptions
from napari_unetseg.runs.questions import Question
from napari_unetseg.runs.scribe import Scribe

Story = Generator[Event, None, dict[str, Any]]
Stop = Callable[[], bool]
Answer = Callable[[Question, Path, Stop], Story]

FINISHED = 0
BROKEN = 1
MENDABLE = 2
STOPPED = 3
TERMINATED = 143  # 128 + SIGTERM, what a cluster expects of a job it ends

POLITENESS = 10


def execute(
    folder: Path, answer: Answer | None = None, options: RunOptions | None = None
) -> int:
    """Answer the question in `folder`, or what is left of it.

    Parameters
    ----------
    folder : Path
        A run folder.
    answer : callable, optional
        What turns a question into events and a result; by default the science core.
        To cancel, its generator is closed: its ``finally`` saves what is to be resumed.
        A training is also given a function to ask whether to stop early; it then
        returns a result of what it has done.
    options : RunOptions, optional
        How the run was started; by default what the client put into the environment.

    Returns
    -------
    int
        The process's exit code: 0 finished, 1 a bug or a full disk, 2 an error that the
        user can mend, 3 kept, cancelled or abandoned, 143 ended by a signal. A folder
        that is no run, or that another process works on, is 2 and stays untouched.
    """
    options = options or RunOptions.take(os.environ)
    try:
        # Before the lock, whose file would litter a folder that is not ours.
        read_question(folder)
        with RunLock(folder):
            return _work(folder, answer, options)
    except RunError as error:
        sys.stderr.write(f"{error}\n")
        return MENDABLE


def _work(folder: Path, answer: Answer | None, options: RunOptions) -> int:
    """Answer the question of a folder that is ours to write to."""
    if options.polite:
        _give_way()
    job = ""
    try:
        with Interrupts(folder, options) as interrupts, Journal(folder) as journal:
            try:
                with Scribe(folder, journal, interrupts) as scribe:
                    record_programs(folder)
                    question = read_question(folder)
                    job = question.job
                    told = answer or _science(interrupts)
                    story = told(question, folder, interrupts.stop)
                    return _tell(story, job, folder, scribe, interrupts)
            except Exception as error:  # noqa: BLE001 - whatever happens is told
                end = failed(error, job)
                code = _log(error, end)
                journal.append(end)
                return code
    except OSError as error:
        # The story cannot be written; the answer's state was saved by its `finally`.
        return _log(error, failed(error, job))


def _tell(
    story: Story, job: str, folder: Path, scribe: Scribe, interrupts: Interrupts
) -> int:
    """Write the story down until it ends or is broken off; return the exit code."""
    planned = False
    with closing(story):
        while True:
            reason = interrupts.reason(stops_itself=job == "train")
            if reason is not None:
                break
            try:
                event = next(story)
            except StopIteration as done:
                return _tell_result(scribe, done.value or {}, interrupts, planned)
            if isinstance(event, Planned) and event.unit == "step":
                planned = True
                scribe.write(partial(fix_steps, folder, event.total))
            scribe.tell(event)
    scribe.end(Stopped(reason=reason))
    return TERMINATED if reason == "terminated" else STOPPED


def _tell_result(
    scribe: Scribe, result: dict[str, Any], interrupts: Interrupts, planned: bool
) -> int:
    """Write down a story's end and result; return the exit code.

    Before its steps are planned a training has no checkpoint to be resumed from.
    """
    if interrupts.heeded is None:
        scribe.end(Finished(result=result))
        return FINISHED
    result = {**result, "resumable": planned}
    scribe.end(Stopped(reason=interrupts.heeded, result=result))
    return STOPPED


def _log(error: Exception, end: Failed) -> int:
    """Write the error to the log, a bug with its traceback; return the exit code."""
    # On a full disk the log is full too.
    with suppress(OSError):
        if end.mendable:
            sys.stderr.write(f"{end.message}\n")
        else:
            traceback.print_exception(error)
    return MENDABLE if end.mendable else BROKEN


def _science(interrupts: Interrupts) -> Answer:
    """Load the science core, which takes seconds: only now, and never in the client."""
    from napari_unetseg.runs.answer import answer

    return partial(
        answer,
        focus=interrupts.focus,
        paused=interrupts.paused,
        view=interrupts.view,
    )


def _give_way() -> None:
    """Lower this process's priority, so that napari on the same computer stays fluent.

    Measured: a training at normal priority stretched napari's slice changes to 306 ms,
    at nice 10 to 63 ms.
    """
    if sys.platform == "win32":
        import psutil

        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
    else:
        os.nice(POLITENESS)
