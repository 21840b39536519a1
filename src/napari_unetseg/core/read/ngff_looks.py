"""What the metadata of an OME-Zarr group say of looks: names, colours and classes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def channel_names(attributes: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the channels, from what the file says of their rendering.

    Parameters
    ----------
    attributes : mapping
        As for `levels_of`.

    Returns
    -------
    tuple of str
        Empty when none has a name.
    """
    omero = attributes.get("omero")
    channels = omero.get("channels") if isinstance(omero, dict) else None
    if not isinstance(channels, list):
        return ()
    found = [one.get("label") if isinstance(one, dict) else None for one in channels]
    if all(name is None for name in found):
        return ()
    return tuple(
        f"channel {i}" if name is None else str(name) for i, name in enumerate(found, 1)
    )


def channel_colours(attributes: Mapping[str, Any]) -> tuple[str, ...]:
    """Colours of the channels as "#rrggbb"; empty if not all have one.

    Parameters
    ----------
    attributes : mapping
        As for `levels_of`.
    """
    omero = attributes.get("omero")
    channels = omero.get("channels") if isinstance(omero, dict) else None
    if not isinstance(channels, list):
        return ()
    found = [one.get("color") if isinstance(one, dict) else None for one in channels]
    texts = [str(color).strip().lstrip("#").lower() for color in found]
    is_known = all(re.fullmatch("[0-9a-f]{6}", text) for text in texts)
    return tuple(f"#{text}" for text in texts) if is_known else ()


def label_names(attributes: Mapping[str, Any]) -> list[str]:
    """Names of the groups that a group of labels lists; empty if it lists none."""
    names = attributes.get("labels")
    if not isinstance(names, list):
        return []
    return [name for name in names if isinstance(name, str) and name]


def class_names(attributes: Mapping[str, Any]) -> dict[str, str]:
    """Names of classes by painted id, as this program notes them in labels."""
    label = attributes.get("image-label")
    properties = label.get("properties") if isinstance(label, dict) else None
    if not isinstance(properties, list):
        return {}
    pairs = (
        (one.get("label-value"), one.get("class"))
        for one in properties
        if isinstance(one, dict)
    )
    return {str(i): n for i, n in pairs if isinstance(i, int) and isinstance(n, str)}


def class_colours(attributes: Mapping[str, Any]) -> dict[str, str]:
    """Colours of classes by painted id, as "#rrggbb"."""
    label = attributes.get("image-label")
    colors = label.get("colors") if isinstance(label, dict) else None
    found = {}
    for one in colors if isinstance(colors, list) else ():
        rgba = one.get("rgba") if isinstance(one, dict) else None
        value = one.get("label-value") if isinstance(one, dict) else None
        if not isinstance(rgba, list) or len(rgba) < 3 or not isinstance(value, int):
            continue
        if all(isinstance(part, int) and 0 <= part < 256 for part in rgba[:3]):
            found[str(value)] = f"#{bytes(rgba[:3]).hex()}"
    return found
