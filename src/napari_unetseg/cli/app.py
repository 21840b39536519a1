"""The commands of ``unetseg``, and what becomes of an error."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, cast

import typer

from napari_unetseg.cli import preferences
from napari_unetseg.cli.arguments import spread
from napari_unetseg.cli.check import check
from napari_unetseg.cli.codes import INTERRUPTED, MENDABLE
from napari_unetseg.cli.demo import demo
from napari_unetseg.cli.evaluate import evaluate
from napari_unetseg.cli.export import export
from napari_unetseg.cli.info import info
from napari_unetseg.cli.models import models
from napari_unetseg.cli.sample import sample
from napari_unetseg.cli.segment import segment
from napari_unetseg.cli.train import train
from napari_unetseg.core.errors import UnetsegError

# "No such option", "Missing argument": the base of all that typer says of this kind.
UsageError = cast("type[typer.BadParameter]", typer.BadParameter.__mro__[1])

PROGRAM = "unetseg"

app = typer.Typer(
    name=PROGRAM,
    help="Train a U-Net on painted labels, segment microscopy images, read the IoU.",
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _tell_version(wanted: bool) -> None:
    """Tell the version and end."""
    if wanted:
        from importlib.metadata import version

        typer.echo(f"{PROGRAM} {version('napari-unetseg')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Show the version and end.",
            callback=_tell_version,
            is_eager=True,
        ),
    ] = False,
) -> None:
    """Take the options that belong to no command."""


app.command(help="Train on a built-in sample, segment it, and show how good it is.")(
    demo
)
app.command(help="Write a sample and its labels; some are downloaded first.")(sample)
app.command(help="Train a network on images and their painted labels.")(train)
app.command(help="Segment an image with a trained model.")(segment)
app.command(help="Compare a segmentation with the truth: IoU and Dice per class.")(
    evaluate
)
app.command(
    help="Tell what a model, an image or a run's folder holds, and how it was made."
)(info)
app.command(help="Write a model for other programs: BioImage.IO or ONNX.")(export)
app.add_typer(models)
app.command(help="Look at this computer: versions, devices, speed. For bug reports.")(
    check
)
app.add_typer(preferences.app, name="settings")


@app.command("run", hidden=True, help="Execute a run folder in this process.")
def execute_run(folder: Path) -> None:
    """Execute a run folder in this process: what `runs.client.start` starts."""
    from napari_unetseg.runs import engine

    raise typer.Exit(engine.execute(folder))


def run(argv: list[str]) -> int:
    """Run one command.

    Parameters
    ----------
    argv : list of str
        What was typed behind the name of the program.

    Returns
    -------
    int
        The exit code: 0, 1 for a bug, 2 for what the user can mend, or 128 plus the
        number of a signal.
    """
    _forgive_characters()
    command = typer.main.get_command(app)
    try:
        code = command.main(
            args=spread(argv) or ["--help"], prog_name=PROGRAM, standalone_mode=False
        )
    except UsageError as error:
        return _usage(error)
    except UnetsegError as error:
        typer.echo(f"Error: {error}", err=True)
        return MENDABLE
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    return code if isinstance(code, int) else 0


def _usage(error: typer.BadParameter) -> int:
    """Tell in one line what is wrong with the options, in another where to look."""
    typer.echo(f"Error: {' '.join(error.format_message().split())}", err=True)
    if error.ctx is not None:
        typer.echo(f"See: {error.ctx.command_path} --help", err=True)
    return MENDABLE


def _forgive_characters() -> None:
    """Write what a terminal's old encoding lacks as an escape, rather than fail."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
