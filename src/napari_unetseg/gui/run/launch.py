"""From what stands in the viewer to a run: copy, start, follow. Knows no window.

A generator of what happens, to be run on a thread of its own; arrays of layers travel
as files, so that the run folder is whole and the command line can work on it too.
"""

from __future__ import annotations

import json
import time
from contextlib import closing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from napari_unetseg.core.errors import RunError, UnetsegError
from napari_unetseg.core.events import Item, Previewed, Started
from napari_unetseg.gui.run.copies import Copying, check_room, copy, paths, stored
from napari_unetseg.gui.run.plan import LAYER
from napari_unetseg.runs import client
from napari_unetseg.runs.listing import discard
from napari_unetseg.runs.preferences import engine_python
from napari_unetseg.runs.previews import read_preview

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from pathlib import Path

    from napari_unetseg.core.events import Event
    from napari_unetseg.core.train.wishes import Predicted
    from napari_unetseg.gui.run.plan import Plan
    from napari_unetseg.runs.questions import Question

POLL = 0.1


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
    files = stored(plan)
    if plan.copied is not None and None in files.values():
        plan = replace(plan.copied, folder=plan.folder)
        files = stored(plan)
    check_room(plan, files)
    yield from _item(plan.layer)
    client.create(plan.folder, plan.ask(paths(plan, files)))
    # From here on the folder is ours to take away again.
    kept = False
    try:
        yield from copy(plan, files, cancelled)
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
    files = stored(plan)
    check_room(plan, files)
    for _ in copy(plan, files, lambda: False):
        pass
    return plan.ask(paths(plan, files))


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
