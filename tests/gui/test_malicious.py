"""Files that would run a program, chosen in docks and dropped into napari's window."""

from __future__ import annotations

import traceback

import numpy as np
import pytest
from napari._qt.dialogs import qt_reader_dialog
from qtpy.QtCore import QMimeData, QPointF, Qt, QUrl
from qtpy.QtGui import QDropEvent

from gui.segmenting import model_file
from gui.segmenting import opened as segment_dock
from napari_unetseg.core.network.header import ENDING
from napari_unetseg.gui.models import asking
from napari_unetseg.gui.models.dock import ModelsDock
from napari_unetseg.gui.runs.opening import dock_of
from napari_unetseg.gui.train.dock import TrainDock
from napari_unetseg.runs.home import runs_folder
from napari_unetseg.runs.preferences import models_folder
from oracles.malicious import KINDS, NAMES, malicious

pytestmark = pytest.mark.gui

EVIL = NAMES[0]


@pytest.fixture(params=KINDS)
def evil(request, tmp_path, monkeypatch):
    """Write a malicious file into the models' folder, beside a good one."""
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")
    good = model_file(models_folder() / f"good{ENDING}")
    path = good.with_name(EVIL)
    path.write_bytes(malicious(request.param, tmp_path / "mark"))
    yield path
    assert not (tmp_path / "mark").exists()
    assert not [*runs_folder().glob("*")]


@pytest.fixture
def grey(model, stripes):
    return model.add_image(stripes[0], name="grey")


def test_the_segment_dock_refuses_it(model, grey, evil, qtbot):
    dock = segment_dock(model, qtbot)
    texts = [dock.model.native.itemText(i) for i in range(dock.model.native.count())]
    assert sorted(texts) == ["evil", "good"]
    dock.model.value = str(evil)
    dock.run.controls.start.click()
    assert f"'{EVIL}' is" in dock.said
    assert dock.about.value == ""
    dock.model.value = str(evil.with_name(f"good{ENDING}"))
    assert dock.run.controls.start.isEnabled()


def test_the_train_dock_does_not_start_from_it(model, grey, stripes, evil, until):
    model.add_labels(stripes[1], name="painted")
    dock = TrainDock(model)
    until(lambda: dock.look.seen is not None)
    dock.training.start_from.value = str(evil)
    dock.run.controls.start.click()
    assert f"'{EVIL}' is" in dock.said
    assert not dock.run.running
    gone = []
    dock.destroyed.connect(lambda: gone.append(True))
    dock.deleteLater()
    until(lambda: gone)


def test_the_models_dock_neither_uses_nor_imports_it(
    model, evil, tmp_path, qtbot, until, monkeypatch
):
    dock = ModelsDock(model)
    qtbot.addWidget(dock)
    until(lambda: dock.table.rowCount() == 2)
    kinds = {dock.table.item(i, 0).text(): i for i in range(2)}
    assert dock.table.item(kinds["evil"], 1).text() == "damaged"
    dock.table.setCurrentCell(kinds["evil"], 0)
    assert not dock.use.isEnabled()
    assert not dock.export.isEnabled()
    other = tmp_path / EVIL
    other.write_bytes(evil.read_bytes())
    monkeypatch.setattr(asking, "what_comes", lambda _: other)
    dock.import_.click()
    until(lambda: dock._working is None and dock._reading is None)
    assert dock.said.startswith(f"'{EVIL}' is")
    assert len([*models_folder().iterdir()]) == 2


def drop(viewer, *paths):
    """Let files fall into the window, as a file manager does."""
    files = QMimeData()
    files.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    event = QDropEvent(
        QPointF(50, 50),
        Qt.DropAction.CopyAction,
        files,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    viewer.window._qt_viewer.dropEvent(event)


def test_a_good_one_that_is_dropped_is_chosen(make_napari_viewer, tmp_path):
    """The same drop does something, unless the file is malicious."""
    viewer = make_napari_viewer()
    path = model_file(tmp_path / f"good{ENDING}")
    drop(viewer, path)
    assert dock_of(viewer, "segment").model.value == str(path)


@pytest.mark.parametrize("reader", [0, -1], ids=["first", "last"])
def test_it_is_dropped_in_vain(make_napari_viewer, tmp_path, monkeypatch, reader):
    """Under every name; where napari asks who shall read it, whoever is chosen."""
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")
    viewer = make_napari_viewer()
    viewer.add_image(np.zeros((4, 4)))
    asked = []

    def answer(dialog):
        asked.append(reader)
        return sorted(button.text() for button in buttons(dialog))[reader], False

    monkeypatch.setattr(qt_reader_dialog.QtReaderDialog, "get_user_choices", answer)
    for kind in KINDS:
        content = malicious(kind, tmp_path / "mark")
        for name in (*NAMES, "evil.ome.tif", "evil.zarr"):
            path = tmp_path / name
            path.write_bytes(content)
            said = refusal(viewer, path)
            if name == EVIL:
                assert f"'{EVIL}' is" in said
    assert asked
    assert len(viewer.layers) == 1
    assert not viewer.window.dock_widgets
    assert not (tmp_path / "mark").exists()


def refusal(viewer, path):
    """Drop a file, and tell why it is refused; no error holds the window after that."""
    with pytest.raises(Exception, match=r"evil|TIFF") as caught:
        drop(viewer, path)
    said = str(caught.value)
    traceback.clear_frames(caught.tb)
    return said


def buttons(dialog):
    """Who offers to read a file."""
    return dialog.reader_btn_group.buttons()
