"""The Train dock: what it asks, and what it says when it cannot."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from gui.segmenting import model_file
from napari_unetseg.core.config import TrainConfig
from napari_unetseg.core.errors import RunError
from napari_unetseg.core.presets import train_config
from napari_unetseg.gui.train.augment_fields import AUGMENTATION
from napari_unetseg.gui.train.dock import KEEP_TRAINING, TrainDock
from napari_unetseg.gui.train.fields import TRAINING
from napari_unetseg.gui.train.object_fields import OBJECTS
from napari_unetseg.runs import machine
from napari_unetseg.runs.home import settings_file
from napari_unetseg.runs.preferences import models_folder

pytestmark = pytest.mark.gui

PATHS = {"image": "image.tif", "labels": "labels.tif", "region": "region.tif"}


@pytest.fixture
def dock(model, stripes, qtbot, until):
    """Open the dock beside an image and its labels."""
    image, labels = stripes
    model.add_image(image, name="grey", scale=(50, 8, 8), units=("nm", "nm", "nm"))
    model.add_labels(labels, name="painted")
    return opened(model, qtbot, until)


def opened(model, qtbot, until):
    dock = TrainDock(model)
    qtbot.addWidget(dock)
    until(lambda: dock.labels.value is None or dock.look.seen is not None)
    return dock


def asked(dock):
    """What the dock asks, as plain values, and what is to happen on closing."""
    plan = dock.plan()
    question = plan.ask(PATHS).model_dump(mode="json")
    return question | {"stays": plan.stays}


def setting(dock, name):
    """Widget of a setting by its dotted name."""
    return next(w for f, w in dock.training.widgets.items() if f.name == name)


def other(widget):
    """Return another value that the widget takes."""
    choices = getattr(widget, "choices", None)
    if choices:
        return next(choice for choice in choices if choice != widget.value)
    if isinstance(widget.value, bool):
        return not widget.value
    if isinstance(widget.value, str):
        texts = {"validation": "0.4", "steps": "7", "base": "12"}
        texts |= {"depth": "3", "patch": "32", "patience": "5"}
        texts |= {"instances_weight": "7.5", "instances_sigma": "4.5"}
        return texts.get(widget.name, "other")
    step = 1 if isinstance(widget.value, int) else 0.1
    return widget.value + (step if widget.value + step <= widget.max else -step)


def test_what_is_asked_by_default_is_what_the_command_line_asks(dock):
    question = dock.plan().ask(PATHS)

    assert question.config == TrainConfig()
    assert question.images == ("image.tif",)
    assert question.labels == ("labels.tif",)
    assert question.model == str(models_folder() / "grey.unetseg.safetensors")
    assert question.start_from is None
    assert dock.plan().stays is False


@pytest.mark.parametrize(
    "name", [field.name for field in (*TRAINING, *AUGMENTATION, *OBJECTS)]
)
def test_every_setting_changes_the_question(dock, name):
    # Leaves enough slices to train on volumes, and a network to keep some of.
    setting(dock, "validation").value = "4"
    start_from_an_old_model(dock)
    before = asked(dock)

    widget = setting(dock, name)
    widget.value = other(widget)

    after = asked(dock)
    assert after["config"] != before["config"]
    group, _, part = name.rpartition(".")
    values = after["config"][group] if group else after["config"]
    assert str(values[part]) == str(widget.value)


def start_from_an_old_model(dock):
    path = model_file(models_folder() / "old.unetseg.safetensors")
    dock.training.offer_models()
    dock.training.start_from.value = str(path)
    return path


@pytest.mark.parametrize("name", ["task", "zero", "preset", "minutes"])
def test_every_control_in_sight_changes_the_configuration(dock, until, name):
    before = asked(dock)["config"]
    widget = getattr(dock.training, name)

    widget.value = other(widget)
    until(lambda: dock.look.seen is not None)

    assert asked(dock)["config"] != before


def test_the_name_names_the_model(dock):
    dock.model.value = "my model"

    assert asked(dock)["model"].endswith("my model.unetseg.safetensors")


def test_the_choice_on_closing_is_whether_the_run_stays(dock):
    dock.closing.value = KEEP_TRAINING

    assert asked(dock)["stays"] is True


def test_another_labels_layer_is_another_question(dock, model, stripes, until):
    labels = stripes[1].copy()
    labels[0] = 2
    layer = model.add_labels(labels, name="second")

    dock.labels.value = layer
    until(lambda: dock.look.seen is not None)

    assert np.array_equal(dock.plan().inputs["labels"].image.array, labels)


def test_another_image_is_another_question(dock, model, stripes):
    layer = model.add_image(255 - stripes[0], name="inverted")

    dock.image.value = layer

    assert dock.plan().inputs["image"].image.name == "inverted"
    assert asked(dock)["model"].endswith("inverted.unetseg.safetensors")


def test_a_name_given_by_hand_stays_when_the_image_changes(dock, model, stripes):
    dock.model.value = "mine"

    dock.image.value = model.add_image(255 - stripes[0], name="inverted")

    assert dock.model.value == "mine"


def test_further_layers_become_channels_by_their_names(dock, model, stripes):
    model.add_image(
        255 - stripes[0], name="inverted", scale=(50, 8, 8), units=["nm"] * 3
    )
    dock.image.value = model.layers["grey"]

    (box,) = dock.channels.boxes
    assert dock.plan().inputs["image"].image.channels == ()
    box.setChecked(True)

    image = dock.plan().inputs["image"].image
    assert image.channels == ("grey", "inverted")
    assert image.shape == (2, *stripes[0].shape)
    assert np.array_equal(np.asarray(image.array)[1], 255 - stripes[0])


def test_a_model_can_be_trained_further(dock):
    path = start_from_an_old_model(dock)

    assert asked(dock)["start_from"] == str(path)


def test_colours_and_names_of_the_classes_travel(dock, model):
    layer = model.layers["painted"]
    layer.features = {"index": [1, 2], "class": ["inside", "wall"]}

    question = dock.plan().ask(PATHS)

    assert question.class_names == {"1": "inside", "2": "wall"}
    red, green, blue = (round(255 * part) for part in layer.get_color(2)[:3])
    assert question.class_colors["2"] == f"#{red:02x}{green:02x}{blue:02x}"


def test_an_existing_model_is_never_the_one_to_write(dock):
    models_folder().mkdir(parents=True)
    (models_folder() / "grey.unetseg.safetensors").touch()

    assert asked(dock)["model"].endswith("grey-2.unetseg.safetensors")


def test_the_labels_that_are_learnt_are_those_of_the_start(dock, model):
    plan = dock.plan()

    model.layers["painted"].data[:] = 7

    assert set(np.unique(plan.inputs["labels"].image.array)) == {1, 2}


def test_the_pixel_size_is_the_layers(dock):
    image = dock.plan().inputs["image"].image

    assert (image.axes, image.spacing, image.unit) == ("ZYX", (50, 8, 8), "nm")


# -- single objects -------------------------------------------------------------------


@pytest.fixture
def cells(model, qtbot, until):
    """Open the dock beside 5 slices of 12 cells, of which one has 3 painted."""
    stack = np.zeros((5, 48, 64), np.uint16)
    for number, plane in enumerate(stack):
        for cell in range(3 if number == 2 else 12):
            row, column = divmod(cell, 4)
            plane[16 * row : 16 * row + 9, 16 * column : 16 * column + 9] = cell + 1
    model.add_image(255 * (stack > 0), name="grey", scale=(1, 2, 2))
    model.add_labels(stack, name="cells", scale=(1, 2, 2))
    dock = opened(model, qtbot, until)
    dock.training.task.value = "instances"
    until(lambda: dock.look.seen is not None)
    return dock


def test_single_objects_are_asked_for_and_judged_as_such(cells):
    question = cells.plan().ask(PATHS)

    assert question.config == TrainConfig(task="instances")
    assert (question.class_names, question.class_colors) == ({}, {})
    assert "Slice 2: 3 of about 12 objects painted" in cells.verdict.value
    assert "Validation on the slice 4." in cells.verdict.value


def test_a_class_of_borders_is_one_more_in_the_cost(cells):
    assert cells.check().ids == (0, 1, 2)

    setting(cells, "instances.apart").value = "gap"

    assert cells.check().ids == (0, 1)


def test_how_objects_are_taught_is_only_seen_where_they_are(cells, until):
    assert not cells.training.of_objects.isHidden()

    cells.training.task.value = "classes"
    until(lambda: cells.look.seen is not None)

    assert cells.training.of_objects.isHidden()
    assert "objects" not in cells.verdict.value


def test_too_many_ids_for_classes_become_objects_at_a_click(
    model, stripes, qtbot, until
):
    many = np.repeat(np.repeat(np.arange(5 * 12 * 16), 4).reshape(5, 12, 64), 4, axis=1)
    model.add_image(stripes[0], name="grey")
    model.add_labels(many, name="cells")
    dock = opened(model, qtbot, until)
    says(dock, "look like single objects rather than classes", "Learn single objects")
    assert not dock.objects_button.isHidden()
    assert dock.objects_button.text() in dock.said

    dock.objects_button.click()
    until(lambda: dock.look.seen is not None)

    assert asked(dock)["config"]["task"] == "instances"
    assert dock.run.controls.start.isEnabled()
    assert dock.said == ""
    assert dock.objects_button.isHidden()


def test_a_network_that_has_learnt_nothing_is_not_frozen(dock):
    setting(dock, "freeze").value = True

    says(dock, "no way down", "Start from")


# -- a region -------------------------------------------------------------------------


@pytest.fixture
def partly(model, qtbot, until):
    """Open the dock beside two spots in each slice, which are not all there are."""
    painted = np.zeros((5, 48, 64), np.uint8)
    painted[:, 4:8, 4:8], painted[:, 20:24, 30:34] = 1, 2
    model.add_image(painted, name="grey", scale=(50, 8, 8), units=["nm"] * 3)
    model.add_labels(painted, name="painted", scale=(50, 8, 8), units=["nm"] * 3)
    return opened(model, qtbot, until)


CORNERS = np.array([(0, 0), (0, 40), (20, 40), (20, 0)], float)


def choose(dock, layer, until):
    dock.region.value = layer
    until(lambda: dock.look.seen is not None)


def test_nothing_is_a_region_at_first(partly):
    assert partly.region.value is None
    assert partly.region.native.currentText() == "nowhere"
    assert "region" not in partly.plan().inputs
    assert asked(partly)["regions"] == []


def test_shapes_become_a_mask_on_the_pixels_of_the_labels(partly, model, until):
    # napari draws them in the world: here in nanometres, with pixels of 4 of them.
    shapes = model.add_shapes(
        [CORNERS * 2], shape_type="polygon", name="here", scale=(4, 4), units=["nm"] * 2
    )
    assert "strokes" in partly.verdict.value

    choose(partly, shapes, until)

    assert asked(partly)["regions"] == ["region.tif"]
    image = partly.plan().inputs["region"].image
    assert (image.axes, image.spacing, image.unit) == ("ZYX", (50, 8, 8), "nm")
    expected = np.zeros((5, 48, 64), bool)
    expected[:, :21, :41] = True
    np.testing.assert_array_equal(image.array, expected)
    assert "0 is background inside the region" in partly.verdict.value
    assert partly.check().ids == (0, 1, 2)


def test_the_region_is_that_of_the_start(partly, model, until):
    shapes = model.add_shapes([CORNERS * 8], shape_type="polygon", name="here")
    mask = model.add_labels(np.ones((5, 48, 64), np.uint8), name="mask")
    found = []
    for layer in (shapes, mask):
        choose(partly, layer, until)
        found.append(partly.plan().inputs["region"].image)

    shapes.data = [CORNERS]
    mask.data[:] = 0

    assert np.asarray(found[0].array).sum() == 5 * 21 * 41
    assert np.asarray(found[1].array).all()


def test_the_region_decides_what_0_means(partly, model, until):
    zero = partly.training.zero.native

    choose(partly, model.add_shapes([CORNERS * 8], shape_type="polygon"), until)
    assert not zero.isEnabled()
    assert "choose nowhere" in zero.toolTip()

    choose(partly, None, until)
    assert zero.isEnabled()


def test_a_region_that_is_elsewhere_is_refused(partly, model, until):
    away = model.add_shapes(
        [CORNERS], shape_type="polygon", name="there", translate=(9999, 0)
    )

    choose(partly, away, until)

    says(partly, "Nothing of the region 'there' lies on the labels 'painted'")


def test_a_region_that_goes_is_none_any_more(partly, model, until):
    shapes = model.add_shapes([CORNERS * 8], shape_type="polygon", name="here")
    choose(partly, shapes, until)
    shapes.name = "renamed"
    assert partly.region.value is shapes

    model.layers.remove(shapes)
    until(lambda: partly.look.seen is not None)

    assert partly.region.value is None
    assert asked(partly)["regions"] == []


def test_images_and_points_mark_no_region(partly, model):
    model.add_points(np.zeros((1, 2)), name="points")
    model.add_shapes(name="shapes")

    offered = {None, model.layers["shapes"], model.layers["painted"]}
    assert {*partly.region.choices} == offered


# -- costs ----------------------------------------------------------------------------


def test_it_says_what_the_training_costs_here(dock):
    default = dock.cost.value
    dock.training.preset.value = "fast"

    assert "1.9 M weights" in default
    assert "a step" in default
    assert dock.cost.value != default
    dock.training.minutes.value = 0.1
    assert "too few steps" in dock.cost.value


def test_what_is_not_known_of_this_computer_is_measured_once(
    model, stripes, qtbot, until, monkeypatch, slow_machine
):
    measured, go_on = [], []

    def measuring():
        measured.append(1)
        while not go_on:
            yield
        return slow_machine

    monkeypatch.setattr(machine, "known", lambda: None)
    monkeypatch.setattr(machine, "measuring", measuring)
    model.add_image(stripes[0])
    model.add_labels(stripes[1])

    dock = opened(model, qtbot, until)
    assert "not measured yet" in dock.cost.value
    go_on.append(True)
    until(lambda: "a step" in dock.cost.value)

    assert measured == [1]


def test_why_it_cannot_be_measured_is_said(model, stripes, qtbot, until, monkeypatch):
    def measuring():
        yield
        raise RunError("torch is not installed", "Install it")

    monkeypatch.setattr(machine, "known", lambda: None)
    monkeypatch.setattr(machine, "measuring", measuring)
    model.add_image(stripes[0])
    model.add_labels(stripes[1])

    dock = opened(model, qtbot, until)

    until(lambda: "torch is not installed. Install it." in dock.cost.value)


# -- what it says ---------------------------------------------------------------------


def says(dock, *words):
    assert not dock.run.controls.start.isEnabled()
    assert all(word in dock.said for word in words), dock.said


def test_without_layers_it_says_what_to_do(model, qtbot, until):
    dock = opened(model, qtbot, until)

    says(dock, "no image", "Open")
    image = model.add_image(np.zeros((3, 20, 20)), name="a")
    says(dock, "no labels", "paint")
    model.layers.remove(image)
    says(dock, "no image")


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (np.zeros((5, 48, 64), np.uint8), ("no painted pixel", "Paint")),
        (np.ones((5, 48, 64), np.uint8), ("Only class 1", "second class")),
        (np.ones((4, 48, 64), np.uint8), ("shapes", "4 x 48 x 64", "5 x 48 x 64")),
        (np.ones((5, 64, 48), np.uint8), ("transposed",)),
        (np.arange(5 * 48 * 64).reshape(5, 48, 64), ("different ids",)),
    ],
    ids=["empty", "one class", "other length", "transposed", "objects"],
)
def test_labels_that_cannot_teach_are_refused(
    model, stripes, qtbot, until, labels, words
):
    model.add_image(stripes[0], name="grey")
    model.add_labels(labels, name="painted")

    says(opened(model, qtbot, until), *words)


def test_painting_mends_what_was_missing(model, stripes, qtbot, until):
    model.add_image(stripes[0], name="grey")
    layer = model.add_labels(np.zeros((5, 48, 64), np.uint8), name="painted")
    dock = opened(model, qtbot, until)
    says(dock, "no painted pixel")

    layer.data_setitem((np.array([0, 0]), np.array([3, 3]), np.array([4, 5])), 1)
    layer.data_setitem((np.array([0, 0]), np.array([9, 9]), np.array([4, 5])), 2)

    until(lambda: dock.run.controls.start.isEnabled())
    assert dock.said == ""
    assert "0 is not annotated" in dock.verdict.value


def test_what_0_means_is_proposed_with_the_evidence(dock, model, until):
    assert "Every pixel is annotated: no label is 0." in dock.verdict.value

    painted = np.zeros((5, 48, 64), np.uint8)
    painted[:, :20] = 1
    dock.labels.value = model.add_labels(painted, name="areas")
    until(lambda: dock.look.seen is not None)

    assert "0 is background, because areas are painted" in dock.verdict.value


def test_layers_that_do_not_fit_one_another_are_refused(dock, model, stripes):
    model.add_image(stripes[0], name="other size", scale=(1, 2, 2))
    dock.image.value = model.layers["grey"]
    (box,) = dock.channels.boxes

    box.setChecked(True)

    says(dock, "pixel sizes")


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ("", ("no choice of validation slices",)),
        ("3-9", ("do not exist", "there are 5")),
        ("0-4", ("leave no annotated slice",)),
        ("2.5", ("fraction",)),
    ],
)
def test_a_validation_that_is_none_is_refused_before_any_work(dock, wish, words):
    field = next(f for f in dock.training.widgets if f.name == "validation")
    dock.training.widgets[field].value = wish

    says(dock, *words)


def test_it_says_on_which_slices_it_will_validate(dock):
    assert "Validation on the slice 4." in dock.verdict.value


def painted_in(model, dock, until, *slices, shape=(5, 48, 64), axes="zyx"):
    """Show labels of which only some slices are painted."""
    painted = np.zeros(shape, np.uint8)
    for one in slices:
        painted[one] = 1
        painted[one][..., ::2] = 2
    model.add_image(painted, name="other", axis_labels=[*axes])
    layer = model.add_labels(painted, name="some", axis_labels=[*axes])
    dock.image.value, dock.labels.value = model.layers["other"], layer
    until(lambda: dock.look.seen is not None)


BLOCK = "A block of the only annotated {} validates, if there is room for a band"


def test_of_one_slice_a_block_validates(dock, model, until):
    painted_in(model, dock, until, 3)
    assert BLOCK.format("slice") in dock.verdict.value

    setting(dock, "validation").value = "0"
    assert "No slice is kept for validation" in dock.verdict.value
    setting(dock, "validation").value = "3"
    says(dock, "leave no annotated slice")


def test_of_two_slices_one_validates(dock, model, until):
    painted_in(model, dock, until, 1, 3)

    assert "Validation on the slice 3." in dock.verdict.value


@pytest.mark.parametrize(
    ("painted", "words"),
    [
        ((1,), BLOCK.format("volume")),
        ((0, 1), "Validation on the last volume: slices 4-7."),
        ((0, 2), "Validation on the last volume: slices 8-11."),
    ],
)
def test_of_volumes_whole_ones_validate(dock, model, until, painted, words):
    setting(dock, "dimensions").value = 3

    painted_in(model, dock, until, *painted, shape=(3, 4, 48, 64), axes="tzyx")

    assert words in dock.verdict.value


@pytest.mark.parametrize("name", ["steps", "base", "depth", "patch", "patience"])
def test_a_number_that_is_none_is_refused(dock, name):
    field = next(f for f in dock.training.widgets if f.name == name)
    dock.training.widgets[field].value = "many"

    says(dock, name, "many")


def test_volumes_are_smaller_patches_of_a_narrower_network(dock):
    weights = dock.cost.value.split()[0]
    setting(dock, "validation").value = "4"

    setting(dock, "dimensions").value = 3

    config = asked(dock)["config"]
    assert (config["dimensions"], config["base"], config["patch"]) == (3, None, None)
    assert config["batch"] == 2
    assert weights not in dock.cost.value


def test_a_preset_leaves_the_dimensions(dock):
    setting(dock, "dimensions").value = 3

    dock.training.preset.value = "fast"

    assert dock.training.config == train_config("fast", dimensions=3)


def test_too_few_slices_for_volumes_are_refused(dock):
    setting(dock, "dimensions").value = 3
    setting(dock, "validation").value = "3-4"

    says(dock, "too thin for three dimensions", "use two dimensions")


def test_a_network_that_is_too_deep_is_refused(dock):
    setting(dock, "depth").value = "7"

    says(dock, "A depth of 7 is too great for images of at most 64 pixels", "at most 6")


def test_a_plane_is_no_volume(dock, model, until):
    model.add_image(np.zeros((48, 64), np.uint8), name="plane")
    painted = np.ones((48, 64), np.uint8)
    painted[:, :9] = 2
    dock.labels.value = model.add_labels(painted, name="painted plane")
    dock.image.value = model.layers["plane"]
    until(lambda: dock.look.seen is not None)

    setting(dock, "dimensions").value = 3

    says(dock, "network of three dimensions sees volumes")


def test_the_minutes_cannot_be_set_while_the_steps_decide(dock):
    steps = next(w for f, w in dock.training.widgets.items() if f.name == "steps")
    minutes = dock.training.minutes.native
    own = minutes.toolTip()

    steps.value = "7"
    assert not minutes.isEnabled()
    assert "steps decide" in minutes.toolTip()

    steps.value = ""
    assert minutes.isEnabled()
    assert minutes.toolTip() == own


def test_after_a_run_the_minutes_are_as_before_it(dock):
    steps = next(w for f, w in dock.training.widgets.items() if f.name == "steps")
    steps.value = "7"

    for busy in (True, False):
        dock.run.busy.emit(busy)

    assert not dock.training.minutes.native.isEnabled()
    assert dock.model.native.isEnabled()


def test_settings_of_a_run_can_be_looked_at_but_not_changed(dock):
    dock.run.busy.emit(True)

    for box in dock.training.folded:
        assert box.heading.isEnabled()
    assert not any(w.native.isEnabled() for w in dock.training.widgets.values())
    assert dock.verdict.native.isEnabled()
    assert dock.cost.native.isEnabled()


def test_only_one_class_is_told_in_words_of_the_dock(model, stripes, qtbot, until):
    painted = np.zeros((5, 48, 64), np.uint8)
    painted[0, :4, :4] = 1
    model.add_image(stripes[0], name="grey")
    model.add_labels(painted, name="painted")
    dock = opened(model, qtbot, until)
    dock.training.zero.value = "0"
    until(lambda: dock.look.seen is not None)

    says(dock, "Only class 1", "choose 'background' for 'Label 0 is'")
    assert "--" not in dock.said


def test_a_long_layer_name_does_not_widen_the_dock(dock, model, stripes):
    wide = dock.form.minimumSizeHint().width()

    layer = model.add_image(255 - stripes[0], name="a long name " * 10)
    layer.scale, layer.units = model.layers["grey"].scale, model.layers["grey"].units
    dock.image.value = model.layers["grey"]

    assert [box.name for box in dock.channels.boxes] == [layer.name]
    assert dock.form.minimumSizeHint().width() <= wide


def test_a_model_without_a_name_is_refused(dock):
    dock.model.value = "  "

    says(dock, "no name")


def test_a_preset_fills_in_the_settings(dock):
    dock.training.preset.value = "paper"

    assert dock.training.config == TrainConfig.model_validate(
        {**dock.training.config.model_dump(), "preset": "paper", "network": "unet"}
    )
    assert (dock.training.config.base, dock.training.config.patch) == (64, 388)


def test_settings_are_remembered_as_json(dock, model, qtbot, until, monkeypatch):
    dock.training.preset.value = "fast"
    dock.training.minutes.value = 1.3
    dock.training.task.value = "instances"
    until(lambda: dock.look.seen is not None)
    dock.closing.value = KEEP_TRAINING
    monkeypatch.setattr(dock.run, "start", lambda plan, name: None)

    dock.run.controls.start.click()

    assert settings_file().read_text().startswith("{")
    again = opened(model, qtbot, until)
    assert again.training.config == dock.training.config
    assert again.closing.value == KEEP_TRAINING


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"train": {"minutes": "long"}}'])
def test_unreadable_settings_are_as_none(model, qtbot, until, text):
    settings_file().parent.mkdir(parents=True, exist_ok=True)
    settings_file().write_text(text)

    assert opened(model, qtbot, until).training.config == TrainConfig()


def test_everything_explains_itself(dock):
    widgets = [
        dock.image,
        dock.labels,
        dock.region,
        dock.training.task,
        dock.model,
        dock.closing,
        dock.training.zero,
        dock.training.preset,
        dock.training.minutes,
        dock.training.start_from,
        *dock.training.widgets.values(),
    ]

    assert all(len(widget.tooltip) > 20 for widget in widgets)


def test_it_is_built_without_a_warning(model, qtbot):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        qtbot.addWidget(TrainDock(model))


def test_the_dock_is_narrow_and_low(dock):
    assert dock.sizeHint().width() <= 420
    assert dock.minimumSizeHint().width() <= 420
    assert dock.sizeHint().height() <= 700
    for box in dock.training.folded:
        box.heading.click()
    dock.adjustSize()
    assert dock.sizeHint().height() <= 700
