"""``unetseg settings``: device, memory, models and interpreter for all work."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from napari_unetseg.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HELP = (
    "Show or change what holds for all work on this computer: device, memory, "
    "models, python."
)

app = typer.Typer(help=HELP, invoke_without_command=True)


@app.callback()
def settings(context: typer.Context) -> None:
    """Show the settings if nothing else is asked."""
    if context.invoked_subcommand is None:
        _tell()


@app.command(help="Show the settings.")
def show() -> None:
    """Show the settings, and the file that they lie in."""
    _tell()


@app.command(
    "set",
    help="Change settings. device: auto, cpu, cuda or mps. memory: percent of the free "
    "memory that may be used, from 5 to 100. models: folder of the models that the "
    "docks train. python: interpreter of another environment, which does the work.",
)
def set_(
    words: Annotated[
        list[str], typer.Argument(metavar="NAME=VALUE ...", help="As in memory=50.")
    ],
) -> None:
    """Change settings; an interpreter is tried first."""
    from napari_unetseg.runs import preferences

    values = _values(words)
    if values.get("python"):
        typer.echo(f"Trying {values['python']}, which takes seconds.", err=True)
    preferences.settle(**values)
    _tell()


@app.command(help="Take settings back, all or some.")
def reset(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME ...", help="As in memory.")
    ] = None,
) -> None:
    """Take settings back to what is usual."""
    from napari_unetseg.runs import preferences

    usual = preferences.Preferences().model_dump()
    _check_names(names or usual)
    values = {name: usual[name] for name in names or usual}
    preferences.write(preferences.changed(preferences.read(), **values))
    _tell()


def _values(words: Iterable[str]) -> Mapping[str, str]:
    """Understand "memory=50"; a percent sign is welcome.

    Raises
    ------
    InputError
        Naming the first word that makes no sense.
    """
    values = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise InputError(f"'{word}' says no value", "Write it as in memory=50")
        values[name.strip()] = value.strip().removesuffix("%").strip()
    _check_names(values)
    return values


def _check_names(names: Iterable[str]) -> None:
    from napari_unetseg.runs.preferences import Preferences

    for name in names:
        if name not in Preferences.model_fields:
            raise InputError(
                f"There is no setting '{name}'",
                f"Choose one of: {', '.join(Preferences.model_fields)}",
            )


def _tell() -> None:
    """Print what holds, and where it comes from."""
    from napari_unetseg.cli.info import tell
    from napari_unetseg.runs import home, preferences

    known = preferences.read()
    models = str(preferences.models_folder())
    if home.is_moved():
        models += f" ({home.VARIABLE} says so)"
    tell(
        [
            ("device", known.device),
            ("memory", f"{known.memory} % of what is free"),
            ("models", models),
            ("python", known.python or f"{sys.executable} (this one)"),
            ("file", str(home.settings_file())),
        ]
    )
    for text in preferences.doubts():
        typer.echo(text, err=True)
