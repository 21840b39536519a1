"""Images with labels that are made on the spot: for a first try, tutorials, tests.

No file, no network, the same bytes on every call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_unetseg.core.errors import InputError

if TYPE_CHECKING:
    from napari_unetseg.core.image import Image

__all__ = ["CLASS_NAMES", "SAMPLES", "sample_data"]

_TISSUE = {1: "cell interior", 2: "membrane", 3: "mitochondrion"}

CLASS_NAMES: dict[str, dict[int, str]] = {
    "em": _TISSUE,
    "cells": {},  # Every id is a cell of its own.
    "em-scribbles": _TISSUE,
}
SAMPLES = tuple(CLASS_NAMES)


def sample_data(name: str) -> tuple[Image, Image]:
    """Make a sample image and its labels.

    Parameters
    ----------
    name : {"em", "cells", "em-scribbles"}
        "em" is a stack like serial-section electron microscopy of nerve tissue, uint8,
        (16, 384, 384), axes ZYX, spacing (50, 8, 8) nm, with a class of `CLASS_NAMES`
        at every pixel. "em-scribbles" is the same image with some strokes painted in
        6 of the 16 sections, 0 elsewhere. "cells" is a time-lapse like phase contrast
        of touching cells, uint8, (8, 320, 320), axes TYX, spacing (0.65, 0.65) um,
        with ids that a cell keeps through time, uint16, and background 0.

    Returns
    -------
    image, labels : Image
        Of the same axes and spacing.

    Raises
    ------
    InputError
        If there is no sample of that name.
    """
    if name == "em":
        from napari_unetseg.core.samples.em import em

        return em()
    if name == "cells":
        from napari_unetseg.core.samples.cells import cells

        return cells()
    if name == "em-scribbles":
        from napari_unetseg.core.samples.scribbles import em_scribbles

        return em_scribbles()
    raise InputError(
        f"There is no sample named '{name}'", f"Choose one of {', '.join(SAMPLES)}"
    )
