"""Reading a part of a TIFF file gives what reading all of it gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_unetseg.core.errors import ReadError
from napari_unetseg.core.read import lazy_tiff, read_image, stored
from napari_unetseg.core.read.lazy_tiff import TiffArray
from napari_unetseg.core.read.tiff import open_tiff

if TYPE_CHECKING:
    from pathlib import Path

per_test = settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

LAYOUTS: list[dict[str, Any]] = [
    {},
    {"rowsperstrip": 7},
    {"rowsperstrip": 5, "compression": "zlib", "predictor": True},
    {"tile": (16, 32), "compression": "zlib"},
    {"tile": (32, 16), "compression": "lzw"},
    {"compression": "zstd"},
]


@pytest.fixture(autouse=True)
def everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "LAZY_ABOVE", 0)
    monkeypatch.setattr(stored, "MAP_ABOVE", 1 << 60)


def part(length: int) -> st.SearchStrategy[int | slice]:
    bound = st.none() | st.integers(-length - 2, length + 2)
    step = st.sampled_from([None, 1, 2, 3, -1, -2])
    return st.integers(-length, length - 1) | st.builds(slice, bound, bound, step)


@per_test
@given(
    layout=st.sampled_from(LAYOUTS),
    order=st.sampled_from("<>"),
    bigtiff=st.booleans(),
    dtype=st.sampled_from(["u1", "u2", "i2", "f4", "f8"]),
    data=st.data(),
)
def test_any_part_of_a_stack(
    tmp_path: Path, layout: Any, order: str, bigtiff: bool, dtype: str, data: Any
) -> None:
    shape = (2, 3, 37, 41)
    array = np.random.default_rng(0).integers(0, 200, shape).astype(order + dtype)
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path,
        array,
        byteorder=order,
        bigtiff=bigtiff,
        photometric="minisblack",
        metadata={"axes": "TZYX"},
        **{k: v for k, v in layout.items() if k != "predictor" or dtype[0] != "f"},
    )
    lazy = open_tiff(path).image.array
    assert isinstance(lazy, TiffArray)
    assert (lazy.shape, lazy.ndim, lazy.size) == (shape, 4, array.size)
    assert lazy.dtype == np.dtype(dtype)
    count = data.draw(st.integers(1, 4))
    key = tuple(data.draw(part(length)) for length in shape[:count])
    np.testing.assert_array_equal(lazy[key], array[key])
    np.testing.assert_array_equal(lazy[..., key[0]], array[..., key[0]])


@per_test
@given(
    planar=st.booleans(),
    layout=st.sampled_from(LAYOUTS),
    ys=part(37),
    xs=part(41),
)
def test_any_part_of_colours(
    tmp_path: Path, planar: bool, layout: Any, ys: Any, xs: Any
) -> None:
    shape = (3, 37, 41) if planar else (37, 41, 3)
    array = np.random.default_rng(1).integers(0, 255, shape).astype("u1")
    path = tmp_path / "a.tif"
    config = "separate" if planar else "contig"
    tifffile.imwrite(path, array, photometric="rgb", planarconfig=config, **layout)
    image = open_tiff(path).image
    assert image.channels == ("red", "green", "blue")
    assert isinstance(image.array, TiffArray)
    key = (slice(None), ys, xs) if planar else (ys, xs)
    np.testing.assert_array_equal(image.array[key], array[key])


def test_imagej_stacks_of_one_page(tmp_path: Path) -> None:
    array = np.arange(4 * 30 * 20, dtype=">u2").reshape(4, 30, 20)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, array, imagej=True, metadata={"axes": "ZYX"})
    lazy = read_image(path).array
    assert isinstance(lazy, TiffArray)
    np.testing.assert_array_equal(np.asarray(lazy), array)
    np.testing.assert_array_equal(lazy[2, 5:9, ::-3], array[2, 5:9, ::-3])


def test_bool_becomes_uint8(tmp_path: Path) -> None:
    array = np.random.default_rng(0).random((20, 30)) > 0.5
    tifffile.imwrite(tmp_path / "a.tif", array, photometric="minisblack")
    lazy = read_image(tmp_path / "a.tif").array
    assert lazy.dtype == np.uint8
    np.testing.assert_array_equal(lazy[3:], array[3:])


def test_only_the_tiles_that_are_asked_for_are_decoded(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    array = np.arange(3 * 64 * 64, dtype="u2").reshape(3, 64, 64)
    tifffile.imwrite(
        path, array, tile=(16, 16), compression="zlib", photometric="minisblack"
    )
    lazy = read_image(path).array
    assert lazy.chunks == (1, 16, 16)
    # What is damaged and not asked for is not noticed, what is asked for is.
    with tifffile.TiffFile(path) as tif:
        place = tif.pages[1].dataoffsets[0]
    content = bytearray(path.read_bytes())
    content[place : place + 20] = bytes(20)
    path.write_bytes(content)
    np.testing.assert_array_equal(lazy[1, 16:, :], array[1, 16:, :])
    with pytest.raises(ReadError, match=r"'a\.tif' is damaged"):
        lazy[1, 0, 0]


def test_a_file_that_has_become_shorter_or_gone_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    array = np.arange(64 * 64, dtype="u2").reshape(64, 64)
    tifffile.imwrite(path, array, rowsperstrip=4, photometric="minisblack")
    lazy = read_image(path).array
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(ReadError, match="ends before its data"):
        lazy[-1]
    path.unlink()
    with pytest.raises(ReadError, match=r"'a\.tif'"):
        lazy[-1]


def test_little_is_kept_of_what_was_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lazy_tiff, "CACHED", 3000)
    path = tmp_path / "a.tif"
    array = np.arange(64 * 64, dtype="u2").reshape(64, 64)
    tifffile.imwrite(
        path, array, tile=(16, 16), compression="zlib", photometric="minisblack"
    )
    lazy = read_image(path).array
    for _ in range(2):
        np.testing.assert_array_equal(lazy[:], array)
        assert lazy._cached == sum(t.nbytes for t in lazy._cache.values()) <= 3000


@pytest.mark.parametrize("key", [(0, 0, 0), (64,), (0, -65)])
def test_what_is_out_of_bounds_is_an_index_error(tmp_path: Path, key: Any) -> None:
    array = np.zeros((64, 64), "u1")
    tifffile.imwrite(tmp_path / "a.tif", array, photometric="minisblack")
    with pytest.raises(IndexError):
        read_image(tmp_path / "a.tif").array[key]


@pytest.mark.data
def test_every_odd_file_is_the_same_part_by_part(
    data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = 0
    for path in sorted((data_folder / "odd-files").rglob("*.tif*")):
        try:
            lazy = open_tiff(path)
        except ReadError:
            continue
        with monkeypatch.context() as patched:
            patched.setattr(stored, "LAZY_ABOVE", 1 << 60)
            whole = open_tiff(path)
        for one, other in zip(lazy.levels, whole.levels, strict=True):
            assert one.dtype == other.dtype
            np.testing.assert_array_equal(np.asarray(one), other)
            compared += not isinstance(one, np.ndarray)
    assert compared > 40
