"""Copies of layers in a run folder, which make it whole, and room for them."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_unetseg.core.errors import RunError, UnetsegError
from napari_unetseg.core.write.atomic import write_text_atomic
from napari_unetseg.gui.run.plan import INPUTS, LAYER
from napari_unetseg.runs.listing import file_name
from napari_unetseg.runs.lock import RunLock

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from pathlib import Path

    from napari_unetseg.core.image import Image
    from napari_unetseg.gui.parts.sources import Input
    from napari_unetseg.gui.run.plan import Plan

# Below this many bytes an image is copied, so that the run folder is whole; above, it
# is read where it lies, if it lies in a file that says the same.
COPIED_BELOW = 256 * 2**20
# What a run writes besides copies of its inputs: checkpoints, log, result.
_ROOM = 200 * 2**20


@dataclass(frozen=True)
class Copying:
    """Copies of layers are being written into the run folder.

    Attributes
    ----------
    bytes : int
        How large they are in all.
    """

    bytes: int


def paths(plan: Plan, stored: Mapping[str, Path | None]) -> dict[str, str]:
    """Where the run finds each input: in a file of the user's, or in its own folder."""
    copies = file_names({key: one.image.name for key, one in plan.inputs.items()})
    return {
        name: f"{INPUTS}/{copies[name]}" if path is None else str(path)
        for name, path in stored.items()
    }


def copy(
    plan: Plan, stored: Mapping[str, Path | None], cancelled: Callable[[], bool]
) -> Generator[Copying]:
    """Write the copies, under the lock that keeps others away."""
    from napari_unetseg.core.write.ome_tiff import write_ome_tiff

    copied = {name: plan.inputs[name] for name, path in stored.items() if path is None}
    places = paths(plan, stored)
    with RunLock(plan.folder):
        if plan.inputs:
            yield Copying(sum(one.bytes for one in copied.values()))
        for name, one in copied.items():
            if cancelled():
                return
            path = plan.folder / places[name]
            path.parent.mkdir(exist_ok=True)
            write_ome_tiff(path, one.image, compress=False)
        for name, text in plan.files.items():
            write_text_atomic(plan.folder / name, text)
        if plan.layer:
            write_text_atomic(plan.folder / LAYER, json.dumps(plan.layer))


def file_names(layers: Mapping[str, str]) -> dict[str, str]:
    """Names of the copies: those of the layers, which the model then tells it learnt.

    Parameters
    ----------
    layers : mapping of str to str
        Part that each layer plays, and its name. Layers of one name are told apart by
        the parts, and by numbers where that is somebody's name, too.
    """
    own = {key: file_name(name) for key, name in layers.items()}
    count = Counter(name.lower() for name in own.values())
    taken = {name for name, number in count.items() if number == 1}
    found: dict[str, str] = {}
    for key, name in own.items():
        distinct, number = name, 1
        if count[name.lower()] > 1:
            distinct = f"{name}-{key}"
            while distinct.lower() in taken:
                number += 1
                distinct = f"{name}-{key}-{number}"
            taken.add(distinct.lower())
        found[key] = f"{distinct}.ome.tif"
    return found


def stored(plan: Plan) -> dict[str, Path | None]:
    """Files that large inputs can be read from; None of those to be copied."""
    return {name: _source(one) for name, one in plan.inputs.items()}


def _source(given: Input) -> Path | None:
    """File to read a large image from; None if it has to be copied."""
    if given.source is None or given.bytes < COPIED_BELOW:
        return None
    return given.source if is_stored_in(given.image, given.source) else None


def copied_bytes(given: Input) -> int:
    """How much of an input is copied, if what lies in a file is read there."""
    is_read = given.source is not None and given.bytes >= COPIED_BELOW
    return 0 if is_read else given.bytes


def is_stored_in(image: Image, path: Path) -> bool:
    """Whether a file, read by us, gives the same image.

    Compared are shape, type, axes, pixel size, channels and what 0 means, and the
    pixels of the first, the middle and the last plane.
    """
    from napari_unetseg.core.read import read_image

    try:
        stored = read_image(path)
    except UnetsegError:
        return False
    alike = ("shape", "dtype", "axes", "spacing", "unit", "channels", "unannotated")
    for name in alike:
        if getattr(stored, name) != getattr(image, name):
            return False
    planes = list(image.planes())
    return all(
        np.array_equal(np.asarray(image.plane(index)), np.asarray(stored.plane(index)))
        for index in {planes[0], planes[len(planes) // 2], planes[-1]}
    )


def check_room(plan: Plan, stored: Mapping[str, Path | None]) -> None:
    """Refuse to fill the disk."""
    copies = (plan.inputs[name].bytes for name, path in stored.items() if path is None)
    wanted = sum(copies) + _ROOM
    there = next(parent for parent in plan.folder.parents if parent.exists())
    free = shutil.disk_usage(there).free
    if free < wanted:
        raise RunError(
            f"The run needs {wanted / 2**30:.1f} GB in {plan.folder.parent}, where "
            f"{free / 2**30:.1f} GB are free",
            "Free some space, or set UNETSEG_HOME to a folder on another disk",
        )
