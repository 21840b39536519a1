"""``unetseg evaluate``: how far a segmentation agrees with the truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from napari_unetseg.cli import options


def evaluate(
    prediction: Annotated[
        Path, typer.Argument(metavar="PREDICTION", help="Labels to judge.")
    ],
    truth: Annotated[
        Path, typer.Argument(metavar="TRUTH", help="Labels that are right.")
    ],
    ignore: Annotated[
        list[int] | None,
        typer.Option(
            metavar="ID ...",
            help="Ids whose pixels do not count, on either side: what is not "
            "annotated.",
        ),
    ] = None,
    json: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write all scores to a JSON file."),
    ] = None,
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the table as CSV.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace files that exist already.")
    ] = False,
) -> None:
    """Compare labels with the truth."""
    read = options.inputs([prediction, truth])
    wanted = [path for path in (json, csv) if path is not None]
    options.outputs(wanted, read, overwrite=overwrite)

    from napari_unetseg.cli.tables import report_table, show
    from napari_unetseg.core.evaluate import report
    from napari_unetseg.core.read import read_image

    found = report.evaluate(
        read_image(prediction), read_image(truth), ignore=tuple(ignore or ())
    )
    show(report_table(found), found.overlap.pixel_error)
    if json is not None:
        found.write_json(json, overwrite)
    if csv is not None:
        found.write_csv(csv, overwrite)
    for path in wanted:
        typer.echo(f"Wrote {path}")
