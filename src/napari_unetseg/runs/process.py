"""The process that answers a run: starting it, and ending it when asked."""

from __future__ import annotations

import os
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from napari_unetseg.core.errors import RunError, UnetsegError
from napari_unetseg.runs import child, inbox, journal
from napari_unetseg.runs.folder import LOG, WATCH, read_question
from napari_unetseg.runs.lock import is_taken, taken
from napari_unetseg.runs.options import RunOptions
from napari_unetseg.runs.preferences import engine_python

if TYPE_CHECKING:
    from pathlib import Path
    from typing import IO

ENFORCE = 5.0
LAST_WORDS = 10.0


class RunProcess(subprocess.Popen[bytes]):
    """The process of a run.

    Attributes
    ----------
    story, log : int
        Where its part of the journal and of the log starts, in bytes; before that
        stands what earlier processes of a resumed run wrote.
    """

    story: int = 0
    log: int = 0


def engine_command(folder: Path, python: str) -> list[str]:
    """Return the command line that executes a run.

    -P keeps the current folder, which holds user's data, from being imported from.
    """
    return [python, "-P", "-m", "napari_unetseg", "run", str(folder)]


def start(
    folder: Path,
    *,
    attached: bool = True,
    polite: bool = False,
    python: str | None = None,
    threads: int | None = None,
) -> RunProcess:
    """Start, or resume, the run in a process of its own.

    Parameters
    ----------
    folder : Path
        A run folder.
    attached : bool
        Whether the run saves and ends when this process is gone, or when for a minute
        nobody consumes `watch`.
    polite : bool
        Whether it runs below normal priority.
    python : str, optional
        Interpreter of the environment that does the work; by default the one
        that the user prefers.
    threads : int, optional
        Number of processor threads it may use; by default its libraries decide.

    Raises
    ------
    RunError
        If the folder is no run, is taken, or the interpreter is of no use.
    """
    folder = folder.absolute()
    read_question(folder)
    if is_taken(folder):
        raise taken(folder)
    options = RunOptions(
        attached=attached, polite=polite, parent=os.getpid(), asked=time.time_ns()
    )
    touch(folder)
    argv = engine_command(folder, engine_python(python))
    story, log = journal.end(folder), _size(folder / LOG)
    with _log(folder) as output:
        process = child.start(
            RunProcess,
            argv,
            cwd=folder,
            environment=_environment(options, threads),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    process.story, process.log = story, log
    return process


def cancel(folder: Path, process: RunProcess, grace: float = 30.0) -> int:
    """Ask a run to save and end; after `grace` seconds make it. Return its exit code.

    The events of the end can be watched afterwards or, from another thread, meanwhile.
    """
    if process.poll() is None:
        # On a full disk asking is impossible, and a signal is asking too.
        with suppress(OSError, UnetsegError):
            inbox.put(folder, inbox.Command("cancel"))
            _wait(process, grace)
    for end in (process.terminate, process.kill):
        if process.poll() is None:
            end()
            _wait(process, min(grace, ENFORCE))
    return process.wait()


def let_end(process: RunProcess) -> None:
    """Wait for a process that has said its last word; make it end if it does not."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(LAST_WORDS)
        return
    process.kill()
    process.wait()


def touch(folder: Path) -> None:
    """Tell an attached run that somebody watches."""
    with suppress(OSError):
        (folder / WATCH).touch()


def _wait(process: RunProcess, seconds: float) -> None:
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)


def _log(folder: Path) -> IO[bytes]:
    try:
        return (folder / LOG).open("ab")
    except OSError as error:
        raise RunError(
            f"the run cannot be started: {folder / LOG} cannot be written "
            f"({error.strerror})",
            "Free some space, and see that the folder can be written to",
        ) from error


def _environment(options: RunOptions, threads: int | None) -> dict[str, str]:
    environment = {
        # What was printed before a crash, and where it crashed, must reach the log.
        "PYTHONUNBUFFERED": "1",
        "PYTHONFAULTHANDLER": "1",
        **options.environment(),
    }
    if threads is not None:
        environment |= dict.fromkeys(
            ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(threads)
        )
    return environment


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
