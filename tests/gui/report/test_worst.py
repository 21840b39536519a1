"""The worst slices and objects, and the way there."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("napari")

from napari.components import ViewerModel
from qtpy.QtCore import Qt
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QFileDialog

from napari_unetseg.gui.parts.view import camera_of
from napari_unetseg.gui.report.dock import ReportDock

pytestmark = pytest.mark.gui

# Slice 2 is the worst, then 0; 1 and 3 are right.
TRUTH = np.ones((4, 200, 300), np.uint8)
TRUTH[:, :, 150:] = 2
PREDICTION = TRUTH.copy()
PREDICTION[2, 100:110, 20:40] = 2
PREDICTION[2, 0, 0] = 2
PREDICTION[0, 10:14, 10:14] = 2
NAMES = {"index": [1, 2], "class": ["cell", "membrane"]}
PLACE = {"scale": (3, 2, 2), "translate": (10, 20, 30)}


def made(qtbot, prediction, truth, kind="classes", **about):
    """A dock that has compared two layers."""
    viewer = ViewerModel()
    viewer.add_labels(prediction, name="mine", **about)
    viewer.add_labels(truth, name="truth", features=NAMES, **about)
    viewer.dims.set_current_step(0, 0)
    dock = ReportDock(napari_viewer=viewer)
    qtbot.addWidget(dock)
    dock.prediction.value, dock.truth.value = viewer.layers
    dock.kind.value = kind
    dock.buttons.compare.click()
    qtbot.waitUntil(lambda: dock.report is not None, timeout=5_000)
    return dock


@pytest.fixture
def dock(qapp, qtbot):
    return made(qtbot, PREDICTION.copy(), TRUTH.copy(), **PLACE)


def texts(dock):
    table = dock.guide.table
    return [
        [table.item(row, column).text() for column in range(table.columnCount())]
        for row in range(table.rowCount())
    ]


def click(dock, qtbot, row):
    table = dock.guide.table
    where = table.visualItemRect(table.item(row, 1)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=where)


def at(dock, qtbot, center, z=None):
    """Wait until the camera is there; 0 along an axis means anywhere."""
    viewer = dock.viewer

    def is_there():
        found = camera_of(viewer).center[-len(center) :]
        return np.allclose(found, center, atol=1e-6)

    qtbot.waitUntil(is_there, timeout=5_000)
    assert z is None or viewer.dims.point[0] == pytest.approx(z)


def test_the_worst_slice_is_the_first(dock):
    rows = texts(dock)
    assert [row[0] for row in rows] == ["1", "2", "3", "4"]
    assert [row[1] for row in rows] == ["Z 2", "Z 0", "Z 1", "Z 3"]
    iou = dock.report.per_plane[2][1]
    assert rows[0][2] == f"{iou.mean_iou:.3f}"
    assert rows[0][3] == f"1 cell: {iou.iou[1]:.3f}"
    assert rows[0][4] == "201"
    assert rows[2][2:] == ["1.000", "1 cell: 1.000", "0"]


def test_a_click_flies_to_the_largest_error(dock, qtbot):
    zoom = camera_of(dock.viewer).zoom
    click(dock, qtbot, 0)
    assert dock.viewer.dims.point[0] == 10 + 3 * 2
    at(dock, qtbot, (20 + 2 * 104.5, 30 + 2 * 29.5), 10 + 3 * 2)
    assert camera_of(dock.viewer).zoom > zoom
    click(dock, qtbot, 1)
    at(dock, qtbot, (20 + 2 * 11.5, 30 + 2 * 11.5), 10)


def test_enter_goes_to_the_current_row(dock, qtbot):
    table = dock.guide.table
    table.setCurrentCell(0, 0)
    qtbot.keyClick(table, Qt.Key.Key_Down)
    qtbot.keyClick(table, Qt.Key.Key_Up)
    qtbot.keyClick(table, Qt.Key.Key_Return)
    at(dock, qtbot, (20 + 2 * 104.5, 30 + 2 * 29.5), 16)


def test_a_slice_without_errors_is_shown_as_it_is(dock, qtbot):
    before = camera_of(dock.viewer).center
    click(dock, qtbot, 3)
    qtbot.waitUntil(lambda: dock.guide._searching is None, timeout=5_000)
    assert dock.viewer.dims.point[0] == 10 + 3 * 3
    assert camera_of(dock.viewer).center == before


def test_it_can_be_sorted_and_the_order_found_again(dock):
    table = dock.guide.table
    table.sortByColumn(4, Qt.SortOrder.DescendingOrder)
    assert [row[4] for row in texts(dock)] == ["201", "16", "0", "0"]
    table.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    assert [row[1] for row in texts(dock)] == ["Z 0", "Z 1", "Z 2", "Z 3"]
    table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    assert [row[1] for row in texts(dock)] == ["Z 2", "Z 0", "Z 1", "Z 3"]


def test_a_sorted_row_leads_to_its_own_slice(dock, qtbot):
    dock.guide.table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    click(dock, qtbot, 1)
    at(dock, qtbot, (20 + 2 * 104.5, 30 + 2 * 29.5), 16)


def test_slices_are_sorted_by_their_numbers(qapp, qtbot):
    truth = np.ones((12, 4, 5), np.uint8)
    dock = made(qtbot, truth, truth.copy())
    table = dock.guide.table
    table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    assert texts(dock)[0][1] == "Z 11"
    assert texts(dock)[-1][1] == "Z 0"


def test_copy(dock, qtbot):
    table = dock.guide.table
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    rows = [r.split("\t") for r in QGuiApplication.clipboard().text().split("\n")]
    assert rows[0] == ["#", "slice", "IoU", "worst class", "wrong"]
    assert rows[1:] == texts(dock)
    table.selectRow(1)
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text().split("\t") == texts(dock)[1]
    dock.buttons.copy.click()
    assert QGuiApplication.clipboard().text().startswith("class\t")


def test_layers_that_are_gone_still_have_slices(dock, qtbot):
    dock.viewer.add_image(np.zeros((4, 200, 300)), **PLACE)
    dock.viewer.layers.remove("mine")
    click(dock, qtbot, 0)
    assert dock.viewer.dims.point[0] == 16


def test_the_margin_that_is_not_compared_moves_nothing(qapp, qtbot):
    dock = made(qtbot, PREDICTION.copy(), TRUTH.copy())
    mine = dock.prediction.value
    mine.data, mine.translate = PREDICTION[1:, 50:], (1, 50, 0)
    dock.buttons.compare.click()
    qtbot.waitUntil(lambda: len(dock.report.per_plane) == 3, timeout=5_000)
    click(dock, qtbot, 0)
    at(dock, qtbot, (104.5, 29.5), 2)


def test_in_3d_the_camera_goes_to_the_error_too(dock, qtbot):
    dock.viewer.dims.ndisplay = 3
    click(dock, qtbot, 0)
    at(dock, qtbot, (10 + 3 * 2, 20 + 2 * 104.5, 30 + 2 * 29.5))


OBJECTS = np.zeros((3, 100, 100), np.uint16)
OBJECTS[1:, 10:20, 10:20] = 1
OBJECTS[0, 50:60, 50:60] = 2
OBJECTS[0, 50:60, 60:64] = 3
OBJECTS[2, 80:90, 70:90] = 4
FOUND = OBJECTS + 1000 * (OBJECTS > 0).astype(np.uint16)
FOUND[1:, 10:20, 10:20] = 0
FOUND[0, 50:60, 50:64] = 7
FOUND[2, 80:90, 80:90] = 8
FOUND[2, 5:9, 5:9] = 9


@pytest.mark.parametrize(
    ("kind", "count"), [("objects", 4), ("objects of each slice", 5)]
)
def test_objects(qapp, qtbot, kind, count):
    dock = made(qtbot, FOUND.copy(), OBJECTS.copy(), kind)
    told = [(row[1], row[2]) for row in texts(dock)]
    assert told[0] == ("1", "missed")
    assert dict(told) == {
        "1": "missed",
        "2": "merged",
        "3": "merged",
        "4": "split",
        "9": "spurious",
    }
    assert len(told) == count + 1
    summary = dock.scores.summary.text()
    assert f"of {count} true objects" in summary
    assert "1 split, 2 merged, 1 spurious." in summary
    assert summary.startswith("SEG ")
    assert dock.scores.table.item(1, 0).text() == "1 objects"
    assert dock.report.overlap.ids == (0, 1)


def test_a_click_flies_to_an_object(qapp, qtbot):
    dock = made(qtbot, FOUND.copy(), OBJECTS.copy(), "objects")
    row = next(i for i, cells in enumerate(texts(dock)) if cells[1] == "4")
    click(dock, qtbot, row)
    at(dock, qtbot, (84.5, 79.5), 2)


def test_thousands_of_objects_are_no_error(qapp, qtbot):
    many = np.arange(2 * 40 * 50).reshape(2, 40, 50)
    dock = made(qtbot, many, many.copy(), "objects")
    assert dock.guide.table.rowCount() == 1000
    assert "0 missed, 0 split, 0 merged, 0 spurious" in dock.scores.summary.text()


def test_live_and_errors_of_objects_tell_of_their_pixels(qapp, qtbot):
    dock = made(qtbot, FOUND.copy(), OBJECTS.copy(), "objects")
    box = dock.correcting.row.classes
    assert [box.itemText(i) for i in range(box.count())] == ["objects"]
    dock.correcting.box.setChecked(True)
    caption = dock.correcting.scores.caption
    qtbot.waitUntil(lambda: "Slice Z 0, live: mean IoU 1.000" in caption.text())
    dock.correcting.row.button.click()
    name = "Errors of mine (objects)"
    qtbot.waitUntil(lambda: name in dock.viewer.layers, timeout=5_000)
    errors = np.asarray(dock.viewer.layers[name].data)
    expected = np.zeros(OBJECTS.shape, np.uint8)
    expected[(OBJECTS > 0) & (FOUND > 0)] = 1
    expected[(OBJECTS == 0) & (FOUND > 0)] = 2
    expected[(OBJECTS > 0) & (FOUND == 0)] = 3
    assert (errors == expected).all()
    # Errors of classes are others, and have a layer of their own.
    dock.kind.value = "classes"
    dock.correcting.row.button.click()
    name = "Errors of mine (all classes)"
    qtbot.waitUntil(lambda: name in dock.viewer.layers, timeout=20_000)
    assert (np.asarray(dock.viewer.layers[name].data) == 4).any()
    assert (np.asarray(dock.viewer.layers["Errors of mine (objects)"].data) < 4).all()


def test_scores_of_objects_can_be_saved_and_are_dimmed_with_the_list(
    qapp, qtbot, monkeypatch, tmp_path
):
    dock = made(qtbot, FOUND.copy(), OBJECTS.copy(), "objects")
    assert dock.said.startswith("F1 ")
    path = tmp_path / "scores.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    dock.buttons.save.click()
    qtbot.waitUntil(lambda: dock.said == f"Saved {path}", timeout=5_000)
    rows = path.read_text(encoding="utf-8").splitlines()
    assert [row.split(",")[0] for row in rows[:3]] == ["score", "seg", "det"]
    assert float(rows[1].split(",")[1]) == dock.report.objects.scores.seg
    assert dock.scores.current
    dock.kind.value = "classes"
    assert not dock.scores.current
    assert dock.scores.isAncestorOf(dock.guide.table)
