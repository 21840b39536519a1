"""A look at painted labels: when it is taken and given up, and what it shows."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import QThreadPool

from napari_unetseg.core.image import Image
from napari_unetseg.gui.parts.dock import Dock
from napari_unetseg.gui.train import look as look_module
from napari_unetseg.gui.train.look import PAUSE_MS, Look, Wish, look

pytestmark = pytest.mark.gui


class Counted:
    """Labels that count how many of their planes are read."""

    def __init__(self, array):
        self.array, self.shape, self.dtype = array, array.shape, array.dtype
        self.read = 0

    def __getitem__(self, index):
        self.read += 1
        return self.array[index]


def painted():
    stack = np.zeros((4, 12, 12), np.uint8)
    stack[0, :6], stack[0, 6:], stack[2, :, 3:] = 1, 2, 1
    return stack


@pytest.fixture
def layer(model):
    return model.add_labels(painted(), name="painted")


@pytest.fixture
def looks(monkeypatch):
    """Count the looks that are begun."""
    begun = []

    def counting(labels, zero, **wish):
        begun.append([image.name for image in labels])
        return look(labels, zero, **wish)

    monkeypatch.setattr(look_module, "look", counting)
    return begun


@pytest.fixture
def idle(model, qtbot):
    """Make a dock that has not looked at anything yet."""
    dock = Dock(model)
    yield Look(dock)
    # The dock ends before Python lets go of it, as it does in napari's window.
    with qtbot.waitSignal(dock.destroyed):
        dock.deleteLater()


@pytest.fixture
def looking(idle, layer, looks, qtbot, until):
    looking = idle
    looking.at(layer)
    until(lambda: looking.seen is not None)
    # napari draws a new layer more than once.
    qtbot.wait(PAUSE_MS + 100)
    looks.clear()
    return looking


def test_it_can_be_given_up_after_every_plane():
    array = Counted(painted())
    steps = look([Image(array=array, axes="ZYX")], "auto")

    for plane in range(1, 4):
        next(steps)
        assert array.read == plane
    steps.close()

    assert array.read == 3


def test_every_plane_is_read_once():
    array = Counted(painted())

    steps = look([Image(array=array, axes="ZYX")], "auto")
    assert sum(1 for _ in steps) == 4

    assert array.read == 4


@pytest.mark.parametrize(
    ("wish", "annotated"),
    [
        ("auto", (True, False, True, False)),
        ("0", (True, False, True, False)),
        ("none", (True, True, True, True)),
    ],
)
def test_it_shows_which_slices_are_annotated(idle, layer, until, wish, annotated):
    idle.at(layer, Wish(wish))
    until(lambda: idle.seen is not None)

    assert idle.seen.annotated == annotated


def spots(planes):
    """Paint so many objects of 4 pixels in each plane, each with an id of its own."""
    stack = np.zeros((len(planes), 12, 12), np.uint16)
    for plane, count in zip(stack, planes, strict=True):
        for number in range(count):
            row, column = divmod(number, 4)
            plane[3 * row : 3 * row + 2, 3 * column : 3 * column + 2] = number + 1
    return stack


def test_single_objects_are_counted(idle, model, until):
    layer = model.add_labels(spots([12, 12, 3, 12, 12]), name="cells")

    idle.at(layer, Wish(objects=True))
    until(lambda: idle.seen is not None)

    assert idle.seen.ids == (0, 1, 2)
    assert "Slice 2: 3 of about 12 objects painted" in idle.seen.sentence
    assert idle.seen.annotated == (True,) * 5


def test_too_many_ids_for_classes_are_like_objects(idle, model, until):
    layer = model.add_labels(np.arange(576).reshape(4, 12, 12) + 1, name="cells")

    idle.at(layer)
    until(lambda: idle.seen is not None)
    assert (idle.seen.problem, idle.seen.like_objects) == (True, True)
    assert "Learn single objects" in idle.seen.sentence

    idle.at(layer, Wish(objects=True))
    until(lambda: idle.seen is not None)
    assert (idle.seen.problem, idle.seen.like_objects) == (False, False)


def test_what_is_wrong_otherwise_is_no_sign_of_objects(idle, model, until):
    idle.at(model.add_labels(np.zeros((4, 12, 12), np.uint8)))
    until(lambda: idle.seen is not None)

    assert (idle.seen.problem, idle.seen.like_objects) == (True, False)


def box(top, left, bottom, right, *slices):
    corners = [(top, left), (top, right), (bottom, right), (bottom, left)]
    return np.array([(*slices, *corner) for corner in corners], float)


def test_a_region_decides_what_0_means_and_is_followed(idle, layer, model, until):
    region = model.add_shapes([box(0, 0, 9, 9, 1)], shape_type="polygon")

    idle.at(layer, Wish(region=region))
    until(lambda: idle.seen is not None)
    assert "In 1 of 4 slices 0 is background inside" in idle.seen.sentence
    assert idle.seen.annotated == (True, True, True, False)

    region.add([box(0, 0, 9, 9, 3)], shape_type="polygon")

    until(lambda: idle.seen.annotated == (True,) * 4)


def test_a_region_elsewhere_is_refused_until_it_is_moved(idle, layer, model, until):
    region = model.add_shapes([box(40, 40, 49, 49)], shape_type="polygon", name="there")

    idle.at(layer, Wish(region=region))
    until(lambda: idle.seen is not None)
    assert idle.seen.problem
    assert "Nothing of the region 'there' lies on the labels" in idle.seen.sentence

    region.translate = (-40, -40)

    until(lambda: not idle.seen.problem)


def test_a_mask_that_is_empty_is_refused_until_it_is_painted(idle, layer, model, until):
    mask = model.add_labels(np.zeros((4, 12, 12), np.uint8), name="mask")

    idle.at(layer, Wish(region=mask))
    until(lambda: idle.seen is not None)
    assert "Nothing is inside the region 'mask'" in idle.seen.sentence

    mask.paint((1, 5, 5), 1)

    until(lambda: idle.seen.annotated == (True, True, True, False))


def brush(layer):
    layer.paint((1, 5, 5), 3)


def fill(layer):
    layer.fill((1, 5, 5), 3)


def set_item(layer):
    layer.data_setitem((np.array([1]), np.array([5]), np.array([5])), 3)


def assign(layer):
    layer.data = 4 - layer.data


def write_and_refresh(layer):
    layer.data[1] = 3
    layer.refresh()


@pytest.mark.parametrize("stroke", [brush, fill, set_item, assign, write_and_refresh])
def test_other_pixels_are_looked_at(looking, layer, until, stroke):
    stroke(layer)

    until(lambda: 3 in looking.seen.ids)


def test_a_stroke_that_is_taken_back_is_looked_at(looking, layer, until):
    brush(layer)
    until(lambda: 3 in looking.seen.ids)

    layer.undo()
    until(lambda: 3 not in looking.seen.ids)
    layer.redo()
    until(lambda: 3 in looking.seen.ids)


def test_a_stroke_is_taken_back_after_going_to_another_slice(
    looking, layer, model, until
):
    model.add_image(np.zeros((5, 4, 12, 12)))
    brush(layer)
    until(lambda: 3 in looking.seen.ids)
    model.dims.set_point(1, 2)
    # A slider that this layer has not: it is not drawn again.
    model.dims.set_point(0, 3)

    layer.undo()

    until(lambda: 3 not in looking.seen.ids)


def test_going_through_slices_begins_no_look(looking, layer, model, looks, qtbot):
    for number in (1, 2, 3, 0):
        model.dims.set_point(0, number)
    model.dims.ndisplay = 3
    qtbot.wait(PAUSE_MS + 100)

    assert looks == []


def test_going_through_slices_begins_no_look_at_a_region(
    looking, layer, model, looks, qtbot, until
):
    mask = model.add_labels(np.ones((4, 12, 12), np.uint8), name="mask")
    looking.at(layer, Wish(region=mask))
    until(lambda: looking.seen is not None)
    qtbot.wait(PAUSE_MS + 100)
    looks.clear()

    for number in (1, 2, 3, 0):
        model.dims.set_point(0, number)
    qtbot.wait(PAUSE_MS + 100)

    assert looks == []


@pytest.mark.parametrize("wrong", [("x", "y", "x"), ("c", "y", "x")])
def test_a_problem_with_the_axes_goes_when_it_is_mended(looking, layer, until, wrong):
    layer.axis_labels = wrong
    until(lambda: looking.seen.problem)

    layer.axis_labels = ("z", "y", "x")

    until(lambda: not looking.seen.problem)


@pytest.mark.parametrize(
    ("name", "value"), [("scale", (3, 2, 2)), ("units", ("um", "um", "um"))]
)
def test_another_pixel_size_is_looked_at(looking, layer, looks, until, name, value):
    setattr(layer, name, value)

    until(lambda: looks)


def test_what_an_old_look_says_is_not_shown(looking, layer, model, until):
    said = []
    looking.changed.connect(lambda: said.append(looking.seen))
    other = np.full((4, 12, 12), 7, np.uint8)
    other[:, :6] = 8
    looking.at(layer, Wish("none"))
    # Its last word is said, and not heard yet.
    assert QThreadPool.globalInstance().waitForDone(5_000)

    looking.at(model.add_labels(other), Wish("none"))
    until(lambda: looking.seen is not None)

    assert [seen.ids for seen in said if seen is not None] == [(7, 8)]


def test_a_layer_that_is_not_looked_at_any_more_is_let_go(
    looking, layer, model, looks, qtbot
):
    looking.at(None)
    brush(layer)
    qtbot.wait(PAUSE_MS + 100)

    assert looks == []
    assert looking.seen is None
