"""A training of single objects in a region, from shapes to a split that is shown."""

from __future__ import annotations

import numpy as np
import pytest

from napari_unetseg.core.network.card import read_card
from napari_unetseg.core.read import read_image
from napari_unetseg.gui.train.dock import TrainDock
from napari_unetseg.runs.folder import read_question

pytestmark = pytest.mark.gui

SETTINGS = {"base": 4, "depth": 2, "patch": 32, "batch": 1, "steps": 3}


def test_objects_in_a_region_of_one_slice(model, qtbot, until):
    random = np.random.default_rng(0)
    cells = np.zeros((3, 160, 192), np.uint16)
    for number in range(60):
        row, column = divmod(number, 10)
        top, left = 24 * row + 8, 18 * column + 8
        cells[1, top : top + 14, left : left + 12] = number + 1
    grey = 100 * (cells > 0) + random.normal(50, 10, cells.shape)
    place = {"scale": (50, 8, 8), "units": ("nm",) * 3}
    model.add_image(grey.clip(0, 255).astype(np.uint8), name="grey", **place)
    model.add_labels(cells, name="cells", **place)
    # All but the last rows, in the slice that is painted.
    corners = [(0, 0), (0, 191), (140, 191), (140, 0)]
    drawn = [np.array([(50, 8 * y, 8 * x) for y, x in corners], float)]
    units = {"units": place["units"]}
    model.add_shapes(drawn, shape_type="polygon", name="complete", **units)
    dock = TrainDock(model)
    qtbot.addWidget(dock)
    dock.training.task.value = "instances"
    dock.region.value = model.layers["complete"]
    for field, widget in dock.training.widgets.items():
        if field.name in SETTINGS:
            field.show(widget, SETTINGS[field.name])
    until(lambda: dock.run.controls.start.isEnabled())
    assert "A block of the only annotated slice validates" in dock.verdict.value

    dock.run.controls.start.click()
    until(lambda: not dock.run.running, 120)

    assert "on a block of slice 1" in dock.said, dock.said
    assert "SEG" in dock.said
    question = read_question(dock.run.folder)
    region = np.asarray(read_image(dock.run.folder / question.regions[0]).array)
    expected = np.zeros(cells.shape, bool)
    expected[1, :141] = True
    np.testing.assert_array_equal(region != 0, expected)
    card = read_card(dock.trained)
    assert card.objects is not None
    assert card.training["config"]["task"] == "instances"

    dock.views.split.click()
    until(lambda: "training and validation" in model.layers)

    split = model.layers["training and validation"]
    assert split.features["part"].tolist() == ["training", "left out", "validation"]
    assert {corner[0] for one in split.data for corner in one} == {1}
