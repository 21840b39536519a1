"""Pixels on which a model was trained, on which it was validated, and unseen ones."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_unetseg.core.image import Image

    SeenName = Literal["unseen", "validation", "train", "beside"]

# What a pixel was used for; of several uses the largest number counts.
UNSEEN, BESIDE, VALIDATION, TRAIN = range(4)
CODES = {"gap": BESIDE, "validation": VALIDATION, "train": TRAIN}
NAMES: dict[int, SeenName] = {
    UNSEEN: "unseen",
    VALIDATION: "validation",
    TRAIN: "train",
    BESIDE: "beside",
}
WORDS: dict[SeenName, str] = {
    "unseen": "pixels that the model has never seen",
    "validation": "pixels that chose its weights (validation)",
    "train": "pixels that it was trained on",
    "beside": "pixels left out beside those that taught",
}
OUT = 1 << 40
"""The id of pixels of a `Restricted` that lie elsewhere."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the planes of an image were used for.

    Attributes
    ----------
    planes : dict of plane index to list of list of boxes
        As `trace.traced` finds them: a list of boxes for each training in which the
        plane was. Planes that are not named are unseen.
    """

    planes: dict[tuple[int, ...], list[list[list[Any]]]]

    @classmethod
    def of(cls, entries: Sequence[dict[str, Any]]) -> Seen:
        """Take what `trace.traced` has found."""
        planes: dict[tuple[int, ...], list[list[list[Any]]]] = {}
        for entry in entries:
            index = tuple(int(i) for i in entry["index"])
            planes.setdefault(index, []).append(entry["boxes"])
        return cls(planes)

    @classmethod
    def from_notes(cls, text: str | None) -> Seen | None:
        """Read what a segmentation has noted; None if it has not, or it is damaged."""
        try:
            return None if text is None else cls.of(json.loads(text))
        except (ValueError, TypeError, KeyError):
            return None

    def codes(
        self, index: tuple[int, ...], shape: tuple[int, int]
    ) -> NDArray[np.uint8]:
        """What each pixel of a plane was used for: the largest of `NAMES`.

        Parameters
        ----------
        index : tuple of int
            The plane.
        shape : (int, int)
            Its rows and columns.
        """
        found = np.zeros(shape, np.uint8)
        for boxes in self.planes.get(index, ()):
            once = np.zeros(shape, np.uint8)
            for name, top, left, bottom, right in boxes:
                once[top:bottom, left:right] = CODES.get(name, TRAIN)
            np.maximum(found, once, out=found)
        return found


class Codes:
    """What each pixel of labels was used for, worked out where it is indexed.

    Parameters
    ----------
    image : Image
        Labels without channels, of which only the shape matters.
    seen : Seen
        What its planes were used for.
    """

    dtype = np.dtype(np.uint8)

    def __init__(self, image: Image, seen: Seen) -> None:
        self._image, self._seen = image, seen
        self.shape = image.shape

    def __getitem__(self, key: Any) -> NDArray[np.uint8]:
        """Work out a part, by numbers or slices per axis."""
        axes = self._image.axes
        keys = key if isinstance(key, tuple) else (key,)
        keys = (*keys, *[slice(None)] * (len(axes) - len(keys)))
        asked = dict(zip(axes, keys, strict=True))
        lengths = zip(keys, self.shape, strict=True)
        part = np.zeros(
            [len(range(n)[k]) for k, n in lengths if isinstance(k, slice)], np.uint8
        )
        left = [axis for axis in axes if isinstance(asked[axis], slice)]
        turned = left.index("X") < left.index("Y") if {"X", "Y"} <= {*left} else False
        spans = [_span(asked[a], n) for a, n in self._planes()]
        for place in np.ndindex(*map(len, spans)):
            index = tuple(span[i] for span, i in zip(spans, place, strict=True))
            if index in self._seen.planes:
                numbers = dict(zip(self._image.plane_axes, place, strict=True))
                here = tuple(numbers.get(axis, slice(None)) for axis in left)
                codes = self._seen.codes(index, self._image.plane_shape)
                found = codes[asked["Y"], asked["X"]]
                part[here] = found.T if turned else found
        return part

    def _planes(self) -> list[tuple[str, int]]:
        """The axes that number planes, and their lengths."""
        return [*zip(self._image.plane_axes, self._image.plane_grid, strict=True)]


def uses(codes: Image) -> dict[SeenName, int]:
    """How many pixels were used for what; only what occurs.

    Parameters
    ----------
    codes : Image
        As `Codes`.
    """
    counts = np.zeros(len(NAMES), np.int64)
    for index in codes.planes():
        plane = np.asarray(codes.plane(index)).ravel()
        counts += np.bincount(plane, minlength=len(NAMES))
    return {name: int(counts[code]) for code, name in NAMES.items() if counts[code]}


class Restricted:
    """Labels of which all but one use is `OUT`; read where they are indexed.

    Parameters
    ----------
    array : array of dtype int
        The labels.
    codes : array of the same shape
        As `Codes`.
    name : {"unseen", "validation", "train", "beside"}
        The use that stays.
    """

    dtype = np.dtype(np.int64)

    def __init__(self, array: Any, codes: Any, name: SeenName) -> None:
        self._array, self._codes = array, codes
        [self._code] = [code for code, known in NAMES.items() if known == name]
        self.shape = tuple(array.shape)

    def __getitem__(self, key: Any) -> NDArray[np.int64]:
        """Read a part, by numbers or slices per axis."""
        part = np.asarray(self._array[key]).astype(np.int64)
        return np.where(np.asarray(self._codes[key]) == self._code, part, OUT)


def _span(key: Any, length: int) -> Sequence[int]:
    """The numbers that a key stands for."""
    return range(length)[key] if isinstance(key, slice) else [int(key)]
