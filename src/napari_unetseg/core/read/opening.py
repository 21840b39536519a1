"""Whatever can be opened, as a viewer wants it: files, zarrs, and folders of files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from napari_unetseg.core.errors import ReadError
from napari_unetseg.core.read.challenge import open_sequence, sequences
from napari_unetseg.core.read.files import READERS
from napari_unetseg.core.read.folders import IMAGES, LABELS, pairs_in
from napari_unetseg.core.read.ome_zarr import ENDING, MARKS
from napari_unetseg.core.read.tiff import COMPANION, SIGNATURES, open_tiff
from napari_unetseg.core.read.zarr_opened import open_zarr

if TYPE_CHECKING:
    import os

    from napari_unetseg.core.read.opened import Opened

# Of a folder of more pairs only the first are opened, and the others listed.
MOST_PAIRS = 10


def kind_of(path: str | os.PathLike[str]) -> str:
    """Tell what a path can be opened as; a folder is looked at one level deep.

    Parameters
    ----------
    path : str or path
        Anything.

    Returns
    -------
    str
        "tiff", "zarr", "sequence" (of the Cell Tracking Challenge) or "pairs" (folders
        of images and labels); empty for everything else.
    """
    file = Path(path)
    try:
        if file.is_dir():
            return _kind_of_folder(file)
        if file.name.lower().endswith(COMPANION):
            return "tiff" if file.is_file() else ""
        if file.suffix.lower() not in READERS:
            return ""
        with file.open("rb") as stream:
            return "tiff" if stream.read(4) in SIGNATURES else ""
    except (OSError, ValueError):
        return ""


def open_images(path: str | os.PathLike[str], *, series: int = 0) -> list[Opened]:
    """Open images and labels, with all that a viewer shows of them.

    Parameters
    ----------
    path : str or path
        A TIFF file, the folder of a zarr, of a sequence or dataset of the Cell Tracking
        Challenge, or of pairs (``images`` and ``labels`` or ``masks``).
    series : int
        Which image, where there are several: of the first, `Opened.others` names them.
        Of pairs: the first that is opened.

    Returns
    -------
    list of Opened
        Large images are not read before they are indexed.

    Raises
    ------
    ReadError
        In one sentence, if it is damaged, missing, or nothing that is read.
    """
    file = Path(path)
    kind = kind_of(file)
    if kind == "zarr":
        return open_zarr(file, series=series)
    if kind == "sequence":
        return open_sequence(file, series=series)
    if kind == "pairs":
        return _open_pairs(file, series)
    if file.is_dir():
        raise ReadError(
            f"'{file.name}' is no folder of images that is read",
            "Give a zarr, a sequence of the Cell Tracking Challenge, or a folder with "
            f"{IMAGES} and {' or '.join(LABELS)}",
        )
    if file.suffix.lower() == ENDING:
        return open_zarr(file, series=series)  # Says why it is none.
    return [open_tiff(file, series=series)]


def _kind_of_folder(folder: Path) -> str:
    if any((folder / mark).is_file() for mark in MARKS):
        return "zarr"
    if folder.suffix.lower() == ENDING:
        return "zarr"
    if sequences(folder):
        return "sequence"
    names = {entry.name.lower() for entry in folder.iterdir() if entry.is_dir()}
    return "pairs" if IMAGES in names and not names.isdisjoint(LABELS) else ""


def _open_pairs(folder: Path, start: int) -> list[Opened]:
    pairs = pairs_in(folder).pairs
    names = tuple(pair.image.name for pair in pairs)
    opened: list[Opened] = []
    for number, pair in enumerate(pairs[start : start + MOST_PAIRS], start=start):
        listed = names if number == start and len(pairs) > MOST_PAIRS else ()
        image, labels = (_only(path) for path in (pair.image, pair.labels))
        opened.append(replace(image, series=number, names=listed))
        opened.append(replace(labels, labels=labels.image.dtype.kind in "biu"))
    if not opened:
        raise ReadError(f"'{folder.name}' holds {len(pairs)} pairs")
    return opened


def _only(path: Path) -> Opened:
    """Open a file of a pair; of a zarr its image, without labels inside."""
    if path.suffix.lower() == ENDING:
        return open_zarr(path)[0]
    return open_tiff(path)
