"""Which pixels a model has learnt from, so that a report can keep them apart.

A plane is known by a part of its pixels: however a stack is cut into planes, reordered
or renamed, those that taught are found again. A plane that was cropped or changed is
not.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from napari_unetseg.core.image import Image

    Index = tuple[int, ...]
    Entry = dict[str, Any]

# Side of the block in the middle of a plane by which it is known.
_SIDE = 512
# More planes than this would not fit into a model's header; then nothing is known.
MOST_PLANES = 4000


def plane_key(image: Image, index: Index) -> str:
    """What a plane is known by: 16 hexadecimal digits.

    Parameters
    ----------
    image : Image
        With the channels that are learnt from.
    index : tuple of int
        One number per letter of its `plane_axes`.
    """
    height, width = image.plane_shape
    top, left = max(0, (height - _SIDE) // 2), max(0, (width - _SIDE) // 2)
    middle = slice(top, top + _SIDE), slice(left, left + _SIDE)
    block = np.asarray(image.plane(index, *middle))
    shape = (block.shape[0], height, width)
    digest = hashlib.blake2b(digest_size=8)
    digest.update(repr((shape, block.dtype.str[1:])).encode())
    digest.update(np.ascontiguousarray(block).data)
    return digest.hexdigest()


def trace(
    images: Sequence[Image],
    parts: Iterable[Mapping[str, Any]],
    before: Sequence[Entry] | None = (),
) -> list[Entry] | None:
    """Note which boxes of which planes had which purpose.

    Parameters
    ----------
    images : sequence of Image
        What was learnt from.
    parts : iterable of dict
        "image", "name", "start" and "stop", as of the event `Divided`.
    before : sequence of dict, optional
        The notes of the model that was gone on from; None if it has none.

    Returns
    -------
    list of dict or None
        For each plane its key "plane" and its "boxes": lists of a name, and the first
        row and column and the ones behind the last. Of boxes that overlap, the later
        one counts. None where it cannot be known.
    """
    if before is None:
        return None
    boxes: dict[tuple[int, Index], list[list[Any]]] = {}
    for part in parts:
        *planes, rows, columns = zip(part["start"], part["stop"], strict=True)
        for index in np.ndindex(*(stop - start for start, stop in planes)):
            place = tuple(
                i + start for i, (start, _) in zip(index, planes, strict=True)
            )
            box = [part["name"], rows[0], columns[0], rows[1], columns[1]]
            boxes.setdefault((int(part["image"]), place), []).append(box)
    if len(boxes) + len(before) > MOST_PLANES:
        return None
    return [
        *before,
        *(
            {"plane": plane_key(images[number], place), "boxes": found}
            for (number, place), found in boxes.items()
        ),
    ]


def traced(image: Image, notes: Sequence[Entry]) -> list[Entry]:
    """Find the planes of an image of which a model tells.

    Parameters
    ----------
    image : Image
        With the model's channels.
    notes : sequence of dict
        As from `trace`.

    Returns
    -------
    list of dict
        For each plane that taught its "index" along the image's `plane_axes`, and its
        "boxes".
    """
    known: dict[str, list[Entry]] = {}
    for note in notes:
        known.setdefault(note["plane"], []).append(note)
    if not known:
        return []
    return [
        {"index": list(index), "boxes": note["boxes"]}
        for index in image.planes()
        for note in known.get(plane_key(image, index), ())
    ]


def part_of(
    found: Sequence[Entry],
    axes: str,
    order: str,
    box: Mapping[str, tuple[int, int]],
) -> list[Entry]:
    """What was found of an image, for a part of it with other axes.

    Parameters
    ----------
    found : sequence of dict
        As from `traced`.
    axes : str
        The `plane_axes` of the image.
    order : str
        Axes of the part; those that the image does not have are of length 1.
    box : mapping of axis to (start, stop)
        Where the part lies in the image.
    """
    told = []
    top, left = box["Y"][0], box["X"][0]
    for one in found:
        at = dict(zip(axes, one["index"], strict=True))
        inside = all(box[a][0] <= i < box[a][1] for a, i in at.items() if a in box)
        if inside:
            index = [
                at[a] - box[a][0] if a in at else 0 for a in order if a not in "YX"
            ]
            boxes = [
                [name, *(max(0, n) for n in (t - top, x - left, b - top, r - left))]
                for name, t, x, b, r in one["boxes"]
            ]
            told.append({"index": index, "boxes": boxes})
    return told
