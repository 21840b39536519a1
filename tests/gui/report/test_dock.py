"""The IoU report dock in a real viewer."""

from __future__ import annotations

import csv
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

pytest.importorskip("napari")

from napari.components import ViewerModel
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor, QGuiApplication
from qtpy.QtWidgets import QAbstractButton, QFileDialog

from napari_unetseg.core.evaluate.report import COLUMNS, evaluate
from napari_unetseg.core.image import Image
from napari_unetseg.gui.report import dock as report_dock
from napari_unetseg.gui.report.dock import ReportDock
from napari_unetseg.gui.report.question import compare
from napari_unetseg.gui.report.table import short

pytestmark = pytest.mark.gui

RNG = np.random.default_rng(0)
TRUTH = RNG.integers(0, 4, (3, 20, 30), dtype=np.uint8)
PREDICTION = np.where(RNG.random(TRUTH.shape) < 0.2, 1, TRUTH).astype(np.uint16)
NAMES = {"index": [1, 2, 7], "class": ["cell", "membrane", "absent"]}
OURS = {"napari-unetseg": {"model": "a"}}


@pytest.fixture
def viewer():
    """A viewer without a window: quick, and enough for all but a few tests."""
    return ViewerModel()


@pytest.fixture
def dock(viewer, qtbot):
    """The dock of a viewer with two labels layers; the prediction is older."""
    return add_dock(fill(viewer), qtbot)


@pytest.fixture
def shown(make_napari_viewer):
    """The same in a real window."""
    viewer = fill(make_napari_viewer(show=True))
    dock = ReportDock(napari_viewer=viewer)
    viewer.window.add_dock_widget(dock, name="IoU report")
    return dock


def fill(viewer):
    viewer.add_labels(PREDICTION.copy(), name="mine", metadata=OURS)
    viewer.add_labels(TRUTH.copy(), name="truth", features=NAMES)
    return viewer


def add_dock(viewer, qtbot):
    dock = ReportDock(napari_viewer=viewer)
    qtbot.addWidget(dock)
    return dock


def press(dock, qtbot):
    """Compare, and wait for the end."""
    dock.buttons.compare.click()
    qtbot.waitUntil(lambda: not dock.buttons.compare.isHidden(), timeout=20_000)


def score(prediction, truth, **more):
    return evaluate(
        Image(array=prediction, axes="ZYX", name="mine"),
        Image(array=truth, axes="ZYX", name="truth"),
        **more,
    ).to_dict()


class Held:
    """A comparison that waits in its middle until it is told to go on."""

    def __init__(self):
        self.go_on, self.closed = threading.Event(), threading.Event()

    def __call__(self, question):
        try:
            while not self.go_on.is_set():
                yield 0.5
                time.sleep(0.005)
            return (yield from compare(question))
        finally:
            self.closed.set()


@pytest.fixture
def hold(qtbot, monkeypatch):
    """Start a comparison in a dock and hold it in its middle."""
    held = Held()
    monkeypatch.setattr(report_dock, "compare", held)

    def start(dock):
        dock.buttons.compare.click()
        qtbot.waitUntil(lambda: dock.buttons.progress.value() == 50)
        return held

    yield start
    held.go_on.set()


def test_scores_are_those_of_the_arrays(shown, qtbot):
    dock = shown
    press(dock, qtbot)
    names = {1: "cell", 2: "membrane", 7: "absent"}
    assert dock.report.to_dict() == score(PREDICTION, TRUTH, names=names)
    assert f"Mean IoU {dock.report.overlap.mean_iou:.3f}." in dock.said
    assert dock.scores.caption.text() == "'mine' against 'truth'"
    error = 100 * dock.report.overlap.pixel_error
    assert f"{error:.2f} % of 1,800 pixels" in dock.scores.summary.text()


def test_table(dock, qtbot):
    press(dock, qtbot)
    table = dock.scores.table
    rows = dock.report.rows()
    assert [table.item(row, 0).text() for row in range(table.rowCount())] == [
        "0",
        "1 cell",
        "2 membrane",
        "3",
        "7 absent",
        "mean",
    ]
    assert table.item(1, 1).text() == f"{rows[1][2]:.3f}"
    assert table.item(1, 5).text() == str(rows[1][6])
    assert [table.item(4, column).text() for column in (1, 3, 4)] == ["\u2013"] * 3
    swatch = table.item(1, 0).data(Qt.ItemDataRole.DecorationRole)
    red, green, blue, _ = dock.truth.value.get_color(1)
    drawn = QColor.fromRgbF(float(red), float(green), float(blue))
    assert swatch.name() == drawn.name()
    assert table.item(0, 0).data(Qt.ItemDataRole.DecorationRole).alpha() == 0


def test_names_of_the_prediction_if_the_truth_has_none(dock, qtbot):
    dock.truth.value.features = {}
    dock.prediction.value.features = {"index": [2], "class": ["from the model"]}
    press(dock, qtbot)
    assert dock.scores.table.item(2, 0).text() == "2 from the model"


def test_not_annotated(dock, qtbot):
    dock.ignore.value = "0, 3"
    press(dock, qtbot)
    assert dock.report.overlap.ids == (1, 2, 7)
    text = dock.scores.summary.text()
    assert "Labels 0, 3 are not annotated and do not count." in text


def test_another_pixel_size(dock, viewer, qtbot):
    """Every second pixel of a truth that is drawn at half its pixel size."""
    units = ("nm",) * 3
    fine = viewer.add_labels(TRUTH, name="fine", scale=(1, 4, 4), units=units)
    coarse = viewer.add_labels(
        TRUTH[:, ::2, ::2][:, :, :10], name="coarse", scale=(1, 8, 8), units=units
    )
    dock.prediction.value, dock.truth.value = fine, coarse
    press(dock, qtbot)
    assert dock.report.overlap.pixel_error == 0
    assert dock.report.overlap.total == 3 * 10 * 10
    text = dock.scores.summary.text()
    assert "compared on the grid of 'coarse'" in text
    assert "left out" not in text
    dock.prediction.value, dock.truth.value = coarse, fine
    press(dock, qtbot)
    left_out = "33 % of its pixels lie outside 'coarse' and are left out"
    assert left_out in dock.scores.summary.text()


def test_no_overlap(dock, viewer, qtbot):
    far = viewer.add_labels(TRUTH[:2], name="far", translate=(0, 0, 1000))
    dock.prediction.value = far
    press(dock, qtbot)
    assert "'far' and 'truth' do not overlap" in dock.said
    assert dock.report is None
    assert dock.scores.isHidden()
    # The sentence goes with the choice that it is about.
    dock.prediction.value = viewer.layers["mine"]
    assert dock.said == ""


def test_other_dimensions(dock, viewer, qtbot):
    flat = viewer.add_labels(TRUTH[0], name="flat")
    dock.prediction.value = flat
    press(dock, qtbot)
    assert "'flat' has 2 dimensions and 'truth' has 3" in dock.said


def test_objects_are_refused(dock, viewer, qtbot):
    viewer.layers["mine"].data = np.arange(TRUTH.size).reshape(TRUTH.shape)
    press(dock, qtbot)
    assert "more than 256 different labels" in dock.said


def test_what_is_missing(viewer, qtbot):
    dock = add_dock(viewer, qtbot)
    assert not dock.buttons.compare.isEnabled()
    assert dock.said == "Open or paint two labels layers to compare."
    viewer.add_labels(TRUTH, name="one")
    viewer.add_image(TRUTH)
    assert not dock.buttons.compare.isEnabled()
    viewer.add_labels(TRUTH, name="two")
    assert dock.buttons.compare.isEnabled()
    assert dock.said == ""
    viewer.layers.remove("one")
    assert not dock.buttons.compare.isEnabled()
    assert dock.said == "Open or paint two labels layers to compare."


def test_the_same_layer_twice(dock):
    dock.prediction.value = dock.truth.value
    dock.truth.value = dock.prediction.value
    assert "the same layer" in dock.said
    assert not dock.buttons.compare.isEnabled()


@pytest.mark.parametrize("text", ["x", "0, x", "-1", "1.5", "0-3", "\u0663"])
def test_ids_that_are_none(dock, text):
    dock.ignore.value = text
    assert "is no label" in dock.said
    assert not dock.buttons.compare.isEnabled()
    dock.ignore.value = "0"
    assert dock.said == ""
    assert dock.buttons.compare.isEnabled()


@pytest.mark.parametrize(
    ("text", "ids"),
    [("", ()), (" ", ()), ("0", (0,)), ("0,255", (0, 255)), ("7; 0 7,", (0, 7))],
)
def test_every_control_changes_the_question(dock, viewer, text, ids):
    viewer.add_labels(TRUTH, name="third")
    assert dock.question().ignore == ()
    dock.ignore.value = text
    assert dock.question().ignore == ids
    for name in ("mine", "third"):
        dock.prediction.value = viewer.layers[name]
        assert dock.question().prediction.image.name == name
    for name in ("truth", "mine"):
        dock.truth.value = viewer.layers[name]
        assert dock.question().truth.image.name == name


def test_question_knows_the_place(dock):
    dock.prediction.value.scale = (5, 2, 3)
    dock.prediction.value.translate = (1, 1, 7)
    asked = dock.question().prediction
    world = asked.matrix @ (1, 2, 3, 1)
    assert world[:-1] == pytest.approx(dock.prediction.value.data_to_world((1, 2, 3)))


class TestChoice:
    def chosen(self, dock):
        return dock.prediction.value.name, dock.truth.value.name

    def test_what_a_model_made_is_the_prediction(self, dock, viewer):
        assert self.chosen(dock) == ("mine", "truth")
        viewer.add_labels(TRUTH, name="newer", metadata=OURS)
        assert self.chosen(dock) == ("newer", "truth")

    @pytest.mark.parametrize(
        ("notes", "is_made"),
        [
            ({"kind": "labels", "class_names": "{}"}, False),
            ("text with model", False),
            ({"kind": "labels", "model": "m"}, True),
            ({"model sha256": "0"}, True),
            ({"model_sha256": "0"}, True),
        ],
    )
    def test_what_was_only_saved_is_no_prediction(self, dock, viewer, notes, is_made):
        metadata = {"napari-unetseg": notes}
        viewer.add_labels(TRUTH, name="reopened", metadata=metadata)
        expected = ("reopened", "truth") if is_made else ("mine", "reopened")
        assert self.chosen(dock) == expected

    def test_what_is_chosen_by_hand_stays(self, dock, viewer):
        first = viewer.add_labels(TRUTH, name="first")
        viewer.add_labels(TRUTH, name="second")
        dock.prediction.value = first
        viewer.add_labels(TRUTH, name="newer", metadata=OURS)
        viewer.layers.move(0, 3)
        first.name = "renamed"
        assert self.chosen(dock) == ("renamed", "second")
        assert dock.prediction.current_choice == "renamed"

    def test_the_other_gives_way(self, dock, viewer):
        dock.prediction.value = viewer.layers["truth"]
        assert self.chosen(dock) == ("truth", "mine")

    def test_of_a_removed_layer_another_is_chosen(self, dock, viewer):
        third = viewer.add_labels(TRUTH, name="third")
        dock.prediction.value = third
        viewer.layers.remove(third)
        assert self.chosen(dock) == ("mine", "truth")


def test_layers_removed_and_painted_in_the_middle(shown, hold, qtbot):
    dock, viewer = shown, shown.viewer
    held = hold(dock)
    for name in ("mine", "truth"):
        viewer.layers[name].data[:] = 1
    viewer.layers.clear()
    assert dock.said == "Comparing…"
    held.go_on.set()
    qtbot.waitUntil(lambda: dock.report is not None)
    found = dock.report.overlap
    assert found.pixel_error == (PREDICTION != TRUTH).mean()
    assert dock.scores.table.rowCount() == 6
    assert dock.said == "Open or paint two labels layers to compare."
    assert not dock.buttons.compare.isEnabled()


def test_labels_in_a_file_painted_in_the_middle(dock, viewer, hold, qtbot):
    zarr = pytest.importorskip("zarr")
    stored = zarr.zeros(TRUTH.shape, dtype="u1", chunks=(1, 20, 30))
    stored[:] = TRUTH
    dock.truth.value = viewer.add_labels(stored, name="in a file")
    held = hold(dock)
    stored[:] = 1
    held.go_on.set()
    qtbot.waitUntil(lambda: dock.report is not None)
    assert dock.report.overlap.pixel_error == (PREDICTION != TRUTH).mean()


def test_scores_stay_when_layers_go(dock, viewer, qtbot):
    press(dock, qtbot)
    viewer.layers.clear()
    assert not dock.scores.isHidden()
    assert dock.buttons.copy.isEnabled()


def test_cancel(dock, hold, qtbot):
    held = hold(dock)
    assert dock.buttons.compare.isHidden()
    dock.buttons.cancel.click()
    assert dock.said == "Cancelled."
    assert dock.buttons.progress.isHidden()
    assert dock.buttons.compare.isEnabled()
    qtbot.waitUntil(held.closed.is_set)
    assert dock.report is None


def test_nothing_is_told_of_a_cancelled_comparison(dock, hold, qtbot, monkeypatch):
    held = hold(dock)
    dock.buttons.cancel.click()
    monkeypatch.setattr(report_dock, "compare", compare)
    dock.ignore.value = "1"
    press(dock, qtbot)
    held.go_on.set()
    qtbot.waitUntil(held.closed.is_set)
    assert dock.report.ignored == (1,)


def test_dock_closed_in_the_middle(shown, hold, qtbot):
    held, viewer = hold(shown), shown.viewer
    viewer.window.remove_dock_widget(shown)
    shown.deleteLater()
    qtbot.waitUntil(held.closed.is_set)
    viewer.add_labels(TRUTH)
    viewer.theme = "light"


def test_an_unexpected_error_is_told_and_not_swallowed(dock, qtbot, monkeypatch):
    def broken(question):
        yield 0.0
        raise ZeroDivisionError("so it goes")

    monkeypatch.setattr(report_dock, "compare", broken)
    with qtbot.captureExceptions() as raised:
        press(dock, qtbot)
    assert [kind for kind, *_ in raised] == [ZeroDivisionError]
    assert "ZeroDivisionError: so it goes" in dock.said
    assert dock.buttons.compare.isEnabled()


def clipboard():
    return [row.split("\t") for row in QGuiApplication.clipboard().text().split("\n")]


def test_copy(dock, qtbot):
    assert not dock.buttons.copy.isEnabled()
    press(dock, qtbot)
    dock.buttons.copy.click()
    title, *rows = clipboard()
    assert title == [*COLUMNS]
    assert len(rows) == 6
    for row, values in zip(rows, dock.report.rows(), strict=True):
        assert row[:2] == [*values[:2]]
        assert row[2] == ("" if values[2] is None else f"{values[2]:.3f}")
        assert row[6] == str(values[6])


def test_copy_with_the_keyboard(dock, qtbot):
    press(dock, qtbot)
    table = dock.scores.table
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert clipboard()[0] == [*COLUMNS]
    for row, column in ((1, 0), (1, 1), (4, 1)):
        table.item(row, column).setSelected(True)
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert clipboard() == [["1 cell", f"{dock.report.overlap.iou[1]:.3f}"], [""]]


def save_as(monkeypatch, path):
    """Answer the dialog, and give what it was asked."""
    asked = []

    def dialog(*arguments):
        asked.append(arguments)
        return str(path), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", dialog)
    return asked


def save(dock, qtbot):
    """Press Save, and wait until something is said of it."""
    dock.say("")
    dock.buttons.save.click()
    qtbot.waitUntil(lambda: dock.said != "", timeout=5_000)


def test_save(dock, qtbot, monkeypatch, tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text("the dialog has asked whether to replace this")
    asked = save_as(monkeypatch, path)
    assert not dock.buttons.save.isEnabled()
    press(dock, qtbot)
    save(dock, qtbot)
    assert "mine against truth.csv" in asked[0]
    with path.open(encoding="utf-8", newline="") as file:
        rows = [*csv.reader(file)]
    assert rows[0] == [*COLUMNS]
    assert float(rows[2][2]) == dock.report.overlap.iou[1]
    assert dock.said == f"Saved {path}"


def test_save_without_an_ending(dock, qtbot, monkeypatch, tmp_path):
    save_as(monkeypatch, tmp_path / "scores")
    press(dock, qtbot)
    save(dock, qtbot)
    assert (tmp_path / "scores.csv").exists()
    (tmp_path / "scores.csv").write_text("mine")
    save(dock, qtbot)
    assert (tmp_path / "scores.csv").read_text() == "mine"
    assert "exists" in dock.said


def test_save_where_nothing_can_be_written(dock, qtbot, monkeypatch, tmp_path):
    save_as(monkeypatch, tmp_path / "no such folder" / "scores.csv")
    press(dock, qtbot)
    save(dock, qtbot)
    assert "no such folder" in dock.said
    save_as(monkeypatch, "")
    dock.say("")
    dock.buttons.save.click()
    assert dock.said == ""


def test_every_control_has_a_tooltip(dock):
    controls = [
        *dock.findChildren(QAbstractButton),
        *(box.native for box in (dock.prediction, dock.truth, dock.ignore)),
        dock.kind.native,
        dock.correcting.row.classes,
        dock.correcting.scores.caption,
        dock.correcting.scores.table,
        dock.guide.table,
        dock.scores.caption,
        dock.scores.table,
        dock.scores.summary,
        dock.buttons.progress,
    ]
    named = [one for one in controls if not is_part_of_a_widget(one)]
    assert len(named) >= 10
    assert all(one.toolTip() for one in named)


def is_part_of_a_widget(control):
    """The button in the corner of every table is Qt's, and hidden with its headers."""
    return "CornerButton" in control.metaObject().className()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_fits_beside_a_small_window(shown, qtbot, theme):
    dock = shown
    dock.viewer.theme = theme
    dock.prediction.value.name = (
        "a name as long as those that files from microscopes have"
    )
    press(dock, qtbot)
    assert dock.sizeHint().width() <= 420
    assert dock.sizeHint().height() <= 700
    dock.resize(dock.sizeHint())
    qtbot.wait(50)
    table = dock.scores.table
    assert table.horizontalScrollBar().maximum() == 0
    assert table.viewport().height() >= table.verticalHeader().length()
    assert table.width() <= dock.width()
    for box in (dock.prediction, dock.truth, dock.ignore):
        assert (
            box.native.mapTo(dock, box.native.rect().bottomRight()).x() < dock.width()
        )


def test_torch_is_never_loaded():
    code = """
import sys
import numpy as np
from napari.layers import Labels
from napari_unetseg.gui.report import dock as report_dock
layers = [Labels(np.ones((2, 4, 4), int)) for _ in range(2)]
assert sum(report_dock.compare(report_dock.ask(*layers, ignore=()))) == 1.5
print(sorted({"torch", "safetensors"} & set(sys.modules)))
"""
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (9_999, "9999"),
        (10_000, "10 k"),
        (380_856, "381 k"),
        (1_829_446, "1.83 M"),
        (2_000_000_000, "2 G"),
    ],
)
def test_counts_are_short_in_the_table(count, text):
    assert short(count) == text
