"""The file of a model becomes another one after it was chosen."""

from __future__ import annotations

import pytest

from gui.segmenting import model_file

pytestmark = pytest.mark.gui

NAMED = {"class_names": {"1": "cell"}, "class_colors": {"1": "#ff0000"}}


def test_another_model_in_its_place_is_the_one_that_segments(segmenting, network):
    assert "cell" not in segmenting.dock.about.value
    model_file(network, **NAMED)

    segmenting.start()

    assert "cell" in segmenting.dock.about.value
    (segmenting.folder / "go on").touch()
    segmenting.until(lambda: "labels are in the layer" in segmenting.dock.said)
    made = segmenting.model.layers[-1]
    assert made.features["class"].tolist() == ["cell"]
    segmenting.begins_anew()


@pytest.mark.parametrize(
    ("replace", "said"),
    [
        (lambda path: model_file(path, count=3), "another layer for each channel"),
        (lambda path: path.write_bytes(b"no model at all"), "is not a model"),
        (lambda path: path.unlink(), "has gone"),
    ],
    ids=["channels", "garbage", "gone"],
)
def test_what_cannot_segment_is_refused_and_put_right(
    segmenting, network, replace, said
):
    replace(network)

    segmenting.dock.run.controls.start.click()

    assert said in segmenting.dock.said
    assert not segmenting.dock.run.running
    model_file(network)
    segmenting.dock.enterEvent(None)
    segmenting.begins_anew()
