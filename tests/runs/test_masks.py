"""Segmented inside a mask that lies in a file: an image, or shapes of napari."""

from __future__ import annotations

import numpy as np
import pytest

from napari_unetseg.core.config import SegmentConfig
from napari_unetseg.core.events import Forecast, Item, Note, Planned
from napari_unetseg.core.image import Image
from napari_unetseg.core.prepare.shapes import mask_of_shapes, shapes_csv
from napari_unetseg.core.read import read_image
from napari_unetseg.core.write.ome_tiff import write_ome_tiff
from napari_unetseg.runs import client, engine, journal
from napari_unetseg.runs.foreseeing import foresee, foresee_image
from napari_unetseg.runs.methods import how_made
from napari_unetseg.runs.questions import SegmentQuestion
from oracles.models import random_model

SHAPE = (3, 40, 50)
SHAPES = [
    np.array([(1, 3, 4), (1, 30, 9), (1, 12, 44)], float),
    np.array([(2, 5, 5), (2, 5, 15), (2, 15, 15), (2, 15, 5)], float),
]
KINDS = ["polygon", "ellipse"]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Make a model, an image, its result, and its shapes as CSV and as a mask."""
    folder = tmp_path_factory.mktemp("files")
    random_model().save(folder / "m.unetseg.safetensors")
    array = np.random.default_rng(0).integers(0, 255, SHAPE).astype(np.uint8)
    write_ome_tiff(folder / "image.ome.tif", Image(array=array, axes="ZYX"))
    text = shapes_csv(SHAPES, KINDS)
    (folder / "shapes.csv").write_text(text, encoding="utf-8")
    mask = mask_of_shapes(SHAPES, SHAPE, KINDS)
    write_ome_tiff(folder / "mask.ome.tif", Image(array=mask, axes="ZYX"))
    run(folder / "whole run", asked(folder, folder / "whole.ome.tif"))
    return folder


def asked(files, out, mask=None, **options):
    return SegmentQuestion(
        image=str(options.pop("image", files / "image.ome.tif")),
        model=str(files / "m.unetseg.safetensors"),
        out=str(out),
        mask=mask if mask is None else str(files / mask),
        config=SegmentConfig(tile=16),
    )


def run(folder, question):
    client.create(folder, question)
    assert engine.execute(folder) == engine.FINISHED
    return [entry.event for entry in journal.read(folder)]


def inside(files):
    return read_image(files / "mask.ome.tif").array != 0


@pytest.mark.parametrize("mask", ["mask.ome.tif", "shapes.csv"])
def test_inside_the_file_holds_what_that_of_the_whole_image_holds(
    files, tmp_path, mask
):
    events = run(tmp_path / "run", asked(files, tmp_path / "part.ome.tif", mask))

    whole = np.asarray(read_image(files / "whole.ome.tif").array)
    found = np.asarray(read_image(tmp_path / "part.ome.tif").array)
    np.testing.assert_array_equal(found, np.where(inside(files), whole, 0))
    (planned,) = (event for event in events if isinstance(event, Planned))
    touched = {(z, y // 16, x // 16) for z, y, x in np.argwhere(inside(files)) if z > 0}
    assert planned.total == len(touched) < 36
    told = how_made(tmp_path / "run")
    assert f"Only what lies inside of {mask} was segmented." in told
    assert f"--mask {mask}" in told


def test_one_plane_is_the_mask_of_all_and_of_every_image_of_a_folder(files, tmp_path):
    plane = inside(files)[1]
    write_ome_tiff(tmp_path / "plane.tif", Image(array=plane, axes="YX"))
    images = tmp_path / "images"
    stack = read_image(files / "image.ome.tif")
    write_ome_tiff(images / "a.tif", stack)
    write_ome_tiff(images / "b.tif", Image(array=stack.array[:, :30], axes="ZYX"))

    question = asked(files, tmp_path / "out", tmp_path / "plane.tif", image=images)
    events = run(tmp_path / "run", question)

    whole = np.asarray(read_image(files / "whole.ome.tif").array)
    found = np.asarray(read_image(tmp_path / "out" / "a.ome.tif").array)
    np.testing.assert_array_equal(found, np.where(plane, whole, 0))
    assert [e.name for e in events if isinstance(e, Item)] == ["a.tif", "b.tif"]
    (left_out,) = (e.text for e in events if isinstance(e, Note) and "left" in e.text)
    assert "'b.tif' is left out: The mask 'plane.tif' is Y 40" in left_out


def test_what_is_foretold_is_of_the_mask_alone(files, tmp_path):
    question = asked(files, tmp_path / "o.ome.tif", "shapes.csv")
    image = read_image(files / "image.ome.tif")
    unwritten = question.model_copy(update={"mask": "inside.csv"})
    text = (files / "shapes.csv").read_text(encoding="utf-8")

    told = [
        next(event for event in events if isinstance(event, Forecast))
        for events in (
            foresee(question, tmp_path),
            foresee_image(unwritten, image, tmp_path, text),
        )
    ]

    assert told[0].tiles == told[1].tiles < 36


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("y,x\n1,2\n", "no table of shapes"),
        (shapes_csv([SHAPES[0]], ["path"]), "Shape 1 is a path"),
        (shapes_csv([SHAPES[0] + 90], ["polygon"]), "is inside 'bad.csv'"),
    ],
)
def test_a_mask_that_cannot_be_used_is_refused(files, tmp_path, text, words):
    (tmp_path / "bad.csv").write_text(text, encoding="utf-8")
    question = asked(files, tmp_path / "o.ome.tif", tmp_path / "bad.csv")
    client.create(tmp_path / "run", question)

    assert engine.execute(tmp_path / "run") == engine.MENDABLE
    assert words in client.status(tmp_path / "run").message
