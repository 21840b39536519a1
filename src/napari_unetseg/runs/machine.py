"""How fast this computer is: measured once by a child process, then remembered.

The child is ``unetseg check --json``: it trains and predicts for some seconds. Who asks
never loads torch.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pydantic import AwareDatetime, ConfigDict, ValidationError

from napari_unetseg.core.config import (
    Config,
    NetworkConfig,
    PositiveFloat,
    PositiveInt,
)
from napari_unetseg.core.errors import RunError, UnetsegError
from napari_unetseg.core.write.atomic import write_text_atomic
from napari_unetseg.runs.folder import programs
from napari_unetseg.runs.home import machine_file

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import IO

PAUSE = 0.1
LONGEST = timedelta(days=30)
DECIDING = ("napari-unetseg", "torch")
POLITENESS = 10
_BY_HAND = "Type: unetseg check"
_CHECK = ("-P", "-m", "napari_unetseg", "check")


class Figures(Config):
    """What ``unetseg check --json`` prints.

    Attributes
    ----------
    versions : dict of str to str
        Of Python and of the packages that shape a result.
    device, precision : str
        Where and how a training computes if nothing else is asked for.
    threads : int
        Processor threads that torch uses.
    memory_bytes : int
        All memory of the card for CUDA, else of the computer.
    network : NetworkConfig
        What was trained: preset "default".
    patch, batch : int
        Side of its patches in pixels, and their number per step.
    seconds_per_step : float
        Median over some training steps, drawing the batch included.
    seconds_per_empty_step : float
        The fastest step of a network of one channel on tiny patches: what a step takes
        whatever it computes.
    train_multiply_adds_per_second : float
        Three times the multiply-adds of the batch's forward pass (the backward pass
        has twice as many) over `seconds_per_step`.
    predict_pixels_per_second : float
        Of the same network, in float32.
    """

    # A newer version may print more.
    model_config = ConfigDict(extra="ignore")

    versions: dict[str, str]
    device: str
    precision: str
    threads: PositiveInt
    memory_bytes: PositiveInt
    network: NetworkConfig
    patch: PositiveInt
    batch: PositiveInt
    seconds_per_step: PositiveFloat
    seconds_per_empty_step: PositiveFloat
    train_multiply_adds_per_second: PositiveFloat
    predict_pixels_per_second: PositiveFloat


class Machine(Figures):
    """The figures of a computer, and what they hold for.

    Attributes
    ----------
    python : str
        The interpreter that measured.
    measured : datetime
        When.
    """

    python: str
    measured: AwareDatetime


def known(python: str | None = None) -> Machine | None:
    """What was measured here before.

    Parameters
    ----------
    python : str, optional
        Interpreter of the environment that does the work; by default this one.

    Returns
    -------
    Machine or None
        None if nothing was measured or the file is damaged, and if it was more than 30
        days ago, by another interpreter, or with another version of torch or of this
        program. (The versions in another interpreter's environment are not known here.)
    """
    python = python or sys.executable
    try:
        text = machine_file().read_text(encoding="utf-8")
        machine = Machine.model_validate_json(text)
    except (OSError, ValueError):
        return None
    age = datetime.now(UTC) - machine.measured
    if machine.python != python or not timedelta(0) <= age <= LONGEST:
        return None
    here = programs() if python == sys.executable else machine.versions
    same = all(machine.versions.get(name) == here.get(name) for name in DECIDING)
    return machine if same else None


def measure(
    python: str | None = None, should_stop: Callable[[], bool] = lambda: False
) -> Machine | None:
    """Measure this computer in a child process and remember it; takes some seconds.

    Parameters
    ----------
    python : str, optional
        Interpreter of the environment that does the work; by default this one.
    should_stop : callable
        Asked ten times a second; if it says so the child is killed.

    Returns
    -------
    Machine or None
        None if it was stopped.

    Raises
    ------
    RunError
        If the child cannot be started, or cannot measure: torch is missing, say.
    """
    work = measuring(python)
    try:
        while not should_stop():
            next(work)
    except StopIteration as done:
        machine: Machine = done.value
        return machine
    finally:
        work.close()
    return None


def measuring(python: str | None = None) -> Generator[None, None, Machine]:
    """Do the work of `measure`; closing it kills the child.

    Yields
    ------
    None
        Ten times a second.
    """
    python = python or sys.executable
    figures = _figures(*(yield from _printed(_command(python))))
    machine = Machine(**dict(figures), python=python, measured=datetime.now(UTC))
    _remember(machine)
    return machine


def checking(python: str | None = None) -> Generator[None, None, str]:
    """Look at this computer in a child process, as ``unetseg check`` does.

    Parameters
    ----------
    python : str, optional
        Interpreter of the environment that does the work; by default this one.

    Yields
    ------
    None
        Ten times a second; closing it kills the child.

    Returns
    -------
    str
        What the check has printed, and what has gone wrong.
    """
    out, err = yield from _printed([python or sys.executable, *_CHECK])
    return "\n".join(text.strip() for text in (out, err) if text.strip())


def _printed(argv: list[str]) -> Generator[None, None, tuple[str, str]]:
    """Run a program to its end; what it has printed, and what it has complained of."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = _start(argv, out, err)
        try:
            while process.poll() is None:
                yield
                time.sleep(PAUSE)
        finally:
            # Of a child that has ended already this is no news.
            process.kill()
            process.wait()
        return _text(out), _text(err)


def _command(python: str) -> list[str]:
    return [python, *_CHECK, "--json"]


def _start(argv: list[str], out: IO[bytes], err: IO[bytes]) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONUTF8": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    try:
        process = subprocess.Popen(
            argv,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
            creationflags=creation_flags(),
        )
    except OSError as error:
        raise RunError(
            f"{argv[0]} cannot be started: {error.strerror}",
            "Name the Python interpreter of an environment with napari-unetseg",
        ) from error
    if sys.platform != "win32":
        # It has hardly begun: its threads will have this priority too.
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, process.pid, os.nice(0) + POLITENESS)
    return process


def creation_flags() -> int:
    """No console window, no Ctrl+C from ours, and below normal priority."""
    if sys.platform == "win32":
        return (
            subprocess.CREATE_NO_WINDOW
            | subprocess.CREATE_NEW_PROCESS_GROUP
            | subprocess.BELOW_NORMAL_PRIORITY_CLASS
        )
    else:  # noqa: RET505 - mypy follows the platform only through the branches
        return 0


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


def _figures(out: str, err: str) -> Figures:
    """Read what the child printed: its figures, or an event that says what is wrong."""
    values = _last_object(out)
    if values.get("event") == "Failed":
        raise RunError(str(values.get("message", "")))
    try:
        return Figures.model_validate(values)
    except ValidationError as error:
        lines = [line.strip() for line in err.splitlines() if line.strip()]
        said = [line for line in lines if line.startswith("Error: ")] or lines[-1:]
        why = said[0].removeprefix("Error: ") if said else "it ended without a word"
        raise RunError(
            f"The speed of this computer could not be measured: {why}", _BY_HAND
        ) from error


def _last_object(text: str) -> dict[str, Any]:
    lines = text.strip().splitlines()
    try:
        values = json.loads(lines[-1]) if lines else {}
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}


def _remember(machine: Machine) -> None:
    """Write the figures down; if that fails they are measured again some day."""
    path = machine_file()
    with suppress(OSError, UnetsegError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text_atomic(path, machine.model_dump_json(indent=2) + "\n")
