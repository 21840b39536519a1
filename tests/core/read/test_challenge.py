"""Folders of the Cell Tracking Challenge: frames in order, annotation where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile

from napari_unetseg.core.errors import ReadError
from napari_unetseg.core.read import frames
from napari_unetseg.core.read.challenge import open_sequence, sequences
from napari_unetseg.core.read.frames import FileSeries, series_of

if TYPE_CHECKING:
    from pathlib import Path

GRAY: dict[str, Any] = {"photometric": "minisblack"}


def plane(number: int, shape: tuple[int, ...] = (6, 8)) -> Any:
    return np.full(shape, number, "u1")


def dataset(folder: Path, shape: tuple[int, ...] = (6, 8)) -> Path:
    """Make sequence 01 of frames 1 to 4; 2 and 4 are outlined, all are computed."""
    for number in range(1, 5):
        files = {f"01/t{number:03}": plane(number, shape)}
        files[f"01_ST/SEG/man_seg{number:03}"] = plane(7, shape).astype("u2")
        if number % 2 == 0:
            files[f"01_GT/SEG/man_seg{number:03}"] = plane(number, shape).astype("u2")
        for name, array in files.items():
            path = folder / f"{name}.tif"
            path.parent.mkdir(parents=True, exist_ok=True)
            tifffile.imwrite(path, array, **GRAY)
    (folder / "01_GT/TRA").mkdir()
    (folder / "01_GT/TRA/man_track.txt").write_text("1 0 3 0\n")
    return folder


def test_a_dataset_opens_as_a_series_and_its_annotation(tmp_path: Path) -> None:
    folder = dataset(tmp_path / "cells")
    for path in (folder, folder / "01"):
        images, gold, silver = open_sequence(path)
        assert (images.image.name, images.image.axes) == ("01", "TYX")
        np.testing.assert_array_equal(images.image.array[:, 0, 0], [1, 2, 3, 4])
        assert (gold.image.name, gold.image.axes) == ("01_GT/SEG", "TYX")
        assert gold.labels
        np.testing.assert_array_equal(gold.image.array[:, 0, 0], [0, 2, 0, 4])
        # Counted from 0, as viewers count.
        assert gold.notes == {"annotated_frames": "1,3"}
        assert silver.image.name == "01_ST/SEG"
        assert silver.notes == {}


def test_several_sequences_are_named(tmp_path: Path) -> None:
    folder = dataset(tmp_path / "cells")
    (folder / "02").mkdir()
    tifffile.imwrite(folder / "02/t000.tif", plane(9), **GRAY)
    (folder / "03").mkdir()  # Without images it is none.
    assert [one.name for one in sequences(folder)] == ["01", "02"]
    assert open_sequence(folder)[0].others == {1: "02"}
    [images] = open_sequence(folder, series=1)
    assert images.image.shape == (1, 6, 8)
    with pytest.raises(ReadError, match="holds 2 sequences"):
        open_sequence(folder, series=2)


def test_slices_of_volumes_are_put_where_they_belong(tmp_path: Path) -> None:
    folder = dataset(tmp_path / "cells", (3, 6, 8))
    drawn = folder / "01_GT/SEG/man_seg_003_002.tif"
    tifffile.imwrite(drawn, plane(5).astype("u2"), **GRAY)
    images, gold, _ = open_sequence(folder)
    assert images.image.axes == "TZYX"
    assert gold.notes == {"annotated_frames": "1,2,3"}
    np.testing.assert_array_equal(gold.image.array[2, :, 0, 0], [0, 0, 5])
    tifffile.imwrite(drawn.with_name("man_seg_003_007.tif"), plane(5), **GRAY)
    with pytest.raises(ReadError, match=r"'man_seg_003_007\.tif'.*slice 7"):
        open_sequence(folder)


@pytest.mark.parametrize(
    ("name", "array", "sentence"),
    [
        ("01/t003.tif", plane(3, (5, 8)), r"'t003\.tif' is of shape \(5, 8\)"),
        ("01/t003.tif", plane(3).astype("f4"), r"'t003\.tif' holds float32"),
        ("01_GT/SEG/man_seg009.tif", plane(3), "annotates frame 9, which is not in"),
        ("01_GT/SEG/man_seg001.tif", plane(1).astype("f4"), "should hold labels"),
    ],
)
def test_files_that_do_not_fit_are_named(
    tmp_path: Path, name: str, array: Any, sentence: str
) -> None:
    folder = dataset(tmp_path / "cells")
    tifffile.imwrite(folder / name, array, **GRAY)
    with pytest.raises(ReadError, match=sentence):
        open_sequence(folder)


def test_a_damaged_frame_is_named(tmp_path: Path) -> None:
    folder = dataset(tmp_path / "cells")
    file = folder / "01/t002.tif"
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(ReadError, match=r"'t002\.tif' is damaged"):
        open_sequence(folder)


@pytest.mark.parametrize("name", ["cells", "012", "1", "01.tif"])
def test_other_folders_are_no_sequences(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    assert sequences(folder) == []
    folder.mkdir()
    tifffile.imwrite(folder / "t000.tif", plane(1), **GRAY)
    assert sequences(folder) == []


def test_large_series_are_read_frame_by_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "READ_BELOW", 0)
    images, gold, _ = open_sequence(dataset(tmp_path / "cells"))
    array = images.image.array
    assert isinstance(array, FileSeries)
    assert (array.shape, array.ndim, array.size, len(array)) == ((4, 6, 8), 3, 192, 4)
    np.testing.assert_array_equal(array[-1], plane(4))
    np.testing.assert_array_equal(array[::2, 0, 0], [1, 3])
    np.testing.assert_array_equal(array[..., 2:4], np.asarray(array)[..., 2:4])
    assert array[4:].shape == (0, 6, 8)
    assert gold.image.array[0].max() == 0
    with pytest.raises(IndexError):
        array[4]
    # Nothing is read before it is asked for.
    assert series_of({0: tmp_path / "gone.tif"}, [0], (6, 8), "u1").shape == (1, 6, 8)
