"""The process that answers a run: starting it, and ending it when asked."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from napari_unetseg.core.errors import RunError, UnetsegError
from napari_unetseg.runs import inbox, journal
from napari_unetseg.runs.folder import LOG, WATCH, read_question
from napari_unetseg.runs.lock import is_taken, taken
from napari_unetseg.runs.options import RunOptions

if TYPE_CHECKING:
    from pathlib import Path

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
        Interpreter of the environment that does the work; by default this one.
    threads : int, optional
        Number of processor threads it may use; by default its libraries decide.

    Raises
    ------
    RunError
        If the folder is no run, is taken, or the interpreter does not start.
    """
    folder = folder.absolute()
    read_question(folder)
    if is_taken(folder):
        raise taken(folder)
    options = RunOptions(
        attached=attached, polite=polite, parent=os.getpid(), asked=time.time_ns()
    )
    touch(folder)
    argv = engine_command(folder, python or sys.executable)
    story, log = journal.end(folder), _size(folder / LOG)
    try:
        with (folder / LOG).open("ab") as output:
            process = RunProcess(
                argv,
                cwd=folder,
                env=_environment(options, threads),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                creationflags=_creation_flags(),
            )
    except OSError as error:
        raise RunError(
            f"the run cannot be started with {argv[0]}: {error.strerror}",
            "Name the Python interpreter of an environment with napari-unetseg",
        ) from error
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


def _environment(options: RunOptions, threads: int | None) -> dict[str, str]:
    environment = {
        **os.environ,
        "PYTHONUTF8": "1",
        # What was printed before a crash, and where it crashed, must reach the log.
        "PYTHONUNBUFFERED": "1",
        "PYTHONFAULTHANDLER": "1",
        "OMP_WAIT_POLICY": "PASSIVE",
        **options.environment(),
    }
    if threads is not None:
        environment |= dict.fromkeys(
            ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(threads)
        )
    search = environment.get("PYTHONPATH")
    if search:
        # The process works in another folder, where relative paths lead nowhere.
        paths = [os.path.abspath(path) for path in search.split(os.pathsep) if path]
        environment["PYTHONPATH"] = os.pathsep.join(paths)
    return environment


def _creation_flags() -> int:
    """No console window and no Ctrl+C from ours; POSIX has a session for that."""
    if sys.platform == "win32":
        return subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
    else:  # noqa: RET505 - mypy follows the platform only through the branches
        return 0


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
