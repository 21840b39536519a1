"""The images of a folder, and where their results go; no pixel is read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari_unetseg.core.errors import InputError, ReadError
from napari_unetseg.core.read.files import READERS
from napari_unetseg.core.read.folders import image_files, stem
from napari_unetseg.core.read.ome_zarr import is_zarr

if TYPE_CHECKING:
    from napari_unetseg.runs.questions import SegmentQuestion

ZARR = ".zarr"
IMAGES = tuple(READERS)


def is_of_folder(question: SegmentQuestion, folder: Path) -> bool:
    """Whether a question, whose paths start at a run folder, is of a folder."""
    source = folder / question.image
    return source.is_dir() and not is_zarr(source)


def questions(question: SegmentQuestion, folder: Path) -> list[SegmentQuestion]:
    """One question for each image.

    Raises
    ------
    ReadError
        If there is no image in the folder that is named.
    InputError
        If the results of two images would have the same name.
    """
    if not is_of_folder(question, folder):
        return [question]
    paths = images_in(folder / question.image)
    found = [_of_item(question, path) for path in paths]
    owners: dict[str, str] = {}
    for path, one in zip(paths, found, strict=True):
        other = owners.setdefault(one.out, path.name)
        if other != path.name:
            raise InputError(
                f"The results of '{other}' and '{path.name}' would both be called "
                f"'{Path(one.out).name}'",
                "Rename one of them, or move it to another folder",
            )
    return found


def images_in(folder: Path) -> list[Path]:
    """The images of a folder, by name.

    Raises
    ------
    ReadError
        If there is none.
    """
    found = image_files(folder)
    if not found:
        raise ReadError(
            f"There is no image in '{folder.name}'",
            f"Files of these endings are read: {', '.join(IMAGES)}",
        )
    return found


def outputs(question: SegmentQuestion) -> list[str]:
    """Paths of all that is written."""
    wanted = (question.out, question.scores, question.uncertainty)
    return [path for path in wanted if path is not None]


def _of_item(question: SegmentQuestion, path: Path) -> SegmentQuestion:
    """The question for one image of a folder."""
    name = stem(path) + (ZARR if path.suffix.lower() == ZARR else ".ome.tif")
    extra = {
        kind: str(Path(where) / name)
        for kind in ("scores", "uncertainty")
        if (where := getattr(question, kind)) is not None
    }
    out = str(Path(question.out) / name)
    return question.model_copy(
        update={"image": str(path.absolute()), "out": out, **extra}
    )
