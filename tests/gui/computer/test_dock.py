"""What the computer offers, shown and copied."""

from __future__ import annotations

import pytest
from qtpy.QtGui import QGuiApplication

from napari_unetseg.core.errors import RunError
from napari_unetseg.gui.computer.dock import ComputerDock
from napari_unetseg.runs import machine

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
