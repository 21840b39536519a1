"""Boxes that validate, as rectangles that can be moved, and back again."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.prepare.parts import Part
from napari_unetseg.layers.boxes import boxes_of_shapes
from napari_unetseg.layers.split import split_layer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from napari_unetseg.core.image import Image
    from napari_unetseg.layers.boxes import Box
    from napari_unetseg.layers.place import Placed
    from napari_unetseg.layers.to_layer import LayerData

NAME = "validation"


def validation_layer(
    boxes: Iterable[Mapping[str, tuple[int, int]]],
    labels: Image,
    attributes: Mapping[str, Any],
) -> LayerData:
    """Draw boxes as rectangles, one in each slice.

    Parameters
    ----------
    boxes : iterable of dict of axis to (start, stop)
        In pixels of the labels; of axes that are not named all.
    labels : Image
        What is divided.
    attributes : mapping
        Of its layer, as from ``layer.as_layer_data_tuple()``.

    Returns
    -------
    (data, attributes, "shapes")
        As of `split.split_layer`.
    """
    axes = f"{labels.plane_axes}YX"
    sizes = dict(zip(labels.axes, labels.shape, strict=True))
    ends = [[box.get(axis, (0, sizes[axis])) for axis in axes] for box in boxes]
    parts = [Part("validation", *zip(*one, strict=True)) for one in ends]
    return split_layer(parts, attributes, labels.axes, NAME)


def drawn_boxes(
    shapes: Sequence[NDArray[Any]], attributes: Mapping[str, Any], labels: Placed
) -> list[Box]:
    """Boxes around the shapes of a layer, in pixels of labels.

    Parameters
    ----------
    shapes, attributes, labels
        As for `boxes.box_of_shapes`, with the labels as the other layer.

    Returns
    -------
    list of dict of axis to (start, stop)
        Those of following slices, if they are alike, as one; axes along which a box
        goes through are not named, but for Y.

    Raises
    ------
    InputError
        If nothing that is drawn lies on the labels.
    """
    found = boxes_of_shapes(shapes, attributes, labels)
    if not found:
        raise InputError(
            f"Nothing that is drawn in '{attributes.get('name', NAME)}' lies on "
            f"{labels.name}",
            "Move a rectangle onto the labels, or write slices for Validation",
        )
    image = labels.image
    sizes = dict(zip(image.axes, image.shape, strict=True))
    for axis in image.axes:
        if axis not in "YX":
            found = _joined(found, axis)
    return [
        {a: ends for a, ends in box.items() if a == "Y" or ends != (0, sizes[a])}
        for box in found
    ]


def _joined(boxes: Iterable[Box], axis: str) -> list[Box]:
    """Boxes that meet along an axis and are alike otherwise, as one."""

    def rest(box: Box) -> list[tuple[str, tuple[int, int]]]:
        return sorted((name, ends) for name, ends in box.items() if name != axis)

    joined: list[Box] = []
    ordered = sorted(boxes, key=lambda box: (rest(box), box.get(axis, (0, 0))))
    for _, alike in groupby(ordered, rest):
        for box in alike:
            last = joined[-1] if joined and rest(joined[-1]) == rest(box) else None
            if last is not None and axis in box and box[axis][0] <= last[axis][1]:
                last[axis] = last[axis][0], max(last[axis][1], box[axis][1])
            else:
                joined.append(dict(box))
    return joined
