"""``unetseg sample``: the samples of napari's menu as files to train on."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from napari_unetseg.cli import options
from napari_unetseg.core.errors import InputError
from napari_unetseg.core.samples.public import PUBLIC
from napari_unetseg.runs.saved import SAVED, SAVED_BY, saved

if TYPE_CHECKING:
    from napari_unetseg.core.image import Image
    from napari_unetseg.core.samples.public import PublicSample

    Files = tuple[Image, Image, dict[str, str]]

_STROKES = "em-scribbles"
_MADE = {
    "em": "an EM-like stack, fully labelled",
    "cells": "touching cells over time, fully labelled",
    _STROKES: "the EM-like stack with a few strokes painted",
}
_ABOUT_BOTH = {"source", "licence", "citation", SAVED, SAVED_BY}
_OF_OBJECTS = {"cells", "phc-u373", "dic-hela"}


def sample(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="Which; without one they are listed."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Folder for image and labels: a folder of pairs."
        ),
    ] = None,
    overwrite: options.Overwrite = False,
) -> None:
    """Write a sample and its labels, downloaded first if need be."""
    if name is None:
        _tell_all()
        return
    if name not in {*_MADE, *PUBLIC}:
        raise InputError(
            f"There is no sample named '{name}'",
            f"Choose one of {', '.join([*_MADE, *PUBLIC])}",
        )
    folder = Path(name) if out is None else out
    image_file, labels_file = (
        folder / part / f"{name}.ome.tif" for part in ("images", "labels")
    )
    from napari_unetseg.core.write.atomic import check_writable
    from napari_unetseg.core.write.ome_tiff import write_ome_tiff

    for file in (image_file, labels_file):
        check_writable(file, overwrite)
    image, labels, notes = _public(PUBLIC[name]) if name in PUBLIC else _made(name)
    notes |= saved()
    about_image = {key: text for key, text in notes.items() if key in _ABOUT_BOTH}
    write_ome_tiff(image_file, image, overwrite=overwrite, description=about_image)
    write_ome_tiff(
        labels_file,
        labels,
        overwrite=overwrite,
        description=notes | {"kind": "labels"},
        smallest=True,
    )
    typer.echo(f"Image: {image_file}")
    typer.echo(f"Labels: {labels_file}")
    task = ["--task", "instances"] if name in _OF_OBJECTS else []
    words = ["train", "--pairs", str(folder), *task]
    model = f"{name}.unetseg.safetensors"
    typer.echo(f"Train: {shlex.join(['unetseg', *words, '--model', model])}")


def _tell_all() -> None:
    from napari_unetseg.runs.downloads import folder_of, is_here

    for name, what in _MADE.items():
        typer.echo(f"{name + ':':14}{what}; made on the spot")
    for name, one in PUBLIC.items():
        where = f"download, {one.megabytes} MB"
        if is_here(one):
            where = f"in {folder_of(one)}"
        typer.echo(f"{name + ':':14}{one.title}; {where}")


def _made(name: str) -> Files:
    from napari_unetseg.core.samples import CLASS_NAMES, sample_data

    image, labels = sample_data(name)
    names = CLASS_NAMES[name]
    notes = {"class_names": json.dumps(names)} if names else {}
    if name == _STROKES:
        notes["unannotated"] = "0"
    return image, labels, notes


def _public(one: PublicSample) -> Files:
    """Image, and the labels that people have drawn, of a data set."""
    from napari_unetseg.runs.public_data import open_public

    folder = _downloaded(one)
    opened = open_public(one, folder)
    typer.echo(f"{one.title}: {one.terms}", err=True)
    return opened[0].image, opened[-1].image, dict(opened[-1].notes)


def _downloaded(one: PublicSample) -> Path:
    """Download with a bar, where somebody sees it."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    from napari_unetseg.runs.downloads import fetch

    steps = fetch(one)
    bar = Progress(
        TextColumn("Downloading {task.description}"),
        BarColumn(),
        DownloadColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
    with bar:
        task = bar.add_task(one.title, total=None)
        while True:
            try:
                fetched = next(steps)
            except StopIteration as end:
                folder: Path = end.value
                return folder
            bar.update(task, completed=fetched.done, total=fetched.total or None)
