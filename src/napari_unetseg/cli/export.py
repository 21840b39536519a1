"""``unetseg export``: a model for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from napari_unetseg.cli import options
from napari_unetseg.core.errors import InputError

FORMATS = ("bioimageio", "onnx")


def export(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A model file.")],
    to: Annotated[
        str, typer.Option(metavar="|".join(FORMATS), help="Format to write.")
    ],
    out: Annotated[
        Path,
        typer.Option(metavar="FILE", help="File to write: NAME.onnx, or NAME.zip."),
    ],
    name: Annotated[
        str, typer.Option(metavar="NAME", help="Of a package: what it is called.")
    ] = "",
    authors: Annotated[
        list[str] | None,
        typer.Option("--author", metavar="NAME", help="Of a package: who made it."),
    ] = None,
    licence: Annotated[
        str, typer.Option("--license", metavar="SPDX", help="Of a package.")
    ] = "CC-BY-4.0",
    example: Annotated[
        Path | None,
        typer.Option(
            metavar="IMAGE",
            help="Put a crop of this image into the package, as its example and cover. "
            "Without it there is noise: images are yours to give away.",
        ),
    ] = None,
    overwrite: options.Overwrite = False,
) -> None:
    """Write a model in a format that other programs read."""
    options.one_of("format", to, FORMATS)
    options.inputs([model] if example is None else [model, example])
    options.outputs([out], [str(model.absolute())], overwrite=overwrite)

    from napari_unetseg.core.network.modelfile import load_model

    if to == "onnx" and example is not None:
        raise InputError("An ONNX file holds no example", "Leave out --example")
    loaded = load_model(model)
    if to == "onnx":
        from napari_unetseg.core.export.onnx import export_onnx

        export_onnx(loaded, out, overwrite=overwrite)
    else:
        from napari_unetseg.core.export.bioimageio import About, export_bioimageio
        from napari_unetseg.core.read import read_image

        about = About(
            name=name or model.name.partition(".")[0],
            authors=tuple(authors or ("Unknown",)),
            licence=licence,
        )
        image = None if example is None else read_image(example)
        export_bioimageio(loaded, out, about, example=image, overwrite=overwrite)
    typer.echo(f"Written: {out}")
