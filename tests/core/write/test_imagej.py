"""What ImageJ finds in its TIFF files: lookup tables, ranges, units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile

from napari_unetseg.core.errors import WriteError
from napari_unetseg.core.image import Image
from napari_unetseg.core.read import read_image
from napari_unetseg.core.write import imagej
from napari_unetseg.core.write.imagej import (
    is_imagej_name,
    label_table,
    write_imagej,
)

if TYPE_CHECKING:
    from pathlib import Path

LABELS = np.arange(2 * 4 * 5, dtype="u4").reshape(2, 4, 5)
ABOUT: dict[str, Any] = {"axes": "ZYX", "spacing": (2.0, 0.5, 0.25), "unit": "um"}


def metadata(path: Path) -> tuple[dict[str, Any], Any]:
    with tifffile.TiffFile(path) as tif:
        tags = tif.pages.first.tags
        places = [tags[f"{axis}Resolution"].value for axis in "XY"]
        return tif.imagej_metadata or {}, places


def test_labels_have_colours_and_the_right_scale(tmp_path: Path) -> None:
    path = tmp_path / "a.imagej.tif"
    write_imagej(path, Image(array=LABELS, **ABOUT), classes={3: "#ff0010"})
    about, ((x, per_x), (y, per_y)) = metadata(path)
    assert tifffile.imread(path).dtype == np.uint8
    assert (about["unit"], about["spacing"], about["slices"]) == ("um", 2.0, 2)
    assert (per_x / x, per_y / y) == (pytest.approx(0.25), pytest.approx(0.5))
    # With a range of the whole table, each label is one entry.
    assert (about["min"], about["max"]) == (0.0, 255.0)
    table = np.reshape(about["LUTs"], (3, 256))
    assert table[:, 3].tolist() == [255, 0, 16]
    assert table[:, 0].tolist() == [0, 0, 0]


@pytest.mark.parametrize("most", [3, 4000])
def test_one_table_is_where_imagej_looks_for_it(tmp_path: Path, most: int) -> None:
    path = tmp_path / "a.imagej.tif"
    labels = np.where(LABELS.max() == LABELS, most, 0)
    write_imagej(path, Image(array=labels, **ABOUT), classes={most: "#ff0010"})
    with tifffile.TiffFile(path) as tif:
        page = tif.pages.first
        # As ImageJ itself writes it: 256 entries, whatever the number of bits.
        table = np.reshape(page.tags["ColorMap"].value, (3, 256)) >> 8
        assert page.photometric == tifffile.PHOTOMETRIC.MINISBLACK
    expected = label_table({most: "#ff0010"}, 255 if most < 256 else most)
    np.testing.assert_array_equal(table, expected)
    np.testing.assert_array_equal(read_image(path).array, labels)


def test_the_colour_of_one_channel_is_no_composite(tmp_path: Path) -> None:
    path = tmp_path / "a.imagej.tif"
    write_imagej(path, Image(array=LABELS, **ABOUT), colours=["#00ff00"])
    about, _ = metadata(path)
    assert about["mode"] != "composite"
    with tifffile.TiffFile(path) as tif:
        table = np.reshape(tif.pages.first.tags["ColorMap"].value, (3, 256)) >> 8
    assert table[:, -1].tolist() == [0, 255, 0]


def test_no_two_neighbours_look_alike() -> None:
    table = label_table({}, 255).astype(int)
    assert np.abs(np.diff(table[:, 1:], axis=1)).max(0).min() > 60
    assert table[:, 1:].max(0).min() > 150


def test_labels_above_255_share_the_table(tmp_path: Path) -> None:
    path = tmp_path / "a.imagej.tif"
    write_imagej(path, Image(array=LABELS * 100, **ABOUT), classes={})
    about, _ = metadata(path)
    assert tifffile.imread(path).dtype == np.uint16
    assert about["max"] == 3900.0


def test_channels_have_their_colours_and_names(tmp_path: Path) -> None:
    path = tmp_path / "a.imagej.tif"
    image = Image(array=LABELS.astype("u2"), axes="CYX", channels=("dna", "µ-actin"))
    write_imagej(path, image, colours=["#ff0000", "#00ff00"])
    about, _ = metadata(path)
    assert (about["channels"], about["mode"]) == (2, "composite")
    assert about["Labels"] == ["dna", "µ-actin"]
    assert [lut[:, -1].tolist() for lut in about["LUTs"]] == [[255, 0, 0], [0, 255, 0]]


def test_integers_that_imagej_lacks_become_real_numbers_or_are_refused(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.imagej.tif"
    write_imagej(path, Image(array=np.array([[-3, 300]]), axes="YX"))
    np.testing.assert_array_equal(tifffile.imread(path), np.array([[-3, 300]], "f4"))
    with pytest.raises(WriteError, match="ImageJ's integers have 16 bits"):
        write_imagej(tmp_path / "b.tif", Image(array=np.array([[70_000]]), axes="YX"))


def test_more_than_4_gb_is_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imagej, "LARGEST", 39)
    with pytest.raises(WriteError, match="larger than 4 GB"):
        write_imagej(tmp_path / "a.tif", Image(array=LABELS.astype("u1"), **ABOUT))
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("name", "answer"),
    [("a.imagej.tif", True), ("A.ImageJ.TIFF", True), ("imagej.tif", False)],
)
def test_a_name_asks_for_it(name: str, answer: bool) -> None:
    assert is_imagej_name(name) is answer
