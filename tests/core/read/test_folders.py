"""Images and labels in a folder find each other by their names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.contributions.writer import write_pair
from napari_unetseg.core.errors import InputError, ReadError, UnetsegError
from napari_unetseg.core.read.folders import image_files, match, pairs_in, stem

if TYPE_CHECKING:
    from collections.abc import Sequence

# Names that no mark of labels ends.
STEMS = st.lists(
    st.text("ab1.- _", min_size=1).map(lambda text: f"x{text}x"),
    unique=True,
    max_size=6,
)
ENDINGS = st.sampled_from([".tif", ".TIF", ".tiff", ".ome.tif", ".Ome.Tiff", ".zarr"])
MARKS = st.sampled_from(["", "-labels", "_labels", "_Label", " mask", ".masks"])


def files(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def named(found: Sequence[Path]) -> list[str]:
    return [path.name for path in found]


def found_in(folder: Path) -> list[tuple[str, str]]:
    return [(one.image.name, one.labels.name) for one in pairs_in(folder).pairs]


@given(data=st.data(), stems=STEMS, order=st.randoms())
def test_each_labels_file_gets_the_image_of_its_name(data, stems, order):
    images = {name: Path("i", name + data.draw(ENDINGS)) for name in stems}
    painted = data.draw(st.sets(st.sampled_from(stems))) if stems else set()
    labels = {
        name: Path("l", name + data.draw(MARKS) + data.draw(ENDINGS))
        for name in painted
    }
    shuffled = [[*part.values()] for part in (images, labels)]
    for part in shuffled:
        order.shuffle(part)

    pairs, left = match(*shuffled)

    assert {(one.image, one.labels) for one in pairs} == {
        (images[name], labels[name]) for name in painted
    }
    assert {*left} == {images[name] for name in stems if name not in painted}
    for listed in ([one.image for one in pairs], left):
        assert named(listed) == sorted(named(listed))


@given(name=st.text("ab1.-_ ", min_size=1), ending=ENDINGS)
def test_a_name_is_what_is_left_without_the_endings(name, ending):
    assert stem(Path(f"{name}x{ending}")) == f"{name}x"


@pytest.mark.parametrize("labels", ["labels", "masks", "Labels"])
def test_two_folders_with_the_same_names(tmp_path, labels):
    files(tmp_path, "images/b.tif", "images/a.tif", "images/notes.txt", "c.tif")
    files(tmp_path, f"{labels}/a.tif", f"{labels}/b_mask.ome.tif", f"{labels}/.b.tif")

    assert found_in(tmp_path) == [("a.tif", "a.tif"), ("b.tif", "b_mask.ome.tif")]


def test_an_image_that_is_called_as_labels_keeps_its_name(tmp_path):
    files(tmp_path, "images/a-labels.tif", "labels/a-labels.tif")

    assert found_in(tmp_path) == [("a-labels.tif", "a-labels.tif")]


def test_what_is_saved_as_pairs_is_found_as_pairs(tmp_path):
    data = np.ones((4, 5), np.uint8)
    about = {"name": "x", "axis_labels": ("y", "x")}
    layers = [(data, about, "image"), (data, about, "labels")]
    for name in ("second", "first"):
        write_pair(str(tmp_path / f"{name}.ome.tif"), layers)

    assert found_in(tmp_path) == [
        ("first.ome.tif", "first-labels.ome.tif"),
        ("second.ome.tif", "second-labels.ome.tif"),
    ]
    assert pairs_in(tmp_path).sentence() == f"2 pairs in '{tmp_path.name}'."


def test_images_without_labels_are_left_out_and_told(tmp_path):
    files(tmp_path, *(f"{name}.tif" for name in "abcde"), "c-labels.tif")

    found = pairs_in(tmp_path)

    assert named(found.unlabelled) == ["a.tif", "b.tif", "d.tif", "e.tif"]
    assert found.sentence() == (
        f"1 pair in '{tmp_path.name}'. 4 images without labels are left out: "
        "'a.tif', 'b.tif', 'd.tif' and 1 more."
    )


def test_one_image_without_labels(tmp_path):
    files(tmp_path, "a.tif", "a_labels.tif", "b.tif")

    assert (
        "1 image without labels is left out: 'b.tif'." in pairs_in(tmp_path).sentence()
    )


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], "There is no image in 'here' that is read. Put files"),
        (["a.png"], "There is no image in 'here' that is read"),
        (["a.tif", "b.tif"], "No image in 'here' has labels. Put files"),
        (["images/a.tif"], "no folder labels or masks"),
        (["images/a.tif", "labels/a.txt"], "No image in 'here' has labels"),
        (
            ["images/a.tif", "labels/a.tif", "masks/a.tif"],
            "'here' has the folders labels and masks",
        ),
        (
            ["a.tif", "a-labels.tif", "b-labels.tif"],
            "The labels 'b-labels.tif' have no image. The image would be called b:",
        ),
        (
            ["images/a.tif", "labels/b.tif", "labels/c.tif"],
            "The labels 'b.tif', 'c.tif' all have no image",
        ),
        (["a.tif", "a.zarr", "a-labels.tif"], "'a.tif' and 'a.zarr' are two images"),
        (
            ["a.tif", "a-labels.tif", "a_mask.tif"],
            "'a-labels.tif' and 'a_mask.tif' are both labels of one image",
        ),
    ],
)
def test_what_is_no_folder_of_pairs_is_refused(tmp_path, names, words):
    here = tmp_path / "here"
    here.mkdir()
    files(here, *names)

    with pytest.raises(UnetsegError) as caught:
        pairs_in(here)

    assert words in str(caught.value)


def test_a_file_or_nothing_is_no_folder(tmp_path):
    files(tmp_path, "a.tif")
    for name in ("a.tif", "missing"):
        with pytest.raises(ReadError, match=f"'{name}' is no folder"):
            pairs_in(tmp_path / name)


def test_labels_alone_have_no_image():
    with pytest.raises(InputError, match="have no image"):
        match([], [Path("a-labels.tif")])


def test_a_zarr_is_an_image_and_hidden_files_are_none(tmp_path):
    (tmp_path / "b.ome.zarr").mkdir()
    files(tmp_path, "a.tif", "._a.tif", "c.md")

    assert named(image_files(tmp_path)) == ["a.tif", "b.ome.zarr"]
