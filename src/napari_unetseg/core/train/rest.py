"""How a training rests: it learns nothing, and is heard and shown meanwhile."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from napari_unetseg.core.events import Event, Paused, Resumed
from napari_unetseg.core.train.checkpoint import Checkpoints, save_or_wait

if TYPE_CHECKING:
    from collections.abc import Generator

    from napari_unetseg.core.train.live import Live
    from napari_unetseg.core.train.state import TrainingState
    from napari_unetseg.core.train.wishes import Wishes

_LOOK_EVERY = 0.1
_TELL_EVERY = 5.0


def rest_while_wished(
    state: TrainingState, kept: Checkpoints, wishes: Wishes, live: Live | None
) -> Generator[Event, None, None]:
    """Learn nothing for as long as it is wished; the state is on the disk meanwhile.

    Who looks elsewhere is shown what is there.
    """
    if state.total is not None:
        yield from save_or_wait(kept, state, wishes.stop)
    told = -_TELL_EVERY
    while wishes.paused() and not wishes.stop():
        if time.monotonic() - told >= _TELL_EVERY:
            yield Paused(step=state.step)
            told = time.monotonic()
        if live is not None:
            yield from live.look(state, wishes)
        time.sleep(_LOOK_EVERY)
    yield Resumed(step=state.step)
