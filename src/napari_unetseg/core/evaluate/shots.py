"""Pictures of the worst slices, for a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.evaluate.foreground import NAMES, NOT_ANNOTATED, Foreground
from napari_unetseg.core.evaluate.page import Shot
from napari_unetseg.core.evaluate.picture import comparison
from napari_unetseg.core.evaluate.worst import worst_planes

if TYPE_CHECKING:
    from napari_unetseg.core.evaluate.judge import Asked
    from napari_unetseg.core.evaluate.report import Report
    from napari_unetseg.core.image import Image

SHOTS = 3
# Longer names would be wider than the pictures that they explain.
_LONGEST = 24


def shots_of(
    report: Report, asked: Asked, *, image: Image, truth: Image, prediction: Image
) -> list[Shot]:
    """Draw the worst slices of a pair.

    Parameters
    ----------
    report : Report
        Of this pair alone.
    asked : Asked
        What was asked.
    image : Image
        What was segmented.
    truth, prediction : Image
        Labels of the same pixels.

    Raises
    ------
    InputError
        If the image has another shape.
    """
    sizes = [(*one.plane_grid, *one.plane_shape) for one in (image, truth)]
    if sizes[0] != sizes[1]:
        raise InputError(
            f"The image '{image.name}' and the truth '{truth.name}' differ in shape",
            "Give the image that was annotated",
        )
    classes = asked.task == "classes"
    told = []
    for number, one in enumerate(worst_planes(report)[:SHOTS]):
        sides = [np.asarray(side.plane(one.place))[0] for side in (truth, prediction)]
        if not classes:
            sides = [_as_classes(side, asked) for side in sides]
        pixels = np.asarray(image.plane(one.place))
        shown = np.moveaxis(pixels[:3], 0, -1) if len(pixels) >= 3 else pixels[0]
        picture = comparison(
            shown,
            *sides,
            names=_cut(report.names) if classes else NAMES,
            ignore=asked.ignore if classes else (NOT_ANNOTATED,),
        )
        where = ", ".join(
            f"{axis} {i}" for axis, i in zip(truth.plane_axes, one.place, strict=True)
        )
        rank = f"the worst but {number}" if number else "the worst"
        told.append(Shot(f"{where or image.name}: {rank}", picture))
    return told


def _cut(names: Any) -> dict[int, str]:
    return {i: name[:_LONGEST] for i, name in names.items()}


def _as_classes(ids: Any, asked: Asked) -> Any:
    """Objects as one class."""
    return Foreground(ids, asked.ignore, asked.identity)[...]
