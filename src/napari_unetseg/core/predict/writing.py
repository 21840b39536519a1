"""Compute the tiles that are left and write them, one behind the other."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from napari_unetseg.core.events import Event, Note, Tile
from napari_unetseg.core.predict.ahead import Behind
from napari_unetseg.core.predict.result import Result, Wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from napari_unetseg.core.frames import Frames
    from napari_unetseg.core.predict.plan import Plan
    from napari_unetseg.core.predict.prepared import Prepared
    from napari_unetseg.core.predict.store import Store
    from napari_unetseg.core.predict.work import Order, Task


def write_tiles(
    prepared: Prepared, store: Store, arrays: dict[str, Any], order: Order
) -> Iterator[Event]:
    """Compute and write tiles in an order.

    Parameters
    ----------
    prepared : Prepared
        With a plan that has its statistics.
    store : Store
        Keeps the plan if it changes.
    arrays : dict of str to array
        What is written to, by name.
    order : Order
        Of the tiles.

    Yields
    ------
    Event
        `Tile` after each is written, and `Note`.
    """
    plan, frames, config = prepared.plan, prepared.frames, prepared.config
    thresholds = prepared.card.thresholds | config.thresholds
    wanted = Wanted(
        prepared.card.classes, thresholds, config.scores, config.uncertainty
    )
    finished, total, broken = order.done, order.total, 0
    with ExitStack() as stack:
        source = stack.enter_context(
            prepared.computer.source(prepared.image, prepared.members, plan, wanted)
        )
        behind: Behind[Result] = stack.enter_context(Behind())
        results = stack.enter_context(closing(source.results(order)))

        def written() -> Iterator[Result | Event]:
            for result in results:
                if isinstance(result, Event):
                    yield result
                else:
                    yield from behind.put(partial(_write, result, prepared, arrays))
            yield from behind.rest()

        for result in written():
            if isinstance(result, Event):
                yield result
                continue
            if source.parts != plan.parts:
                plan = replace(plan, parts=source.parts)
                store.keep(plan)
                yield _halved(plan)
            finished += 1
            broken += result.broken
            box = _place(frames, result.task)
            yield Tile(
                done=finished,
                total=total,
                start=[s.start for s in box],
                stop=[s.stop for s in box],
                number=result.task.number,
                checksum=result.checksum,
            )
    if broken:
        yield Note(
            text=f"{broken} pixels are NaN or infinite: they were predicted as their "
            "surroundings are, and are labelled 0.",
            level="warning",
        )


def _write(
    work: Callable[[], Result], prepared: Prepared, arrays: dict[str, Any]
) -> Result:
    """Work out a result and write it, in the thread behind."""
    result = work()
    if prepared.inside is not None:
        result = prepared.inside.cut(result)
    box = _place(prepared.frames, result.task)
    shape = tuple(s.stop - s.start for s in box)
    for name, values in result.arrays.items():
        if name == "scores":
            values = values.reshape(len(values), *shape)
            arrays[name][(slice(None), *box)] = values
        else:
            arrays[name][box] = values.reshape(shape)
    return result


def _place(frames: Frames, task: Task) -> tuple[slice, ...]:
    return frames.place(task.index, tuple(slice(*ends) for ends in task.box))


def _halved(plan: Plan) -> Note:
    size = " x ".join(map(str, plan.parts or ()))
    return Note(
        text=f"The memory was too small for a tile: tiles are computed in parts of at "
        f"most {size} pixels from here on. The result is the same.",
        level="warning",
    )
