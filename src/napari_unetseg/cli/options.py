"""Options that several commands share, and how what is typed becomes values."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from napari_unetseg.core.errors import InputError, ReadError, WriteError
from napari_unetseg.core.units import LENGTHS, PIXEL, unit_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_unetseg.runs.questions import PixelSize

DEVICES = ("auto", "cpu", "cuda", "mps")
PRECISIONS = ("auto", "fp32", "bf16")

DATA = "Data"
COMPUTING = "Computing"
RUNNING = "Run"

Axes = Annotated[
    str | None,
    typer.Option(
        metavar="AXES",
        help="Axes of the image, one letter of TZCYX per dimension, if the file does "
        "not say them or is wrong.",
        rich_help_panel=DATA,
    ),
]
PixelSizeText = Annotated[
    str | None,
    typer.Option(
        "--pixel-size",
        metavar="SIZES",
        help="Pixel size, one number per axis and a unit, as in 50,4,4nm, if the file "
        "does not say it or is wrong.",
        rich_help_panel=DATA,
    ),
]
Device = Annotated[
    str | None,
    typer.Option(
        metavar="|".join(DEVICES),
        help="Where to compute; auto takes what the settings prefer, and without a "
        "preference a GPU if there is one.",
        rich_help_panel=COMPUTING,
    ),
]
Memory = Annotated[
    int | None,
    typer.Option(
        metavar="PERCENT",
        help="How much of the free memory may be used, from 5 to 100 (as in the "
        "settings).",
        rich_help_panel=COMPUTING,
    ),
]
Precision = Annotated[
    str | None,
    typer.Option(
        metavar="|".join(PRECISIONS),
        help="Numbers to compute with.",
        rich_help_panel=COMPUTING,
    ),
]
Run = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Folder of the run: its question, story and unfinished work. By default "
        "the output's name with .run behind it.",
        rich_help_panel=RUNNING,
    ),
]
Resume = Annotated[
    bool,
    typer.Option(
        "--resume",
        help="Go on with a run that was stopped, as it was asked; nothing needs to be "
        "repeated but where it is.",
        rich_help_panel=RUNNING,
    ),
]
Overwrite = Annotated[
    bool,
    typer.Option(
        "--overwrite",
        help="Replace outputs, and the run, that exist already.",
        rich_help_panel=RUNNING,
    ),
]
AsJson = Annotated[
    bool,
    typer.Option(
        "--json",
        help="Print each event as a line of JSON in place of bars and tables.",
        rich_help_panel=RUNNING,
    ),
]

_NUMBER = r"[0-9.]+(?:[eE][-+]?[0-9]+)?"
_PIXEL_SIZE = re.compile(rf"({_NUMBER}(?:\s*,\s*{_NUMBER})*)\s*([^\d\s,.]*)")


def one_of(what: str, value: str | None, known: Iterable[str]) -> str | None:
    """Refuse a word that is not known; None passes.

    Raises
    ------
    InputError
        Listing the words that are known.
    """
    if value is not None and value not in known:
        raise InputError(
            f"There is no {what} '{value}'", f"Choose one of: {', '.join(known)}"
        )
    return value


def pixel_size(text: str) -> PixelSize:
    """Read a pixel size as in "0.5,0.1,0.1" (um) or "50,4,4nm".

    Raises
    ------
    InputError
        If it cannot be read, or its unit is not known.
    """
    from napari_unetseg.runs.questions import PixelSize

    found = _PIXEL_SIZE.fullmatch(text.strip())
    try:
        numbers = tuple(float(n) for n in found[1].split(",")) if found else ()
    except ValueError:
        numbers = ()
    if found is None or not numbers:
        raise InputError(
            f"'{text}' is no pixel size",
            "Write one number per axis and a unit, as in 50,4,4nm; without a unit the "
            "numbers are micrometres",
        )
    unit = unit_name(found[2] or "um")
    if unit == PIXEL and found[2] != PIXEL:
        raise InputError(
            f"'{found[2]}' is no unit of length",
            f"Choose one of: {', '.join(LENGTHS)}",
        )
    return PixelSize(spacing=numbers, unit=unit)


def names(text: str | None) -> tuple[str, ...]:
    """Read a list of names as in "dna, membrane"."""
    parts = (part.strip() for part in (text or "").split(","))
    return tuple(part for part in parts if part)


def axes_of(text: str | None) -> str | None:
    """Read axes; small letters mean the same."""
    return None if text is None else text.upper()


def inputs(paths: Iterable[Path]) -> tuple[str, ...]:
    """Absolute paths of files that must be there.

    Raises
    ------
    ReadError
        Naming the first that is missing.
    """
    found = tuple(paths)
    for path in found:
        if not path.exists():
            raise ReadError(f"'{path}' does not exist", "Check the name and the folder")
    return tuple(str(path.absolute()) for path in found)


def model_file(path: Path) -> str:
    """Absolute path of a model that is to be used.

    Raises
    ------
    ReadError, ModelError
        If it is missing, or no model: before any work starts.
    """
    from napari_unetseg.core.network.card import read_card

    (found,) = inputs([path])
    read_card(found)
    return found


def outputs(
    paths: Iterable[Path], read: Iterable[str], *, overwrite: bool
) -> tuple[str, ...]:
    """Absolute paths of files that can be written.

    Parameters
    ----------
    paths : iterable of Path
        The outputs, which differ from one another.
    read : iterable of str
        Absolute paths of the inputs, which no output may replace.
    overwrite : bool
        Whether files that exist may be replaced.

    Raises
    ------
    WriteError
        If one exists, cannot be written, or is an input or another output.
    """
    from napari_unetseg.core.write.atomic import check_writable

    taken = {Path(path).resolve() for path in read}
    found = tuple(paths)
    for path in found:
        if path.resolve() in taken:
            raise WriteError(
                f"'{path}' is another file of this command too",
                "Give each output a name of its own",
            )
        taken.add(path.resolve())
        check_writable(path, overwrite=overwrite)
    return tuple(str(path.absolute()) for path in found)


def required(command: str, **values: object) -> None:
    """Refuse a command without its necessary options.

    Raises
    ------
    InputError
        Naming all that are missing.
    """
    missing = [f"--{name}" for name, value in values.items() if not value]
    if missing:
        raise InputError(
            f"{', '.join(missing)} {'are' if missing[1:] else 'is'} missing",
            f"See: unetseg {command} --help",
        )
