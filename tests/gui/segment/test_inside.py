"""Inside shapes: what is drawn goes into the run, in pixels of its image."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from napari_unetseg.core.prepare.shapemask import ShapesMask
from napari_unetseg.core.prepare.shapes import shapes_in
from napari_unetseg.core.read import read_image
from napari_unetseg.gui.segment import before
from napari_unetseg.gui.segment.part import INSIDE
from napari_unetseg.gui.segment.question import plan
from napari_unetseg.gui.segment.source import SELECTED
from napari_unetseg.runs.folder import read_question
from napari_unetseg.runs.home import runs_folder

pytestmark = pytest.mark.gui

# As it is before a test asks a scripted one in its place.
FORETOLD = before.foretold
PATHS = {"image": "image.tif"}
TRIANGLE = np.array([(3, 4), (30, 9), (12, 44)], float)
UNITS = ("nm", "nm")


def drawn(model, layer, pixels=TRIANGLE, kind="polygon"):
    """Draw in a layer of its own around pixels of an image."""
    places = [layer.data_to_world((0, *place))[1:] for place in pixels]
    return model.add_shapes(
        [np.array(places)], shape_type=kind, name="drawn", units=UNITS
    )


def mask_in(text, tmp_path, shape):
    (tmp_path / "inside.csv").write_text(text, encoding="utf-8")
    corners, kinds = shapes_in(tmp_path / "inside.csv")
    return ShapesMask(corners, shape, kinds)[:]


def expected(shape=(5, 48, 64)):
    return ShapesMask([TRIANGLE], shape, ["polygon"])[:]


def test_what_is_drawn_is_asked_for_and_no_box(dock, model, tmp_path):
    drawn(model, model.layers["grey"])
    dock.segmenting.part.value = INSIDE

    found = dock.plan()

    question = found.ask(PATHS)
    assert (question.mask, question.config.region) == ("inside.csv", {})
    inside = mask_in(found.files["inside.csv"], tmp_path, (5, 48, 64))
    np.testing.assert_array_equal(inside, expected())
    # Its layer holds no more than the box around it.
    assert found.layer["box"] == {"Z": (0, 5), "Y": (3, 31), "X": (4, 45)}
    assert found.layer["placement"]["translate"] == [100, 24, 48]


def test_each_of_several_images_has_the_shapes_in_its_own_pixels(
    dock, model, stripes, tmp_path
):
    grey = model.layers["grey"]
    other = model.add_image(
        stripes[0][:, ::2, ::2],
        name="coarse",
        scale=(50, 16, 16),
        translate=(100, 4, 20),
        units=("nm", "nm", "nm"),
        axis_labels=("z", "y", "x"),
    )
    drawn(model, grey)
    dock.segmenting.part.value = INSIDE
    dock.source.kind.value = SELECTED
    model.layers.selection = {grey, other}

    fine, coarse = dock.batch().plans

    inside = mask_in(fine.files["inside.csv"], tmp_path, (5, 48, 64))
    np.testing.assert_array_equal(inside, expected())
    inside = mask_in(coarse.files["inside.csv"], tmp_path, (5, 24, 32))
    half = ShapesMask([TRIANGLE / 2 - 0.25], (5, 24, 32), ["polygon"])[:]
    np.testing.assert_array_equal(inside, half)


def test_the_run_has_the_shapes_in_its_folder_and_they_stay(
    dock, model, scenario, until
):
    scenario("labelling")
    drawn(model, model.layers["grey"])
    dock.segmenting.part.value = INSIDE

    dock.run.controls.start.click()
    until(lambda: "labels are in the layer" in dock.said)

    (folder,) = runs_folder().iterdir()
    question = read_question(folder)
    assert (folder / question.mask).exists()
    assert not (folder / "inputs").exists()
    assert model.layers["grey segmented"].data.shape == (5, 28, 41)


@pytest.mark.parametrize("kind", ["path", "line"])
def test_a_line_is_told_to_enclose_nothing(dock, model, kind):
    corners = TRIANGLE if kind == "path" else TRIANGLE[:2]
    drawn(model, model.layers["grey"], corners, kind)
    dock.segmenting.part.value = INSIDE

    assert f"Shape 1 is a {kind}, which encloses no area" in dock.forecast.text()
    dock.run.controls.start.click()

    assert "encloses no area" in dock.said
    assert not dock.run.running


def test_of_an_image_that_is_cut_the_shapes_begin_where_it_begins(
    model, monkeypatch, tmp_path
):
    """Too large to be copied, only its time point is given."""
    monkeypatch.setattr("napari_unetseg.gui.segment.question.COPIED_BELOW", 10)
    layer = model.add_image(
        np.zeros((4, 48, 64), np.uint8), name="film", axis_labels=("t", "y", "x")
    )
    corners = np.column_stack([np.full(3, 2), TRIANGLE])
    shapes = model.add_shapes([corners], shape_type="polygon", name="drawn")
    from napari_unetseg.gui.parts import sources

    asked = SimpleNamespace(
        layers=[layer], image=sources.input_of([layer]), dimensions=2, model="m"
    )
    part = {"T": (2, 3), "Y": (3, 31), "X": (4, 45)}

    found = plan(asked, part, shapes)

    image = found.inputs["image"].image
    assert image.shape == (1, 48, 64)
    # A copy of one time point comes back as a plane, and so do the shapes.
    inside = mask_in(found.files["inside.csv"], tmp_path, (48, 64))
    np.testing.assert_array_equal(inside, expected((48, 64)))


def test_a_copy_is_read_with_the_axes_that_its_shapes_have(dock, model, tmp_path):
    """What is drawn on a stack of one slice fits the plane that comes back."""
    from napari_unetseg.core.write.ome_tiff import write_ome_tiff

    one = model.add_image(
        np.zeros((1, 48, 64), np.uint8), name="one", axis_labels=("z", "y", "x")
    )
    model.add_shapes(
        [np.column_stack([np.zeros(3), TRIANGLE])], shape_type="polygon", name="drawn"
    )
    dock.image.value = one
    dock.segmenting.part.value = INSIDE

    found = dock.plan()
    write_ome_tiff(tmp_path / "copy.ome.tif", found.inputs["image"].image)
    copy = read_image(tmp_path / "copy.ome.tif")

    inside = mask_in(found.files["inside.csv"], tmp_path, copy.shape)
    np.testing.assert_array_equal(inside, expected(copy.shape))


def test_what_is_foretold_is_of_the_axes_that_the_run_reads(dock, model):
    film = model.add_image(
        np.zeros((3, 1, 48, 64), np.uint8),
        name="film",
        axis_labels=("t", "z", "y", "x"),
    )
    corners = np.column_stack([np.full(3, 2), np.zeros(3), TRIANGLE])
    model.add_shapes([corners], shape_type="polygon", name="drawn")
    dock.image.value = film
    dock.segmenting.part.value = INSIDE
    asked = []

    class Teller:
        def ask(self, *what):
            asked.append(what)
            yield from ()

    list(FORETOLD(Teller(), dock.plan()))

    ((_, image, _, text),) = asked
    assert (image.axes, image.shape) == ("TYX", (3, 48, 64))
    assert text.splitlines()[1] == "0,polygon,0,2.0,3.0,4.0"
