"""The main job in a real viewer: layers, a training, labels on the image, the IoU."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gui.whole.jobs import PLUGIN, iou_reported
from napari_unetseg.core.read import read_image
from napari_unetseg.runs import listing
from napari_unetseg.runs.home import runs_folder

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.gui


def test_sample_train_segment_report(
    viewer, dock, trained, segmented, until, tmp_path, monkeypatch
):
    tidied = []

    def keep_a_copy(folder, *names):
        if "inputs" in names:
            shutil.copytree(folder, tmp_path / "segmentation")
            tidied.append(folder)

    monkeypatch.setattr(listing, "tidy", keep_a_copy)
    image, labels = viewer.open_sample(PLUGIN, "em")
    before = [np.array(layer.data) for layer in (image, labels)]

    train = trained(image, labels)
    made = segmented(train, image)

    assert made.data.shape == image.data.shape
    assert set(np.unique(made.data)) <= {1, 2, 3}
    for name in ("scale", "translate", "units", "axis_labels"):
        assert np.all(getattr(made, name) == getattr(image, name))
    assert np.allclose(made.get_color(2)[:3], labels.get_color(2)[:3], atol=1 / 255)
    assert [*made.features["class"]] == [*labels.features["class"]]
    assert iou_reported(dock, until, made, labels) > 0.3
    for layer, pixels in zip((image, labels), before, strict=True):
        assert layer.visible
        assert np.array_equal(layer.data, pixels)
    assert "torch" not in _loaded_by_docks()

    # The command line on the same run folders gives the same bytes.
    model = train.trained
    again = _asked_again(train.run.folder, tmp_path / "again", model="model")
    _unetseg("train", "--run", again, "--resume")
    assert (again / "model").read_bytes() == model.read_bytes()

    (folder,) = tidied
    again = _asked_again(tmp_path / "segmentation", tmp_path / "labels")
    _unetseg("segment", "--run", again, "--resume")
    for file in (folder / "labels.zarr").rglob("*"):
        same = again / file.relative_to(folder)
        assert file.is_dir() or file.read_bytes() == same.read_bytes()


def _asked_again(folder: Path, copy: Path, **changes: str) -> Path:
    """Copy the question and the inputs of a run, but nothing of the answer."""
    copy.mkdir()
    run = json.loads((folder / "run.json").read_text())
    run["question"].update(changes)
    (copy / "run.json").write_text(json.dumps(run))
    shutil.copytree(folder / "inputs", copy / "inputs")
    return copy


def _unetseg(*arguments: object) -> None:
    command = [sys.executable, "-m", "napari_unetseg", *map(str, arguments)]
    answer = subprocess.run(command, capture_output=True, check=False, text=True)
    assert answer.returncode == 0, answer.stderr


def _loaded_by_docks() -> set[str]:
    """What opening the docks loads, in an interpreter of its own."""
    code = (
        "import sys\n"
        "import napari_unetseg.gui.train.dock\n"
        "import napari_unetseg.gui.segment.dock\n"
        "import napari_unetseg.gui.report.dock\n"
        "import napari_unetseg.gui.run.curves\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True
    )
    return set(answer.stdout.split())


@pytest.mark.slow
def test_one_slice_is_added_where_it_is_shown(viewer, trained, segmented):
    image, labels = viewer.open_sample(PLUGIN, "em")
    train = trained(image, labels, steps=5)
    viewer.dims.set_current_step(0, 6)

    made = segmented(train, image, "this slice")

    assert made.data.shape == (1, *image.data.shape[1:])
    assert tuple(made.data_to_world((0, 0, 0))) == tuple(image.data_to_world((6, 0, 0)))
    assert runs_folder().exists()
    assert not [*runs_folder().glob("*segment*/inputs")]


@pytest.mark.data
@pytest.mark.slow
def test_isbi_2012(viewer, dock, trained, segmented, until, data_folder):
    (image,) = _opened(viewer, data_folder / "isbi2012-em" / "images.tif")
    painted = read_image(data_folder / "isbi2012-em" / "labels.tif")
    labels = viewer.add_labels(np.array(painted.array), scale=image.scale, name="truth")

    made = segmented(trained(image, labels, steps=150), image)

    assert made.data.shape == (20, 512, 512)
    # "All cell" would be 0.395.
    assert iou_reported(dock, until, made, labels) > 0.45


@pytest.mark.data
@pytest.mark.slow
def test_nuclei_in_rgb(viewer, dock, trained, segmented, until, data_folder):
    folder = data_folder / "dsb2018-nuclei"
    (image,) = _opened(viewer, folder / "rgb_256x320_images.tif")
    assert image.rgb
    nuclei = np.asarray(read_image(folder / "rgb_256x320_labels.tif").array) > 0
    labels = viewer.add_labels(nuclei.astype(np.uint8), name="nuclei")

    train = trained(image, labels, steps=60)
    made = segmented(train, image)

    assert "0 is background" in train.verdict.value
    assert made.data.shape == nuclei.shape
    assert iou_reported(dock, until, made, labels) > 0.5


@pytest.mark.data
@pytest.mark.slow
def test_several_channels(viewer, dock, trained, segmented, until, data_folder):
    folder = data_folder / "ome-zarr-cardiomyocytes"
    channels = _opened(viewer, folder / "dapi_nanog_laminb1_cyx.ome.tif")
    assert len(channels) == 3
    nuclei = np.asarray(read_image(folder / "nuclei_labels.tif").array) > 0
    labels = viewer.add_labels(
        nuclei.astype(np.uint8), scale=channels[0].scale, units=channels[0].units
    )

    train = trained(channels[0], labels, {layer.name for layer in channels[1:]}, 60)
    made = segmented(train, channels[0])

    assert "block of the only annotated slice" in train.verdict.value
    assert made.data.shape == nuclei.shape
    assert made.units == channels[0].units
    assert iou_reported(dock, until, made, labels) > 0.6


def _opened(viewer, path):
    return viewer.open(path, plugin=PLUGIN)
