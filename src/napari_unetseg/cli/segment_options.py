"""Options of ``unetseg segment``, and how what is typed becomes a question."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from napari_unetseg.cli import options
from napari_unetseg.core.config import SegmentConfig, Size
from napari_unetseg.core.errors import InputError
from napari_unetseg.core.image import AXES
from napari_unetseg.core.predict.address import Address
from napari_unetseg.core.units import PIXEL, unit_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

RESULT = "Result"
AVERAGES = ("none", "flips", "rotations")
UNCERTAINTIES = ("entropy", "disagreement")
OBJECTS = ("auto", "classes", "instances")
PRECISIONS = (*options.PRECISIONS, "fp16")

Image = Annotated[
    Path | None,
    typer.Argument(metavar="IMG", help="Image to segment, or a folder of images."),
]
Model = Annotated[Path | None, typer.Option(metavar="MODEL", help="Model file.")]
Out = Annotated[
    Path | None,
    typer.Option(
        metavar="OUT",
        help="Labels to write: NAME.ome.tif, or NAME.zarr for OME-Zarr; of a folder of "
        "images a folder.",
    ),
]
Scores = Annotated[
    Path | None,
    typer.Option(
        metavar="OUT2",
        help="Also write the softmax probability of each class, float32.",
    ),
]
Uncertainty = Annotated[
    Path | None,
    typer.Option(
        metavar="OUT3",
        help="Also write how unsure the scores are, from 0 to 1, float32.",
    ),
]
Measure = Annotated[
    str | None,
    typer.Option(
        "--uncertainty-by",
        metavar="|".join(UNCERTAINTIES),
        help="How: by the entropy of the scores, or by how much the views that are "
        "averaged disagree (the default if there are several).",
        rich_help_panel=RESULT,
    ),
]
Average = Annotated[
    str | None,
    typer.Option(
        metavar="|".join(AVERAGES),
        help="Average the scores over mirrored views (4 times the work, in volumes 8), "
        "or also turned ones (8 and 16).",
        rich_help_panel=RESULT,
    ),
]
Region = Annotated[
    str | None,
    typer.Option(
        metavar="AXIS=A:B,...",
        help="Segment only a part, as in z=3:5,y=0:512,x=0:512 (pixels from 0, without "
        "the stop). The result keeps the image's size, and is 0 elsewhere.",
        rich_help_panel=RESULT,
    ),
]
Objects = Annotated[
    str | None,
    typer.Option(
        metavar="|".join(OBJECTS),
        help="Give every object a number of its own, or not; auto: as the model was "
        "taught.",
        rich_help_panel=RESULT,
    ),
]
Link = Annotated[
    bool | None,
    typer.Option(
        "--link",
        help="Give objects of consecutive slices that overlap the same number.",
        rich_help_panel=RESULT,
    ),
]
Thresholds = Annotated[
    str | None,
    typer.Option(
        "--threshold",
        metavar="CLASS=P,...",
        help="Probability from which a class is chosen, as in 2=0.7.",
        rich_help_panel=RESULT,
    ),
]
Smallest = Annotated[
    str | None,
    typer.Option(
        metavar="CLASS=SIZE,...",
        help="Smaller objects of a class vanish, as in 2=50 (pixels) or 2=0.5um "
        "(square micrometres, of volumes cubic ones). Instances are class 1.",
        rich_help_panel=RESULT,
    ),
]
Holes = Annotated[
    str | None,
    typer.Option(
        metavar="CLASS=SIZE,...",
        help="Smaller holes in a class are filled.",
        rich_help_panel=RESULT,
    ),
]
Rescale = Annotated[
    bool | None,
    typer.Option(
        "--rescale/--no-rescale",
        help="Whether an image of another pixel size than the model's is resampled.",
        rich_help_panel=options.DATA,
    ),
]
Tile = Annotated[
    str | None,
    typer.Option(
        metavar="N|auto|whole",
        help="Side of the pieces, in pixels. The result does not depend on it.",
        rich_help_panel=options.COMPUTING,
    ),
]
Precision = Annotated[
    str | None,
    typer.Option(
        metavar="|".join(PRECISIONS),
        help="Numbers to compute with. bf16 and fp16 are faster where the hardware has "
        "them, and decide otherwise in a few of 10,000 pixels.",
        rich_help_panel=options.COMPUTING,
    ),
]
Dask = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS|FILE|local:N",
        help="Compute on a Dask cluster: its scheduler's address or file, or N "
        "processes of this computer.",
        rich_help_panel=options.COMPUTING,
    ),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        help="Only say what it would take: tiles, memory, time, size.",
        rich_help_panel=options.RUNNING,
    ),
]

_SIZE = re.compile(r"([0-9.]+(?:[eE][-+]?[0-9]+)?)\s*([^\d\s.]*[23]?)")


def asked(given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Understand what was typed, of the options that were given.

    Parameters
    ----------
    given : mapping of str to value
        The command's parameters, None for what was not given.

    Returns
    -------
    question, config : dict
        Fields of `SegmentQuestion` other than paths, and of `SegmentConfig`.

    Raises
    ------
    InputError
        Naming the first value that makes no sense.
    """
    known: dict[str, Callable[[Any], Any]] = {
        "tile": tile_size,
        "region": region,
        "rescale": bool,
        "average": lambda text: options.one_of("average", text, AVERAGES),
        "uncertainty_by": lambda text: options.one_of(
            "uncertainty", text, UNCERTAINTIES
        ),
        "objects": lambda text: options.one_of("--objects", text, OBJECTS),
        "link": bool,
        "thresholds": thresholds,
        "smallest": sizes,
        "holes": sizes,
        "device": lambda text: options.one_of("device", text, options.DEVICES),
        "precision": lambda text: options.one_of("precision", text, PRECISIONS),
    }
    config = {
        name.removesuffix("_by"): read(given[name])
        for name, read in known.items()
        if given.get(name) is not None
    }
    question: dict[str, Any] = {
        "axes": options.axes_of(given["axes"]),
        "pixel_size": options.pixel_size(given["pixel_size"])
        if given["pixel_size"]
        else None,
        "dask": Address.check(given["dask"]).text
        if given["dask"] is not None
        else None,
    }
    checked = SegmentConfig.check(**config)
    config = {name: getattr(checked, name) for name in config}
    return {k: v for k, v in question.items() if v is not None}, config


def tile_size(text: str) -> int | str:
    """Read a tile size: a number of pixels, "auto" or "whole".

    Raises
    ------
    InputError
        If it is none of these.
    """
    if text in {"auto", "whole"}:
        return text
    if text.isdecimal() and int(text) > 0:
        return int(text)
    raise InputError(
        f"'{text}' is no tile size", "Give a number of pixels, auto, or whole"
    )


def region(text: str) -> dict[str, tuple[int, int]]:
    """Read a region, as in "z=3:5,y=0:512".

    Raises
    ------
    InputError
        If it makes no sense.
    """
    found = {}
    for name, value in _pairs(text, "region", "y=0:512,x=100:900"):
        first, colon, last = value.partition(":")
        axis = name.upper()
        if axis not in AXES or not (first.isdecimal() and last.isdecimal() and colon):
            raise InputError(
                f"'{name}={value}' is no part of a region",
                "Write an axis out of tzyx, start and stop, as in y=0:512",
            )
        found[axis] = (int(first), int(last))
    return found


def thresholds(text: str) -> dict[int, float]:
    """Read thresholds by class, as in "1=0.4,2=0.7".

    Raises
    ------
    InputError
        If they make no sense.
    """
    found = {}
    for name, value in _pairs(text, "threshold", "2=0.7"):
        try:
            found[int(name)] = float(value)
        except ValueError:
            raise InputError(
                f"'{name}={value}' is no threshold", "Write it as in 2=0.7"
            ) from None
    return found


def sizes(text: str) -> dict[int, Size]:
    """Read sizes by class, as in "1=50,2=0.5um" (or um2, um3).

    Raises
    ------
    InputError
        If they make no sense.
    """
    found = {}
    for name, value in _pairs(text, "size", "2=50 or 2=0.5um"):
        match = _SIZE.fullmatch(value)
        unit = unit_name(match[2].rstrip("23")) if match else PIXEL
        is_known = match and (
            not match[2] or unit != PIXEL or match[2] in ("px", PIXEL)
        )
        if not is_known or match is None or not name.isdecimal():
            raise InputError(
                f"'{name}={value}' is no size of a class",
                "Write it as in 2=50 (pixels) or 2=0.5um",
            )
        found[int(name)] = Size.check(value=match[1], unit=unit)
    return found


def _pairs(text: str, what: str, example: str) -> list[tuple[str, str]]:
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    if not pairs or not all(equals and value for _, equals, value in pairs):
        raise InputError(f"'{text}' is no {what}", f"Write it as in {example}")
    return [(name.strip(), value.strip()) for name, _, value in pairs]
