"""The docks in a real viewer, opened from the menu of the plugin."""

from __future__ import annotations

import pytest

from gui.whole.jobs import PLUGIN, SMALL, choose, press_start


@pytest.fixture
def viewer(make_napari_viewer):
    return make_napari_viewer()


@pytest.fixture
def dock(viewer):
    """Open a dock of the plugin as its menu does."""

    def function(name):
        return viewer.window.add_plugin_dock_widget(PLUGIN, name)[1]

    return function


@pytest.fixture
def trained(dock, until):
    """Train for so many steps and return the dock and the model's file."""

    def function(image, labels, further=(), steps=40):
        train = dock("Train U-Net")
        choose(train, image, labels, further, **SMALL, steps=steps)
        press_start(train, until)
        until(lambda: not train.run.running, 240)
        assert "Model '" in train.said, train.said
        return train

    return function


@pytest.fixture
def segmented(viewer, until):
    """Segment with the model that was just trained; return the labels' layer."""

    def function(train, image, part="all slices"):
        train.segment_button.click()
        segment = viewer.window.dock_widgets["Segment with U-Net (napari-unetseg)"]
        segment.image.value = image
        segment.segmenting.part.value = part
        assert segment.run.controls.start.isEnabled(), segment.said
        segment.run.controls.start.click()
        until(lambda: not segment.run.running, 120)
        until(lambda: "labels are in the layer" in segment.said)
        return viewer.layers[-1]

    return function
