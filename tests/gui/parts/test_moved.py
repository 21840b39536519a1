"""A viewer that moves is noticed once it rests."""

from __future__ import annotations

import pytest
from qtpy.QtWidgets import QWidget

from napari_unetseg.gui.parts.moved import Moved

pytestmark = pytest.mark.gui


@pytest.fixture
def owner(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    return widget


def test_moves_are_told_once_when_they_are_over(model, owner, qtbot):
    model.dims.ndim = 3
    told = []
    moved = Moved(model, owner)
    moved.moved.connect(lambda: told.append(1))

    with qtbot.waitSignal(moved.moved):
        for place in (1, 2, 3):
            model.dims.set_point(0, place)

    assert told == [1]


@pytest.mark.parametrize("what", ["zoom", "center", "ndisplay", "order"])
def test_the_camera_and_the_axes_move_too(model, owner, qtbot, what):
    model.dims.ndim = 3
    camera = getattr(model, "scene", model).camera
    moved = Moved(model, owner)
    changes = {
        "zoom": lambda: setattr(camera, "zoom", 3.0),
        "center": lambda: setattr(camera, "center", (1.0, 2.0, 3.0)),
        "ndisplay": lambda: setattr(model.dims, "ndisplay", 3),
        "order": lambda: setattr(model.dims, "order", (1, 0, 2)),
    }

    with qtbot.waitSignal(moved.moved):
        changes[what]()


def test_nothing_is_told_once_its_owner_is_gone(model, qapp, qtbot):
    model.dims.ndim = 3
    owner = QWidget()
    Moved(model, owner)
    with qtbot.waitSignal(owner.destroyed):
        owner.deleteLater()

    model.dims.set_point(0, 1)
