"""Folders of images, and of pairs: images and labels find each other by their names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_unetseg.core.errors import InputError, ReadError, listed
from napari_unetseg.core.read.files import READERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

IMAGES, LABELS = "images", ("labels", "masks")
LAYOUT = (
    f"Put files of the same names into the folders {IMAGES} and {' or '.join(LABELS)} "
    "in it, or name them as in NAME.tif and NAME-labels.tif"
)
# Behind the name of the image, as in "NAME-labels.ome.tif", which our writer makes.
_MARK = re.compile(r"[-_. ](labels?|masks?)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FilePair:
    """Files that belong together.

    Attributes
    ----------
    image, labels : Path
        Of formats that are read.
    """

    image: Path
    labels: Path


@dataclass(frozen=True, slots=True)
class FoundPairs:
    """The pairs of a folder.

    Attributes
    ----------
    folder : Path
        The folder, as it was given.
    pairs : tuple of FilePair
        By the names of the images; at least one.
    unlabelled : tuple of Path
        Images without labels, by name.
    """

    folder: Path
    pairs: tuple[FilePair, ...]
    unlabelled: tuple[Path, ...] = ()

    def sentence(self) -> str:
        """Say what was found, and what is left out."""
        count = len(self.pairs)
        found = f"{count} pair{'s' * (count > 1)} in '{_name(self.folder)}'."
        if not self.unlabelled:
            return found
        left = "1 image without labels is"
        if len(self.unlabelled) > 1:
            left = f"{len(self.unlabelled)} images without labels are"
        return f"{found} {left} left out: {_names(self.unlabelled)}."


def image_files(folder: Path) -> list[Path]:
    """Files, and folders of zarr, in a folder that can be read, by name.

    Hidden ones are left out.
    """
    found = (
        path
        for path in folder.iterdir()
        if path.suffix.lower() in READERS and not path.name.startswith(".")
    )
    return sorted(found, key=lambda path: path.name)


def stem(path: Path) -> str:
    """Name of an image without the endings that tell its format."""
    name = path.name
    for ending in (*READERS, ".ome"):
        if name.lower().endswith(ending):
            name = name[: -len(ending)]
    return name


def pairs_in(folder: Path) -> FoundPairs:
    """Find the training pairs of a folder; no file is opened.

    Either there are files of the same names in ``images`` and in ``labels`` or
    ``masks``, or the labels stand beside the images, as ``NAME-labels.tif``, or
    ``_labels``, ``-mask`` and the like. Endings may differ.

    Parameters
    ----------
    folder : Path
        The folder.

    Raises
    ------
    ReadError
        If it cannot be read, or holds no pair.
    InputError
        If labels have no image, or it is not clear which image they belong to.
    """
    name = _name(folder)
    try:
        if not folder.is_dir():
            raise ReadError(f"'{name}' is no folder", "Choose the folder of the pairs")
        images, labels = _sorted_out(folder)
    except OSError as error:
        raise ReadError(
            f"The folder '{name}' cannot be read: {error.strerror or error}"
        ) from error
    if not images and not labels:
        raise ReadError(f"There is no image in '{name}' that is read", LAYOUT)
    if not labels:
        raise ReadError(f"No image in '{name}' has labels", LAYOUT)
    pairs, unlabelled = match(images, labels)
    return FoundPairs(folder, pairs, unlabelled)


def match(
    images: Sequence[Path], labels: Sequence[Path]
) -> tuple[tuple[FilePair, ...], tuple[Path, ...]]:
    """Give each labels file its image, by the names alone.

    Parameters
    ----------
    images, labels : sequence of Path
        Files, wherever they lie. Labels are called as their image, with or without
        ``-labels`` and the like behind it.

    Returns
    -------
    pairs : tuple of FilePair
        By the names of the images.
    unlabelled : tuple of Path
        The other images, by name.

    Raises
    ------
    InputError
        If labels have no image, or an image has the labels, or the name, of two.
    """
    by_stem = _distinct(images, stem, "are two images of the same name")
    named = {
        path: own if (own := stem(path)) in by_stem else _unmarked(own)
        for path in labels
    }
    of_image = _distinct(labels, named.__getitem__, "are both labels of one image")
    orphans = [path for key, path in of_image.items() if key not in by_stem]
    if orphans:
        one = len(orphans) == 1
        raise InputError(
            f"The labels {_names(orphans)} {'have' if one else 'all have'} no image",
            f"The image would be called {named[orphans[0]]}: is a file missing, or "
            "has it another name?",
        )
    pairs = tuple(
        FilePair(path, of_image[key])
        for key, path in by_stem.items()
        if key in of_image
    )
    others = (path for key, path in by_stem.items() if key not in of_image)
    return pairs, tuple(others)


def _sorted_out(folder: Path) -> tuple[list[Path], list[Path]]:
    """Images and labels, from two folders or by the names in one."""
    inside = {path.name.lower(): path for path in folder.iterdir() if path.is_dir()}
    if IMAGES not in inside:
        files = image_files(folder)
        labels = [path for path in files if _MARK.search(stem(path))]
        return [path for path in files if path not in set(labels)], labels
    beside = [inside[name] for name in LABELS if name in inside]
    if not beside:
        raise ReadError(
            f"In '{_name(folder)}' there are {IMAGES}, and no folder "
            f"{' or '.join(LABELS)}",
            LAYOUT,
        )
    if len(beside) > 1:
        both = " and ".join(path.name for path in beside)
        raise InputError(
            f"'{_name(folder)}' has the folders {both}, and the images one labels each",
            "Move the folder elsewhere that is not to be learnt from",
        )
    return image_files(inside[IMAGES]), image_files(beside[0])


def _distinct(
    paths: Iterable[Path], key: Callable[[Path], str], why: str
) -> dict[str, Path]:
    """Files by a name that must not be that of two."""
    found: dict[str, Path] = {}
    for path in sorted(paths, key=lambda path: path.name):
        other = found.setdefault(key(path), path)
        if other != path:
            raise InputError(
                f"'{other.name}' and '{path.name}' {why}",
                "Rename one of them, or move it to another folder",
            )
    return found


def _unmarked(name: str) -> str:
    return _MARK.sub("", name)


def _names(paths: Sequence[Path]) -> str:
    return listed([path.name for path in paths])


def _name(folder: Path) -> str:
    return folder.name or str(folder)
