"""Options of ``unetseg segment``, and how what is typed becomes a question."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from napari_unetseg.cli import options, segment_values
from napari_unetseg.core.config import SegmentConfig
from napari_unetseg.core.predict.address import Address

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
Model = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="MODEL",
        help="Model file. Given several times, the models' probabilities are averaged; "
        "they need the same classes.",
    ),
]
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
Mask = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Segment only what is inside: an image of the same pixels that is 0 "
        "outside, or shapes that napari has saved as CSV. The result is 0 elsewhere.",
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
        "tile": segment_values.tile_size,
        "region": segment_values.region,
        "rescale": bool,
        "average": lambda text: options.one_of("average", text, AVERAGES),
        "uncertainty_by": lambda text: options.one_of(
            "uncertainty", text, UNCERTAINTIES
        ),
        "objects": lambda text: options.one_of("--objects", text, OBJECTS),
        "link": bool,
        "thresholds": segment_values.thresholds,
        "smallest": segment_values.sizes,
        "holes": segment_values.sizes,
        "device": lambda text: options.one_of("device", text, options.DEVICES),
        "precision": lambda text: options.one_of("precision", text, PRECISIONS),
        "memory": int,
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
