"""Keep the state of a training on disk, so that only the last seconds can be lost."""

from __future__ import annotations

import json
import re
import shutil
import time
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from napari_unetseg.core.errors import RunError, WriteError
from napari_unetseg.core.predict.run import is_out_of_memory
from napari_unetseg.core.write.atomic import FREE_SPACE, atomic_path
from napari_unetseg.core.write.disk import when_there_is_room

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from napari_unetseg.core.events import Event
    from napari_unetseg.core.train.state import TrainingState

_LEAST_SECONDS = 30.0
_TIMES_LAST_WRITE = 20.0
_KEY = "facts"

# Network, average and best weights, and two numbers per weight of the optimiser.
_COPIES_OF_WEIGHTS = 5


class Checkpoints:
    """The newest state of a training, in a folder.

    Each state has a file of its own, and the one before it goes only when the new one
    is complete.

    Parameters
    ----------
    folder : Path, optional
        Made if it is not there; without one nothing is kept.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        self._written = time.monotonic()
        self._seconds = 0.0
        self._step = -1
        self._closed = False

    def close(self) -> None:
        """Keep no later state: what follows is no part of the training."""
        self._closed = True

    def due(self) -> bool:
        """Whether enough time has gone by: 30 s, or 20 times the last writing."""
        interval = max(_LEAST_SECONDS, _TIMES_LAST_WRITE * self._seconds)
        enough = time.monotonic() - self._written >= interval
        return self._folder is not None and enough

    @property
    def folder(self) -> Path | None:
        """Where the states are kept."""
        return self._folder

    def fact(self, name: str) -> Any:
        """One fact of the newest state, or None.

        Raises
        ------
        RunError
            If it is damaged.
        """
        files = self._files()
        if not files:
            return None
        try:
            with safe_open(files[-1], framework="pt") as file:
                return json.loads(file.metadata()[_KEY]).get(name)
        except (SafetensorError, KeyError, ValueError, TypeError) as error:
            raise _foreign(files[-1]) from error

    def check_room(self, state: TrainingState) -> None:
        """Refuse, before the first step, a disk on which no state would find room.

        A new state is written before the old one goes, so there is to be room for two.

        Raises
        ------
        WriteError
            Saying how much is needed and how much there is.
        """
        if self._folder is None:
            return
        weights = sum(one.nbytes for one in state.network.state_dict().values())
        wanted = 2 * _COPIES_OF_WEIGHTS * weights
        free = shutil.disk_usage(self._folder).free
        if free < wanted:
            raise WriteError(
                f"The state of this training takes {wanted / 1e6:.0f} MB in "
                f"{self._folder}, where {free / 1e6:.0f} MB are free",
                FREE_SPACE,
            )

    def save(self, state: TrainingState) -> None:
        """Write the state, unless it is already there.

        Raises
        ------
        WriteError
            If the disk is full or cannot be written; the state before stays.
        """
        if self._folder is None or self._closed or state.step == self._step:
            return
        start = time.monotonic()
        path = self._folder / f"step-{state.step:08d}.safetensors"
        with atomic_path(path) as temporary:
            try:
                save_file(state.tensors(), temporary, {_KEY: state.facts()})
            except SafetensorError as error:
                raise _system_error(error) from error
        for older in self._files():
            if older != path:
                older.unlink(missing_ok=True)
        self._step = state.step
        self._written = time.monotonic()
        self._seconds = self._written - start

    def load(self, state: TrainingState) -> bool:
        """Bring `state` to the newest one on disk; False if there is none.

        Raises
        ------
        RunError
            If it is damaged, or that of another network or version of the program.
        """
        files = self._files()
        if not files:
            return False
        try:
            with safe_open(files[-1], framework="pt") as file:
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
                state.restore(tensors, file.metadata()[_KEY])
        except (SafetensorError, KeyError, ValueError, TypeError) as error:
            raise _foreign(files[-1]) from error
        except RuntimeError as error:
            if is_out_of_memory(error):
                raise
            # What torch raises of weights that are missing, or of another shape.
            raise _foreign(files[-1]) from error
        self._step = state.step
        return True

    def _files(self) -> list[Path]:
        """Complete checkpoints, oldest first."""
        found = self._folder.glob("step-*.safetensors") if self._folder else ()
        return sorted(found)


def save_or_wait(
    checkpoints: Checkpoints,
    state: TrainingState,
    stop: Callable[[], bool] = lambda: False,
) -> Generator[Event, None, bool]:
    """Write the state; while the disk is full keep it in memory, and try again.

    The state before stays on the disk until the new one is whole.

    Parameters
    ----------
    checkpoints : Checkpoints
        Where to.
    state : TrainingState
        What; it must not be trained on meanwhile.
    stop : callable
        Asked about once a second whether to give up.

    Yields
    ------
    Waiting
        About once a second, while there is no room.

    Returns
    -------
    bool
        Whether the state is on the disk.

    Raises
    ------
    WriteError
        If it cannot be written for any other reason.
    """
    what = (
        f"to save the training after step {state.step}: free some space in "
        f"{checkpoints.folder}; until then the training rests, and nothing is lost"
    )
    return (yield from when_there_is_room(lambda: checkpoints.save(state), what, stop))


def _foreign(path: Path) -> RunError:
    return RunError(
        f"{path} is damaged, or the state of another network or of another version of "
        "the program",
        "Start the training anew in another folder; the annotations that this one has "
        "kept are still there",
    )


def _system_error(error: SafetensorError) -> Exception:
    """Return the error of the system that safetensors has hidden in a sentence."""
    found = re.search(r"(.*)\(os error (\d+)\)", str(error))
    if found is None:
        return error
    text, number = found[1].rpartition(": ")[2].strip(), int(found[2])
    # On Windows the last number is translated, elsewhere the first one counts.
    return OSError(number, text, None, number)
