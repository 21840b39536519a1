"""The IoU of the slice in view, while labels are corrected."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

pytest.importorskip("napari")

from napari.components import ViewerModel
from qtpy.QtWidgets import QApplication

from napari_unetseg.core.evaluate.overlap import overlap
from napari_unetseg.gui.report import live, plane
from napari_unetseg.gui.report.dock import ReportDock

pytestmark = pytest.mark.gui

RNG = np.random.default_rng(0)
TRUTH = RNG.integers(0, 3, (4, 20, 30), dtype=np.uint8)
TRUTH[3] = 0
PREDICTION = np.where(RNG.random(TRUTH.shape) < 0.2, 1, TRUTH).astype(np.uint16)
NAMES = {"index": [1, 2], "class": ["cell", "membrane"]}


def fill(viewer):
    viewer.add_labels(PREDICTION.copy(), name="mine")
    viewer.add_labels(TRUTH.copy(), name="truth", features=NAMES)
    viewer.dims.set_current_step(0, 1)
    return viewer


@pytest.fixture
def dock(qapp, qtbot):
    """A dock whose box "Live" is on and that has shown the first scores."""
    dock = ReportDock(napari_viewer=fill(ViewerModel()))
    qtbot.addWidget(dock)
    return turned_on(dock, qtbot)


def turned_on(dock, qtbot):
    dock.prediction.value = dock.viewer.layers["mine"]
    dock.truth.value = dock.viewer.layers["truth"]
    dock.correcting.box.setChecked(True)
    until_caption(dock, qtbot, "Slice Z 1, live: mean IoU")
    return dock


def scores(dock):
    return dock.correcting.scores


def caption(dock):
    return scores(dock).caption.text()


def until_caption(dock, qtbot, words):
    qtbot.waitUntil(lambda: words in caption(dock), timeout=20_000)


def iou(z, prediction=PREDICTION, truth=TRUTH):
    return overlap(np.asarray(prediction)[z], np.asarray(truth)[z]).mean_iou


def until_iou(dock, qtbot, z, mean):
    until_caption(dock, qtbot, f"Slice Z {z}, live: mean IoU {mean:.3f}")


def of_now(dock, z):
    """The mean IoU of a slice of the layers as they are."""
    return iou(z, dock.prediction.value.data, dock.truth.value.data)


def test_the_slice_and_its_scores_per_class(dock):
    found = overlap(PREDICTION[1], TRUTH[1])
    assert caption(dock) == f"Slice Z 1, live: mean IoU {found.mean_iou:.3f}"
    table = scores(dock).table
    names = [table.item(row, 0).text() for row in range(table.rowCount())]
    assert names == ["0", "1 cell", "2 membrane", "mean"]
    for row in range(3):
        assert table.item(row, 1).text() == f"{found.iou[row]:.3f}"
    assert dock.report is None


def test_it_is_hidden_while_it_is_off(dock, qtbot):
    assert not scores(dock).isHidden()
    dock.correcting.box.setChecked(False)
    assert scores(dock).isHidden()
    before = caption(dock)
    dock.viewer.dims.set_current_step(0, 2)
    qtbot.wait(3 * live.REST)
    assert caption(dock) == before


def test_it_follows_the_slider(dock, qtbot):
    dock.viewer.dims.set_current_step(0, 2)
    until_iou(dock, qtbot, 2, iou(2))


CORRECTIONS = {
    "paint": lambda layer: layer.paint((1, 8, 8), 2),
    "erase": lambda layer: layer.paint((1, 8, 8), 0),
    "fill": lambda layer: layer.fill((1, 8, 8), int(layer.data[1, 8, 8]) % 2 + 1),
    "assign": lambda layer: setattr(layer, "data", PREDICTION.astype(np.uint8)),
    "script": lambda layer: (layer.data.fill(1), layer.refresh()),
}


@pytest.mark.parametrize("which", ["prediction", "truth"])
def test_it_follows_every_correction(dock, qtbot, which):
    layer = getattr(dock, which).value
    layer.brush_size = 9
    for name, correct in CORRECTIONS.items():
        before = of_now(dock, 1)
        correct(layer)
        after = of_now(dock, 1)
        assert name == "assign" or f"{after:.3f}" != f"{before:.3f}"
        until_iou(dock, qtbot, 1, after)


def test_it_follows_undo_and_redo(dock, qtbot):
    layer = dock.truth.value
    layer.brush_size = 9
    layer.paint((1, 8, 8), 2)
    painted = of_now(dock, 1)
    until_iou(dock, qtbot, 1, painted)
    layer.undo()
    until_iou(dock, qtbot, 1, iou(1))
    layer.redo()
    until_iou(dock, qtbot, 1, painted)


def test_many_strokes_are_one_question(dock, qtbot, monkeypatch):
    asked = []

    def counted(question):
        asked.append(question)
        return plane.answer(question)

    monkeypatch.setattr(live, "answer", counted)
    layer = dock.truth.value
    for x in range(20):
        layer.paint((1, 8, x), 2)
    until_iou(dock, qtbot, 1, of_now(dock, 1))
    assert len(asked) == 1


class Slow:
    """An array that takes its time, and tells who reads it and how much."""

    def __init__(self, array):
        self.array, self.shape, self.dtype = array, array.shape, array.dtype
        self.ndim, self.read, self.go_on = array.ndim, [], threading.Event()
        self.go_on.set()

    def __getitem__(self, key):
        part = self.array[key]
        if threading.current_thread() is not threading.main_thread():
            self.read.append(part.size)
            while not self.go_on.is_set():
                time.sleep(0.005)
        return part

    def __array__(self, dtype=None, copy=None):
        raise AssertionError("all of it was read")


def test_only_the_slice_is_read_and_never_by_the_window(dock, qtbot):
    slow = Slow(PREDICTION)
    dock.prediction.value.data = slow
    until_iou(dock, qtbot, 1, iou(1))
    qtbot.waitUntil(lambda: bool(slow.read))
    assert set(slow.read) == {20 * 30}


def test_the_newest_question_wins(dock, qtbot):
    slow = Slow(PREDICTION)
    slow.go_on.clear()
    dock.prediction.value.data = slow
    qtbot.waitUntil(lambda: bool(slow.read), timeout=20_000)
    said = set()
    for z in (2, 0):
        dock.viewer.dims.set_current_step(0, z)
        qtbot.wait(2 * live.REST)
        said.add(caption(dock))
    slow.go_on.set()
    until_iou(dock, qtbot, 0, iou(0))
    assert len(said) == 1
    # The first was given up, the second never asked.
    assert len(slow.read) == 2


def test_compared_in_the_world(dock, qtbot):
    """A prediction of every second pixel, from slice 1 on, in other units."""
    viewer = dock.viewer
    where = {"scale": (40, 4, 4), "translate": (0, 40, 0), "units": ("nm",) * 3}
    truth = dock.truth.value
    truth.scale, truth.translate, truth.units = where.values()
    mine = TRUTH[1:, ::2, ::2]
    coarse = viewer.add_labels(
        mine,
        name="coarse",
        scale=(0.04, 0.008, 0.008),
        translate=(0.04, 0.042, 0.002),
        units=("um",) * 3,
    )
    dock.prediction.value = coarse
    viewer.layers.remove("mine")
    big = mine.repeat(2, axis=1).repeat(2, axis=2)
    for z in (2, 3):
        viewer.dims.set_point(0, truth.data_to_world((z, 0, 0))[0] * units(viewer))
        until_iou(dock, qtbot, z, iou(z - 1, big, TRUTH[1:]))
    viewer.dims.set_point(0, 0)
    until_caption(dock, qtbot, "The slice in view lies outside 'coarse'")


def units(viewer):
    """Units of the viewer's world in a nanometre."""
    # Older versions of napari do not convert units.
    known = getattr(viewer.layers.extent, "units", None)
    return 1 if known is None or str(known[0]) == "nanometer" else 1e-3


def test_another_plane_is_named_by_its_axis(dock, qtbot):
    dock.viewer.dims.order = (1, 0, 2)
    dock.viewer.dims.set_current_step(1, 7)
    mean = overlap(PREDICTION[:, 7], TRUTH[:, 7]).mean_iou
    until_caption(dock, qtbot, f"Slice Y 7, live: mean IoU {mean:.3f}")


def test_in_3d_there_is_no_slice(dock, qtbot):
    dock.viewer.dims.ndisplay = 3
    until_caption(dock, qtbot, "In the 3D view no slice is seen")
    assert scores(dock).table.item(0, 1).text() == "\u2013"
    dock.viewer.dims.ndisplay = 2
    until_iou(dock, qtbot, 1, iou(1))


def test_where_nothing_is_annotated(dock, qtbot):
    dock.ignore.value = "0"
    until_caption(dock, qtbot, "Slice Z 1, live")
    dock.viewer.dims.set_current_step(0, 3)
    until_caption(dock, qtbot, "Nothing is annotated in slice Z 3")


def test_rows_do_not_come_and_go(dock, qtbot):
    dock.viewer.dims.set_current_step(0, 3)
    until_caption(dock, qtbot, "Slice Z 3, live")
    table = scores(dock).table
    assert [table.item(row, 0).text() for row in range(3)] == [
        "0",
        "1 cell",
        "2 membrane",
    ]
    assert table.item(2, 1).text() == "\u2013"


def test_layers_are_removed_and_come_back(dock, qtbot):
    dock.viewer.layers.clear()
    until_caption(dock, qtbot, "Open or paint two labels layers to compare")
    fill(dock.viewer)
    until_iou(dock, qtbot, 1, iou(1))


def test_other_shapes(dock, qtbot):
    dock.truth.value.data = TRUTH[:2, :10]
    until_iou(dock, qtbot, 1, iou(1, PREDICTION[:2, :10], TRUTH[:2, :10]))


def test_what_is_no_label_is_said(dock, qtbot):
    dock.ignore.value = "x"
    until_caption(dock, qtbot, "'x' is no label")
    dock.ignore.value = ""
    until_iou(dock, qtbot, 1, iou(1))


def test_closed_in_the_middle(qapp, qtbot):
    dock = turned_on(ReportDock(napari_viewer=fill(ViewerModel())), qtbot)
    slow, viewer = Slow(PREDICTION), dock.viewer
    slow.go_on.clear()
    dock.prediction.value.data = slow
    qtbot.waitUntil(lambda: bool(slow.read), timeout=20_000)
    gone = []
    dock.destroyed.connect(lambda: gone.append(True))
    dock.deleteLater()
    qtbot.waitUntil(lambda: bool(gone))
    slow.go_on.set()
    QApplication.processEvents()
    viewer.dims.set_current_step(0, 2)
    viewer.layers[1].paint((1, 1, 1), 2)
    viewer.layers.clear()
    qtbot.wait(2 * live.REST)


def test_nothing_moves_and_nothing_is_cut_off(make_napari_viewer, qtbot):
    viewer = fill(make_napari_viewer(show=True))
    dock = ReportDock(napari_viewer=viewer)
    viewer.window.add_dock_widget(dock, name="IoU report")
    turned_on(dock, qtbot)
    dock.buttons.compare.click()
    qtbot.waitUntil(lambda: dock.report is not None, timeout=20_000)
    dock.resize(dock.sizeHint())
    qtbot.wait(50)
    tables = [scores(dock).table, dock.scores.table, dock.guide.table]

    def places():
        return [table.geometry() for table in tables]

    for table in tables:
        assert table.horizontalScrollBar().maximum() == 0
    before = places()
    viewer.dims.set_current_step(0, 3)
    until_caption(dock, qtbot, "Slice Z 3, live")
    assert places() == before
    viewer.dims.ndisplay = 3
    until_caption(dock, qtbot, "In the 3D view no slice is seen")
    qtbot.wait(50)
    assert places() == before
