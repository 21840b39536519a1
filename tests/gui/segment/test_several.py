"""Several layers: one after the other, each with labels of its own."""

from __future__ import annotations

import json
import threading

import numpy as np
import pytest
from napari.layers import Labels

from napari_unetseg.core.events import Failed, Finished, Item, Note, Started
from napari_unetseg.core.write.ome_zarr import create_ome_zarr
from napari_unetseg.gui.segment.queue import Batch, Queue
from napari_unetseg.gui.segment.result import result_of
from napari_unetseg.gui.segment.source import SELECTED
from napari_unetseg.runs import client
from napari_unetseg.runs.home import runs_folder

pytestmark = pytest.mark.gui

# Until several processes have begun, one after the other, on a busy computer.
LONG = 120.0
ABOUT = {"units": ("nm", "nm", "nm"), "axis_labels": ("z", "y", "x")}


@pytest.fixture
def several(dock, model, stripes):
    """Choose three images; the first is that of the dock, "grey"."""
    for number, name in enumerate(("second", "third"), start=1):
        model.add_image(stripes[0][number:], name=name, **ABOUT)
    dock.source.kind.value = SELECTED
    model.layers.selection = {*model.layers}
    return dock


@pytest.fixture
def at_once(monkeypatch):
    """Let a run label all of its image with 1, at once and in no process.

    One of an image that is called "bad" is refused before it begins.
    """

    def launched(plan, cancelled):
        image = plan.inputs["image"].image
        yield (Item(**plan.layer["item"]),)
        np.asarray(image.array[:])
        client.create(plan.folder, plan.ask({"image": "i"}))
        (plan.folder / "layer.json").write_text(json.dumps(plan.layer))
        if plan.layer["source"] == "bad":
            why = "It holds text. Use numbers."
            yield (Failed(message=why, mendable=True, error="InputError"),)
            return
        yield (Started(job="segment"), Note(text="It is dark.", level="warning"))
        array = create_ome_zarr(
            plan.folder / "labels.zarr",
            shape=image.shape,
            dtype=np.uint8,
            axes=image.axes,
            spacing=(),
            unit="pixel",
            name="labels",
            chunks=image.shape,
        )
        array[:] = 1
        yield (Finished(result={"out": ["labels.zarr"]}),)

    monkeypatch.setattr("napari_unetseg.gui.run.view.launch", launched)


def labels(model):
    return sorted(layer.name for layer in model.layers if isinstance(layer, Labels))


def go_on():
    for folder in runs_folder().iterdir():
        (folder / "go on").touch()


def test_all_image_layers_that_are_selected_are_asked_about(several, model, until):
    plans = several.batch().plans
    assert [plan.layer["source"] for plan in plans] == ["grey", "second", "third"]
    assert several.source.listed.value == "3 selected: 'grey', 'second', 'third'."
    assert several.image.native.isHidden()
    until(lambda: "3 images, one after the other" in several.forecast.text())

    # Labels, and what is only shown, are no images.
    model.add_labels(np.zeros((5, 48, 64), int), name="painted")
    model.layers.selection = {model.layers["painted"], model.layers["third"]}
    assert [plan.layer["source"] for plan in several.batch().plans] == ["third"]


def test_without_a_selection_it_says_how_to_select(dock, model):
    model.layers.selection = set()
    dock.source.kind.value = SELECTED

    assert "No image layer is selected" in dock.said
    assert not dock.run.controls.start.isEnabled()
    assert dock.source.listed.native.isHidden()
    model.layers.selection = {model.layers["grey"]}
    assert dock.said == ""


def test_images_stay_chosen_when_a_layer_of_labels_is_selected(several, model):
    model.add_labels(np.zeros((5, 48, 64), int), name="painted")

    assert several.source.listed.value.startswith("3 selected: ")
    model.layers.remove("second")
    assert several.source.listed.value == "2 selected: 'grey', 'third'."


def test_an_image_that_does_not_fit_is_left_out_and_told_before(several, model, until):
    model.add_image(np.zeros((20, 30, 3), np.uint8), name="stain", rgb=True)
    model.layers.selection = {*model.layers}

    batch = several.batch()

    assert [plan.layer["source"] for plan in batch.plans] == ["grey", "second", "third"]
    assert "expects 1 channel" in batch.left_out["stain"]
    words = "'stain' is left out: The model expects 1"
    until(lambda: words in several.forecast.text())
    model.layers.selection = {model.layers["stain"]}
    assert "expects 1 channel" in several.said
    assert not several.run.controls.start.isEnabled()


def test_each_gets_a_layer_named_after_it(several, model, at_once, until):
    formats = []
    bar = several.run.controls.progress
    several.run.heard.connect(lambda _: formats.append(bar.format()))

    several.run.controls.start.click()
    until(lambda: "images are segmented" in several.said)

    assert labels(model) == [
        "grey segmented",
        "second segmented",
        "third segmented",
    ]
    for name in ("grey", "second", "third"):
        made, source = model.layers[f"{name} segmented"], model.layers[name]
        assert made.data.shape == source.data.shape
        assert (np.asarray(made.data) == 1).all()
        assert tuple(made.translate) == tuple(source.translate)
    assert several.said.startswith("All 3 images are segmented, each in a layer named")
    # What a run warns of is told with its image.
    assert several.said.count("It is dark.") == 3
    assert "'grey': It is dark." in several.said
    for number in (1, 2, 3):
        assert any(text.startswith(f"image {number} of 3, ") for text in formats)
    assert several.run.controls.start.isEnabled()


def test_all_is_told_when_the_last_layer_is_there(
    several, model, at_once, until, monkeypatch
):
    is_free = threading.Event()

    def slow(folder):
        while "third" in folder.name and not is_free.wait(0.01):
            yield
        return (yield from result_of(folder))

    monkeypatch.setattr("napari_unetseg.gui.segment.outcome.result_of", slow)
    several.run.controls.start.click()
    until(lambda: not several.run.running and len(labels(model)) == 2)
    assert "segmented" not in several.said

    is_free.set()
    until(lambda: "images are segmented" in several.said)
    assert len(labels(model)) == 3


def test_one_that_fails_is_named_and_the_others_are_not_lost(
    several, model, at_once, until
):
    model.layers["second"].name = "bad"
    model.add_image(np.zeros((20, 30, 3), np.uint8), name="stain", rgb=True)
    model.layers.selection = {*model.layers}

    several.run.controls.start.click()
    until(lambda: "images are segmented" in several.said)

    assert labels(model) == ["grey segmented", "third segmented"]
    assert several.said.startswith("2 of 4 images are segmented")
    assert "'bad' is left out: It holds text. Use numbers." in several.said
    assert "'stain' is left out: The model expects 1 channel" in several.said


def test_one_that_cannot_be_read_is_named_too(several, model, at_once, until):
    class Broken:
        """An array in a file that has gone."""

        dtype, ndim, shape = np.dtype(np.uint8), 3, (5, 48, 64)

        def __getitem__(self, index):
            if self.gone:
                raise OSError("the disk was taken out")
            return np.zeros(self.shape, np.uint8)[index]

        gone = False

    broken = Broken()
    layer = model.add_image(broken, name="broken", contrast_limits=(0, 9), **ABOUT)
    model.layers.selection = {layer, *(model.layers[n] for n in ("grey", "third"))}
    broken.gone = True

    several.run.controls.start.click()
    until(lambda: "images are segmented" in several.said)

    broken.gone = False
    # The last one fails at once, while what was made before is still being read.
    assert labels(model) == ["grey segmented", "third segmented"]
    assert "'broken' is left out: " in several.said
    assert "the disk was taken out" in several.said


def test_one_whose_labels_cannot_be_read_is_named(
    several, model, at_once, until, monkeypatch
):
    def unreadable(folder):
        yield
        if "second" in folder.name:
            raise OSError("the disk was taken out")
        return (yield from result_of(folder))

    monkeypatch.setattr("napari_unetseg.gui.segment.outcome.result_of", unreadable)

    several.run.controls.start.click()
    until(lambda: "2 of 3 images are segmented" in several.said)

    assert {"grey segmented", "third segmented"} <= {*labels(model)}
    assert "'second' is left out: the disk was taken out." in several.said


def test_stopped_what_is_done_is_kept_and_the_rest_can_be_gone_on_with(
    several, model, scenario, until
):
    scenario("segmenting")
    bar = several.run.controls.progress
    several.run.controls.start.click()
    until(lambda: "tile 2 of 5" in bar.format(), LONG)
    go_on()
    # The second one has four slices, of which it does two.
    until(lambda: bar.format().startswith("image 2 of 3, tile 2 of 4"), LONG)

    several.run.controls.stop.click()
    until(lambda: "more image waits" in several.said, LONG)

    assert labels(model) == ["grey segmented", "second segmented (50 % done)"]
    assert several.said == (
        "Stopped; what is done is kept. It is in the layer 'second segmented (50 % "
        "done)'. 1 more image waits: Go on segments it too."
    )
    half = model.layers["second segmented (50 % done)"]
    assert (half.data[:2] == 1).all()
    assert not half.data[2:].any()

    go_on()
    several.run.controls.go_on.click()
    until(lambda: bar.format().startswith("image 3 of 3"), LONG)
    until(lambda: "tile 1 of 3" in bar.format(), LONG)
    go_on()
    until(lambda: "images are segmented" in several.said, LONG)

    assert labels(model) == ["grey segmented", "second segmented", "third segmented"]
    assert model.layers["second segmented"] is half
    assert (half.data == 1).all()
    assert several.said == (
        "All 3 images are segmented, each in a layer named after it."
    )


def test_a_queue_of_one_says_nothing_of_several():
    assert not Queue().several
    assert not Queue().is_of(None)
    assert Batch([]).note.startswith("0 images")
