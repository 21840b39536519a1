"""Training begun and given up, over and over: nothing is left behind."""

from __future__ import annotations

import gc
import sys
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psutil
import pytest
import pytestqt.exceptions
from qtpy.QtCore import QThreadPool
from qtpy.QtWidgets import QMessageBox

from gui.whole.jobs import SMALL, choose, press_start
from napari_unetseg.gui.train import painting, preview
from napari_unetseg.runs.home import runs_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.gui

WAYS = ("cancel", "discard", "stop")
WORKER = "napari_unetseg.gui.parts.worker.Worker"
PATIENCE = 60.0
# What memory may grow by in 40 rounds, in bytes: allocators keep free pieces.
MOST = 32 * 2**20


@dataclass(frozen=True)
class Held:
    """What this process holds.

    Attributes
    ----------
    threads, files, processes, runs : int
        How many.
    objects : Counter
        How many of each class of ours.
    memory : int
        Resident, in bytes.
    """

    threads: int
    files: int
    processes: int
    runs: int
    objects: Counter[str]
    memory: int

    @classmethod
    def now(cls) -> Held:
        gc.collect()
        me = psutil.Process()
        kinds = (type(one) for one in gc.get_objects())
        return cls(
            threads=me.num_threads(),
            files=me.num_handles() if sys.platform == "win32" else me.num_fds(),
            processes=len(me.children(recursive=True)),
            runs=len([*runs_folder().glob("*")]),
            objects=Counter(
                f"{kind.__module__}.{kind.__qualname__}"
                for kind in kinds
                if str(kind.__module__).startswith("napari_unetseg.")
            ),
            memory=me.memory_info().rss,
        )

    def grown(self, before: Held, rounds: int) -> dict[str, Any]:
        """What there is more of than before; of objects, one for each round."""
        names = ("threads", "files", "processes", "runs")
        found: dict[str, Any] = {
            name: (getattr(before, name), getattr(self, name))
            for name in names
            if getattr(self, name) > getattr(before, name)
        }
        more = self.objects - before.objects
        # napari keeps the worker of each run in its list of tasks.
        more.subtract({WORKER: rounds})
        return found | {name: n for name, n in more.items() if n >= rounds}


@pytest.fixture(autouse=True)
def at_once(monkeypatch) -> Iterator[None]:
    """Let strokes and views be told soon, and idle threads end soon."""
    for module in (painting, preview):
        monkeypatch.setattr(module, "PAUSE_MS", 20)
    yes = QMessageBox.StandardButton.Yes
    monkeypatch.setattr(QMessageBox, "question", lambda *_: yes)
    pool = QThreadPool.globalInstance()
    patience = pool.expiryTimeout()
    pool.setExpiryTimeout(100)
    yield
    pool.setExpiryTimeout(patience)


@pytest.fixture
def give_up(viewer, dock, until):
    """Return a function that begins a training, and gives it up in one of the ways."""
    image, labels = viewer.open_sample("napari-unetseg", "em")
    train = dock("Train U-Net")
    choose(train, image, labels, **SMALL, steps=100_000)
    train.meanwhile.look.setChecked(True)
    buttons = train.run.controls

    def function(way: str) -> None:
        press_start(train, until)
        if way == "cancel":
            buttons.stop.click()
        else:
            until(lambda: train.run._story.done, PATIENCE)
            until(lambda: any("preview" in one.name for one in viewer.layers), PATIENCE)
            labels.paint((3, 20, 30), 2)
            until(lambda: [*train.run.folder.glob("edits/0*.npz")], PATIENCE)
            labels.undo()
            button = buttons.stop if way == "stop" else buttons.discard
            button.click()
        until(lambda: not train.run.running, PATIENCE)
        if way == "stop":
            buttons.discard.click()
        assert not [*runs_folder().glob("*")]

    return function


def settled(until: Any, before: Held, rounds: int) -> Held:
    """What is held once all that ends by itself has ended."""
    held = [Held.now()]

    def is_settled() -> bool:
        held.append(Held.now())
        return not held[-1].grown(before, rounds)

    try:
        until(is_settled, 20)
    except pytestqt.exceptions.TimeoutError:  # What has grown says more.
        assert held[-1].grown(before, rounds) == {}
    return held[-1]


def test_three_rounds_leave_nothing(give_up, scenario, until):
    scenario("live")
    for way in WAYS:  # What is made once.
        give_up(way)
    before = Held.now()

    for way in WAYS:
        give_up(way)

    settled(until, before, len(WAYS))


@pytest.mark.slow
def test_fifty_rounds_leave_nothing_and_take_no_memory(give_up, until):
    """With the real engine, which is what is trained with."""
    for number in range(10):
        give_up(WAYS[number % 3])
    before = Held.now()

    for number in range(10, 50):
        give_up(WAYS[number % 3])

    after = settled(until, before, 40)
    assert after.memory - before.memory < MOST
