"""Docks with a home of their own, and no run left behind."""

from __future__ import annotations

import gc
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_unetseg.core.config import NetworkConfig
from napari_unetseg.core.events import Forecast
from napari_unetseg.gui.parts import mirror
from napari_unetseg.runs import client, home, machine, process
from napari_unetseg.runs.lock import is_taken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from napari.components import ViewerModel

    from napari_unetseg.core.events import Event

PATIENCE = 20.0
BEFORE = "napari_unetseg.gui.segment.before"
FORECAST = Forecast(
    tile=[64, 64],
    halo=[9, 9],
    tiles=5,
    memory=3_000_000,
    free=8_000_000_000,
    seconds=12.3,
    size=15360,
    disk=10**12,
)
SLOW_MACHINE = machine.Machine(
    versions={},
    device="cpu",
    precision="fp32",
    threads=2,
    memory_bytes=8 * 10**9,
    network=NetworkConfig(base=16),
    patch=256,
    batch=4,
    seconds_per_step=20.0,
    seconds_per_empty_step=0.01,
    train_multiply_adds_per_second=1e9,
    predict_pixels_per_second=1e6,
    python=sys.executable,
    measured=datetime.now(UTC),
)
CHILD = Path(__file__).with_name("child.py")


def foretold_here(*events: Event) -> Iterator[None]:
    """Answer what a segmentation takes as the process would that is asked."""
    yield
    return events or (FORECAST,)


@pytest.fixture(scope="module", autouse=True)
def little_to_collect() -> None:
    """Leave what has been loaded since out of all collections of garbage, too."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Keep models, runs and settings of a test to itself, and end its runs."""
    monkeypatch.setenv(home.VARIABLE, str(tmp_path / "home"))
    # No dock measures this computer, unless a test wants it.
    monkeypatch.setattr(machine, "known", lambda: SLOW_MACHINE)
    # Nor does it work out what a segmentation takes, which would start a process.
    monkeypatch.setattr(f"{BEFORE}.foretold", lambda *_: foretold_here())
    # napari's Preferences, and what they say, are those of who runs the tests.
    monkeypatch.setattr(mirror, "page_of_preferences", lambda: None)
    yield tmp_path / "home"
    deadline = time.monotonic() + PATIENCE
    while not _all_over():
        assert time.monotonic() < deadline, "a run or a thread is left"


def _all_over() -> bool:
    """Cancel what still runs; whether nothing does, and no thread watches."""
    from qtpy.QtCore import QThreadPool

    taken = [folder for folder in home.runs_folder().glob("*") if is_taken(folder)]
    for folder in taken:
        client.command(folder, "cancel")
    return bool(QThreadPool.globalInstance().waitForDone(100)) and not taken


@pytest.fixture
def slow_machine() -> machine.Machine:
    """Return the computer that every dock believes to run on."""
    return SLOW_MACHINE


@pytest.fixture
def model(qapp: object) -> ViewerModel:
    """Make a viewer without a window: all that a dock needs to be asked."""
    from napari.components import ViewerModel

    return ViewerModel()


@pytest.fixture
def stripes() -> tuple[np.ndarray, np.ndarray]:
    """Return a small stack and its labels 1 and 2, which a network learns at once."""
    random = np.random.default_rng(0)
    labels = np.ones((5, 48, 64), np.uint8)
    labels[:, :, ::8] = labels[:, :, 1::8] = labels[:, :, 2::8] = 2
    grey = 60 + 100 * (labels == 2) + random.normal(0, 10, labels.shape)
    return grey.clip(0, 255).astype(np.uint8), labels


@pytest.fixture
def scenario(monkeypatch):
    """Let a scenario of ``child.py`` be the engine."""

    def function(name):
        monkeypatch.setattr(
            process,
            "engine_command",
            lambda folder, python: [sys.executable, str(CHILD), name, str(folder)],
        )

    return function


@pytest.fixture
def until(qtbot) -> Callable[..., None]:
    """Wait, with the window alive, until something is true."""

    def function(true: Callable[[], object], seconds: float = 30.0) -> None:
        qtbot.waitUntil(lambda: bool(true()), timeout=int(1000 * seconds))

    return function


@pytest.fixture
def told():
    """Collect the notifications that napari shows."""
    from napari.utils.notifications import notification_manager

    messages = []

    def listen(event):
        messages.append(event.message)

    notification_manager.notification_ready.connect(listen)
    yield messages
    notification_manager.notification_ready.disconnect(listen)
