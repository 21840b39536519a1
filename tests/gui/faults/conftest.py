"""A training, and a segmentation, in the middle of their work; both are scripted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gui.segmenting import model_file
from gui.segmenting import opened as segment_dock
from napari_unetseg.gui.train import painting, preview
from napari_unetseg.gui.train.dock import TrainDock
from napari_unetseg.runs.home import runs_folder
from napari_unetseg.runs.preferences import models_folder

if TYPE_CHECKING:
    from pathlib import Path

    from napari.layers import Image, Labels


class Desk:
    """Layers, and a dock that works on them.

    Parameters
    ----------
    model : ViewerModel
        Where the layers are.
    arrays : pair of ndarray
        Grey values and labels.
    until : callable
        Waits, with the window alive.
    """

    def __init__(self, model: Any, arrays: Any, until: Any) -> None:
        self.model, self.until = model, until
        self._arrays = arrays
        self.dock: Any = None
        self.image = self.add_image()
        self.labels = self.add_labels()

    def add_image(self) -> Image:
        return self.model.add_image(self._arrays[0], name="grey")

    def add_labels(self) -> Labels:
        return self.model.add_labels(self._arrays[1].copy(), name="painted")

    @property
    def folder(self) -> Path:
        """The only run there is."""
        [folder] = runs_folder().glob("*")
        return folder

    @property
    def done(self) -> int:
        """How many steps or tiles the dock has heard of."""
        return self.dock.run._story.done

    def start(self) -> None:
        """Press the button, and wait until the work is under way."""
        self.until(self.dock.run.controls.start.isEnabled)
        self.dock.run.controls.start.click()
        self.until(lambda: self.done > 1)

    def goes_on(self) -> None:
        """Wait until more is done than now."""
        before = self.done
        self.until(lambda: self.done > before + 5)

    def stop(self) -> None:
        self.dock.run.controls.stop.click()
        self.ends()

    def ends(self) -> None:
        self.until(lambda: not self.dock.run.running)

    def begins_anew(self) -> None:
        """Start once more and stop: the dock is as good as new."""
        runs = {*runs_folder().glob("*")}
        self.start()
        assert len({*runs_folder().glob("*")} - runs) == 1
        self.stop()


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    for module in (painting, preview):
        monkeypatch.setattr(module, "PAUSE_MS", 20)


@pytest.fixture
def opened(until):
    """Open Train docks that are gone when the test is over."""
    docks = []

    def function(model):
        dock = TrainDock(model)
        docks.append(dock)
        dock.destroyed.connect(lambda: docks.remove(dock))
        until(lambda: dock.look.seen is not None)
        return dock

    yield function
    for dock in [*docks]:
        dock.deleteLater()
    until(lambda: not docks)


@pytest.fixture
def training(model, stripes, opened, scenario, until):
    """A training that learns from changes, and shows what it says by now."""
    scenario("live")
    desk = Desk(model, stripes, until)
    desk.dock = opened(model)
    desk.dock.meanwhile.look.setChecked(True)
    return desk


@pytest.fixture
def network():
    """The file of the model that segments."""
    return model_file(models_folder() / "first.unetseg.safetensors")


@pytest.fixture
def segmenting(model, stripes, network, scenario, qtbot, until):
    """A segmentation of five slices, which waits after the second one."""
    scenario("segmenting")
    desk = Desk(model, stripes, until)
    desk.dock = segment_dock(model, qtbot)
    return desk


@pytest.fixture(params=["training", "segmenting"])
def desk(request):
    """Either of them."""
    return request.getfixturevalue(request.param)
