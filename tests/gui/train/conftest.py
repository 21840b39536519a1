"""Train docks that are gone when a test is over."""

from __future__ import annotations

import pytest

from napari_unetseg.gui.train.dock import TrainDock


@pytest.fixture
def opened(model, until):
    docks = []

    def function():
        dock = TrainDock(model)
        docks.append(dock)
        dock.destroyed.connect(lambda: docks.remove(dock))
        until(lambda: dock.labels.value is None or dock.look.seen is not None)
        return dock

    yield function
    for dock in [*docks]:
        dock.deleteLater()
    until(lambda: not docks)
