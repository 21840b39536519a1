"""The list of runs: what can be done with each, and that nothing is lost by it."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QMessageBox

from napari_unetseg.gui.runs import dock as dock_module
from napari_unetseg.gui.runs.dock import RunsDock
from napari_unetseg.runs import client, process
from napari_unetseg.runs.home import runs_folder
from napari_unetseg.runs.lock import is_taken
from napari_unetseg.runs.questions import TrainQuestion
from napari_unetseg.runs.status import status
from oracles.runs import made

pytestmark = pytest.mark.gui


@pytest.fixture
def opened(monkeypatch):
    """Take down which docks are opened, and what they are asked."""
    asked = []

    def dock_of(viewer, job):
        def note(what):
            return lambda folder: asked.append((job, what, folder.name))

        return SimpleNamespace(
            run=SimpleNamespace(running=False, folder=None),
            show_run=note("show"),
            resume_run=note("resume"),
        )

    monkeypatch.setattr(dock_module, "dock_of", dock_of)
    return asked


@pytest.fixture
def runs_dock(model, qtbot, until):
    def function():
        dock = RunsDock(model)
        qtbot.addWidget(dock)
        until(lambda: dock.said and dock._reading is None)
        return dock

    return function


def answering(monkeypatch, answer):
    asked = []
    monkeypatch.setattr(
        QMessageBox, "question", lambda *words: asked.append(words[-1]) or answer
    )
    return asked


def test_without_runs_it_says_what_makes_some(runs_dock):
    dock = runs_dock()
    assert "no runs yet" in dock.said
    for button in (dock.open, dock.resume, dock.delete, dock.copy, dock.folder):
        assert not button.isEnabled()


def test_the_newest_is_chosen_and_can_be_shown_and_gone_on_with(
    runs_dock, opened, qtbot
):
    made("2026-01-30-101010-train-b-0000")
    made("2026-01-31-101010-segment-a-0000", "segment")
    dock = runs_dock()
    assert dock.said.startswith("2 runs, ")
    dock.open.click()
    dock.table.setCurrentCell(1, 0)
    dock.resume.click()
    qtbot.keyClick(dock.table, Qt.Key.Key_Return)
    assert opened == [
        ("segment", "show", "2026-01-31-101010-segment-a-0000"),
        ("train", "resume", "2026-01-30-101010-train-b-0000"),
        ("train", "show", "2026-01-30-101010-train-b-0000"),
    ]


def test_a_run_is_deleted_after_a_question_that_tells_its_size(
    runs_dock, monkeypatch, until
):
    folder = made("2026-01-30-101010-train-b-0000")
    (folder / "large").write_bytes(bytes(2_000_000))
    asked = answering(monkeypatch, QMessageBox.StandardButton.No)
    dock = runs_dock()
    dock.delete.click()
    assert "the training of 'b' (2 MB)" in asked[0]
    assert folder.exists()
    answering(monkeypatch, QMessageBox.StandardButton.Yes)
    dock.delete.click()
    assert not folder.exists()
    until(lambda: dock.table.rowCount() == 0)
    assert "no runs yet" in dock.said


def test_how_a_run_was_made_is_copied_without_a_path(runs_dock, own_home):
    made("2026-01-30-101010-train-b-0000")
    dock = runs_dock()
    dock.copy.click()
    text = QGuiApplication.clipboard().text()
    assert "unetseg train --image a.tif --labels b.tif --model m" in text
    assert str(own_home) not in text
    assert dock.said.startswith("Copied")


def test_a_run_that_has_gone_meanwhile_is_told(runs_dock, opened, until):
    folder = made("2026-01-30-101010-train-b-0000")
    dock = runs_dock()
    folder.rename(folder.with_name("elsewhere"))
    (runs_folder() / "elsewhere").rename(runs_folder().parent / "elsewhere")
    dock.open.click()
    assert opened == []
    until(lambda: dock.table.rowCount() == 0)


def test_what_is_under_way_is_watched_and_cannot_be_deleted(
    runs_dock, monkeypatch, until
):
    folder = runs_folder() / "2026-01-30-101010-train-b-0000"
    client.create(folder, TrainQuestion(images=("a",), labels=("b",), model="m"))
    child = Path(__file__).parents[1] / "child.py"
    monkeypatch.setattr(
        process,
        "engine_command",
        lambda folder, python: [sys.executable, str(child), "endless", str(folder)],
    )
    engine = client.start(folder)
    until(lambda: status(folder).done)
    dock = runs_dock()
    dock.show()
    assert not dock.delete.isEnabled()
    assert not dock.resume.isEnabled()
    before = dock.table.item(0, 2).text()
    assert before.startswith("under way")
    client.command(folder, "cancel")
    until(lambda: dock.table.item(0, 2).text().startswith("stopped"))
    engine.wait()
    assert not is_taken(folder)
    assert dock.delete.isEnabled()
    assert dock.resume.isEnabled()


def test_a_dock_that_is_busy_with_another_run_is_left_alone(runs_dock, monkeypatch):
    made("2026-01-30-101010-train-b-0000")
    busy = SimpleNamespace(run=SimpleNamespace(running=True, folder=Path("other")))
    monkeypatch.setattr(dock_module, "dock_of", lambda viewer, job: busy)
    dock = runs_dock()
    dock.open.click()
    assert "another training, which is under way" in dock.said


def test_the_order_of_the_keyboard_is_that_of_the_eye(runs_dock):
    dock = runs_dock()
    widgets = [dock.table, dock.open, dock.resume, dock.delete]
    widgets += [dock.copy, dock.folder, dock.again]
    for widget in widgets:
        assert widget.toolTip()
    order, at = [], dock.table
    while at not in order:
        order.append(at)
        at = at.nextInFocusChain()
    places = [order.index(widget) for widget in widgets]
    assert places == sorted(places)
