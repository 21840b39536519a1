"""A script of a user's: ``python script.py`` trains, and ends without closing napari.

The training is started from the dock, with a scripted engine.
"""

from __future__ import annotations

import sys
from pathlib import Path

import napari
import numpy as np
from qtpy.QtWidgets import QApplication

from napari_unetseg.gui.train.dock import TrainDock
from napari_unetseg.runs import process

CHILD = Path(__file__).parents[1] / "child.py"


def main() -> None:
    process.engine_command = lambda folder, python: [
        sys.executable, str(CHILD), "endless", str(folder)
    ]  # fmt: skip
    viewer = napari.Viewer()
    image = np.random.default_rng(0).integers(0, 255, (3, 40, 40), np.uint8)
    viewer.add_image(image, name="grey")
    viewer.add_labels(image // 128 + 1, name="painted")
    dock = TrainDock(viewer)
    viewer.window.add_dock_widget(dock, name="Train U-Net")
    while not dock.run.controls.start.isEnabled():
        QApplication.processEvents()
    dock.run.controls.start.click()
    while "step" not in dock.run.controls.progress.format():
        QApplication.processEvents()


if __name__ == "__main__":
    main()
