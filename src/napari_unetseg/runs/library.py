"""The models in the models' folder: listed, renamed, deleted, brought in.

A model is one file. Beside it may lie a thumbnail, a picture of what it was trained on:
that is the user's data, and never part of the file.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.errors import InputError, ModelError, UnetsegError, WriteError
from napari_unetseg.core.network.card import read_card
from napari_unetseg.core.write.atomic import (
    atomic_path,
    check_writable,
    write_bytes_atomic,
)
from napari_unetseg.runs import listing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from napari_unetseg.core.image import Image
    from napari_unetseg.core.network.card import ModelCard

THUMBNAIL = ".png"
_SIDE = 128


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


def entries() -> list[Entry]:
    """Return all models of the library, the newest first; damaged ones too."""
    found = []
    for path in listing.models():
        card, fault = None, ""
        try:
            card = read_card(path)
        except UnetsegError as error:
            fault = str(error)
        with suppress(OSError):  # It may go at any time.
            date = datetime.fromtimestamp(path.stat().st_mtime).date().isoformat()
            found.append(
                Entry(
                    path=path,
                    card=card,
                    fault=fault,
                    date=date,
                    thumbnail=thumbnail(path),
                )
            )
    return found


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
        picture = thumbnail(old)
        _move(old, target)
        if picture is not None:
            _move(picture, _thumbnail_of(target))
    except OSError as error:
        raise WriteError(
            f"'{name}' cannot be renamed: {error.strerror or error}",
            "Close programs that use it",
        ) from error
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
        _thumbnail_of(path).unlink(missing_ok=True)
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
    write_bytes_atomic(target, data)
    return target


def thumbnail(path: Path) -> Path | None:
    """Picture that lies beside a model, if there is one."""
    picture = _thumbnail_of(path)
    return picture if picture.is_file() else None


def draw_thumbnail(path: Path, image: Image) -> None:
    """Put a picture of an image beside a model of the library.

    Parameters
    ----------
    path : Path
        The model's file; nothing is done for one outside of the library.
    image : Image
        What it was trained on; its middle plane and first channel are drawn.
    """
    if path.resolve().parent != listing.models_folder().resolve():
        return
    from PIL import Image as Pillow

    planes = list(image.planes())
    plane = np.asarray(image.plane(planes[len(planes) // 2])[0], dtype=float)
    step = max(1, max(plane.shape) // _SIDE)
    small = np.nan_to_num(plane[::step, ::step])
    low, high = np.percentile(small, (1, 99))
    gray = np.clip((small - low) / max(high - low, 1e-12), 0, 1) * 255
    picture = Pillow.fromarray(gray.astype(np.uint8))
    with suppress(WriteError, OSError), atomic_path(_thumbnail_of(path)) as unfinished:
        picture.save(unfinished, format="PNG")


def summary(entry: Entry) -> dict[str, Any]:
    """What a list of models tells of one, as plain values."""
    card = entry.card
    if card is None:
        return {"name": entry.name, "date": entry.date, "fault": entry.fault}
    network = card.network
    return {
        "name": entry.name,
        "date": entry.date,
        "network": f"{network.name} {network.dimensions}D",
        "classes": _class_names(card),
        "pixel_size": list(card.spacing) if card.unit != "pixel" else None,
        "unit": card.unit,
        "mean_iou": card.validation.get("mean_iou"),
        "trained_on": card.training.get("images", []),
        "thumbnail": entry.thumbnail is not None,
    }


def _class_names(card: ModelCard) -> Sequence[str]:
    return [card.class_names.get(str(i), str(i)) for i in card.classes]


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
    target = listing.models_folder() / f"{plain}{listing.MODEL_ENDING}"
    if target.exists():
        raise WriteError(
            f"There is a model '{plain}' already", "Choose another name, or delete it"
        )
    return target


def _thumbnail_of(path: Path) -> Path:
    return path.with_name(listing.model_name(path) + THUMBNAIL)


def _move(old: Path, new: Path) -> None:
    """Rename without replacing anything."""
    if new.exists():
        raise FileExistsError(17, "File exists", str(new))
    old.rename(new)
