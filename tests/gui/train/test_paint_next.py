"""The camera flies to where painting teaches most; trainings are scripted."""

from __future__ import annotations

import numpy as np
import pytest

from napari_unetseg.core.train.wishes import Predicted
from napari_unetseg.gui.parts.view import camera_of
from napari_unetseg.gui.train import paint_next, quick
from napari_unetseg.gui.train.meanwhile import NOT_OF_HERE
from napari_unetseg.runs.preferences import models_folder

pytestmark = pytest.mark.gui


@pytest.fixture
def painted(painted):
    """Show the pair with nothing painted in the slice in view."""
    painted.data[3] = 0
    return painted


def flown(dock, until):
    """Press, and wait for a place; return where the camera comes to rest, in pixels."""
    dock.views.paint_next.click()
    places = dock.views._places
    until(lambda: not dock.views.waiting.busy and "Place " in dock.said)
    animation = places._flight._animation
    until(lambda: animation.state() == animation.State.Stopped)
    y, x = camera_of(dock.viewer).center[-2:]
    return (y - 80) / 8, (x - 16) / 8


def test_before_there_is_a_network_it_says_what_is_missing(painted, opened):
    dock = opened()
    link = dock.views.paint_next

    assert not link.isEnabled()
    assert "once a training has begun" in link.toolTip()


def test_a_training_is_asked_and_the_camera_flies_there(
    training, painted, model, until
):
    before = painted.data.copy()
    assert training.views.paint_next.isEnabled()

    y, x = flown(training, until)

    # The training is unsure of the first corner of what is in view.
    assert training.meanwhile.look.isChecked()
    assert y < 20
    assert x < 20
    assert "entropy" in training.said
    assert "of 1 around here" in training.said
    assert "Place 1 of " in training.said
    np.testing.assert_array_equal(painted.data, before)


def test_the_next_press_goes_to_a_rare_class_and_painted_places_are_left_out(
    training, painted, until
):
    first = flown(training, until)
    second = flown(training, until)
    assert "is painted least" in training.said
    assert max(abs(a - b) for a, b in zip(first, second, strict=True)) > 5

    places = training.views._places
    nearest = places._queue[0].centre
    painted.data[nearest] = 1
    number = places._count - len(places._queue)
    flown(training, until)

    assert f"Place {number + 2} of " in training.said


def test_another_slice_is_looked_at_anew(training, painted, model, until):
    flown(training, until)
    model.dims.set_current_step(0, 1)

    training.views.paint_next.click()

    until(lambda: "is annotated: go to another slice" in training.said)


def test_in_3d_no_slice_is_seen(training, model):
    model.dims.ndisplay = 3

    training.views.paint_next.click()

    assert "Go to the 2D view" in training.said


def test_a_training_of_another_viewer_cannot_tell(training, until):
    training.meanwhile.look.setEnabled(False)

    training.views.paint_next.click()

    assert NOT_OF_HERE in training.said


@pytest.fixture
def ended(painted, opened, tmp_path, monkeypatch):
    """Return a dock with a model that is unsure around (24, 40), and its questions."""
    asked = []

    def ask(helper, question, folder):
        from napari_unetseg.core.read import read_image

        image = read_image(folder / question.image)
        asked.append((question, image))
        yield
        shape = image.shape
        unsure = np.zeros(shape, np.float32)
        unsure[..., 20:28, 36:44] = 0.5
        start = (0,) * len(shape)
        return Predicted(0, 0, image.axes, start, np.ones(shape, np.uint8), unsure)

    card = type("Card", (), {"network": type("Network", (), {"dimensions": 2})})
    monkeypatch.setattr(quick, "ask_prediction", ask)
    monkeypatch.setattr(paint_next, "read_card", lambda path: card)
    dock = opened()
    dock.trained = tmp_path / "m.unetseg.safetensors"
    dock.trained.touch()
    dock.refresh()
    return dock, asked


def test_it_is_offered_as_soon_as_a_training_has_made_a_model(
    painted, opened, scenario, until
):
    scenario("training")
    # The scripted training tells of a model of this name.
    models_folder().mkdir(parents=True)
    (models_folder() / "m").touch()
    dock = opened()
    assert not dock.views.paint_next.isEnabled()

    dock.run.controls.start.click()

    until(lambda: dock.trained is not None)
    assert dock.views.paint_next.isEnabled()


def test_after_a_training_its_model_tells_of_the_slice_in_view_alone(
    ended, stripes, model, until
):
    dock, asked = ended
    y, x = flown(dock, until)

    assert abs(y - 24) < 5
    assert abs(x - 40) < 5
    question, image = asked[0]
    assert question.model == str(dock.trained)
    np.testing.assert_array_equal(np.squeeze(image.array), stripes[0][3])

    # The next places are those of the same prediction.
    flown(dock, until)
    assert len(asked) == 1
    model.dims.set_current_step(0, 1)
    dock.views.paint_next.click()
    until(lambda: len(asked) == 2 and not dock.views.waiting.busy)


def test_a_model_that_does_not_fit_is_said_in_a_sentence(ended, until, monkeypatch):
    from napari_unetseg.core.errors import RunError

    dock, _ = ended

    def refuse(*_):
        yield
        raise RunError("The model expects 3 channels")

    monkeypatch.setattr(quick, "ask_prediction", refuse)
    dock.views.paint_next.click()
    until(lambda: not dock.views.waiting.busy)

    assert dock.said == "The model expects 3 channels."


def test_a_large_slice_is_predicted_around_what_is_seen(
    ended, model, until, monkeypatch
):
    dock, asked = ended
    monkeypatch.setattr(paint_next, "PREDICTED", 400)
    model.layers["grey"].corner_pixels = np.array([(0, 10, 20), (0, 30, 50)])

    dock.views.paint_next.click()
    until(lambda: asked)
    until(lambda: not dock.views.waiting.busy)

    region = asked[0][0].config.region
    sides = {axis: stop - start for axis, (start, stop) in region.items()}
    assert sides["Y"] * sides["X"] <= 400
    assert region["Y"][0] >= 10
    assert region["X"][1] <= 51
