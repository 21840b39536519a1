"""What a layer's file notes beside the pixels: its kind, class names, how it was made.

Notes are keys and values, both text. In a layer they are in `metadata`, under the
name of this program.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from napari_unetseg.core.read.annotations import NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_unetseg.core.image import Image

KIND = "kind"
CLASS_NAMES = "class_names"


def notes_of(attributes: Mapping[str, Any], kind: str) -> dict[str, str]:
    """Collect what is to be noted about a layer.

    Parameters
    ----------
    attributes : mapping
        Of a layer: "metadata" with what is known of its making, and "features", whose
        columns "index" and "class" name the classes.
    kind : {"image", "labels"}
        Kind of the layer.
    """
    known = (attributes.get("metadata") or {}).get(NAMESPACE)
    notes = {}
    if isinstance(known, dict):
        notes = {str(key): text for key, text in known.items() if isinstance(text, str)}
    if classes := _classes(attributes.get("features")):
        notes[CLASS_NAMES] = json.dumps(classes, ensure_ascii=False)
    return notes | {KIND: kind}


def with_notes(attributes: dict[str, Any], notes: Mapping[str, str]) -> dict[str, Any]:
    """Attributes of a layer that knows its notes."""
    return attributes | {"metadata": {NAMESPACE: dict(notes)}} if notes else attributes


def are_labels(image: Image, notes: Mapping[str, str]) -> bool:
    """Whether an image is to be shown as labels.

    Parameters
    ----------
    image : Image
        As read from a file.
    notes : mapping of str to str
        Of the file. Where they do not tell, 32-bit integers without channels are
        labels; napari assumes the same.
    """
    if image.dtype.kind not in "iu" or "C" in image.axes:
        return False
    return notes.get(KIND, "labels" if image.dtype.itemsize >= 4 else "") == "labels"


def class_names(notes: Mapping[str, str]) -> dict[int, str]:
    """Names of the classes by painted id; empty where the notes do not tell."""
    named: Any = None
    with suppress(ValueError):
        named = json.loads(notes.get(CLASS_NAMES, "{}"))
    if not isinstance(named, dict):
        return {}
    return {int(i): str(name) for i, name in named.items() if i.isdecimal()}


def _classes(features: Any) -> dict[str, str]:
    """Names by painted id from a table of features; rows without either are left."""
    if features is None or not {"index", "class"} <= set(features):
        return {}
    rows = zip(features["index"], features["class"], strict=True)
    return {str(int(i)): str(name) for i, name in rows if i == i and name == name}
