"""Pictures of the report dock over real data: neurites, cells, and nuclei of a volume.

    UNETSEG_DATA=FOLDER xvfb-run -a -s "-screen 0 1366x768x24" \
        python docs/screenshots_report.py OUT_FOLDER

What is judged is a threshold of the smoothed image: what counts here is the dock.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from camera import Camera
from screenshots import REPORT, button, home, opened, pause, wait, window

from napari_unetseg.core.read import read_image

if TYPE_CHECKING:
    from napari import Viewer

    from napari_unetseg.gui.report.dock import ReportDock

PLACE = {"translate": (100.0, 20.0, 30.0)}


def main() -> None:
    """Take the pictures of all tasks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--theme", choices=("dark", "light"), default="dark")
    options = parser.parse_args()
    data = Path(os.environ["UNETSEG_DATA"])
    with home():
        viewer = window(options.theme)
        real_data(viewer, Camera(viewer, options.folder), data)
        viewer.close()


def real_data(viewer: Viewer, camera: Camera, data: Path) -> None:
    """Take the pictures of each set, in a viewer without other layers."""
    viewer.layers.clear()
    neurites(viewer, camera, data / "isbi2012-em")
    cells(viewer, camera, data / "dic-hela")
    nuclei(viewer, camera, data / "gonuclear-3d")


def neurites(viewer: Viewer, camera: Camera, folder: Path) -> None:
    """Slices of EM, scored as classes over thresholds, and as neurites."""
    from scipy import ndimage

    image = np.asarray(read_image(folder / "images.tif").array)[:8, :256, :256]
    truth = (np.asarray(read_image(folder / "labels.tif").array) == 1).astype(np.uint8)
    bright = ndimage.gaussian_filter(image.astype(np.float32), (0, 1.5, 1.5))
    share = np.clip((bright - 60) / 120, 0, 1)
    parts = [
        {"index": [z], "boxes": [[name, 0, 0, 256, 256]]}
        for name, slices in (("train", range(4)), ("validation", range(4, 6)))
        for z in slices
    ]
    notes = {
        "run": "segment-em",
        "image": "em",
        "model_sha256": "0",
        "classes": "0,1",
        "seen": json.dumps(parts),
    }
    where = {"scale": (50, 4, 4), "units": ("nm",) * 3, **PLACE}
    classes = {"index": [0, 1], "class": ["membrane", "interior"]}
    viewer.add_image(image, name="em", **where)
    for name, values in (("membrane", 1 - share), ("interior", share)):
        about = {"napari-unetseg": notes | {"shows": f"score of {name}"}}
        viewer.add_image(values, metadata=about, visible=False, name=name, **where)
    viewer.add_labels(
        truth[:8, :256, :256], name="truth", features=classes, opacity=0.3, **where
    )
    viewer.add_labels(
        (share > 0.5).astype(np.uint8),
        name="em segmented",
        metadata={"napari-unetseg": notes},
        features=classes,
        opacity=0.3,
        **where,
    )
    dock = opened(viewer, REPORT)
    dock.fields.borders.setChecked(True)
    compared(dock)
    camera.take("report-em-classes")
    dock.deciding.folded.heading.setChecked(True)
    shown(dock, dock.deciding.view)
    camera.take("report-em-thresholds")
    dock.kind.value = "neurites"
    dock.fields.of_class.value = "1"
    compared(dock)
    camera.take("report-em-neurites")
    shown(dock, dock.guide.table)
    camera.take("report-em-slices")
    viewer.layers.clear()


def cells(viewer: Viewer, camera: Camera, folder: Path) -> None:
    """Frames of touching cells, of which the silver truth is judged by the gold one."""
    from scipy import ndimage

    image = read_image(folder / "01_gold_images.tif").array
    truth = np.asarray(read_image(folder / "01_gold_labels.tif").array)
    smooth = [ndimage.median_filter(one, 9) for one in truth]
    found = np.stack([ndimage.grey_erosion(one, 5) for one in smooth])
    found[:, 250:300] = 0
    where = {"scale": (1, 0.19, 0.19), "units": ("pixel", "um", "um")}
    viewer.add_image(np.asarray(image), name="hela", **where)
    viewer.add_labels(truth, name="gold", opacity=0.3, **where)
    viewer.add_labels(found, name="segmented", opacity=0.3, **where)
    dock = opened(viewer, REPORT)
    dock.prediction.value, dock.truth.value = viewer.layers[2], viewer.layers[1]
    dock.kind.value = "objects of each slice"
    compared(dock)
    camera.take("report-hela")
    button(dock, "Show errors").click()
    pause(1)
    fly(dock, 0)
    camera.take("report-hela-worst")
    dock.guide.by.setCurrentIndex(1)
    shown(dock, dock.guide.table)
    camera.take("report-hela-slices")
    beside = np.stack([ndimage.grey_dilation(one, 9) for one in smooth])
    viewer.add_labels(beside, name="dilated", opacity=0.3, visible=False, **where)
    dock.prediction.value = viewer.layers["segmented"]
    dock.truth.value, dock.rival.value = viewer.layers["gold"], viewer.layers["dilated"]
    compared(dock)
    shown(dock, dock.scores.measures)
    camera.take("report-hela-beside")
    viewer.layers.clear()


def nuclei(viewer: Viewer, camera: Camera, folder: Path) -> None:
    """Nuclei of a volume with scale and place, and the flight to the worst of them."""
    from scipy import ndimage
    from skimage.filters import threshold_otsu

    cut = (slice(20, 80), slice(0, 100), slice(0, 100))
    image = np.asarray(read_image(folder / "1135_raw.tif").array[cut])
    truth = np.asarray(read_image(folder / "1135_labels.tif").array[cut])
    smooth = ndimage.gaussian_filter(image.astype(np.float32), 1)
    found, _ = ndimage.label(smooth > threshold_otsu(smooth))
    where = {"scale": (0.5, 0.2, 0.2), "units": ("um",) * 3, **PLACE}
    viewer.add_image(image, name="nuclei", **where)
    viewer.add_labels(truth, name="truth", opacity=0.3, **where)
    viewer.add_labels(found, name="by a threshold", opacity=0.3, **where)
    dock = opened(viewer, REPORT)
    dock.prediction.value, dock.truth.value = viewer.layers[2], viewer.layers[1]
    dock.kind.value = "objects"
    compared(dock)
    camera.take("report-nuclei")
    fly(dock, 0)
    camera.take("report-nuclei-worst")
    viewer.layers.clear()


def compared(dock: ReportDock) -> None:
    """Compare, and wait for the end."""
    dock.report = None
    button(dock, "Compare").click()
    wait("the scores", lambda: dock.report is not None)
    pause(0.5)


def fly(dock: ReportDock, row: int) -> None:
    """Go to a row of the table of the worst."""
    shown(dock, dock.guide.table)
    dock.guide.table.selectRow(row)
    dock.guide.table.cellClicked.emit(row, 0)
    pause(3)


def shown(dock: ReportDock, part: object) -> None:
    """Scroll to a part of the dock."""
    pause(0.5)
    dock.reveal(part)
    pause(0.5)


if __name__ == "__main__":
    main()
