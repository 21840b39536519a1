"""What 0 means, noted in the file of labels: learnt from unless somebody says more."""

from __future__ import annotations

import numpy as np
import pytest
import zarr

from napari_unetseg.core.config import InstancesConfig, TrainConfig
from napari_unetseg.core.image import Image
from napari_unetseg.core.prepare.annotation import annotation
from napari_unetseg.core.read import read_image
from napari_unetseg.core.train.material import gather
from napari_unetseg.core.write.imagej import write_imagej
from napari_unetseg.core.write.ngff import LabelNotes
from napari_unetseg.core.write.ome_tiff import write_ome_tiff
from napari_unetseg.core.write.whole_zarr import write_ome_zarr
from napari_unetseg.layers.from_layer import labels_from_layer
from napari_unetseg.runs.annotations import kept_labels
from napari_unetseg.runs.described import Described
from napari_unetseg.runs.questions import TrainQuestion

AREAS = np.zeros((2, 40, 40), np.uint8)
AREAS[:, 4:30, 4:20], AREAS[:, 4:30, 24:36] = 1, 2


def labels(note="", name="a.tif", array=AREAS):
    return Image(array=array, axes="ZYX", name=name, unannotated=note)


def unknown(found):
    return [[*planes.values()] for planes in found.zero_unknown]


@pytest.mark.parametrize(
    ("note", "wish", "hidden", "told"),
    [
        ("", "auto", False, "0 is background, because areas are painted."),
        ("0", "auto", True, "0 is not annotated, as is noted in 'a.tif'."),
        ("none", "auto", False, "0 is background, as is noted in 'a.tif'."),
        ("0", "none", False, "0 is background."),
        ("none", "0", True, "0 is not annotated."),
    ],
)
def test_a_note_counts_unless_somebody_says_otherwise(note, wish, hidden, told):
    found = annotation([labels(note)], wish)
    assert unknown(found) == [[hidden, hidden]]
    assert found.verdict == f"In 2 of 2 slices {told}"
    assert found.ids == ((1, 2) if hidden else (0, 1, 2))


def test_each_image_has_its_own_note():
    pair = [labels("0"), labels("", "b.tif"), labels("none", "c.tif")]
    found = annotation(pair)
    assert unknown(found) == [[True, True], [False, False], [False, False]]
    assert found.verdict == (
        "In 2 of 6 slices 0 is not annotated, as is noted in 'a.tif', 'c.tif'; in 2 of "
        "6 slices 0 is background, because areas are painted; in 2 of 6 slices 0 is "
        "background, as is noted in 'a.tif', 'c.tif'."
    )


def test_single_objects_are_understood_as_is_noted():
    found = annotation([labels("0"), labels("", "b")], instances=InstancesConfig())
    assert unknown(found) == [[True, True], [False, False]]
    assert found.verdict == (
        "Slices 2-3: 2 objects painted: unpainted = background. "
        "Slices 0-1: 2 objects painted: unpainted = not annotated, as is noted in "
        "'a.tif'."
    )


def test_a_region_counts_more_than_a_note():
    inside = Image(array=np.ones_like(AREAS), axes="ZYX")
    found = annotation([labels("0")], regions=[inside])
    assert "inside the region" in found.verdict


def write_zarr(path, image, *, description):
    write_ome_zarr(path, image, labels=LabelNotes(), description=description)


@pytest.mark.parametrize(
    ("write", "name"),
    [
        (write_ome_tiff, "a.ome.tif"),
        (write_imagej, "a.imagej.tif"),
        (write_zarr, "a.zarr"),
    ],
)
@pytest.mark.parametrize(
    ("note", "read"), [("0", "0"), ("none", "none"), ("1", ""), ("auto", "")]
)
def test_the_note_of_a_file_comes_with_its_labels(tmp_path, write, name, note, read):
    write(tmp_path / name, labels(), description={"unannotated": note})
    assert read_image(tmp_path / name).unannotated == read


def test_notes_that_are_no_text_are_left(tmp_path):
    write_zarr(tmp_path / "a.zarr", labels(), description={})
    for value in ({"unannotated": ["0"]}, ["0"], {"unannotated": 0}):
        zarr.open_group(tmp_path / "a.zarr").attrs["napari-unetseg"] = value
        assert read_image(tmp_path / "a.zarr").unannotated == ""


@pytest.mark.parametrize(
    ("metadata", "note"),
    [
        ({"napari-unetseg": {"unannotated": "0"}}, "0"),
        ({"napari-unetseg": "0"}, ""),
        ({}, ""),
        (None, ""),
    ],
)
def test_the_note_of_a_layer_comes_with_its_labels(metadata, note):
    assert labels_from_layer(AREAS, {"metadata": metadata}).unannotated == note


def test_copies_of_labels_keep_the_note(tmp_path):
    write_ome_tiff(tmp_path / "copied.ome.tif", labels("0"))
    assert read_image(tmp_path / "copied.ome.tif").unannotated == "0"
    assert Described.of(labels("0")).image().unannotated == "0"


@pytest.mark.parametrize("dtype", [np.uint8, np.uint64])
def test_a_training_learns_from_copies_that_keep_the_note(tmp_path, dtype):
    write_zarr(
        tmp_path / "a.zarr",
        labels(array=AREAS.astype(dtype)),
        description={"unannotated": "0"},
    )
    folder = tmp_path / "run"
    folder.mkdir()
    question = TrainQuestion(
        images=("../a.zarr",), labels=("../a.zarr",), model="m.unetseg.safetensors"
    )
    for _ in range(2):  # the first time they are copied, the second read again
        steps = kept_labels(question, folder)
        with pytest.raises(StopIteration) as end:
            next(steps)
        (kept,) = end.value.value
        assert kept.unannotated == "0"


def test_a_training_tells_what_is_noted():
    image = Image(array=AREAS * 50, axes="ZYX", name="image")
    told = next(gather([image], [labels("0")], TrainConfig()))
    assert told.text == "In 2 of 2 slices 0 is not annotated, as is noted in 'a.tif'."
