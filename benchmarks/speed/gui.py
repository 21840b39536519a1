"""Does napari stay fluid while a network learns, and what does opening a dock cost?

Opens napari and, from the Train dock, trains on the built-in EM-like stack. Meanwhile a
timer of 10 ms in the window's thread is late whenever that thread is held up: the gaps
between its ticks are what a user feels. Opening is measured in processes of their own,
beside an empty dock for comparison. Needs a screen:

    xvfb-run -a -s "-screen 0 1366x768x24" python benchmarks/speed/gui.py
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from report import report

if TYPE_CHECKING:
    from collections.abc import Callable

TICK_MS = 10
SLIDE_MS = 100
PATIENCE = 120.0
TRAIN = "Train U-Net"
DOCKS = (TRAIN, "Segment with U-Net", "IoU report")
NOTHING = "empty dock"
Figures = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30, help="while training")
    parser.add_argument("--repeats", type=int, default=3, help="openings of each dock")
    parser.add_argument("--note", help="what else is to be known of this machine")
    parser.add_argument("--part", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        found = (
            fluidity(options.seconds)
            if options.part == "fluidity"
            else opening(options.part)
        )
        print(json.dumps(found))
        return
    figures: Figures = {
        "load average before": round(os.getloadavg()[0], 2),
        "napari": version("napari"),
    }
    if options.note:
        figures["note"] = options.note
    figures |= measured("fluidity", "--seconds", str(options.seconds))
    figures |= openings(options.repeats)
    report(figures, {})


def measured(part: str, *more: str) -> Figures:
    """Run one part in a process and a home of its own."""
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, __file__, "--part", part, *more]
        own = {"UNETSEG_HOME": str(Path(scratch) / "home"), "NAPARI_CONFIG": ""}
        environment = {**os.environ, **own}
        # An installed package is compiled once, not whenever a dock is opened.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        done = subprocess.run(
            command, check=True, stdout=subprocess.PIPE, env=environment
        )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def openings(repeats: int) -> Figures:
    """Median of what every dock costs, and whether one of them loads torch."""
    figures: Figures = {}
    for name in (NOTHING, *DOCKS):
        measured(name)  # Compiles, and reads the files from the disk.
        found = [measured(name) for _ in range(repeats)]
        for key, value in found[0].items():
            values = [one[key] for one in found]
            median = (
                any(values) if isinstance(value, bool) else statistics.median(values)
            )
            figures[f"{name}: {key}"] = median
    return figures


def opening(name: str) -> Figures:
    """Open one dock in a fresh napari that shows an image and labels."""
    viewer = shown()
    rng = np.random.default_rng(0)
    labels = rng.integers(1, 3, (16, 384, 384), dtype=np.uint8)
    viewer.add_image(40 * labels, name="image")
    viewer.add_labels(labels, name="labels")
    rest(2)
    memory = psutil.Process().memory_info().rss
    start, work = time.perf_counter(), time.thread_time()
    dock = opened(viewer, name)
    settle()
    figures: Figures = {
        "opening (s)": round(time.perf_counter() - start, 2),
        "opening, work of the window's thread (s)": round(time.thread_time() - work, 2),
    }
    # What a dock looks at beside the window belongs to its memory too.
    rest(1)
    grown = psutil.Process().memory_info().rss - memory
    figures["resident memory (MiB)"] = round(grown / 2**20, 1)
    if name != NOTHING:
        figures["width asked for (px)"] = dock.sizeHint().width()
        figures["height asked for (px)"] = dock.sizeHint().height()
        figures["width in a window of 1366 x 768 (px)"] = dock.width()
        figures["height in a window of 1366 x 768 (px)"] = dock.height()
    figures["torch is loaded"] = "torch" in sys.modules
    close(viewer)
    return figures


def fluidity(seconds: float) -> Figures:
    """Gaps of the timer while nothing happens, and while a network learns."""
    viewer = shown()
    viewer.open_sample("napari-unetseg", "em")
    dock = opened(viewer, TRAIN)
    until(button(dock, "Train").isEnabled)
    # The dock may be measuring how fast this computer trains.
    until(lambda: not psutil.Process().children())
    figures = gaps("idle", lambda: rest(20))
    figures |= gaps("idle, moving the slider", lambda: slide(viewer, 10))
    dock.training.preset.value = "fast"
    dock.training.minutes.value = 10
    figures |= gaps("from the click to the first step", lambda: begin(dock))
    rest(5)
    before = steps(dock)
    figures |= gaps("training", lambda: rest(seconds))
    figures["training: steps meanwhile"] = steps(dock) - before
    figures |= gaps("training, moving the slider", lambda: slide(viewer, 10))
    button(dock, "Stop and keep").click()
    figures |= gaps("from stop to the end", lambda: until(lambda: not dock.run.running))
    figures["training: torch is loaded"] = "torch" in sys.modules
    close(viewer)
    return figures


def begin(dock: Any) -> None:
    """Press the button and wait for the first step."""
    button(dock, "Train").click()
    until(lambda: steps(dock) > 0)


def button(dock: Any, text: str) -> Any:
    """Find a button by what is written on it."""
    from qtpy.QtWidgets import QPushButton

    return next(b for b in dock.findChildren(QPushButton) if b.text() == text)


def steps(dock: Any) -> int:
    """How many steps of training the dock has heard of."""
    return len(dock.run.curves.losses) if dock.run.curves else 0


def gaps(name: str, happening: Callable[[], None]) -> Figures:
    """Time between two ticks of a timer while something happens, in ms."""
    from qtpy.QtCore import Qt, QTimer

    ticks: list[float] = []
    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(lambda: ticks.append(time.perf_counter()))
    timer.start(TICK_MS)
    happening()
    timer.stop()
    found = 1000 * np.diff(ticks)
    figures = {f"p{p}": float(np.percentile(found, p)) for p in (50, 99)}
    figures["largest"] = float(found.max())
    return {
        f"{name}: {part} gap of a {TICK_MS} ms timer (ms)": round(value, 1)
        for part, value in figures.items()
    }


def slide(viewer: Any, seconds: float) -> None:
    """Move the slider through the stack, ten slices a second."""
    from qtpy.QtCore import QTimer

    count = viewer.layers[0].data.shape[0]
    timer = QTimer()
    timer.timeout.connect(
        lambda: viewer.dims.set_current_step(
            0, (viewer.dims.current_step[0] + 1) % count
        )
    )
    timer.start(SLIDE_MS)
    rest(seconds)
    timer.stop()


def shown() -> Any:
    """Open napari in a window of 1366 x 768, and wait until it is painted."""
    import napari
    from napari.settings import get_settings

    get_settings().application.gui_notification_level = "none"
    viewer = napari.Viewer()
    viewer.window.set_geometry(0, 0, 1366, 768)
    rest(2)
    return viewer


def opened(viewer: Any, name: str) -> Any:
    """Open a dock; for comparison, one with nothing in it."""
    if name == NOTHING:
        from magicgui.widgets import Container

        empty = Container()
        viewer.window.add_dock_widget(empty, name=name)
        return empty.native
    return viewer.window.add_plugin_dock_widget("napari-unetseg", name)[1]


def close(viewer: Any) -> None:
    """Close the window, and wait for what runs beside it, as `napari.run` does."""
    from qtpy.QtCore import QThreadPool

    viewer.close()
    QThreadPool.globalInstance().waitForDone()


def settle() -> None:
    """Let the window do what is due: timers of 0 ms, layout, painting."""
    from qtpy.QtWidgets import QApplication

    for _ in range(3):
        QApplication.processEvents()


def rest(seconds: float) -> None:
    """Leave the window to itself for some time."""
    from qtpy.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    QTimer.singleShot(int(1000 * seconds), loop.quit)
    loop.exec()


def until(reached: Callable[[], bool]) -> None:
    """Leave the window to itself until something is so."""
    end = time.monotonic() + PATIENCE
    while not reached():
        if time.monotonic() > end:
            raise TimeoutError
        rest(0.05)


if __name__ == "__main__":
    main()
