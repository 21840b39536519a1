"""Downloaded data sets as images and labels, with what their files do not say."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from napari_unetseg.core.errors import ReadError
from napari_unetseg.core.read.challenge import open_sequence, sequences
from napari_unetseg.core.read.tiff import open_tiff

if TYPE_CHECKING:
    from pathlib import Path

    from napari_unetseg.core.read.opened import Opened
    from napari_unetseg.core.samples.public import PublicSample

# What the parts of a sequence are called, in the order in which they are shown: what
# was drawn by hand comes last, on top. Markers of cells teach no outlines.
_COMPUTED, _DRAWN = "outlines (computed)", "outlines (by hand)"
_PARTS = {"": "", "_ST/SEG": _COMPUTED, "_GT/SEG": _DRAWN}
_STACKS = ("train-volume.tif", "train-labels.tif")
_WHITE = 255
_CLASSES = {1: "cell interior", 2: "membrane"}


def open_public(sample: PublicSample, folder: Path) -> list[Opened]:
    """Open a data set that was downloaded.

    Parameters
    ----------
    sample : PublicSample
        Which.
    folder : Path
        Where it lies, as from `downloads.fetch`.

    Returns
    -------
    list of Opened
        The images; then labels, those to learn from last. Pixel size, licence and
        citation are those of the data set.

    Raises
    ------
    ReadError
        If files are missing, damaged, or not what they should be.
    """
    opened = _stacks(folder) if sample.kind == "membranes" else _sequence(folder)
    told = {
        "source": sample.url,
        "licence": sample.licence,
        "citation": sample.citation,
    }
    return [
        replace(
            one,
            image=replace(
                one.image,
                spacing=sample.spacing,
                unit=sample.unit,
                name=f"{sample.title} {one.image.name}".strip(),
            ),
            notes={**one.notes, **told},
            names=(),
        )
        for one in opened
    ]


def is_to_learn_from(opened: Opened) -> bool:
    """Whether labels were drawn by people, rather than computed."""
    return opened.labels and not opened.image.name.endswith(_COMPUTED)


def _sequence(folder: Path) -> list[Opened]:
    """First sequence of the challenge, with the outlines of its cells."""
    places = [folder, *sorted(one for one in folder.iterdir() if one.is_dir())]
    home = next((one for one in places if sequences(one)), None)
    if home is None:
        raise _other(folder, "images called t000.tif and so on in a folder 01")
    number = sequences(home)[0].name
    found = {one.image.name.removeprefix(number): one for one in open_sequence(home)}
    return [
        replace(found[part], image=replace(found[part].image, name=name))
        for part, name in _PARTS.items()
        if part in found
    ]


def _stacks(folder: Path) -> list[Opened]:
    """Sections of nerve tissue and their labels, white and black, as classes."""
    paths = [next(iter(sorted(folder.rglob(name))), None) for name in _STACKS]
    if None in paths:
        raise _other(folder, " and ".join(_STACKS))
    image, labels = (open_tiff(path, axes="ZYX") for path in paths if path is not None)
    values = np.asarray(labels.image.array)
    if (
        labels.image.shape != image.image.shape
        or not np.isin(values, (0, _WHITE)).all()
    ):
        raise _other(folder, "labels of the images' shape that are white and black")
    interior, membrane = _CLASSES
    classes = np.where(values == _WHITE, interior, membrane).astype(np.uint8)
    notes = {"class_names": json.dumps(_CLASSES)}
    return [
        replace(image, image=replace(image.image, name="")),
        replace(
            labels,
            image=replace(labels.image, array=classes, name="labels"),
            levels=(classes,),
            notes=notes,
            labels=True,
        ),
    ]


def _other(folder: Path, wanted: str) -> ReadError:
    return ReadError(
        f"In {folder} there are no {wanted}",
        "Delete that folder, and open the sample again",
    )
