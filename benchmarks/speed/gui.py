"""Does napari stay fluid while a network learns, and what does opening a dock cost?

Opens napari and, from the Train dock, trains on the built-in EM-like stack; then looks
at what it says by now, and paints strokes with the mouse, from which it learns. A
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
from typing import Any

import numpy as np
import psutil
from window import close, gaps, paint, rest, settle, shown, slide, until

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from report import report

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
    figures |= painting(viewer, dock, seconds)
    button(dock, "Stop and keep").click()
    figures |= gaps("from stop to the end", lambda: until(lambda: not dock.run.running))
    figures["training: torch is loaded"] = "torch" in sys.modules
    close(viewer)
    return figures


def painting(viewer: Any, dock: Any, seconds: float) -> Figures:
    """Gaps while strokes are painted, learnt from, and the preview is shown."""
    from napari_unetseg.core.events import Edited, Previewed

    name = "training, live preview, painting"
    heard: list[Any] = []
    dock.run.heard.connect(heard.append)

    def told(kind: type) -> int:
        events = (one for news in heard if isinstance(news, tuple) for one in news)
        return sum(isinstance(one, kind) for one in events)

    dock.meanwhile.look.setChecked(True)
    until(lambda: told(Previewed) > 0)
    heard.clear()
    before = steps(dock)
    strokes = [0]
    figures = gaps(name, lambda: strokes.append(paint(viewer, seconds)))
    # What was painted last is sent half a second later.
    rest(2)
    dock.meanwhile.look.setChecked(False)
    counts = {
        "steps": steps(dock) - before,
        "strokes": strokes[-1],
        "changes learnt": told(Edited),
        "previews shown": told(Previewed),
    }
    return figures | {f"{name}: {key}": value for key, value in counts.items()}


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


def opened(viewer: Any, name: str) -> Any:
    """Open a dock; for comparison, one with nothing in it."""
    if name == NOTHING:
        from magicgui.widgets import Container

        empty = Container()
        viewer.window.add_dock_widget(empty, name=name)
        return empty.native
    return viewer.window.add_plugin_dock_widget("napari-unetseg", name)[1]


if __name__ == "__main__":
    main()
