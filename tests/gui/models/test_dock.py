"""The library of models in a dock: nothing is lost by it, and nothing waits."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog, QInputDialog, QMessageBox

from gui.segmenting import model_file
from napari_unetseg.core.errors import ModelError
from napari_unetseg.core.image import Image
from napari_unetseg.gui.models import dock as dock_module
from napari_unetseg.gui.models.dock import ModelsDock
from napari_unetseg.runs import travel
from napari_unetseg.runs.preferences import models_folder
from napari_unetseg.runs.thumbnails import draw_thumbnail

pytestmark = pytest.mark.gui

ENDING = ".unetseg.safetensors"


def add(name, folder=None, **values):
    return model_file((folder or models_folder()) / f"{name}{ENDING}", **values)


def names(dock):
    table = dock.table
    return [table.item(place, 0).text() for place in range(table.rowCount())]


def choose(dock, name):
    dock.table.setCurrentCell(names(dock).index(name), 0)


def settle(dock, until):
    until(lambda: dock._reading is None and dock._working is None)


@pytest.fixture
def models_dock(model, qtbot, until):
    def function():
        dock = ModelsDock(model)
        qtbot.addWidget(dock)
        until(lambda: dock.said and dock._reading is None)
        return dock

    return function


@pytest.fixture
def answers(monkeypatch):
    """Answer what is asked in dialogs."""

    def function(*, name=None, file="", where="", delete=None):
        monkeypatch.setattr(
            QInputDialog, "getText", lambda *_: (name or "", name is not None)
        )
        monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(file), ""))
        monkeypatch.setattr(
            QFileDialog,
            "getSaveFileName",
            lambda *_: (str(where), "ONNX (*.onnx)" if where else ""),
        )
        yes, no = QMessageBox.StandardButton.Yes, QMessageBox.StandardButton.No
        monkeypatch.setattr(QMessageBox, "question", lambda *_: yes if delete else no)

    return function


def test_without_models_it_says_where_they_come_from(models_dock):
    dock = models_dock()

    assert "no models yet" in dock.said
    assert dock.import_.isEnabled()
    for button in (dock.use, dock.rename, dock.delete, dock.export, dock.cancel):
        assert not button.isEnabled()


def test_each_tells_its_score_and_the_chosen_one_more(models_dock):
    path = add("em", validation={"mean_iou": 0.91234}, spacing=(5.0, 5.0), unit="nm")
    draw_thumbnail(path, Image(array=np.eye(40), axes="YX"))
    (models_folder() / f"bad{ENDING}").write_bytes(b"\x80\x04pickle")
    dock = models_dock()

    choose(dock, "em")
    row = [dock.table.item(dock.table.currentRow(), i).text() for i in range(2)]
    assert row == ["em", "0.912"]
    assert not dock.table.item(dock.table.currentRow(), 0).icon().isNull()
    for words in ("mean IoU 0.912", "Y 5 nm, X 5 nm"):
        assert words in dock.card.text.text()
    assert not dock.card.picture.isHidden()

    choose(dock, "bad")
    assert dock.table.item(dock.table.currentRow(), 1).text() == "damaged"
    assert dock.card.picture.isHidden()
    assert not dock.use.isEnabled()
    assert not dock.export.isEnabled()
    assert dock.delete.isEnabled()


def test_one_is_chosen_for_the_segment_dock(models_dock, monkeypatch, qtbot):
    path = add("em")
    chosen = []
    segment = SimpleNamespace(choose_model=chosen.append)
    monkeypatch.setattr(dock_module, "dock_of", lambda viewer, job: segment)
    dock = models_dock()

    dock.use.click()
    qtbot.keyClick(dock.table, Qt.Key.Key_Return)

    assert chosen == [path, path]


def test_it_is_renamed_with_its_picture_and_stays_chosen(models_dock, answers, until):
    path = add("old")
    draw_thumbnail(path, Image(array=np.eye(40), axes="YX"))
    add("newest")
    dock = models_dock()
    choose(dock, "old")
    answers(name="new")

    dock.rename.click()

    until(lambda: "new" in names(dock))
    assert dock.table.chosen.entry.name == "new"
    assert dock.table.chosen.entry.thumbnail is not None
    assert dock.said == "'old' is 'new' now."
    assert not path.exists()


@pytest.mark.parametrize("name", ["taken", "a/b", None, "old"])
def test_a_name_that_cannot_be_changes_nothing(models_dock, answers, until, name):
    old, taken = add("old"), add("taken")
    before = old.read_bytes(), taken.read_bytes()
    dock = models_dock()
    choose(dock, "old")
    answers(name=name)

    dock.rename.click()
    settle(dock, until)

    assert (old.read_bytes(), taken.read_bytes()) == before
    assert dock.said.startswith("2 models in ") == (name in {None, "old"})


def test_it_is_deleted_once_that_is_said(models_dock, answers, until):
    path = add("em")
    dock = models_dock()
    answers(delete=False)
    dock.delete.click()
    assert path.exists()

    answers(delete=True)
    dock.delete.click()

    assert not path.exists()
    until(lambda: dock.table.rowCount() == 0)


def test_a_model_that_has_gone_meanwhile_is_told(models_dock, answers, until):
    path = add("em")
    dock = models_dock()
    path.unlink()
    answers(delete=True)

    dock.delete.click()

    assert dock.said.startswith("There is no model 'em'")
    until(lambda: dock.table.rowCount() == 0)


def test_a_model_file_is_imported_under_a_free_name(
    models_dock, answers, until, tmp_path
):
    own, other = add("em"), add("em", tmp_path, validation={"mean_iou": 0.5})
    kept = own.read_bytes()
    dock = models_dock()
    answers(file=other)

    dock.import_.click()

    until(lambda: "em-2" in names(dock))
    assert dock.table.chosen.entry.name == "em-2"
    assert dock.table.chosen.path.read_bytes() == other.read_bytes()
    assert own.read_bytes() == kept
    assert other.exists()
    assert dock.said.endswith("is imported, as 'em-2'.")


def test_what_is_no_model_is_not_imported(models_dock, answers, until, tmp_path):
    file = tmp_path / f"bad{ENDING}"
    file.write_bytes(b"\x80\x04pickle")
    dock = models_dock()
    answers(file=file)

    dock.import_.click()
    settle(dock, until)

    assert "bad" in dock.said
    assert names(dock) == []
    assert dock.import_.isEnabled()


@pytest.mark.parametrize("where", ["em.zip", "em.onnx", "em"])
def test_it_is_exported_in_the_format_that_was_chosen(
    models_dock, answers, until, monkeypatch, tmp_path, where
):
    asked = []

    def exporting(model, out, author):
        asked.append((model, out, author))
        yield

    monkeypatch.setattr(travel, "exporting", exporting)
    path = add("em")
    dock = models_dock()
    answers(where=tmp_path / where, name=" A. Name ")

    dock.export.click()
    settle(dock, until)

    out = tmp_path / (where if "." in where else "em.onnx")
    assert asked == [(path, out, "A. Name" if where == "em.zip" else "")]
    assert dock.said == f"Written: {out}"


def test_an_export_can_be_cancelled_and_its_fault_is_told(
    models_dock, answers, until, monkeypatch, tmp_path
):
    begun, closed = [], []

    def endless(*_):
        begun.append(True)
        try:
            while True:
                time.sleep(0.01)
                yield
        finally:
            closed.append(True)

    def failing(*_):
        yield
        raise ModelError("onnx is not installed", "pip install onnx")

    add("em")
    dock = models_dock()
    answers(where=tmp_path / "em.onnx")
    monkeypatch.setattr(travel, "exporting", endless)
    dock.export.click()
    assert dock.said == "Writing em.onnx…"
    assert not dock.export.isEnabled()
    assert not dock.delete.isEnabled()
    until(lambda: begun)

    dock.cancel.click()

    until(lambda: closed)
    assert dock.said == "Cancelled."
    assert dock.export.isEnabled()

    monkeypatch.setattr(travel, "exporting", failing)
    dock.export.click()
    until(lambda: "not installed" in dock.said)
    assert not dock.cancel.isEnabled()


def test_every_control_has_a_tooltip(models_dock):
    dock = models_dock()
    for widget in (dock.table, dock.use, dock.rename, dock.delete, dock.import_):
        assert widget.toolTip()
    for widget in (dock.export, dock.folder, dock.cancel):
        assert widget.toolTip()
    assert Path(models_folder()).name == "models"
