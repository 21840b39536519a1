"""The Segment dock: what it asks, what it says, and where its labels appear."""

from __future__ import annotations

import json
import time
import warnings

import numpy as np
import pytest
from napari.layers import Image, Labels
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog

from gui.segmenting import model_file, opened
from napari_unetseg.core.config import NetworkConfig, SegmentConfig
from napari_unetseg.core.events import Failed, Forecast
from napari_unetseg.core.image import Image as CoreImage
from napari_unetseg.core.network.card import ModelCard
from napari_unetseg.core.write.ome_tiff import write_ome_tiff
from napari_unetseg.gui.segment.form import averages
from napari_unetseg.gui.segment.model import describe
from napari_unetseg.gui.segment.part import INSIDE, SEEN, THIS
from napari_unetseg.gui.segment.result import result_of
from napari_unetseg.gui.segment.shown import show
from napari_unetseg.runs import client, listing
from napari_unetseg.runs.preferences import models_folder
from napari_unetseg.runs.questions import SegmentQuestion

pytestmark = pytest.mark.gui

PATHS = {"image": "image.tif"}
TOLD = {
    "tile": [64, 64],
    "halo": [9, 9],
    "tiles": 5,
    "memory": 3_000_000,
    "free": 8_000_000_000,
    "seconds": 12.3,
    "size": 15360,
    "disk": 10**12,
}


def asked(dock):
    plan = dock.plan()
    question = plan.ask(PATHS).model_dump(mode="json")
    image = plan.inputs["image"].image
    return {**question, "name": image.name, "shape": image.shape}


def says(dock, *words):
    assert not dock.run.controls.start.isEnabled()
    assert all(word in dock.said for word in words), dock.said


def test_what_is_asked_by_default_is_what_the_command_line_asks(dock, network):
    question = dock.plan().ask(PATHS)

    assert question.config == SegmentConfig()
    assert question.model == str(network)
    assert question.image == "image.tif"
    assert question.scores is None


@pytest.mark.parametrize(
    ("name", "value"),
    [("tile", "64"), ("tile", "whole"), ("device", "cpu"), ("precision", "bf16")],
)
def test_every_setting_changes_the_question(dock, name, value):
    getattr(dock.segmenting, name).value = value

    found = asked(dock)["config"][name]
    assert found == (int(value) if value.isdecimal() else value)


def test_another_image_is_another_question(dock, model, stripes):
    dock.image.value = model.add_image(stripes[0][:2], name="short")

    assert asked(dock)["name"] == "short"
    assert asked(dock)["shape"] == (2, 48, 64)


def test_another_model_is_another_question(dock, tmp_path, monkeypatch):
    other = model_file(tmp_path / "elsewhere" / "second.unetseg.safetensors")
    answer = (str(other), "")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: answer)

    dock.browse.native.click()

    assert asked(dock)["model"] == str(other)


def test_a_dialog_that_is_closed_changes_nothing(dock, network, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))

    dock.browse.native.click()

    assert asked(dock)["model"] == str(network)


@pytest.mark.parametrize("shown", [0, 2, 4])
def test_this_slice_is_the_one_that_is_shown(dock, model, stripes, shown):
    dock.segmenting.part.value = THIS
    model.dims.set_current_step(0, shown)

    plan = dock.plan()

    # The others are normalised with it, and so given too.
    assert plan.inputs["image"].image.array is stripes[0]
    assert plan.ask(PATHS).config.region == {"Z": (shown, shown + 1)}
    assert plan.layer["placement"]["translate"] == [100 + 50 * shown, 0, 16]
    assert plan.layer["box"] == {"Z": (shown, shown + 1), "Y": (0, 48), "X": (0, 64)}


def test_of_a_layer_with_fewer_dimensions_the_viewers_slice_is_found(
    dock, model, stripes
):
    model.add_image(np.zeros((2, 5, 48, 64)), name="deeper")
    dock.image.value = model.layers["grey"]
    dock.segmenting.part.value = THIS
    model.dims.set_point(1, 100 + 50 * 3)

    assert dock.plan().ask(PATHS).config.region == {"Z": (3, 4)}


@pytest.mark.parametrize("change", ["3D", "order"])
def test_a_view_that_is_no_slice_is_refused(dock, model, change):
    dock.segmenting.part.value = THIS
    if change == "3D":
        model.dims.ndisplay = 3
    else:
        model.dims.order = (1, 0, 2)

    dock.run.controls.start.click()

    assert "does not show a slice of 'grey' along Y and X" in dock.said
    assert not dock.run.running


def test_a_slice_that_the_layer_does_not_have_is_refused(dock, model):
    model.add_image(np.zeros((40, 48, 64)), name="longer", scale=(50, 8, 8))
    dock.image.value = model.layers["grey"]
    dock.segmenting.part.value = THIS
    model.dims.set_point(0, 50 * 30)

    dock.run.controls.start.click()

    assert "a slice that 'grey' does not have" in dock.said
    assert not dock.run.running


# -- which part -----------------------------------------------------------------------


def test_what_is_seen_lies_where_it_was_seen(dock, model):
    grey = model.layers["grey"]
    dock.segmenting.part.value = SEEN
    model.dims.set_current_step(0, 3)
    grey.corner_pixels = np.array([[0, 4, 10], [0, 20, 63]])

    plan = dock.plan()

    region = plan.ask(PATHS).config.region
    assert region == {"Z": (3, 4), "Y": (4, 21), "X": (10, 64)}
    assert plan.layer["box"] == region
    assert plan.layer["placement"]["translate"] == [100 + 150, 32, 16 + 80]


def test_only_who_segments_inside_shapes_chooses_them(dock, model):
    assert dock.segmenting.shapes.native.isHidden()

    dock.segmenting.part.value = INSIDE

    assert not dock.segmenting.shapes.native.isHidden()
    assert "There are no shapes" in dock.forecast.text()
    corners = np.array([(0, 16), (80, 16), (80, 176), (0, 176)])
    drawn = model.add_shapes([corners], name="drawn", units=("nm", "nm"))
    assert dock.segmenting.shapes.value is drawn
    plan = dock.plan()
    assert plan.ask(PATHS).mask == "inside.csv"
    assert plan.layer["box"] == {"Z": (0, 5), "Y": (0, 11), "X": (0, 21)}


def test_what_is_drawn_meanwhile_is_foretold_anew(dock, model, until):
    drawn = model.add_shapes(name="drawn", ndim=2, units=("nm", "nm"))
    dock.segmenting.part.value = INSIDE
    assert "Nothing is drawn" in dock.forecast.text()

    drawn.add([np.array([(0, 16), (80, 16), (80, 176), (0, 176)])])

    until(lambda: "5 tiles" in dock.forecast.text())


# -- what it would take ---------------------------------------------------------------


def test_it_says_what_it_takes_before_the_start(dock, until):
    assert "Working out" in dock.forecast.text()
    assert dock.run.controls.start.isEnabled()

    until(lambda: "5 tiles of 64 x 64 pixels" in dock.forecast.text())
    assert "3 MB of memory" in dock.forecast.text()
    assert "a halo of 9 x 9" in dock.forecast.toolTip()


def test_it_says_whose_pixels_are_larger(model, stripes, qtbot, until):
    path = models_folder() / "m.unetseg.safetensors"
    model_file(path, spacing=(4.0, 4.0), unit="nm")
    model.add_image(stripes[0], scale=(50, 8, 8), units=("nm", "nm", "nm"))

    dock = opened(model, qtbot)

    assert "Your pixels are 2.0x larger than the model's" in dock.forecast.text()


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (Forecast(**TOLD | {"memory": 9 * 10**9}), "needs 9.0 GB of memory, and 8.0"),
        (Forecast(**TOLD | {"disk": 10}), "where 1 kB are free"),
        (Failed(message="Too deep.", mendable=True, error="E"), "Too deep."),
    ],
)
def test_what_will_not_fit_is_told_before_the_start(
    dock, until, monkeypatch, event, words
):
    def told(*_):
        yield
        return (event,)

    monkeypatch.setattr("napari_unetseg.gui.segment.before.foretold", told)
    dock.segmenting.tile.value = "whole"

    until(lambda: words in dock.forecast.text())


def test_what_was_told_stays_in_sight_until_there_is_more(dock, until, monkeypatch):
    until(lambda: "5 tiles" in dock.forecast.text())
    asked = []

    def never(*_):
        asked.append(1)
        while asked:
            yield
            time.sleep(0.01)
        return ()

    monkeypatch.setattr("napari_unetseg.gui.segment.before.foretold", never)
    dock.segmenting.tile.value = "32"

    until(lambda: asked)
    shown = dock.forecast.text()
    asked.clear()
    assert "5 tiles" in shown


def test_nothing_is_foretold_of_what_cannot_be_started(dock):
    dock.segmenting.tile.value = "small"

    assert dock.forecast.isHidden()


# -- what else is made ----------------------------------------------------------------


def test_scores_and_uncertainty_are_asked_for(dock):
    form = dock.segmenting
    form.scores.value = form.uncertainty.value = True
    question = dock.plan().ask(PATHS)
    assert question.scores
    assert question.uncertainty
    assert question.config.uncertainty == "entropy"

    form.average.value = "flips"
    form.objects.value = "instances"
    config = dock.plan().ask(PATHS).config
    assert config.uncertainty == "disagreement"
    assert (config.average, config.objects) == ("flips", "instances")


def test_views_say_what_they_cost():
    assert [text for text, _ in averages(2)] == [
        "nothing",
        "flips (4x as long)",
        "flips and turns (8x as long)",
    ]
    assert averages(3)[-1] == ("flips and turns (16x as long)", "rotations")


def test_another_model_keeps_what_is_averaged_over(dock):
    dock.segmenting.average.value = "flips"

    dock.segmenting.follow(3)

    assert dock.segmenting.average.value == "flips"


# -- channels -------------------------------------------------------------------------


@pytest.fixture
def two_channels(dock, model, stripes):
    """Choose a model that knows its two channels by name."""
    path = models_folder() / "two.unetseg.safetensors"
    model_file(path, count=2, channels=("nuclei", "walls"))
    about = {"scale": (50, 8, 8), "units": ("nm", "nm", "nm")}
    model.add_image(stripes[0], name="walls", **about)
    model.add_image(255 - stripes[0], name="nuclei", **about)
    dock.choose_model(path)
    return dock


def test_layers_are_found_by_the_names_of_the_models_channels(two_channels, stripes):
    image = two_channels.plan().inputs["image"].image

    assert [box.label for box in two_channels.channels.boxes] == ["nuclei", "walls"]
    assert image.channels == ("nuclei", "walls")
    assert np.array_equal(np.asarray(image.array)[0], 255 - stripes[0])
    assert np.array_equal(np.asarray(image.array)[1], stripes[0])


def test_layers_of_other_names_can_be_chosen(two_channels, model, stripes):
    first, second = two_channels.channels.boxes

    first.value = model.layers["grey"]
    second.value = model.layers["nuclei"]

    image = two_channels.plan().inputs["image"].image
    assert image.channels == ("nuclei", "walls")
    assert np.array_equal(np.asarray(image.array)[0], stripes[0])
    assert np.array_equal(np.asarray(image.array)[1], 255 - stripes[0])


def test_a_model_of_one_channel_asks_for_none(two_channels, network):
    two_channels.choose_model(network)

    assert not two_channels.channels.boxes
    assert two_channels.plan().inputs["image"].image.channel_count == 1


def test_rgb_is_taken_as_it_is(model, qtbot):
    model.add_image(np.zeros((20, 30, 3), np.uint8), name="stain", rgb=True)
    path = model_file(models_folder() / "rgb.unetseg.safetensors", count=3)
    dock = opened(model, qtbot)
    dock.choose_model(path)

    plan = dock.plan()

    assert not dock.channels.boxes
    assert plan.inputs["image"].image.channels == ("red", "green", "blue")
    assert plan.layer["box"] == {"Y": (0, 20), "X": (0, 30)}
    assert plan.layer["order"] == "YX"


# -- what it says ---------------------------------------------------------------------


def test_without_an_image_it_says_what_to_do(model, network, qtbot):
    says(opened(model, qtbot), "no image", "Open")


def test_without_a_model_it_says_what_to_do(model, stripes, qtbot):
    model.add_image(stripes[0])

    says(opened(model, qtbot), "no model", "Train")


def test_it_says_what_the_model_tells_apart(model, qtbot):
    model_file(
        models_folder() / "m.unetseg.safetensors",
        class_names={"1": "inside", "2": "wall"},
        spacing=(4.0, 4.0),
        unit="nm",
        validation={"mean_iou": 0.7812},
    )

    text = opened(model, qtbot).about.value

    assert text == (
        "Tells apart: inside, wall. Trained at 4 x 4 nm per pixel. Mean IoU 0.781 in "
        "validation."
    )


def test_a_model_that_has_gone_is_noticed_at_the_start(dock, network):
    network.unlink()

    dock.run.controls.start.click()

    says(dock, "'first' has gone", "Choose another")
    assert not dock.run.running


def test_a_model_that_is_trained_meanwhile_is_offered(dock, network):
    newer = model_file(network.with_name("newer.unetseg.safetensors"))

    dock.enterEvent(None)

    assert str(newer) in dock.model.choices
    assert dock.model.value == str(network)


def test_a_model_that_has_gone_is_not_chosen(dock, network, tmp_path):
    dock.choose_model(tmp_path / "gone.unetseg.safetensors")

    assert "'gone' has gone" in dock.said
    assert dock.model.value == str(network)


def test_a_damaged_model_is_refused(model, stripes, qtbot):
    model.add_image(stripes[0])
    path = models_folder() / "bad.unetseg.safetensors"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\x80\x04pickle")

    says(opened(model, qtbot), "pickle")


def test_an_image_of_other_channels_is_refused(dock, model):
    dock.image.value = model.add_image(np.zeros((20, 30, 3), np.uint8), rgb=True)

    says(dock, "expects 1 channel", "has 3")


@pytest.mark.parametrize("text", ["small", "0", "-3", "1.5", "\u0663"])
def test_a_tile_that_is_none_is_refused(dock, text):
    dock.segmenting.tile.value = text

    says(dock, f"'{text}' is no tile size. Write auto, whole, or", "More settings")
    dock.segmenting.tile.value = "64"
    assert dock.said == ""


def test_an_error_goes_with_the_choice_that_it_is_about(dock, network):
    newer = model_file(network.with_name("newer.unetseg.safetensors"))
    dock.enterEvent(None)
    network.unlink()
    dock.run.controls.start.click()
    assert "'first' has gone" in dock.said

    dock.model.value = str(newer)

    assert dock.said == ""
    assert dock.run.controls.start.isEnabled()


def test_what_is_no_error_stays_said(dock):
    dock.say("The labels are in a layer.", "done")
    dock.segmenting.tile.value = "64"

    assert dock.said == "The labels are in a layer."


def test_only_a_model_of_several_channels_takes_room_for_them(two_channels, network):
    assert not two_channels.channels.isHidden()

    two_channels.choose_model(network)

    assert two_channels.channels.isHidden()


def test_it_opens_without_a_warning(model, qtbot):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        opened(model, qtbot)


def test_enter_in_the_tile_starts_nothing(dock, qtbot, monkeypatch):
    monkeypatch.setattr(dock.run, "start", lambda plan, name: pytest.fail("started"))
    qtbot.keyClick(dock.segmenting.tile.native, Qt.Key.Key_Return)

    assert dock.said == ""


def test_classes_without_a_name_are_labels_and_many_are_not_all_named():
    network = NetworkConfig(classes=2)
    few = ModelCard(network=network, classes=(1, 2), halo=(9, 9))
    ids = tuple(range(1, 13))
    many = ModelCard(
        network=NetworkConfig(classes=12),
        classes=ids,
        halo=(9, 9),
        class_names={str(i): f"c{i}" for i in ids},
    )

    assert describe(few) == "Tells apart: label 1, label 2."
    assert describe(many).endswith("c7, c8, and 4 more.")


def test_settings_are_remembered(dock, model, qtbot, tmp_path, monkeypatch):
    other = model_file(tmp_path / "elsewhere" / "second.unetseg.safetensors")
    dock.choose_model(other)
    dock.segmenting.tile.value = "128"
    monkeypatch.setattr(dock.run, "start", lambda plan, name: None)
    dock.run.controls.start.click()

    again = opened(model, qtbot)

    assert asked(again)["model"] == str(other)
    assert asked(again)["config"]["tile"] == 128


# -- the labels -----------------------------------------------------------------------


def made(folder, plan, labels, model):
    """Make what a segmentation leaves in its folder."""
    client.create(
        folder, SegmentQuestion(image="i", model=str(model), out="out.ome.tif")
    )
    (folder / "layer.json").write_text(json.dumps(plan.layer))
    (folder / "inputs").mkdir()
    write_ome_tiff(folder / "out.ome.tif", labels)
    generator = result_of(folder)
    while True:
        try:
            next(generator)
        except StopIteration as end:
            return end.value


def added(model, found):
    return show(model, found, "run")[0]


def test_the_labels_lie_on_their_image(dock, model, network, tmp_path):
    dock.segmenting.part.value = THIS
    model.dims.set_current_step(0, 2)
    plan = dock.plan()
    array = np.zeros((5, 48, 64), np.uint8)
    array[2] = 1
    labels = CoreImage(array=array, axes="ZYX", name="labels")

    layer = added(model, made(tmp_path / "run", plan, labels, network))

    source = model.layers["grey"]
    assert isinstance(layer, Labels)
    assert layer.data.shape == (1, 48, 64)
    assert (layer.data == 1).all()
    assert tuple(layer.data_to_world((0, 5, 7))) == tuple(
        source.data_to_world((2, 5, 7))
    )
    assert layer.units == source.units
    assert layer.axis_labels == source.axis_labels
    assert tuple(layer.scale) == tuple(source.scale)


def test_the_labels_say_how_they_were_made(dock, model, tmp_path):
    colors = {"1": "#ff0000", "2": "#00ff00"}
    path = model_file(
        models_folder() / "named.unetseg.safetensors",
        class_names={"1": "inside", "2": "wall"},
        class_colors=colors,
        sha256="abc",
    )
    dock.choose_model(path)
    labels = CoreImage(array=np.ones((5, 48, 64), np.uint8), axes="ZYX", name="labels")

    layer = added(model, made(tmp_path / "run", dock.plan(), labels, path))

    how = layer.metadata["napari-unetseg"]
    assert how["image"] == "grey"
    assert how["model"] == "named.unetseg.safetensors"
    assert how["model sha256"] == "abc"
    assert str(tmp_path) not in str(how)
    assert layer.name == "grey segmented"
    assert [*layer.features["class"]] == ["inside", "wall"]
    assert tuple(layer.get_color(1)) == (1, 0, 0, 1)
    assert tuple(layer.get_color(2)) == (0, 1, 0, 1)


def test_axes_in_an_unusual_order_come_back_in_it(model, network, qtbot, tmp_path):
    array = np.random.default_rng(0).integers(1, 3, (6, 7, 4), dtype=np.uint8)
    model.add_image(array, name="yxz", axis_labels=("y", "x", "z"))
    dock = opened(model, qtbot)
    labels = CoreImage(array=array.transpose(2, 0, 1), axes="ZYX", name="labels")

    layer = added(model, made(tmp_path / "run", dock.plan(), labels, network))

    assert np.array_equal(layer.data, array)


def test_the_labels_outlive_their_model(dock, model, network, tmp_path):
    plan = dock.plan()
    network.unlink()
    labels = CoreImage(array=np.ones((5, 48, 64), np.uint8), axes="ZYX", name="labels")

    layer = added(model, made(tmp_path / "run", plan, labels, network))

    assert layer.data.shape == (5, 48, 64)


def test_copies_go_when_the_labels_are_there_and_the_labels_stay(
    dock, network, tmp_path
):
    labels = CoreImage(array=np.ones((5, 48, 64), np.uint8), axes="ZYX", name="labels")
    made(tmp_path / "run", dock.plan(), labels, network)

    listing.tidy(tmp_path / "run", "inputs")

    assert not (tmp_path / "run" / "inputs").exists()
    assert (tmp_path / "run" / "out.ome.tif").exists()


def test_nothing_of_the_source_is_changed(dock, model, stripes):
    source = model.layers["grey"]
    assert isinstance(source, Image)
    before = source.as_layer_data_tuple()

    dock.plan()

    after = source.as_layer_data_tuple()
    assert after[0] is before[0]
    assert str(after[1]) == str(before[1])
