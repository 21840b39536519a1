"""``unetseg models``: the library of trained models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from napari_unetseg.cli import options

models = typer.Typer(
    name="models",
    help="List, rename, delete and import the models that the docks use.",
    invoke_without_command=True,
    add_completion=False,
)


@models.callback()
def list_models(context: typer.Context, as_json: options.AsJson = False) -> None:
    """List the models of the library, the newest first."""
    if context.invoked_subcommand is not None:
        return
    from napari_unetseg.runs import library
    from napari_unetseg.runs.model_words import in_words, summary
    from napari_unetseg.runs.preferences import models_folder

    found = [*library.entries()]
    if as_json:
        for one in found:
            typer.echo(json.dumps(summary(one), ensure_ascii=False))
        return
    if not found:
        typer.echo(f"No models yet in {models_folder()}")
        return
    for one in found:
        typer.echo(f"{one.name}  ({one.date})")
        typer.echo(f"    {in_words(one)}")


@models.command("rename", help="Give a model another name.")
def rename(name: str, new: str) -> None:
    """Rename a model of the library."""
    from napari_unetseg.runs import library

    typer.echo(f"Renamed: {library.rename(name, new).name}")


@models.command(
    "threshold", help="Say from which probability on a model chooses its classes."
)
def threshold(
    name: Annotated[
        str, typer.Argument(metavar="MODEL", help="Name in the library, or a file.")
    ],
    values: Annotated[
        str,
        typer.Argument(
            metavar="CLASS=VALUE,...",
            help="As in 1=0.4,2=0.7; 0.5 is what a class has that has none.",
        ),
    ],
) -> None:
    """Write thresholds into a model."""
    from napari_unetseg.cli import segment_values
    from napari_unetseg.core.network.retouch import set_thresholds
    from napari_unetseg.runs import library

    file = Path(name)
    path = file if file.is_file() else library.named(name)
    # The usual one need not be said.
    given = segment_values.thresholds(values)
    wanted = {i: None if value == 0.5 else value for i, value in given.items()}
    card = set_thresholds(path, wanted)
    told = ", ".join(f"{i} from {value:g}" for i, value in card.thresholds.items())
    typer.echo(f"Thresholds of {path.name}: {told or 'none'}")


@models.command("delete", help="Delete a model for good.")
def delete(
    name: str,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a model of the library."""
    from napari_unetseg.runs import library

    path = library.named(name)
    if not yes:
        typer.confirm(f"Delete '{path.name}' for good?", abort=True)
    library.delete(name)
    typer.echo(f"Deleted: {path.name}")


@models.command("import", help="Copy a model into the library, or make one of weights.")
def bring_in(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="A model, a BioImage.IO package of ours (.zip), or a plain state_dict "
            "of PyTorch (.pt, .pth), whose network the options below name.",
        ),
    ],
    name: Annotated[
        str, typer.Option(metavar="NAME", help="Name in the library.")
    ] = "",
    network: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of a state_dict: the network.")
    ] = None,
    dimensions: Annotated[
        int | None, typer.Option(metavar="2|3", help="Planes or volumes.")
    ] = None,
    base: Annotated[
        int | None, typer.Option(metavar="N", help="Channels of the first level.")
    ] = None,
    depth: Annotated[
        int | None, typer.Option(metavar="N", help="Number of poolings.")
    ] = None,
    channels: Annotated[
        int | None, typer.Option(metavar="N", help="Channels of the image.")
    ] = None,
    classes: Annotated[
        int | None, typer.Option(metavar="N", help="Number of classes.")
    ] = None,
) -> None:
    """Copy a model into the library."""
    options.inputs([file])

    from napari_unetseg.runs import library

    wishes = {
        "name": network,
        "dimensions": dimensions,
        "base": base,
        "depth": depth,
        "channels": channels,
        "classes": classes,
    }
    told = {key: value for key, value in wishes.items() if value is not None}
    if file.suffix.lower() in {".zip", ".pt", ".pth"}:
        from napari_unetseg.runs.foreign import bring_in_foreign

        path = bring_in_foreign(file, name, told)
    else:
        path = library.bring_in(file, name)
    typer.echo(f"Imported: {path}")
