"""What a run has made becomes layers: labels, scores, uncertainty."""

from __future__ import annotations

import json

import numpy as np
import pytest

from gui.segmenting import model_file, random_results
from napari_unetseg.core.config import SegmentConfig
from napari_unetseg.core.errors import InputError, RunError
from napari_unetseg.core.image import Image
from napari_unetseg.core.read.annotations import NAMESPACE
from napari_unetseg.core.write.ome_tiff import write_ome_tiff
from napari_unetseg.gui.parts.choices import layers_of_kind
from napari_unetseg.gui.report.evidence import evidence, model_of
from napari_unetseg.gui.segment.result import about_of, result_of
from napari_unetseg.gui.segment.shown import show
from napari_unetseg.runs import client, home
from napari_unetseg.runs.preferences import models_folder
from napari_unetseg.runs.questions import SegmentQuestion
from napari_unetseg.runs.store import RESULT

pytestmark = pytest.mark.gui

SHAPE = (3, 20, 30)
BOX = {"Z": [1, 3], "Y": [5, 20], "X": [0, 10]}
ABOUT = {
    "source": "grey",
    "image": "grey",
    "placement": {"scale": [50, 8, 8], "translate": [100, 40, 0]},
    "order": "ZYX",
    "box": BOX,
    "cut": {},
}
CARD = {
    "class_names": {"1": "inside"},
    "class_colors": {"1": "#ff0000"},
    "sha256": "5" * 64,
}


@pytest.fixture
def arrays():
    return random_results(SHAPE)


@pytest.fixture
def run(tmp_path, arrays):
    """Make the folder of a run that has made all that there is."""

    def function(**config):
        folder = tmp_path / "run"
        model = model_file(tmp_path / "m.unetseg.safetensors", **CARD)
        names = {name: f"{name}.ome.tif" for name in arrays}
        question = SegmentQuestion(
            image="i",
            model=str(model),
            out=names["labels"],
            scores=names["scores"],
            uncertainty=names["uncertainty"],
            config=SegmentConfig(**config),
        )
        client.create(folder, question)
        (folder / "layer.json").write_text(json.dumps(ABOUT))
        for name, array in arrays.items():
            axes = "CZYX" if name == "scores" else "ZYX"
            write_ome_tiff(folder / names[name], Image(array=array, axes=axes))
        return folder

    return function


def made(folder):
    generator = result_of(folder)
    while True:
        try:
            next(generator)
        except StopIteration as end:
            return end.value


def part(array):
    return array[..., 1:3, 5:20, 0:10]


def test_every_output_is_a_layer_in_its_place(run, model, arrays):
    folder = run()

    labels, inside, other, unsure = show(model, made(folder), folder.name)

    assert [layer.name for layer in model.layers] == [
        "grey score of inside",
        "grey score of label 2",
        "grey uncertainty",
        "grey segmented",
    ]
    np.testing.assert_array_equal(labels.data, part(arrays["labels"]))
    np.testing.assert_array_equal(inside.data, part(arrays["scores"])[0])
    np.testing.assert_array_equal(other.data, part(arrays["scores"])[1])
    np.testing.assert_array_equal(unsure.data, part(arrays["uncertainty"]))
    for layer in (labels, inside, other, unsure):
        assert tuple(layer.translate) == (100, 40, 0)
        assert tuple(layer.scale) == (50, 8, 8)
    for layer in (inside, other, unsure):
        assert tuple(layer.contrast_limits) == (0, 1)
        assert not layer.visible
        assert layer.blending == "additive"
    assert tuple(inside.colormap.map(1.0)[0]) == (1, 0, 0, 1)
    assert unsure.colormap.name == "inferno"


def test_a_report_finds_what_taught_the_model_and_all_scores(run, model, arrays):
    folder = run()
    boxes = [["train", 0, 0, 20, 30], ["validation", 3, 2, 9, 8]]
    seen = [{"index": [0], "boxes": boxes}, {"index": [2], "boxes": boxes}]
    labels = Image(array=arrays["labels"], axes="ZYX")
    path = folder / "labels.ome.tif"
    write_ome_tiff(path, labels, overwrite=True, description={"seen": json.dumps(seen)})

    layer, *_ = show(model, made(folder), folder.name)

    found = evidence(layer, model.layers)
    # The box begins at slice 1, row 5.
    assert found.seen.planes == {
        (1,): [[["train", 0, 0, 15, 30], ["validation", 0, 2, 4, 8]]]
    }
    assert found.channels == (1, 2)
    for placed, array in zip(found.scores, part(arrays["scores"]), strict=True):
        np.testing.assert_array_equal(placed.image.array, array)
    with pytest.raises(InputError, match="not in the models' folder"):
        model_of(found.checksum, f"../{folder.name}")
    # It is found where the run has it, and in the library.
    home.runs_folder().mkdir(parents=True, exist_ok=True)
    folder.rename(home.runs_folder() / found.run)
    file = folder.with_name("m.unetseg.safetensors")
    assert model_of(found.checksum, found.run).samefile(file)
    library = models_folder() / file.name
    library.parent.mkdir(parents=True, exist_ok=True)
    file.rename(library)
    assert model_of(found.checksum, found.run) == library


def test_scores_are_no_images_to_be_segmented(run, model):
    image = model.add_image(np.zeros(SHAPE), name="grey")
    folder = run()

    show(model, made(folder), folder.name)

    assert layers_of_kind(model, "image") == [image]


def test_classes_have_the_colours_and_names_of_the_model(run):
    labels = made(run())[0]

    assert labels.colors == {1: "#ff0000"}
    assert labels.attributes["features"] == {"index": [1], "class": ["inside"]}


def test_nothing_is_told_of_a_model_that_took_the_place_of_the_one_that_segmented(run):
    folder = run()
    plan = folder / RESULT / "plan.json"
    plan.parent.mkdir()
    plan.write_text(json.dumps({"identity": {"model": "sha of the first"}}))

    labels, *others = made(folder)

    assert not labels.colors
    # The file has no names for its channels, and nobody else has.
    assert [one.attributes["name"] for one in others] == [
        "grey score of class 1",
        "grey score of class 2",
        "grey uncertainty",
    ]
    assert "features" not in labels.attributes
    notes = labels.attributes["metadata"][NAMESPACE]
    assert notes["model sha256"] == "sha of the first"
    assert "network" not in notes


def test_single_objects_have_colours_of_their_own(run):
    labels = made(run(objects="instances"))[0]

    assert not labels.colors
    assert "features" not in labels.attributes


def test_a_run_that_no_dock_has_started_says_so(run):
    folder = run()
    (folder / "layer.json").write_text("{}")

    with pytest.raises(RunError, match="does not say which layer"):
        about_of(folder)
