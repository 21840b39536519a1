"""What the computer offers, shown and copied; and what may be used of it."""

from __future__ import annotations

import sys

import pytest
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QFileDialog

from napari_unetseg.core.errors import RunError
from napari_unetseg.gui.computer.dock import ComputerDock
from napari_unetseg.gui.parts import mirror
from napari_unetseg.runs import home, machine, preferences
from napari_unetseg.runs.preferences import Preferences

pytestmark = pytest.mark.gui
TEXT = "torch:  2.9\ntrains on:  cpu in fp32"


@pytest.fixture
def checking(monkeypatch, model, qtbot):
    """Open the dock with a check that is scripted."""

    def function(*steps):
        def job():
            for step in steps:
                yield
                if isinstance(step, Exception):
                    raise step
                if step == "endless":
                    while True:
                        yield
            return TEXT

        monkeypatch.setattr(machine, "checking", job)
        dock = ComputerDock(model)
        qtbot.addWidget(dock)
        return dock

    return function


def test_it_checks_when_it_is_opened_and_the_text_can_be_copied(checking, until):
    dock = checking("step")
    until(lambda: dock.text.toPlainText())
    assert dock.text.toPlainText() == TEXT
    assert dock.again.isEnabled()
    assert not dock.cancel.isEnabled()
    dock.copy.click()
    assert QGuiApplication.clipboard().text() == TEXT
    assert dock.said == "Copied."


def test_it_can_be_cancelled_and_begun_again(checking, until):
    dock = checking("endless")
    until(dock.cancel.isEnabled)
    assert not dock.again.isEnabled()
    assert not dock.copy.isEnabled()
    dock.cancel.click()
    assert dock.said == "Cancelled."
    assert dock.again.isEnabled()


def test_why_it_failed_is_said(checking, until):
    dock = checking(RunError("python cannot be started", "Install it"))
    until(lambda: "cannot be started" in dock.said)
    assert dock.again.isEnabled()


@pytest.fixture
def dock(checking, until):
    """Open the dock once its check is over."""
    made = checking("step")
    until(lambda: made.text.toPlainText())
    return made


def kept(until, dock, **values):
    """Wait until it has kept the settings."""
    until(lambda: preferences.read() == Preferences(**values))
    until(lambda: dock.said.startswith("Kept."))


def test_it_shows_what_holds(checking):
    preferences.settle(device="cpu", memory=40)
    dock = checking("step")
    assert dock.settings.device.value == "cpu"
    assert dock.settings.memory.value() == 40
    assert dock.settings.python.line.text() == ""
    assert dock.settings.python.line.placeholderText() == sys.executable


def test_what_is_chosen_is_kept(dock, until):
    dock.settings.device.value = "cpu"
    kept(until, dock, device="cpu")
    dock.settings.memory.setValue(50)
    kept(until, dock, device="cpu", memory=50)


def test_of_several_wishes_at_once_none_is_lost(dock, until):
    dock.settings.device.value = "cpu"
    for percent in (30, 35, 40):
        dock.settings.memory.setValue(percent)
    kept(until, dock, device="cpu", memory=40)


def test_an_interpreter_of_no_use_is_refused_and_what_holds_is_shown(
    dock, until, tmp_path
):
    line = dock.settings.python.line
    line.setText(str(tmp_path / "python"))
    line.editingFinished.emit()
    assert dock.said == f"Trying {tmp_path / 'python'}…"
    until(lambda: "cannot be used as Python interpreter" in dock.said)
    assert line.text() == ""
    assert preferences.read() == Preferences()


def test_one_that_can_do_the_work_is_kept(dock, until, tmp_path, monkeypatch):
    monkeypatch.setattr(preferences, "check_python", lambda _: None)
    path = str(tmp_path / "python")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (path, ""))
    dock.settings.python.button.click()
    kept(until, dock, python=path)
    assert dock.settings.python.line.text() == path
    dock.settings.python.line.setText("")
    dock.settings.python.line.editingFinished.emit()
    kept(until, dock)


def test_a_folder_is_chosen_unless_a_variable_says_where_all_lies(
    dock, checking, until, tmp_path, monkeypatch
):
    assert not dock.settings.models.isEnabled()
    assert "UNETSEG_HOME says where" in dock.settings.models.toolTip()
    monkeypatch.setattr(home, "is_moved", lambda: False)
    dock = checking("step")
    until(lambda: dock.text.toPlainText())
    chosen = str(tmp_path / "models")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: chosen)
    dock.settings.models.button.click()
    kept(until, dock, models=chosen)
    assert preferences.models_folder() == tmp_path / "models"


def test_what_is_set_elsewhere_is_shown_when_one_comes_back(dock):
    preferences.settle(memory=60)
    mirror.keep_alike()
    assert dock.settings.memory.value() == 60
