"""What a layer's file notes beside the pixels: its kind, class names, how it was made.

Notes are keys and values, both text. In a layer they are in `metadata`, under the
name of this program.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from napari_unetseg.core.read.annotations import NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_unetseg.core.image import Image

KIND = "kind"
CLASS_NAMES = "class_names"
CLASS_COLORS = "class_colors"


def notes_of(attributes: Mapping[str, Any], kind: str) -> dict[str, str]:
    """Collect what is to be noted about a layer.

    Parameters
    ----------
    attributes : mapping
        Of a layer: "metadata" with what is known of its making; "features", whose
        columns "index" and "class" name the classes; "colormap", which may give each
        class a colour.
    kind : {"image", "labels"}
        Kind of the layer.
    """
    known = (attributes.get("metadata") or {}).get(NAMESPACE)
    notes = {}
    if isinstance(known, dict):
        notes = {str(key): text for key, text in known.items() if isinstance(text, str)}
    if classes := named_classes(attributes.get("features")):
        notes[CLASS_NAMES] = json.dumps(classes, ensure_ascii=False)
    if colours := _direct_colours(attributes.get("colormap")):
        notes[CLASS_COLORS] = json.dumps(colours)
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
    return _by_id(notes, CLASS_NAMES)


def class_colors(notes: Mapping[str, str]) -> dict[int, str]:
    """Colours of the classes, "#rrggbb" by painted id; empty where there are none."""
    found = _by_id(notes, CLASS_COLORS)
    return {i: c for i, c in found.items() if re.fullmatch("#[0-9a-fA-F]{6}", c)}


def _by_id(notes: Mapping[str, str], key: str) -> dict[int, str]:
    """Texts by painted id, from JSON that somebody else may have written."""
    found: Any = None
    with suppress(ValueError, RecursionError):
        found = json.loads(notes.get(key, "{}"))
    if not isinstance(found, dict):
        return {}
    return {int(i): str(text) for i, text in found.items() if i.isdecimal()}


def _direct_colours(colormap: Any) -> dict[str, str]:
    """Colours that a colormap gives to single ids; of one that repeats itself none."""
    table = getattr(colormap, "color_dict", None)
    if not isinstance(table, dict):
        return {}
    found = {}
    for label, color in table.items():
        identity = None if label is None else _whole(label)
        parts = [float(part) for part in color] if identity else []
        if len(parts) == 4 and parts[3] > 0:
            rgb = [min(255, max(0, round(255 * part))) for part in parts[:3]]
            found[str(identity)] = f"#{bytes(rgb).hex()}"
    return found


def named_classes(features: Any) -> dict[str, str]:
    """Names by painted id, from a layer's table of features.

    Parameters
    ----------
    features : DataFrame or mapping, optional
        The columns "index" and "class" name the classes; other programs use these for
        other things too, so that rows without a whole number or a name are left out.
    """
    if features is None or not {"index", "class"} <= set(features):
        return {}
    rows = zip(features["index"], features["class"], strict=True)
    pairs = ((_whole(index), name) for index, name in rows if not _is_missing(name))
    return {str(index): str(name) for index, name in pairs if index is not None}


def _whole(value: Any) -> int | None:
    """Read an id: 3, 3.0 or "3"; None for what is no whole number from 0."""
    try:
        number = int(value)
        # "²" and "1_0" are no ids; 2.5 would lose its half.
        is_same = value == (str(number) if isinstance(value, str) else number)
        return number if is_same and number >= 0 else None
    except (TypeError, ValueError, OverflowError):
        return None


def _is_missing(name: Any) -> bool:
    """Whether a cell is empty: None, NaN or the NA of pandas, which has no truth."""
    try:
        return name is None or bool(name != name)
    except (TypeError, ValueError):
        return True
