"""``--pairs``: a folder of images and labels, behind those that are named."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from napari_unetseg.cli.settings import check_pairs
from napari_unetseg.core.errors import InputError

if TYPE_CHECKING:
    from napari_unetseg.runs.questions import PairsFolder


def with_folder(
    images: list[Path], labels: list[Path], folder: Path | None
) -> tuple[list[Path], list[Path], PairsFolder | None]:
    """Add the pairs of a folder to those that are named, and tell what is left out.

    Parameters
    ----------
    images, labels : list of Path
        What is named, pair by pair.
    folder : Path or None
        Where more are looked for.

    Raises
    ------
    InputError
        If a file would be learnt from twice, or labels have no image.
    ReadError
        If there is no pair in the folder.
    """
    if folder is None:
        return images, labels, None
    from napari_unetseg.core.read.folders import pairs_in
    from napari_unetseg.runs.questions import PairsFolder

    # Of "." and "..", too, the name is needed to tell how to repeat it.
    found = pairs_in(Path(os.path.abspath(folder)))
    if found.unlabelled:
        typer.echo(found.sentence(), err=True)
    # Otherwise labels of the folder would go to images that are named.
    check_pairs(images, labels)
    more = [one.image for one in found.pairs], [one.labels for one in found.pairs]
    for named, listed in zip((images, labels), more, strict=True):
        inside = {path.resolve() for path in listed}
        for path in named:
            if path.resolve() in inside:
                raise InputError(
                    f"'{path}' is named, and is in the folder of --pairs too",
                    "Name it once",
                )
    origin = PairsFolder(path=str(found.folder), count=len(found.pairs))
    return [*images, *more[0]], [*labels, *more[1]], origin
