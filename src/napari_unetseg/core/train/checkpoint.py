"""Keep the state of a training on disk, so that only the last seconds can be lost."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from safetensors import safe_open
from safetensors.torch import save_file

from napari_unetseg.core.write.atomic import atomic_path

if TYPE_CHECKING:
    from pathlib import Path

    from napari_unetseg.core.train.state import TrainingState

_LEAST_SECONDS = 30.0
_TIMES_LAST_WRITE = 20.0
_KEY = "facts"


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

    def due(self) -> bool:
        """Whether enough time has gone by: 30 s, or 20 times the last writing."""
        interval = max(_LEAST_SECONDS, _TIMES_LAST_WRITE * self._seconds)
        enough = time.monotonic() - self._written >= interval
        return self._folder is not None and enough

    def save(self, state: TrainingState) -> None:
        """Write the state, unless it is already there.

        Raises
        ------
        WriteError
            If the disk is full or cannot be written; the state before stays.
        """
        if self._folder is None or state.step == self._step:
            return
        start = time.monotonic()
        path = self._folder / f"step-{state.step:08d}.safetensors"
        with atomic_path(path) as temporary:
            save_file(state.tensors(), temporary, {_KEY: state.facts()})
        for older in self._files():
            if older != path:
                older.unlink(missing_ok=True)
        self._step = state.step
        self._written = time.monotonic()
        self._seconds = self._written - start

    def load(self, state: TrainingState) -> bool:
        """Bring `state` to the newest one on disk; False if there is none."""
        files = self._files()
        if not files:
            return False
        with safe_open(files[-1], framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            state.restore(tensors, file.metadata()[_KEY])
        self._step = state.step
        return True

    def _files(self) -> list[Path]:
        """Complete checkpoints, oldest first."""
        found = self._folder.glob("step-*.safetensors") if self._folder else ()
        return sorted(found)
