"""A second prediction in the report dock: by how much the first one is ahead."""

from __future__ import annotations

import json

import numpy as np
import pytest

pytest.importorskip("napari")

from napari.components import ViewerModel
from qtpy.QtWidgets import QFileDialog

import napari_unetseg as us
from napari_unetseg.core.evaluate.uncertain import compared
from napari_unetseg.gui.report.dock import ReportDock

pytestmark = pytest.mark.gui

RNG = np.random.default_rng(0)
TRUTH = (RNG.random((5, 30, 30)) < 0.4).astype(np.uint8)
GOOD = np.where(RNG.random(TRUTH.shape) < 0.1, 1 - TRUTH, TRUTH)
BAD = np.where(RNG.random(TRUTH.shape) < 0.3, 1 - TRUTH, TRUTH)


@pytest.fixture
def dock(qapp, qtbot):
    """A dock over two predictions and the truth."""
    viewer = ViewerModel()
    for name, labels in (("bad", BAD), ("truth", TRUTH), ("good", GOOD)):
        viewer.add_labels(labels.copy(), name=name)
    dock = ReportDock(napari_viewer=viewer)
    qtbot.addWidget(dock)
    dock.prediction.value = viewer.layers["good"]
    dock.truth.value = viewer.layers["truth"]
    return dock


def press(dock, qtbot):
    dock.report = None
    dock.buttons.compare.click()
    qtbot.waitUntil(lambda: dock.report is not None, timeout=20_000)


def rows(dock):
    table = dock.scores.measures
    return {
        table.item(row, 0).text(): [table.item(row, i).text() for i in (1, 2)]
        for row in range(table.rowCount())
    }


def offered(dock):
    box = dock.rival.native
    return [box.itemText(i) for i in range(box.count())]


@pytest.mark.parametrize(
    ("kind", "options", "name", "title"),
    [
        ("classes", {}, "mean_iou", "mean IoU"),
        ("neurites", {"task": "neurites", "objects": 1}, "v_rand", "V-Rand"),
        (
            "objects of each slice",
            {"task": "instances", "objects": 1, "dimensions": 2},
            "f1",
            "F1 (IoU > 0.5)",
        ),
    ],
)
def test_it_is_told_by_how_much_the_first_is_ahead(
    dock, qtbot, kind, options, name, title
):
    dock.kind.value = kind
    dock.fields.of_class.value = "" if kind == "classes" else "1"
    dock.rival.value = dock.viewer.layers["bad"]
    press(dock, qtbot)
    wanted = compared(*(us.evaluate(one, TRUTH, **options) for one in (GOOD, BAD)))
    one = wanted[name]
    gap = f"{one.first - one.second:+.3f}"
    span = f"{one.interval.low:+.3f} \N{EN DASH} {one.interval.high:+.3f}"
    assert "less those of 'bad'" in rows(dock)
    assert rows(dock)[f"\N{GREEK CAPITAL LETTER DELTA} {title}"] == [gap, span]
    low, high = one.interval
    assert f", ahead of 'bad' by {gap[1:]} (95 %: {low:.3f} to {high:.3f})" in dock.said
    dock.prediction.value, dock.rival.value = dock.viewer.layers["bad"], ""
    dock.truth.value = dock.viewer.layers["truth"]
    dock.rival.value = dock.viewer.layers["good"]
    press(dock, qtbot)
    assert f", behind 'good' by {gap[1:]} (95 %: {low:.3f} to {high:.3f})" in dock.said


def test_without_it_nothing_is_told_of_it(dock, qtbot):
    assert offered(dock) == ["no other prediction", "bad"]
    press(dock, qtbot)
    assert not any("less those of" in name for name in rows(dock))
    assert "95 %" not in dock.said


def test_it_is_none_of_the_two_that_are_compared(dock):
    dock.rival.value = dock.viewer.layers["bad"]
    dock.prediction.value = dock.viewer.layers["bad"]
    dock.truth.value = dock.viewer.layers["truth"]
    assert offered(dock) == ["no other prediction", "good"]
    assert dock.rival.layer is None
    assert dock.rival.native.isVisibleTo(dock)
    del dock.viewer.layers["good"]
    assert not dock.rival.has_any
    assert not dock.rival.native.isVisibleTo(dock)


def test_strokes_on_it_outdate_the_scores(dock, qtbot):
    dock.rival.value = dock.viewer.layers["bad"]
    press(dock, qtbot)
    assert dock.scores.current
    dock.viewer.layers["bad"].paint((0, 3, 3), 1)
    assert not dock.scores.current


@pytest.mark.parametrize("ending", ["json", "html"])
def test_files_tell_it_too(dock, qtbot, tmp_path, monkeypatch, ending):
    dock.rival.value = dock.viewer.layers["bad"]
    press(dock, qtbot)
    path = tmp_path / f"scores.{ending}"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    dock.buttons.save.click()
    qtbot.waitUntil(path.exists, timeout=20_000)
    text = path.read_text(encoding="utf-8")
    if ending == "json":
        against = json.loads(text)["against"]["mean_iou"]
        assert against["first"] > against["second"]
        assert against["share_ahead"] == 1
    else:
        assert "Two predictions, slice by slice" in text
        assert ">bad<" in text
