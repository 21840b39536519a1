"""A folder of images: labels go into files, which can be opened as layers."""

from __future__ import annotations

import numpy as np
import pytest

from napari_unetseg.core.config import SegmentConfig
from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.core.image import Image
from napari_unetseg.core.write.ome_tiff import write_ome_tiff
from napari_unetseg.gui.segment import folder as folder_module
from napari_unetseg.gui.segment.folder import free_folder, plan_of_folder
from napari_unetseg.gui.segment.source import FOLDER
from napari_unetseg.runs.home import runs_folder
from napari_unetseg.runs.questions import SegmentQuestion

pytestmark = pytest.mark.gui

NAMES = ("a", "b", "c")


@pytest.fixture
def images(tmp_path):
    """Make a folder of three planes."""
    folder = tmp_path / "plate 1"
    for name in NAMES:
        array = np.zeros((20, 30), np.uint8)
        write_ome_tiff(folder / f"{name}.ome.tif", Image(array=array, axes="YX"))
    return folder


@pytest.fixture
def of_folder(dock, images):
    dock.source.kind.value = FOLDER
    dock.source.folder.value = images
    return dock


def planned(folder, out, **config):
    return plan_of_folder(folder, out, folder / "m", SegmentConfig(**config))


def test_a_run_reads_the_folder_and_writes_beside_it(of_folder, images, network):
    question = of_folder.plan().ask({})

    assert question == SegmentQuestion(
        image=str(images),
        model=str(network),
        out=str(images.with_name("plate 1 segmented")),
    )
    assert not question.overwrite
    assert "3 images in 'plate 1', one after the other" in of_folder.forecast.text()
    assert "'plate 1 segmented'" in of_folder.forecast.text()
    assert of_folder.segmenting.part.native.isHidden()
    assert of_folder.image.native.isHidden()


def test_scores_go_into_folders_of_their_own(images):
    out = images.with_name("out")
    plan = planned(images, out, scores=True, uncertainty="entropy")

    question = plan.ask({})

    assert question.scores == str(out / "scores")
    assert question.uncertainty == str(out / "uncertainty")


def test_the_folder_that_is_proposed_is_always_a_new_one(images):
    names = []
    for _ in range(3):
        names.append(free_folder(images).name)
        free_folder(images).mkdir()

    assert names == [f"plate 1 segmented{more}" for more in ("", " 2", " 3")]


def test_nothing_that_is_there_is_replaced(images):
    out = images.with_name("mine")
    write_ome_tiff(out / "b.ome.tif", Image(array=np.ones((2, 3)), axes="YX"))

    with pytest.raises(UnetsegError, match=r"'b\.ome\.tif' is in the folder"):
        planned(images, out)


@pytest.mark.parametrize(
    ("folder", "out", "words"),
    [
        (None, None, "no folder yet"),
        ("gone", "out", "is no folder"),
        ("empty", "out", "no image in 'empty'"),
        ("plate 1", None, "results have no folder"),
        ("plate 1", "plate 1", "would lie among the images"),
        ("one.zarr", "out", "is one image"),
    ],
)
def test_what_is_no_folder_of_images_is_refused(images, tmp_path, folder, out, words):
    (tmp_path / "empty").mkdir()
    (tmp_path / "one.zarr").mkdir()
    (tmp_path / "one.zarr" / "zarr.json").write_text("{}")
    paths = [None if name is None else tmp_path / name for name in (folder, out)]

    with pytest.raises(UnetsegError, match=words) as refused:
        planned(*paths) if paths[0] else plan_of_folder(*paths, images, SegmentConfig())
    assert refused.value.remedy


def test_without_a_folder_the_dock_says_so(dock):
    dock.source.kind.value = FOLDER

    assert "There is no folder yet" in dock.said
    assert not dock.run.controls.start.isEnabled()


def test_the_labels_are_files_that_open_as_layers(
    of_folder, images, model, scenario, until, monkeypatch
):
    scenario("of_folder")
    (images / "bad.ome.tif").write_text("no image")
    monkeypatch.setattr(folder_module, "MOST_OPENED", 2)
    opened = []
    monkeypatch.setattr(
        type(model), "open", lambda _, path, plugin: opened.append((path, plugin))
    )
    bar = of_folder.run.controls.progress
    of_folder.refresh()

    of_folder.run.controls.start.click()
    until(lambda: bar.format().startswith("image 3 of 4, "))
    assert of_folder.results.isHidden()
    (run,) = runs_folder().iterdir()
    (run / "go on").touch()
    until(lambda: "The labels of" in of_folder.said)

    out = images.with_name("plate 1 segmented")
    assert f"The labels of 3 images are in '{out}'." in of_folder.said
    assert "'bad.ome.tif' is left out" in of_folder.said
    assert sorted(path.name for path in out.iterdir()) == [
        f"{name}.ome.tif" for name in NAMES
    ]
    assert [layer.name for layer in model.layers] == ["grey"]

    button = of_folder.results
    assert button.text() == "Open the next 2 of 3 as layers"
    button.click()
    assert opened == [(str(out / f"{name}.ome.tif"), "napari-unetseg") for name in "ab"]
    assert button.text() == "Open 1 as layers"
    button.click()
    assert len(opened) == 3
    assert button.isHidden()
    # The next results would not be mixed with these.
    assert of_folder.source.out.value == images.with_name("plate 1 segmented 2")
    assert of_folder.run.controls.start.isEnabled()


def test_stopped_the_images_that_are_done_stay_and_it_goes_on(
    of_folder, images, scenario, until
):
    scenario("of_folder")
    bar = of_folder.run.controls.progress
    of_folder.run.controls.start.click()
    until(lambda: bar.format().startswith("image 3 of 3, "))

    of_folder.run.controls.stop.click()
    until(lambda: "Stopped" in of_folder.said)

    out = images.with_name("plate 1 segmented")
    assert f"The labels of images that are done are in '{out}'." in of_folder.said
    assert (out / "b.ome.tif").exists()
    assert of_folder.results.isHidden()

    (run,) = runs_folder().iterdir()
    (run / "go on").touch()
    of_folder.run.controls.go_on.click()
    until(lambda: "The labels of 3 images" in of_folder.said)
