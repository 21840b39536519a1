"""The models in the models' folder: listed, renamed, deleted, brought in.

A model is one file. Beside it may lie a thumbnail, a picture of what it was trained on:
that is the user's data, and never part of the file.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from napari_unetseg.core.errors import InputError, ModelError, UnetsegError, WriteError
from napari_unetseg.core.network.card import read_card
from napari_unetseg.core.write.atomic import check_writable, write_bytes_atomic
from napari_unetseg.runs import listing
from napari_unetseg.runs.preferences import models_folder
from napari_unetseg.runs.thumbnails import thumbnail, thumbnail_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_unetseg.core.network.card import ModelCard


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A model of the library.

    Attributes
    ----------
    path : Path
        Its file.
    card : ModelCard or None
        What it says about itself; None if it cannot be read.
    fault : str
        Why not, in one sentence.
    date : str
        When the file was written, as in "2026-01-31".
    thumbnail : Path or None
        Picture of what it was trained on.
    """

    path: Path
    card: ModelCard | None
    fault: str
    date: str
    thumbnail: Path | None

    @property
    def name(self) -> str:
        """Name of the file without its ending."""
        return listing.model_name(self.path)


def entries() -> Iterator[Entry]:
    """Yield all models of the library, the newest first; damaged ones too."""
    for path in listing.models():
        one = entry(path)
        if one is not None:
            yield one


def entry(path: Path) -> Entry | None:
    """Read what a model file says; None if it has gone."""
    card, fault = None, ""
    try:
        card = read_card(path)
    except UnetsegError as error:
        fault = str(error)
    try:
        written = path.stat().st_mtime
    except OSError:
        return None
    return Entry(
        path=path,
        card=card,
        fault=fault,
        date=datetime.fromtimestamp(written).date().isoformat(),
        thumbnail=thumbnail(path),
    )


def named(name: str) -> Path:
    """Return the file of a model of the library.

    Raises
    ------
    ModelError
        If there is none of this name, listing those that there are.
    """
    known = {listing.model_name(path): path for path in listing.models()}
    wanted = name.removesuffix(listing.MODEL_ENDING)
    if wanted not in known:
        names = ", ".join(known) or "it is empty"
        raise ModelError(
            f"There is no model '{name}' in the library", f"Known: {names}"
        )
    return known[wanted]


def rename(name: str, new: str) -> Path:
    """Give a model another name; its thumbnail goes with it.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ModelError, InputError, WriteError
        If there is no such model, the name is none, or it is taken.
    """
    old = named(name)
    target = free_path(new)
    try:
        _move(old, target)
    except OSError as error:
        raise WriteError(
            f"'{name}' cannot be renamed: {error.strerror or error}",
            "Close programs that use it",
        ) from error
    picture = thumbnail(old)
    if picture is not None:
        with suppress(OSError):  # A model is as good without.
            picture.replace(thumbnail_path(target))
    return target


def delete(name: str) -> None:
    """Delete a model and its thumbnail.

    Raises
    ------
    ModelError, WriteError
        If there is no such model, or the system refuses.
    """
    path = named(name)
    try:
        thumbnail_path(path).unlink(missing_ok=True)
        path.unlink()
    except OSError as error:
        raise WriteError(
            f"'{name}' cannot be deleted: {error.strerror or error}",
            "Close programs that use it",
        ) from error


def bring_in(path: Path, name: str = "") -> Path:
    """Copy a model file into the library, once it was found to be one.

    Parameters
    ----------
    path : Path
        The file; it stays where it is.
    name : str
        In the library; the file's own if empty.

    Returns
    -------
    Path
        The new file.

    Raises
    ------
    ModelError, InputError, WriteError
        If it is no model, or the name is taken.
    """
    read_card(path)
    own = path.name.removesuffix(listing.MODEL_ENDING)
    target = free_path(name or own)
    check_writable(target)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(
            f"'{path.name}' cannot be read: {error.strerror or error}"
        ) from error
    write_bytes_atomic(target, data, overwrite=False)
    return target


def free_path(name: str) -> Path:
    """Path of a model of the library that does not exist yet.

    Raises
    ------
    InputError, WriteError
        If the name is none for a file, or it is taken.
    """
    plain = name.removesuffix(listing.MODEL_ENDING)
    if not plain.strip() or listing.file_name(plain) != plain:
        raise InputError(
            f"'{name}' is no name for a model",
            f"Choose one like '{listing.file_name(plain)}'",
        )
    target = models_folder() / f"{plain}{listing.MODEL_ENDING}"
    if target.exists():
        raise WriteError(
            f"There is a model '{plain}' already", "Choose another name, or delete it"
        )
    with suppress(OSError):  # What is left of a model that has gone is not of this one.
        thumbnail_path(target).unlink(missing_ok=True)
    return target


def _move(old: Path, new: Path) -> None:
    """Rename without replacing anything."""
    if new.exists():
        raise FileExistsError(17, "File exists", str(new))
    old.rename(new)
