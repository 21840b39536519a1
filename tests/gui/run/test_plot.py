"""The curves of a training are in sight on a small screen, untouched."""

from __future__ import annotations

import pytest
from qtpy.QtCore import QPoint

from napari_unetseg.core.events import Started
from napari_unetseg.gui.run.plot import Plot
from napari_unetseg.gui.train.dock import TrainDock

pytestmark = pytest.mark.gui
# What napari leaves a dock of a window of 1366 x 768.
HEIGHT = 640


@pytest.fixture
def dock(model, stripes, until):
    image, labels = stripes
    model.add_image(image, name="grey")
    model.add_labels(labels, name="painted")
    dock = TrainDock(model)
    dock.resize(360, HEIGHT)
    dock.show()
    until(lambda: dock.look.seen is not None)
    yield dock
    gone = []
    dock.destroyed.connect(lambda: gone.append(1))
    dock.deleteLater()
    until(lambda: gone)


def is_whole(dock) -> bool:
    """Whether all of the curves is in sight."""
    curves, view = dock.run.curves, dock._area.viewport()
    top = curves.mapTo(view, QPoint(0, 0)).y()
    return top >= 0 and top + curves.height() <= view.height()


def test_they_are_whole_once_the_training_works(dock, scenario, until):
    scenario("endless")
    dock.run.controls.start.click()
    until(lambda: "step" in dock.run.controls.progress.format())
    until(lambda: is_whole(dock), seconds=2)
    dock.run.controls.stop.click()
    until(lambda: not dock.run.running)


def test_they_are_revealed_when_the_work_begins_and_not_with_each_step(
    dock, monkeypatch
):
    plot, revealed = Plot(dock), []
    monkeypatch.setattr(dock, "reveal", revealed.append)
    plot.hear((Started(job="train", device="cpu", precision="fp32"),))
    assert revealed == []  # There are none yet.
    plot.begin()
    plot.hear(())
    assert revealed == [plot.curves]
    plot.hear((Started(job="train", device="cpu", precision="fp32"),))
    assert revealed == [plot.curves] * 2
    plot.drop()
    assert plot.curves is None
