"""What validates is drawn, and moved: the training validates there."""

from __future__ import annotations

import numpy as np
import pytest

from gui.training import question
from napari_unetseg.gui.parts import drawn
from napari_unetseg.gui.train.validated import DRAWN
from napari_unetseg.layers.validation import NAME

pytestmark = pytest.mark.gui

# Around pixels 4 to 8 along Y, and 3 to 9 along X.
BOX = np.array([[1, 3.5, 2.5], [1, 3.5, 9.5], [1, 8.5, 9.5], [1, 8.5, 2.5]])


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(drawn, "PAUSE_MS", 20)


@pytest.fixture
def dock(painted, opened):
    return opened()


def validation(dock):
    return next(w for f, w in dock.training.widgets.items() if f.name == "validation")


def draw(dock):
    dock.training.draw.native.click()
    return dock.viewer.layers[NAME]


def moved(layer, by):
    """Move all rectangles as a person does with the mouse."""
    layer.data = [corners + np.array(by) for corners in layer.data]


def test_the_proposed_slices_are_drawn_and_said_in_words(dock, painted):
    slices, height = painted.data.shape[0], painted.data.shape[1]

    layer = draw(dock)

    drawn_in = {int(corners[0, 0]) for corners in layer.data}
    assert drawn_in <= set(range(slices))
    # Where the viewer stood there was none; where it stands now there is one.
    assert dock.viewer.dims.current_step[0] == min(drawn_in) != 3
    np.testing.assert_allclose(layer.scale, painted.scale)
    np.testing.assert_allclose(layer.translate, painted.translate)
    assert validation(dock).value.endswith(f"y=0:{height}")
    assert "z=" in validation(dock).value
    assert "Move or resize" in dock.said
    assert dock.viewer.layers.selection.active is layer


def test_where_it_is_moved_to_it_validates(dock, until):
    layer = draw(dock)
    before = validation(dock).value

    layer.data = [BOX]

    until(lambda: validation(dock).value != before)
    assert validation(dock).value == "z=1:2,y=4:9,x=3:10"
    _, asked = question(dock)
    assert asked.config.validation == "z=1:2,y=4:9,x=3:10"
    assert DRAWN in dock.verdict.value


def test_a_single_slice_is_proposed_a_part_of_it(dock, painted, until):
    painted.data[:] = 0
    painted.data[2, :6] = 1
    painted.data[2, 6:12] = 2
    painted.refresh()
    until(lambda: dock.look.seen is not None and sum(dock.look.seen.annotated) == 1)

    layer = draw(dock)

    height = painted.data.shape[1]
    assert validation(dock).value == f"z=2:3,y={round(0.8 * height)}:{height}"
    assert len(layer.data) == 1


def test_beside_the_labels_it_is_refused_in_a_sentence(dock, until):
    layer = draw(dock)
    before = validation(dock).value

    moved(layer, (0, 10_000, 0))

    until(lambda: "Nothing that is drawn in 'validation' lies on" in dock.said)
    assert validation(dock).value == before


def test_drawn_again_the_layer_is_replaced_and_shows_what_was_written(dock):
    draw(dock)
    validation(dock).value = "z=0:1,y=2:5,x=1:4"

    layer = draw(dock)

    assert [one.name for one in dock.viewer.layers].count(NAME) == 1
    (corners,) = layer.data
    np.testing.assert_allclose(corners.min(axis=0), (0, 1.5, 0.5))
    np.testing.assert_allclose(corners.max(axis=0), (0, 4.5, 3.5))
    assert validation(dock).value == "z=0:1,y=2:5,x=1:4"


def test_a_layer_that_is_removed_leaves_the_words(dock):
    layer = draw(dock)
    before = validation(dock).value

    dock.viewer.layers.remove(layer)

    assert validation(dock).value == before
    assert dock.run.controls.start.isEnabled()


def test_while_a_training_runs_it_counts_for_the_next_one(dock, scenario, until, qtbot):
    layer = draw(dock)
    before = validation(dock).value
    scenario("live")
    dock.run.controls.start.click()
    until(lambda: dock.run._story.done)

    layer.data = [BOX]
    qtbot.wait(100)
    assert validation(dock).value == before

    dock.run.controls.stop.click()
    until(lambda: validation(dock).value == "z=1:2,y=4:9,x=3:10")
