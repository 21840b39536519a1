"""The folder of a run: where it is, and whether it can be resumed."""

from __future__ import annotations

import shlex
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from napari_unetseg.core.errors import InputError, RunError, UnetsegError
from napari_unetseg.core.events import Failed, to_json
from napari_unetseg.runs import client

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ENDING = ".run"
PATIENCE = 60.0
_JOBS = {"train": "training", "segment": "segmentation"}
_OF_THE_RUN = {"run", "resume", "overwrite", "as_json"}


@contextmanager
def errors_as_events(as_json: bool) -> Iterator[None]:
    """Print an error that comes before any run as an event too, for who reads JSON."""
    try:
        yield
    except UnetsegError as error:
        if as_json:
            name = type(error).__name__
            event = Failed(message=str(error), mendable=True, error=name)
            typer.echo(to_json(event))
        raise


def run_folder(run: Path | None, output: Path | None, option: str) -> Path:
    """Folder of the run: the one that was named, or beside the output.

    Parameters
    ----------
    run, output : Path or None
        What was given.
    option : str
        Name of the option that gives the output.
    """
    if run is not None:
        return run.absolute()
    if output is None:
        raise InputError(
            "It is not said which run to go on with", f"Give {option} or --run"
        )
    return Path(f"{output.absolute()}{ENDING}")


def how_to_resume(job: str, run: Path | None, output: Path | None, option: str) -> str:
    """Say what to type to go on with a run."""
    where = ["--run", str(run)] if run is not None else [option, str(output)]
    return f"Continue with: {shlex.join(['unetseg', job, *where, '--resume'])}"


def check_resumable(folder: Path, job: str) -> client.RunStatus:
    """Where a run stands that is to go on; waits for one that is just ending.

    Raises
    ------
    RunError
        If the folder holds no run, a run of another kind, or one that goes on in
        another process.
    """
    if not folder.is_dir():
        raise RunError(
            f"There is no run '{folder}' to go on with", "Leave out --resume to begin"
        )
    status = client.status(folder)
    if status.job != job:
        raise RunError(
            f"'{folder}' holds a {_JOBS[status.job]}",
            f"Go on with it by unetseg {status.job}",
        )
    if status.state == "running":
        typer.echo(
            "Another process still works on this run; waiting for it to end.", err=True
        )
    deadline = time.monotonic() + PATIENCE
    while status.state == "running":
        if time.monotonic() > deadline:
            raise RunError(
                f"'{folder}' is being worked on by another process",
                "Wait for it, or stop it with Ctrl-C where it was started",
            )
        time.sleep(0.2)
        status = client.status(folder)
    return status


def tell_unused(given: Mapping[str, object], locating: set[str]) -> None:
    """Say which options play no part when a run goes on.

    Parameters
    ----------
    given : mapping of str to value
        The command's parameters.
    locating : set of str
        Those that only say where the run is.
    """
    known = _OF_THE_RUN | locating
    unused = [
        name.replace("start_from", "from").replace("_", "-")
        for name, value in given.items()
        if name not in known and value is not None and value not in ((), [])
    ]
    if unused:
        options = ", ".join(f"--{name}" for name in unused)
        typer.echo(
            f"The run goes on as it was asked; these are not used: {options}", err=True
        )


def check_resume(*, resume: bool, overwrite: bool) -> None:
    """Refuse to go on and to begin anew at once."""
    if resume and overwrite:
        raise InputError(
            "--resume goes on with a run, --overwrite begins it anew",
            "Give one of the two",
        )
