"""A picture beside a model of the library: of what it was trained on.

It is the user's data: it never becomes part of a model file or a package.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

from napari_unetseg.core.errors import WriteError
from napari_unetseg.core.write.atomic import atomic_path
from napari_unetseg.runs import listing
from napari_unetseg.runs.preferences import models_folder

if TYPE_CHECKING:
    from pathlib import Path

    from napari_unetseg.core.image import Image

ENDING = ".thumbnail.png"
_SIDE = 128


def thumbnail_path(path: Path) -> Path:
    """Where the picture of a model lies, if there is one."""
    return path.with_name(listing.model_name(path) + ENDING)


def thumbnail(path: Path) -> Path | None:
    """Picture that lies beside a model, if there is one."""
    picture = thumbnail_path(path)
    return picture if picture.is_file() else None


def draw_thumbnail(path: Path, image: Image) -> None:
    """Put a picture of an image beside a model of the library.

    Parameters
    ----------
    path : Path
        The model's file; nothing is done for one outside of the library.
    image : Image
        What it was trained on; its middle plane and first channel are drawn.

    Notes
    -----
    A model without a picture is as good as one with it: where none can be written,
    none is.
    """
    if path.resolve().parent != models_folder().resolve():
        return
    from PIL import Image as Pillow

    planes = list(image.planes())
    plane = np.asarray(image.plane(planes[len(planes) // 2])[0])
    step = -(-max(plane.shape) // _SIDE)
    small = plane[::step, ::step].astype(np.float32)
    small = np.nan_to_num(small, posinf=0, neginf=0)
    low, high = np.percentile(small, (1, 99))
    gray = np.clip((small - low) / max(high - low, 1e-12), 0, 1) * 255
    picture = Pillow.fromarray(gray.astype(np.uint8))
    target = thumbnail_path(path)
    with suppress(OSError):
        target.unlink(missing_ok=True)  # That of a model before is not of this one.
    with suppress(WriteError, OSError), atomic_path(target) as unfinished:
        picture.save(unfinished, format="PNG")
