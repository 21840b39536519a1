"""``previews/``: what a training says by now of what somebody looks at.

One numbered file per prediction, whole or not there at all. Only the latest are kept:
whoever was told of one still finds it while the next is written.
"""

from __future__ import annotations

import re
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np

from napari_unetseg.core.errors import RunError, WriteError
from napari_unetseg.core.train.wishes import Predicted
from napari_unetseg.core.write.atomic import atomic_path
from napari_unetseg.core.write.disk import is_full
from napari_unetseg.runs.folder import PREVIEWS

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

KEPT = 2
_STEPS = 255
_DAMAGED = (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile, zlib.error)
_NAME = re.compile(r"(\d{6,})\.npz")


def write_preview(folder: Path, predicted: Predicted) -> int:
    """Write a prediction into a run folder, and remove old ones.

    Parameters
    ----------
    folder : Path
        The run folder.
    predicted : Predicted
        What was predicted.

    Returns
    -------
    int
        Its number, from 1; 0 if the disk is full, which is no reason to wait.

    Raises
    ------
    WriteError
        If it cannot be written for another reason.
    """
    place = folder / PREVIEWS
    try:
        place.mkdir(exist_ok=True)
        known = _numbers(place)
        number = max(known, default=0) + 1
        with atomic_path(place / _name(number)) as unfinished:
            np.savez_compressed(
                unfinished,
                step=np.asarray(predicted.step, np.int64),
                image=np.asarray(predicted.image, np.int64),
                axes=np.asarray(predicted.axes),
                start=np.asarray(predicted.start, np.int64),
                labels=predicted.labels,
                unsure=_coarse(predicted.uncertainty),
            )
    except (OSError, WriteError) as error:
        if is_full(error):
            return 0
        raise
    for old in sorted(known)[: max(0, len(known) + 1 - KEPT)]:
        # One that somebody reads just now goes the next time.
        with suppress(OSError):
            (place / _name(old)).unlink()
    return number


def read_preview(folder: Path, number: int) -> Predicted:
    """Read a prediction; what the file holds is not trusted.

    Parameters
    ----------
    folder : Path
        The run folder.
    number : int
        As `events.Previewed` tells it.

    Raises
    ------
    RunError
        If it is not there any more, or damaged.
    """
    path = folder / PREVIEWS / _name(number)
    try:
        with np.load(path, allow_pickle=False) as arrays:
            labels = arrays["labels"]
            start = tuple(map(int, arrays["start"]))
            step, image = int(arrays["step"]), int(arrays["image"])
            axes = str(arrays["axes"])
            # Those of earlier versions have none.
            unsure = _fine(arrays["unsure"]) if "unsure" in arrays else None
    except _DAMAGED as error:
        raise RunError(f"The preview {path.name} cannot be read ({error})") from error
    fits = len(start) == len(axes) == labels.ndim
    if unsure is not None and unsure.shape != labels.shape:
        fits = False
    if labels.dtype.kind != "u" or not fits:
        raise RunError(f"The preview {path.name} is damaged")
    return Predicted(step, image, axes, start, labels, unsure)


def _coarse(unsure: NDArray[np.float32] | None) -> NDArray[np.uint8]:
    """In 256 steps, fine enough to be shown and four times smaller; empty of None."""
    if unsure is None:
        return np.zeros(0, np.uint8)
    return np.rint(unsure * _STEPS).astype(np.uint8)


def _fine(unsure: NDArray[np.uint8]) -> NDArray[np.float32] | None:
    if not unsure.size:
        return None
    return (unsure / np.float32(_STEPS)).astype(np.float32)


def _numbers(place: Path) -> list[int]:
    names = (path.name for path in place.iterdir())
    return [int(found[1]) for name in names if (found := _NAME.fullmatch(name))]


def _name(number: int) -> str:
    return f"{number:06d}.npz"
