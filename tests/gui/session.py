"""A session of napari: ``python session.py CLOSING`` trains, and closes the window.

A training is started from the dock, with a scripted engine, and the window is closed in
the middle of it. ``python session.py segment`` does the same with a segmentation.
"""

from __future__ import annotations

import sys
from pathlib import Path

import napari
import numpy as np
from qtpy.QtCore import QTimer

from napari_unetseg.gui.segment.dock import SegmentDock
from napari_unetseg.gui.train.dock import TrainDock
from napari_unetseg.runs import process

CHILD = Path(__file__).with_name("child.py")
SEGMENT = "segment"


def main(what: str) -> None:
    scenario = "segmenting" if what == SEGMENT else "endless"
    process.engine_command = lambda folder, python: [
        sys.executable, str(CHILD), scenario, str(folder)
    ]  # fmt: skip
    viewer = napari.Viewer()
    image = np.random.default_rng(0).integers(0, 255, (3, 40, 40), np.uint8)
    viewer.add_image(image, name="grey")
    viewer.add_labels(image // 128 + 1, name="painted")
    dock = SegmentDock(viewer) if what == SEGMENT else TrainDock(viewer)
    viewer.window.add_dock_widget(dock, name="the dock")
    if isinstance(dock, TrainDock):
        dock.closing.value = what
    timer = QTimer()

    def go_on() -> None:
        if dock.run.controls.start.isEnabled() and not dock.run.running:
            dock.run.controls.start.click()
        elif dock.run.controls.progress.value() > 0:
            timer.stop()
            viewer.close()

    timer.timeout.connect(go_on)
    timer.start(50)
    napari.run()


if __name__ == "__main__":
    main(sys.argv[1])
