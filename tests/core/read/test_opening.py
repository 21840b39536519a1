"""Which files and folders are taken, and as what they open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
import zarr

from napari_unetseg.core.errors import InputError, ReadError
from napari_unetseg.core.read.opening import kind_of, open_images

if TYPE_CHECKING:
    from pathlib import Path

GRAY: dict[str, Any] = {"photometric": "minisblack"}


def save(path: Path, value: int = 1, dtype: str = "u1") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(path, np.full((6, 8), value, dtype), **GRAY)
    return path


def pairs(folder: Path, names: str = "ab", labels: str = "labels") -> Path:
    for number, name in enumerate(names):
        save(folder / "images" / f"{name}.tif", number)
        save(folder / labels / f"{name}.tif", number)
    return folder


def test_files_and_folders_are_told_apart(tmp_path: Path) -> None:
    assert kind_of(save(tmp_path / "a.tif")) == "tiff"
    assert kind_of(save(tmp_path / "01/t000.tif").parent) == "sequence"
    assert kind_of(tmp_path) == "sequence"
    assert kind_of(pairs(tmp_path / "p")) == "pairs"
    assert kind_of(pairs(tmp_path / "q", labels="Masks")) == "pairs"
    zarr.create_array(tmp_path / "b.zarr", data=np.zeros((4, 5)))
    zarr.create_array(tmp_path / "c", data=np.zeros((4, 5)))
    assert kind_of(tmp_path / "b.zarr") == kind_of(tmp_path / "c") == "zarr"
    (tmp_path / "x.companion.ome").touch()
    assert kind_of(tmp_path / "x.companion.ome") == "tiff"


def test_what_is_not_understood_is_left_to_others(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    save(plain / "images/a.tif")  # There are no labels.
    deep = tmp_path / "deep"
    pairs(deep / "one" / "two")
    (tmp_path / "text.tif").write_text("no image")
    (tmp_path / "empty.tif").touch()
    save(tmp_path / "a.tif").rename(tmp_path / "a.png")
    for name in ("plain", "deep", "text.tif", "empty.tif", "a.png", "gone.tif", "\0"):
        assert kind_of(tmp_path / name) == ""


def test_pairs_open_as_images_and_labels(tmp_path: Path) -> None:
    opened = open_images(pairs(tmp_path / "p"))
    assert [one.labels for one in opened] == [False, True, False, True]
    assert [one.image.name for one in opened] == ["a.tif", "a.tif", "b.tif", "b.tif"]
    assert [int(one.image.array[0, 0]) for one in opened] == [0, 0, 1, 1]
    assert not any(one.others for one in opened)


def test_of_many_pairs_the_others_are_listed(tmp_path: Path) -> None:
    folder = pairs(tmp_path / "p", "abcdefghijkl")
    opened = open_images(folder)
    assert len(opened) == 20
    assert opened[0].others[11] == "l.tif"
    assert len(open_images(folder, series=11)) == 2
    with pytest.raises(ReadError, match="holds 12 pairs"):
        open_images(folder, series=12)


def test_labels_without_an_image_are_told(tmp_path: Path) -> None:
    folder = pairs(tmp_path / "p")
    save(folder / "labels/c.tif")
    with pytest.raises(InputError, match=r"'c\.tif' have no image"):
        open_images(folder)


def test_labels_of_real_numbers_are_shown_as_an_image(tmp_path: Path) -> None:
    folder = pairs(tmp_path / "p", "a")
    save(folder / "labels/a.tif", dtype="f4")
    assert [one.labels for one in open_images(folder)] == [False, False]


def test_an_image_of_a_pair_may_be_a_zarr(tmp_path: Path) -> None:
    folder = pairs(tmp_path / "p", "a")
    (folder / "images/a.tif").unlink()
    zarr.create_array(folder / "images/a.zarr", data=np.ones((6, 8), "u1"))
    image, labels = open_images(folder)
    assert (image.image.name, labels.labels) == ("a.zarr", True)


def test_other_folders_are_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"is no folder of images that is read\. Give"):
        open_images(tmp_path)
    with pytest.raises(ReadError, match=r"'gone\.tif' does not exist"):
        open_images(tmp_path / "gone.tif")
