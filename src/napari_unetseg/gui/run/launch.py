"""From what stands in the viewer to a run: copy, start, follow. Knows no window.

A generator of what happens, to be run on a thread of its own; arrays of layers travel
as files, so that the run folder is whole and the command line can work on it too.
"""

from __future__ import annotations

import json
import shutil
import time
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.errors import RunError, UnetsegError
from napari_unetseg.core.events import Item, Previewed, Started
from napari_unetseg.core.write.atomic import write_text_atomic
from napari_unetseg.runs import client
from napari_unetseg.runs.listing import discard, file_name
from napari_unetseg.runs.lock import RunLock
from napari_unetseg.runs.preferences import engine_python
from napari_unetseg.runs.previews import read_preview

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from napari_unetseg.core.events import Event
    from napari_unetseg.core.image import Image
    from napari_unetseg.core.train.wishes import Predicted
    from napari_unetseg.gui.parts.sources import Input
    from napari_unetseg.runs.questions import Question

POLL = 0.1
INPUTS = "inputs"
LAYER = "layer.json"
# Below this many bytes an image is copied, so that the run folder is whole; above, it
# is read where it lies, if it lies in a file that says the same.
COPIED_BELOW = 256 * 2**20
# What a run writes besides copies of its inputs: checkpoints, log, result.
_ROOM = 200 * 2**20


@dataclass(frozen=True, eq=False)
class Plan:
    """A run to be started.

    Attributes
    ----------
    folder : Path
        The run folder; made by `launch`.
    inputs : mapping of str to Input
        By a name for the part they play, as in "image".
    ask : callable
        Makes the question from the inputs' paths, by the same names.
    stays : bool
        Whether the run goes on when napari is closed.
    layer : dict, optional
        Where a resulting layer belongs, as plain values; kept in the run folder. Under
        "item", of one of several images, the fields of an `events.Item`.
    files : mapping of str to str
        Text that the question needs, by the name of its file in the run folder.
    copied : Plan, optional
        What is asked instead, in the same folder, if an input that is in a file must be
        copied all the same.
    """

    folder: Path
    inputs: Mapping[str, Input]
    ask: Callable[[Mapping[str, str]], Question]
    stays: bool = False
    layer: dict[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    copied: Plan | None = None

    @property
    def about(self) -> str:
        """What it is about, for a person: the image, or the run where there is none."""
        image = self.inputs.get("image")
        return self.folder.name if image is None else image.image.name


@dataclass(frozen=True)
class Copying:
    """Copies of layers are being written into the run folder.

    Attributes
    ----------
    bytes : int
        How large they are in all.
    """

    bytes: int


def launch(
    plan: Plan, cancelled: Callable[[], bool] = lambda: False
) -> Generator[Copying | tuple[Event, ...] | Predicted]:
    """Make the run folder, start the run and follow it to its end.

    Parameters
    ----------
    plan : Plan
        What is asked, about what.
    cancelled : callable
        Asked often until the work has begun; if it says so, all is as it was before.

    Yields
    ------
    Copying
        Once, if it is about layers.
    tuple of Event
        What the run said since the last time, ten times a second; the last event is
        Finished, Stopped or Failed. Of several images at first which one it is.
    Predicted
        As of `follow`.

    Raises
    ------
    UnetsegError
        If the run cannot be started; nothing is left of it then.
    """
    engine_python()  # Before gigabytes are copied for it.
    stored = {name: _stored(one) for name, one in plan.inputs.items()}
    if plan.copied is not None and None in stored.values():
        plan = replace(plan.copied, folder=plan.folder)
        stored = {name: _stored(one) for name, one in plan.inputs.items()}
    _check_room(plan, stored)
    yield from _item(plan.layer)
    client.create(plan.folder, plan.ask(_paths(plan, stored)))
    # From here on the folder is ours to take away again.
    kept = False
    try:
        yield from _copy(plan, stored, cancelled)
        if cancelled():
            return
        process = client.start(plan.folder, attached=not plan.stays, polite=True)
        kept = True
        with closing(follow(plan.folder, process, stays=plan.stays)) as story:
            begun = False
            for news in story:
                yield news
                events = news if isinstance(news, tuple) else ()
                begun = begun or any(isinstance(event, Started) for event in events)
                if not begun and cancelled():
                    process.kill()
                    process.wait()
                    kept = False
                    return
    finally:
        if not kept:
            discard(plan.folder)


def hand_over(plan: Plan) -> Question:
    """Write what is asked about into the plan's folder, for a question beside a run.

    Parameters
    ----------
    plan : Plan
        Its folder is there and empty.

    Returns
    -------
    Question
        With the paths of the inputs.

    Raises
    ------
    UnetsegError
        If the copies cannot be written.
    """
    stored = {name: _stored(one) for name, one in plan.inputs.items()}
    _check_room(plan, stored)
    for _ in _copy(plan, stored, lambda: False):
        pass
    return plan.ask(_paths(plan, stored))


def resume(folder: Path, *, stays: bool) -> Generator[tuple[Event, ...] | Predicted]:
    """Start a run again that was stopped or broken off, and follow it to its end."""
    with suppress(OSError, ValueError):  # A training has no such file.
        yield from _item(json.loads((folder / LAYER).read_text(encoding="utf-8")))
    process = client.start(folder, attached=not stays, polite=True)
    yield from follow(folder, process, stays=stays)


def follow(
    folder: Path, process: client.RunProcess | None = None, *, stays: bool
) -> Generator[tuple[Event, ...] | Predicted]:
    """Follow a run to its end; a run that does not stay is ended with the follower.

    Closed before the end, it asks a run that does not stay to keep what it has and to
    end. It does not wait for that: the run would notice the end of napari anyway.

    Yields
    ------
    tuple of Event
        What the run said since the last time.
    Predicted
        After it, the latest of what somebody looks at, read from the run folder.
    """
    watcher = client.Watcher(folder, process)
    try:
        while not watcher.ended:
            events = tuple(watcher.look())
            yield events
            yield from _predicted(folder, events)
            time.sleep(POLL)
        if process is not None:
            client.let_end(process)
    finally:
        if not watcher.ended and not stays:
            # A folder that has gone, or a full disk, is no reason not to close.
            with suppress(OSError, UnetsegError):
                client.keep(folder)


def _item(layer: Mapping[str, Any]) -> Generator[tuple[Event, ...]]:
    """Tell which of several images a run is about, if it is one of several."""
    if "item" in layer:
        yield (Item(**layer["item"]),)


def _predicted(folder: Path, events: tuple[Event, ...]) -> Generator[Predicted]:
    """Read the latest prediction that is told of; an older one is gone by now."""
    told = [event for event in events if isinstance(event, Previewed)]
    if told:
        # A newer one may have come, or the run was deleted.
        with suppress(RunError):
            yield read_preview(folder, told[-1].number)


def _paths(plan: Plan, stored: Mapping[str, Path | None]) -> dict[str, str]:
    """Where the run finds each input: in a file of the user's, or in its own folder."""
    copies = _file_names({key: one.image.name for key, one in plan.inputs.items()})
    return {
        name: f"{INPUTS}/{copies[name]}" if path is None else str(path)
        for name, path in stored.items()
    }


def _copy(
    plan: Plan, stored: Mapping[str, Path | None], cancelled: Callable[[], bool]
) -> Generator[Copying]:
    """Write the copies, under the lock that keeps others away."""
    from napari_unetseg.core.write.ome_tiff import write_ome_tiff

    copied = {name: plan.inputs[name] for name, path in stored.items() if path is None}
    paths = _paths(plan, stored)
    with RunLock(plan.folder):
        if plan.inputs:
            yield Copying(sum(one.bytes for one in copied.values()))
        for name, one in copied.items():
            if cancelled():
                return
            path = plan.folder / paths[name]
            path.parent.mkdir(exist_ok=True)
            write_ome_tiff(path, one.image, compress=False)
        for name, text in plan.files.items():
            write_text_atomic(plan.folder / name, text)
        if plan.layer:
            write_text_atomic(plan.folder / LAYER, json.dumps(plan.layer))


def _file_names(layers: Mapping[str, str]) -> dict[str, str]:
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


def _stored(given: Input) -> Path | None:
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

    Compared are shape, type, axes, pixel size and channels, and the pixels of the
    first, the middle and the last plane.
    """
    from napari_unetseg.core.read import read_image

    try:
        stored = read_image(path)
    except UnetsegError:
        return False
    for name in ("shape", "dtype", "axes", "spacing", "unit", "channels"):
        if getattr(stored, name) != getattr(image, name):
            return False
    planes = list(image.planes())
    return all(
        np.array_equal(np.asarray(image.plane(index)), np.asarray(stored.plane(index)))
        for index in {planes[0], planes[len(planes) // 2], planes[-1]}
    )


def _check_room(plan: Plan, stored: Mapping[str, Path | None]) -> None:
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
