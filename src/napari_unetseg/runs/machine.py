"""How fast this computer is: measured once by a child process, then remembered.

The child is ``unetseg check --json``: it trains and predicts for some seconds. Who asks
never loads torch.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pydantic import AwareDatetime, ConfigDict, ValidationError

from napari_unetseg.core.config import (
    Config,
    Device,
    NetworkConfig,
    PositiveFloat,
    PositiveInt,
)
from napari_unetseg.core.errors import RunError, UnetsegError
from napari_unetseg.core.write.atomic import write_text_atomic
from napari_unetseg.runs import child, preferences
from napari_unetseg.runs.folder import programs
from napari_unetseg.runs.home import machine_file
from napari_unetseg.runs.preferences import engine_python, preferred_python

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

LONGEST = timedelta(days=30)
DECIDING = ("napari-unetseg", "torch")
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
    wished : {"auto", "cpu", "cuda", "mps"}
        The device that was preferred.
    """

    python: str
    measured: AwareDatetime
    wished: Device = "auto"


def known(python: str | None = None) -> Machine | None:
    """What was measured here before.

    Parameters
    ----------
    python : str, optional
        Interpreter of the environment that does the work; by default the
        preferred one.

    Returns
    -------
    Machine or None
        None if nothing was measured or the file is damaged, and if it was more than 30
        days ago, by another interpreter, for another preferred device, or with another
        version of torch or of this program. (The versions in another interpreter's
        environment are not known here.)
    """
    python = python or preferred_python()
    try:
        text = machine_file().read_text(encoding="utf-8")
        machine = Machine.model_validate_json(text)
    except (OSError, ValueError):
        return None
    age = datetime.now(UTC) - machine.measured
    if machine.python != python or not timedelta(0) <= age <= LONGEST:
        return None
    if machine.wished != preferences.read().device:
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
        Interpreter of the environment that does the work; by default the
        preferred one.
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
    python, wished = engine_python(python), preferences.read().device
    said = yield from child.printed(_command(python))
    machine = Machine(
        **dict(_figures(said)),
        python=python,
        measured=datetime.now(UTC),
        wished=wished,
    )
    _remember(machine)
    return machine


def checking(python: str | None = None) -> Generator[None, None, str]:
    """Look at this computer in a child process, as ``unetseg check`` does.

    Parameters
    ----------
    python : str, optional
        Interpreter of the environment that does the work; by default the
        preferred one.

    Yields
    ------
    None
        Ten times a second; closing it kills the child.

    Returns
    -------
    str
        What the check has printed, and what has gone wrong.
    """
    said = yield from child.printed([engine_python(python), *_CHECK])
    return "\n".join(text.strip() for text in (said.out, said.err) if text.strip())


def _command(python: str) -> list[str]:
    wished = preferences.read().device
    asked = [] if wished == "auto" else ["--device", wished]
    return [python, *_CHECK, "--json", *asked]


def _figures(said: child.Printed) -> Figures:
    """Read what the child printed: its figures, or an event that says what is wrong."""
    values = _last_object(said.out)
    if values.get("event") == "Failed":
        raise RunError(str(values.get("message", "")))
    try:
        return Figures.model_validate(values)
    except ValidationError as error:
        why = child.complaint(said)
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
