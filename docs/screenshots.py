"""Pictures of the docks in each of their states, from real runs.

    xvfb-run -a -s "-screen 0 1366x768x24" python docs/screenshots.py
    python docs/screenshots.py OUT_FOLDER --theme light

Without a folder, the pictures of the README go to docs/images and the others to
build/screenshots. It ends with an error if a dock does not reach a state. Where
UNETSEG_DATA names real data, the report is shown over these too. The other scores
in the report's pictures are those of slices on which nothing was trained or validated.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil
from camera import SIZE, Camera
from qtpy.QtCore import QEventLoop, Qt, QTimer
from qtpy.QtGui import QCursor
from qtpy.QtWidgets import QLabel, QProgressBar, QPushButton

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from napari import Viewer

    from napari_unetseg.gui.parts.dock import Dock
    from napari_unetseg.gui.report.dock import ReportDock
    from napari_unetseg.gui.run.dock import RunDock
    from napari_unetseg.gui.segment.dock import SegmentDock
    from napari_unetseg.gui.train.dock import TrainDock

TRAIN, SEGMENT, REPORT = "Train U-Net", "Segment with U-Net", "IoU report"
RUNS, MODELS, COMPUTER = "U-Net runs", "U-Net models", "Check my computer"
PREFERENCES = "U-Net Segmentation"
# From this slice on nothing is painted when the network is trained.
HELD_OUT = 12
PATCHES = ("augmented patches", "labels of the patches", "weights of the patches")
# What the viewer shows while training, and later.
PAINTED_SLICE, OTHER_SLICE = 5, 14
PATIENCE = 300.0


def main() -> None:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--theme", choices=("dark", "light"), default="dark")
    parser.add_argument("--steps", type=int, default=300, help="of the training")
    options = parser.parse_args()
    from screenshots_samples import downloaded

    with home():
        viewer = window(options.theme)
        camera = Camera(viewer, options.folder)
        for name, title in (("train", TRAIN), ("segment", SEGMENT), ("report", REPORT)):
            opened(viewer, title)
            camera.take(f"{name}-empty")
        viewer.open_sample("napari-unetseg", "em")
        truth = hold_out(viewer)
        model = train(opened(viewer, TRAIN), camera, options.steps)
        segment(opened(viewer, SEGMENT), camera, model)
        compare(opened(viewer, REPORT), camera, truth)
        look(opened(viewer, RUNS), camera, "runs")
        look(opened(viewer, MODELS), camera, "models")
        look(opened(viewer, COMPUTER), camera, "computer")
        prefer(viewer, camera)
        if "UNETSEG_DATA" in os.environ:
            # It uses what is defined here.
            from screenshots_report import real_data

            real_data(viewer, camera, Path(os.environ["UNETSEG_DATA"]))
        # Last: what is told of a cancelled download stays in sight for a while.
        viewer.layers.clear()
        viewer.window.remove_dock_widget("all")
        downloaded(viewer, camera)
        viewer.close()


@contextmanager
def home() -> Iterator[None]:
    """Keep models, runs and settings apart from the user's, and delete them."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    with tempfile.TemporaryDirectory(prefix="napari-unetseg-") as folder:
        os.environ |= {"UNETSEG_HOME": folder, "NAPARI_CONFIG": ""}
        os.environ["QT_ENABLE_HIGHDPI_SCALING"] = "0"
        try:
            yield
        finally:
            for engine in psutil.Process().children():
                with suppress(psutil.NoSuchProcess):
                    engine.kill()
                engine.wait()


def window(theme: str) -> Viewer:
    """Open napari without notifications, away from the mouse."""
    import napari
    from napari.settings import get_settings

    get_settings().application.gui_notification_level = "none"
    viewer = napari.Viewer()
    viewer.theme = theme
    QCursor.setPos(SIZE[0] - 1, 0)
    viewer.window.set_geometry(0, 0, *SIZE)
    pause(1)
    return viewer


def opened(viewer: Viewer, title: str) -> Dock:
    """Open a dock in place of the one before."""
    viewer.window.remove_dock_widget("all")
    _, dock = viewer.window.add_plugin_dock_widget("napari-unetseg", title)
    pause(1)
    return dock


def hold_out(viewer: Viewer) -> np.ndarray:
    """Take the last slices out of the painted labels; return labels of these alone."""
    image, painted = viewer.layers
    image.name, painted.name = "tissue", "painted"
    painted.opacity = 0.4
    is_held_out = np.arange(len(painted.data))[:, None, None] >= HELD_OUT
    truth = np.where(is_held_out, painted.data, 0)
    painted.data = np.where(is_held_out, 0, painted.data)
    return truth


def train(dock: TrainDock, camera: Camera, steps: int) -> Path:
    """Train to the end, and once more until the engine is killed; return the model."""
    viewer = dock.viewer
    viewer.dims.set_current_step(0, PAINTED_SLICE)
    settings = {field.name: widget for field, widget in dock.training.widgets.items()}
    dock.training.preset.value = "fast"
    settings["patch"].value = 128
    settings["steps"].value = str(steps)
    wait("the labels are seen", button(dock, "Train").isEnabled)
    wait("the computer's speed", lambda: not says(dock, "not measured yet"))
    camera.take("train-ready")
    usual = settings["validation"].value
    dock.training.folded[0].heading.setChecked(True)
    button(dock, "Draw where it validates").click()
    pause(1)
    dock.reveal(settings["validation"].native)
    pause(1)
    camera.take("train-validation")
    viewer.layers.remove("validation")
    settings["validation"].value = usual
    dock.training.folded[0].heading.setChecked(False)
    take_more_pairs(dock, camera)
    button(dock, "Show augmented patches").click()
    wait("the bar", dock.views.waiting.isVisible)
    camera.take("train-drawing-patches")
    wait("patches", lambda: says(dock, "Press again for others"))
    pause(1)
    camera.take("train-patches")
    for name in PATCHES:
        viewer.layers.remove(name)
    viewer.reset_view()
    button(dock, "Train").click()
    wait("most of the training", lambda: progress(dock, 2 * steps // 3))
    camera.take("train-running")
    wait("a trained model", button(dock, "Segment with this model").isVisible)
    camera.take("train-done")
    from napari_unetseg.runs import listing

    # Nothing of it is painted.
    viewer.dims.set_current_step(0, OTHER_SLICE)
    for name in ("train-next", "train-next-rare"):
        button(dock, "Where to paint next").click()
        wait("a place", lambda: not dock.views.waiting.busy and says(dock, "Place "))
        pause(1)
        camera.take(name)
    viewer.dims.set_current_step(0, PAINTED_SLICE)
    viewer.reset_view()

    (model,) = listing.models()  # Its picture lies beside it.
    button(dock, "Train").click()
    wait("a second training", lambda: progress(dock, 20))
    for engine in psutil.Process().children():
        engine.kill()
    wait("the dock notices", button(dock, "Go on").isVisible)
    camera.take("train-failed")
    return model


def take_more_pairs(dock: TrainDock, camera: Camera) -> None:
    """Learn from a further pair of layers, and from a folder; and go back."""
    from napari_unetseg.core.image import Image as Array
    from napari_unetseg.core.write.ome_tiff import write_ome_tiff

    viewer = dock.viewer
    image, painted = (viewer.layers[name] for name in ("tissue", "painted"))
    place = {name: getattr(image, name) for name in ("scale", "units", "axis_labels")}
    few = (slice(0, 4), slice(0, 200))
    added = [
        viewer.add_image(image.data[few], name="other tissue", **place),
        viewer.add_labels(painted.data[few], name="other tissue painted", **place),
    ]
    button(dock, "Add a pair").click()
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "more tissue"
        folder.mkdir()
        for number in range(12):
            for mark, data in (("", image.data), ("-labels", painted.data)):
                if mark and number > 9:
                    continue
                plane = Array(array=np.array(data[number]), axes="YX")
                write_ome_tiff(folder / f"{number:02}{mark}.ome.tif", plane)
        dock.pairs.add_folder(folder)
        wait("the files are seen", button(dock, "Train").isEnabled)
        camera.take("train-pairs")
        dock.pairs.remove_folder()
    for layer in added:
        viewer.layers.remove(layer)
    wait("the labels are seen", button(dock, "Train").isEnabled)


def segment(dock: SegmentDock, camera: Camera, model: Path) -> None:
    """Segment; and then with a model whose file has gone."""
    viewer = dock.viewer
    viewer.dims.set_current_step(0, OTHER_SLICE)
    viewer.layers["painted"].visible = False
    wait("a model", button(dock, "Segment").isEnabled)
    wait("a forecast", lambda: says(dock, "of memory"))
    camera.take("segment-ready")
    button(dock, "Segment").click()
    wait("some slices", lambda: progress(dock, 1))
    camera.take("segment-running")
    wait("the labels", lambda: "labels are in the layer" in dock.said)
    viewer.layers[-1].opacity = 0.4
    pause(0.2)
    camera.take("segment-done")
    # It uses what is defined here.
    from screenshots_segment import parts_and_several

    parts_and_several(dock, camera)
    model.rename(model.parent.parent / "elsewhere")
    button(dock, "Segment").click()
    wait("an error", lambda: "model" in dock.said)
    camera.take("segment-failed")


def compare(dock: ReportDock, camera: Camera, truth: np.ndarray) -> None:
    """Compare the segmentation with what was held out; and with one slice of it."""
    viewer = dock.viewer
    painted = viewer.layers["painted"]
    about = {name: getattr(painted, name) for name in ("features", "colormap")}
    scale, units, axes = painted.scale, painted.units, painted.axis_labels
    dock.truth.value = viewer.add_labels(
        truth,
        name="held out",
        scale=scale,
        units=units,
        axis_labels=axes,
        visible=False,
        **about,
    )
    viewer.layers.selection.active = viewer.layers["tissue segmented"]
    dock.ignore.value = "0"
    wait("two layers", button(dock, "Compare").isEnabled)
    camera.take("report-ready")
    taken = []

    def take(share: int) -> None:
        if share and not taken:
            camera.take("report-running")
            taken.append(share)

    dock.buttons.progress.valueChanged.connect(take)
    button(dock, "Compare").click()
    wait("the scores", lambda: dock.report is not None and bool(taken))
    camera.take("report-done")
    correct(dock, camera)
    where = {"scale": scale[1:], "units": units[1:], "visible": False}
    dock.truth.value = viewer.add_labels(truth[OTHER_SLICE], name="one slice", **where)
    pause(1)
    camera.take("report-changed")
    button(dock, "Compare").click()
    wait("an error", lambda: "dimensions" in dock.said)
    camera.take("report-failed")


def correct(dock: ReportDock, camera: Camera) -> None:
    """See the slice in view live, its errors, and the way to the worst; and go back."""
    viewer = dock.viewer
    dock.correcting.box.setChecked(True)
    wait("scores of the slice", lambda: says(dock, ", live: mean IoU"))
    camera.take("report-live")
    button(dock, "Show errors").click()
    wait("the errors", lambda: viewer.layers[-1].name.startswith("Errors of"))
    camera.take("report-errors")
    dock.guide.table.selectRow(0)
    dock.guide.table.cellClicked.emit(0, 0)
    pause(3)
    camera.take("report-worst")
    viewer.dims.ndisplay = 3
    pause(1)
    camera.take("report-3d")
    viewer.dims.ndisplay = 2
    viewer.layers.pop()
    dock.correcting.box.setChecked(False)
    viewer.reset_view()
    viewer.dims.set_current_step(0, OTHER_SLICE)
    pause(1)


def look(dock: Dock, camera: Camera, name: str) -> None:
    """Wait for what a dock finds out by itself."""
    wait("what it finds out", lambda: dock.said and not dock.said.endswith("…"))
    camera.take(name)


def prefer(viewer: Viewer, camera: Camera) -> None:
    """Open Preferences on the page of this plugin; napari before 0.9 has none."""
    from napari._qt.dialogs.preferences_dialog import PreferencesDialog

    dialog = PreferencesDialog(viewer.window._qt_window)
    pages = dialog._list.findItems(PREFERENCES, Qt.MatchFlag.MatchExactly)
    if pages:
        dialog._list.setCurrentItem(pages[0])
        dialog.show()
        pause(0.5)
        camera.take("preferences", dialog)
    dialog.close()


def button(dock: Dock, text: str) -> QPushButton:
    """Find a button by what is written on it."""
    return next(b for b in dock.findChildren(QPushButton) if b.text() == text)


def says(dock: Dock, words: str) -> bool:
    """Whether some text of a dock has these words."""
    return any(words in label.text() for label in dock.findChildren(QLabel))


def bar(dock: RunDock) -> QProgressBar:
    """Find the progress bar of a run."""
    return dock.run.controls.progress


def progress(dock: RunDock, done: int) -> bool:
    """Whether a run is at least so far; an error if it is over."""
    if not bar(dock).isVisible():
        raise RuntimeError(f"the run was over too soon: {dock.said}")
    return bar(dock).maximum() > 0 and bar(dock).value() >= done


def wait(what: str, reached: Callable[[], bool]) -> None:
    """Keep the window alive until something is so; an error if it never is."""
    end = time.monotonic() + PATIENCE
    while not reached():
        if time.monotonic() > end:
            raise TimeoutError(f"not reached: {what}")
        pause(0.02)
    pause(0.2)  # Until all is laid out and painted.


def pause(seconds: float) -> None:
    """Keep the window alive for some time."""
    loop = QEventLoop()
    QTimer.singleShot(int(1000 * seconds), loop.quit)
    loop.exec()


if __name__ == "__main__":
    main()
