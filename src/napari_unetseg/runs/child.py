"""Starts the processes that load torch, all in the same way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from napari_unetseg.core.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from pathlib import Path
    from typing import IO

Process = TypeVar("Process", bound=subprocess.Popen[bytes])

POLITENESS = 10
PAUSE = 0.1
PATIENCE = 2.0
_ERROR = "Error: "
REMEDY = "Name the Python interpreter of an environment with napari-unetseg"
# What tells an interpreter where its own library is, and would mislead another one.
_OF_THIS_PYTHON = ("PYTHONHOME", "PYTHONEXECUTABLE", "__PYVENV_LAUNCHER__")


class Printed(NamedTuple):
    """What a program has left.

    Attributes
    ----------
    out, err : str
        What it has printed, and what it has complained of.
    code : int
        Its exit code.
    """

    out: str
    err: str
    code: int


def start(
    kind: type[Process],
    argv: Sequence[str],
    *,
    polite: bool = False,
    environment: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: Any = subprocess.DEVNULL,
    stdout: Any = subprocess.DEVNULL,
    stderr: Any = subprocess.DEVNULL,
) -> Process:
    """Start a program in a session of its own, without a console window.

    Parameters
    ----------
    kind : type
        `subprocess.Popen`, or a class of its kind.
    argv : sequence of str
        The interpreter, and what it is to do.
    polite : bool
        Whether it runs below normal priority from the beginning.
    environment : mapping of str to str, optional
        Variables beside those of this process.
    cwd : Path, optional
        The folder that it works in; by default that of this process.
    stdin, stdout, stderr
        As for `subprocess.Popen`; by default nothing.

    Raises
    ------
    RunError
        If it does not start.
    """
    try:
        process = kind(
            argv,
            cwd=cwd,
            env=_environment(argv[0]) | dict(environment or {}),
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
            creationflags=_creation_flags(polite),
        )
    except (OSError, ValueError) as error:  # ValueError: a name with a zero byte.
        why = getattr(error, "strerror", None) or str(error)
        raise RunError(f"{argv[0]} cannot be started: {why}", REMEDY) from error
    if polite and sys.platform != "win32":
        # It has hardly begun: its threads will have this priority too.
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, process.pid, os.nice(0) + POLITENESS)
    return process


def printed(argv: Sequence[str]) -> Generator[None, None, Printed]:
    """Run a program, below normal priority, to its end.

    Yields
    ------
    None
        Ten times a second; closing it interrupts the program, as Ctrl-C does, and kills
        it if it has not ended two seconds later.

    Returns
    -------
    Printed
        What it has printed, and how it has ended.

    Raises
    ------
    RunError
        If it does not start.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = start(subprocess.Popen, argv, polite=True, stdout=out, stderr=err)
        try:
            while process.poll() is None:
                yield
                time.sleep(PAUSE)
        finally:
            _end(process)
        return Printed(_text(out), _text(err), process.returncode)


def complaint(said: Printed) -> str:
    """What a program of ours has complained of, in its sentence."""
    lines = [line.strip() for line in said.err.splitlines() if line.strip()]
    ours = [line for line in lines if line.startswith(_ERROR)] or lines[-1:]
    return ours[0].removeprefix(_ERROR) if ours else "it ended without a word"


def _end(process: subprocess.Popen[bytes]) -> None:
    """Let a program take away what it has not finished; kill it if it does not end."""
    if sys.platform != "win32":
        with suppress(OSError, subprocess.TimeoutExpired):
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE)
    # Of a child that has ended already this is no news.
    process.kill()
    process.wait()


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


def _environment(python: str) -> dict[str, str]:
    """The variables of this process, as another one needs them."""
    environment = {**os.environ, "PYTHONUTF8": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    if python != sys.executable:
        for name in _OF_THIS_PYTHON:
            environment.pop(name, None)
    search = environment.get("PYTHONPATH")
    if search:
        # It may work in another folder, where relative paths lead nowhere.
        paths = [os.path.abspath(path) for path in search.split(os.pathsep) if path]
        environment["PYTHONPATH"] = os.pathsep.join(paths)
    return environment


def _creation_flags(polite: bool) -> int:
    """No console window and no Ctrl+C from ours; POSIX has a session for that."""
    if sys.platform == "win32":
        lower = subprocess.BELOW_NORMAL_PRIORITY_CLASS if polite else 0
        alone = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
        return alone | lower
    else:  # noqa: RET505 - mypy follows the platform only through the branches
        return 0
