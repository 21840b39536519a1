"""Layers that show where a prediction errs."""

from __future__ import annotations

import threading

import numpy as np
import pytest

pytest.importorskip("napari")

from napari.components import ViewerModel

from napari_unetseg.core.evaluate.errors_map import errors_map
from napari_unetseg.gui.report.dock import ReportDock

pytestmark = pytest.mark.gui

RNG = np.random.default_rng(0)
TRUTH = RNG.integers(0, 3, (4, 20, 30), dtype=np.uint8)
PREDICTION = np.where(RNG.random(TRUTH.shape) < 0.2, 1, TRUTH).astype(np.uint16)
NAMES = {"index": [1, 2], "class": ["cell", "membrane"]}
ALL = "Errors of mine (all classes)"


@pytest.fixture
def dock(qapp, qtbot):
    viewer = ViewerModel()
    viewer.add_labels(PREDICTION.copy(), name="mine")
    viewer.add_labels(TRUTH.copy(), name="truth", features=NAMES)
    viewer.dims.set_current_step(0, 1)
    dock = ReportDock(napari_viewer=viewer)
    qtbot.addWidget(dock)
    dock.prediction.value, dock.truth.value = viewer.layers
    return dock


def show(dock, qtbot, name=ALL, place=0):
    """Ask for errors, wait for the layer, and return it."""
    dock.correcting.row.classes.setCurrentIndex(place)
    dock.correcting.row.button.click()
    qtbot.waitUntil(lambda: name in dock.said, timeout=20_000)
    return dock.viewer.layers[name]


def live(dock, qtbot, words="Slice Z 1, live"):
    dock.correcting.box.setChecked(True)
    caption = dock.correcting.scores.caption
    qtbot.waitUntil(lambda: words in caption.text(), timeout=20_000)


def drawn(layer):
    """The plane that napari draws."""
    return np.asarray(layer._slice.image.raw)


def test_all_classes(dock, qtbot):
    layers = dock.viewer.layers
    layers.selection.active = layers["truth"]
    errors = show(dock, qtbot)
    assert drawn(errors).tolist() == errors_map(PREDICTION[1], TRUTH[1]).tolist()
    assert np.asarray(errors.data).tolist() == errors_map(PREDICTION, TRUTH).tolist()
    assert layers[-1] is errors
    assert layers.selection.active is layers["truth"]
    assert not errors.editable
    assert (layers["mine"].data == PREDICTION).all()
    assert (layers["truth"].data == TRUTH).all()
    # It is no prediction and no truth.
    assert [box.value.name for box in (dock.prediction, dock.truth)] == [
        "mine",
        "truth",
    ]
    colors = {tuple(np.round(errors.get_color(value), 2)) for value in (1, 2, 3, 4)}
    assert len(colors) == 4
    assert errors.get_color(0) is None or errors.get_color(0)[3] == 0


def test_one_class(dock, qtbot):
    errors = show(dock, qtbot, "Errors of mine (2 membrane)", 2)
    expected = errors_map(PREDICTION, TRUTH, identity=2)
    assert np.asarray(errors.data).tolist() == expected.tolist()
    words = errors.get_status((1, 3, 4))["value"]
    assert "error: " in words


def test_classes_that_are_known_can_be_chosen(dock, qtbot):
    box = dock.correcting.row.classes

    def offered():
        return [box.itemText(place) for place in range(box.count())]

    assert offered() == ["all classes", "1 cell", "2 membrane"]
    dock.buttons.compare.click()
    qtbot.waitUntil(lambda: dock.report is not None, timeout=20_000)
    assert offered() == ["all classes", "0", "1 cell", "2 membrane"]
    box.setCurrentIndex(3)
    dock.ignore.value = "0"
    assert offered() == ["all classes", "1 cell", "2 membrane"]
    assert dock.correcting.row.chosen == 2
    dock.viewer.layers.remove("mine")
    assert offered() == ["all classes"]
    assert not dock.correcting.row.button.isEnabled()


def test_the_same_errors_are_shown_once(dock, qtbot):
    first = show(dock, qtbot)
    first.visible = False
    dock.ignore.value = "0"
    dock.say("")
    assert show(dock, qtbot) is first
    expected = errors_map(PREDICTION, TRUTH, ignore=(0,))
    assert first.visible
    assert drawn(first).tolist() == expected[1].tolist()
    dock.viewer.layers.remove(first)
    dock.say("")
    assert show(dock, qtbot) is not first


def test_what_is_not_annotated_is_no_error(dock, qtbot):
    dock.ignore.value = "0, 1, 2"
    errors = show(dock, qtbot)
    assert not np.asarray(errors.data).any()


def test_in_3d_and_outside_of_the_layers_too(dock, qtbot):
    dock.viewer.dims.ndisplay = 3
    errors = show(dock, qtbot)
    assert drawn(errors).tolist() == errors_map(PREDICTION, TRUTH).tolist()


def test_live_draws_the_plane_anew(dock, qtbot):
    errors = show(dock, qtbot)
    live(dock, qtbot)
    truth = dock.truth.value
    truth.brush_size = 9
    truth.paint((1, 8, 8), 2)

    def is_drawn():
        expected = errors_map(PREDICTION[1], truth.data[1])
        return (drawn(errors) == expected).all()

    assert not is_drawn()
    qtbot.waitUntil(is_drawn, timeout=20_000)
    truth.undo()
    assert not is_drawn()
    qtbot.waitUntil(is_drawn, timeout=20_000)
    dock.viewer.dims.set_current_step(0, 2)
    assert (drawn(errors) == errors_map(PREDICTION[2], TRUTH[2])).all()


class Guarded:
    """Labels in a file: who reads them from which thread is noted."""

    def __init__(self, array):
        self.array, self.shape, self.dtype = array, array.shape, array.dtype
        self.ndim, self.by_window = array.ndim, 0

    def __getitem__(self, key):
        if threading.current_thread() is threading.main_thread():
            self.by_window += 1
        return self.array[key]

    def __array__(self, dtype=None, copy=None):
        raise AssertionError("all of it was read")


def test_the_plane_in_view_is_never_worked_out_by_the_window(dock, qtbot):
    mine = dock.prediction.value
    mine.data = slow = Guarded(PREDICTION)
    dock.truth.value.brush_size = 9
    live(dock, qtbot)
    before = slow.by_window
    errors = show(dock, qtbot)
    assert slow.by_window == before
    dock.truth.value.paint((1, 8, 8), 2)

    def is_drawn():
        expected = errors_map(PREDICTION[1], dock.truth.value.data[1])
        return (drawn(errors) == expected).all()

    qtbot.waitUntil(is_drawn, timeout=20_000)
    assert slow.by_window == before


def test_live_follows_layers_that_move_or_are_replaced(dock, qtbot):
    errors = show(dock, qtbot)
    live(dock, qtbot)
    truth = dock.truth.value
    errors.name = "renamed"
    truth.data = PREDICTION[:, :10].astype(np.uint8)
    qtbot.waitUntil(lambda: errors.data.shape == (4, 10, 30), timeout=20_000)
    assert (drawn(errors) <= 1).all()
    for layer in (truth, dock.prediction.value):
        layer.scale = (3, 2, 2)
    qtbot.waitUntil(lambda: errors.scale.tolist() == [3, 2, 2], timeout=20_000)


def test_what_cannot_be_compared_is_said(dock, qtbot):
    dock.prediction.value.translate, dock.truth.value.scale = (0, 0, 1000), (2, 1, 1)
    dock.correcting.row.button.click()
    qtbot.waitUntil(lambda: "do not overlap" in dock.said, timeout=20_000)
    assert len(dock.viewer.layers) == 2


def test_a_layer_that_is_removed_meanwhile_has_no_errors(dock, qtbot):
    dock.correcting.row.button.click()
    dock.viewer.layers.remove("mine")
    qtbot.waitUntil(lambda: dock.correcting._worker is None, timeout=20_000)
    assert len(dock.viewer.layers) == 1
