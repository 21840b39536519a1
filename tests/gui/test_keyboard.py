"""Every dock without a mouse: Tab goes as the eye does, and all has a name."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QAbstractButton, QApplication, QLabel, QPushButton, QWidget

from gui.segmenting import model_file
from napari_unetseg.gui.computer.dock import ComputerDock
from napari_unetseg.gui.models.dock import ModelsDock
from napari_unetseg.gui.parts.form import Folded
from napari_unetseg.gui.report.dock import ReportDock
from napari_unetseg.gui.runs.dock import RunsDock
from napari_unetseg.gui.segment.dock import SegmentDock
from napari_unetseg.gui.train.dock import TrainDock
from napari_unetseg.runs import machine
from napari_unetseg.runs.preferences import models_folder
from oracles.runs import made

pytestmark = pytest.mark.gui

DOCKS = {
    "train": TrainDock,
    "segment": SegmentDock,
    "report": ReportDock,
    "runs": RunsDock,
    "models": ModelsDock,
    "computer": ComputerDock,
}
# Middles of widgets in one row differ by less, in pixels.
ROW = 8


def _checked():
    yield
    return "torch: here"


@pytest.fixture(params=DOCKS)
def dock(request, model, stripes, monkeypatch, qtbot, until):
    """Show a dock that has something to work on, with all that is folded opened."""
    monkeypatch.setattr(machine, "checking", _checked)
    model_file(models_folder() / "first.unetseg.safetensors")
    made("2026-01-30-101010-train-b-0000")
    image, labels = stripes
    model.add_image(image, name="grey")
    model.add_labels(labels, name="painted")
    model.add_labels(np.roll(labels, 1, axis=2), name="other")
    dock = DOCKS[request.param](model)
    qtbot.addWidget(dock)
    # As high as all of it, so that nothing is scrolled out of sight.
    dock.resize(360, 2400)
    dock.show()
    for box in dock.findChildren(Folded):
        box.heading.setChecked(True)
    until(lambda: not _is_busy(dock))
    qtbot.wait(50)
    QApplication.processEvents()
    return dock


def _is_busy(dock) -> bool:
    """Whether what a dock finds out by itself is not found out yet."""
    if isinstance(dock, TrainDock):
        return dock.look.seen is None
    if isinstance(dock, RunsDock):
        return not dock.table.rows
    return isinstance(dock, ComputerDock) and not dock.text.toPlainText()


def stops(dock: QWidget) -> list[QWidget]:
    """Where Tab stops, in its order, as Qt goes."""
    found, one = [], dock.nextInFocusChain()
    while one is not dock:
        takes = bool(one.focusPolicy().value & Qt.FocusPolicy.TabFocus.value)
        ours = dock.isAncestorOf(one) and one.focusProxy() is None
        if takes and ours and one.isEnabled() and one.isVisibleTo(dock):
            found.append(one)
        one = one.nextInFocusChain()
    return found


def middle(one: QWidget, dock: QWidget) -> tuple[int, int]:
    """Where a widget's middle is seen: down from the dock's top, and across."""
    point = one.mapTo(dock, QPoint(one.width() // 2, one.height() // 2))
    return point.y(), point.x()


def about(one: QWidget) -> str:
    return f"{type(one).__name__} {one.objectName()} {name_of(one)!r}"


def name_of(one: QWidget) -> str:
    """What a screen reader calls it: its name, or its text."""
    if one.accessibleName():
        return one.accessibleName()
    return one.text() if isinstance(one, QAbstractButton | QLabel) else ""


def tooltip_of(one: QWidget, dock: QWidget) -> str:
    """What is shown when the mouse rests on it: its own tooltip, or what is around."""
    while not one.toolTip() and one is not dock:
        one = one.parentWidget()
    return one.toolTip()


def test_tab_goes_from_the_top_to_the_bottom(dock):
    found = stops(dock)
    assert len(found) > 3
    for before, after in pairwise(found):
        (down, across), (lower, farther) = middle(before, dock), middle(after, dock)
        in_one_row = abs(lower - down) <= ROW
        is_next = farther > across if in_one_row else lower > down
        assert is_next, f"from {about(before)} to {about(after)}"


def test_tab_itself_goes_this_way(dock, qtbot):
    """From what was added last, too: the order is looked after with each press."""
    late = QPushButton("late")
    dock.footer.insertWidget(0, late)
    late.show()
    walked = [dock.focusWidget()]
    for _ in stops(dock):
        dock.focusNextPrevChild(True)
        walked.append(dock.focusWidget())
    order = stops(dock)
    assert late in order
    start = order.index(walked[-1])
    assert walked[1:] == order[start + 1 :] + order[: start + 1]


def test_every_stop_has_a_name_and_a_tooltip(dock):
    nameless = [about(one) for one in stops(dock) if not name_of(one)]
    wordless = [about(one) for one in stops(dock) if not tooltip_of(one, dock)]
    assert (nameless, wordless) == ([], [])


def test_no_stop_is_without_a_size(dock):
    assert all(one.width() > 5 and one.height() > 5 for one in stops(dock))
