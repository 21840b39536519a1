"""OME-TIFF: what is written is what is read."""

from __future__ import annotations

import math
import tracemalloc
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import numpy as np
import pytest
import tifffile
import zarr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_unetseg.core.errors import WriteError
from napari_unetseg.core.image import Image
from napari_unetseg.core.read import read_image
from napari_unetseg.core.write import ome_tiff
from napari_unetseg.core.write.dtypes import smallest_unsigned
from napari_unetseg.core.write.ome_tiff import write_ome_tiff

if TYPE_CHECKING:
    from pathlib import Path

DTYPES = ("u1", "u2", "u4", "i1", "i2", "i4", "f4", ">u2", ">f4")

once_per_example = settings(
    max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def count_up(shape: tuple[int, ...], dtype: str = "u2") -> np.ndarray:
    return (np.arange(math.prod(shape)) % 100).reshape(shape).astype(dtype)


# What XML 1.0 can hold; the rest is replaced by spaces.
legal_text = st.text(
    st.characters(min_codepoint=32, exclude_categories=["Cs", "Cn"]), max_size=12
)
sizes = st.floats(min_value=1e-6, max_value=1e6, allow_nan=False)


@st.composite
def images(draw: st.DrawFn) -> Image:
    others = draw(st.permutations("TZC"))[: draw(st.integers(0, 3))]
    axes = "".join(others) + "YX"
    # Axes of length 1 other than Y and X are not kept by readers of OME-TIFF.
    shape = tuple(draw(st.integers(1 if a in "YX" else 2, 4)) for a in axes)
    count = shape[axes.index("C")] if "C" in axes else 1
    names = st.lists(legal_text, min_size=count, max_size=count)
    return Image(
        array=count_up(shape, draw(st.sampled_from(DTYPES))),
        axes=axes,
        spacing=tuple(draw(sizes) for a in axes if a in "ZYX"),
        unit=draw(st.sampled_from(["um", "nm", "mm", "angstrom", "inch", "pixel"])),
        channels=tuple(draw(st.one_of(st.just([]), names))),
        name="a.ome.tif",
    )


@once_per_example
@given(image=images(), compress=st.booleans())
def test_what_is_written_is_read(tmp_path: Path, image: Image, compress: bool) -> None:
    path = tmp_path / "a.ome.tif"
    write_ome_tiff(path, image, overwrite=True, compress=compress)
    back = read_image(path)
    np.testing.assert_array_equal(back.array, image.array)
    assert back.dtype == image.dtype.newbyteorder("=")
    for part in ("axes", "spacing", "unit", "channels", "name"):
        assert getattr(back, part) == getattr(image, part)


def test_the_order_of_axes_becomes_that_of_ome(tmp_path: Path) -> None:
    rgb = Image(
        array=count_up((4, 5, 3), "u1"), axes="YXC", channels=("red", "green", "blue")
    )
    write_ome_tiff(tmp_path / "a.tif", rgb)
    back = read_image(tmp_path / "a.tif")
    assert (back.axes, back.channels) == ("CYX", rgb.channels)
    np.testing.assert_array_equal(back.array, rgb.array.transpose(2, 0, 1))

    sideways = Image(array=count_up((4, 3, 5)), axes="XZY", spacing=(1, 2, 3))
    write_ome_tiff(tmp_path / "b.tif", sideways)
    back = read_image(tmp_path / "b.tif")
    assert (back.axes, back.spacing) == ("ZYX", (2, 3, 1))
    np.testing.assert_array_equal(back.array, sideways.array.transpose(1, 2, 0))


def test_axes_of_length_1_are_dropped_with_their_size(tmp_path: Path) -> None:
    image = Image(
        array=count_up((1, 1, 4, 5)), axes="CZYX", spacing=(9, 2, 3), channels=("em",)
    )
    write_ome_tiff(tmp_path / "a.tif", image)
    back = read_image(tmp_path / "a.tif")
    assert (back.axes, back.spacing, back.channels) == ("YX", (2, 3), ("em",))


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (np.array([[0, 255]]), "u1"),
        (np.array([[0, 256]]), "u2"),
        (np.array([[0, 2**32 - 1]], np.uint64), "u4"),
        (np.array([[-1, 5]]), "i1"),
        (np.array([[-40000, 5]]), "i4"),
        (np.array([[True, False]]), "u1"),
        (np.array([[0.5, np.nan]]), "f4"),
        (np.array([[0.5, 2]], np.float16), "f4"),
    ],
)
def test_types_that_ome_lacks_become_smaller(
    tmp_path: Path, values: np.ndarray, dtype: str
) -> None:
    write_ome_tiff(tmp_path / "a.tif", Image(array=values, axes="YX"))
    back = read_image(tmp_path / "a.tif")
    assert back.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(back.array, values.astype(dtype))


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (np.array([[0, 2**32]]), "0 to 4294967296.*32 bits.*anew"),
        (np.array([[1j]]), "complex128"),
        (np.zeros((0, 5)), r"shape \(0, 5\)"),
    ],
)
def test_what_tiff_cannot_hold_is_refused(
    tmp_path: Path, values: np.ndarray, why: str
) -> None:
    with pytest.raises(WriteError, match=f"'a\\.tif'.*{why}"):
        write_ome_tiff(tmp_path / "a.tif", Image(array=values, axes="YX"))
    assert not list(tmp_path.iterdir())


def test_other_endings_and_existing_files_are_refused(tmp_path: Path) -> None:
    image = Image(array=count_up((4, 5)), axes="YX")
    with pytest.raises(WriteError, match=r"'a\.png'.*\.ome\.tif"):
        write_ome_tiff(tmp_path / "a.png", image)
    (tmp_path / "a.tif").write_text("old")
    with pytest.raises(WriteError, match="exists"):
        write_ome_tiff(tmp_path / "a.tif", image)
    assert (tmp_path / "a.tif").read_text() == "old"


@pytest.mark.parametrize("dtype", ["u2", "f4"])
@pytest.mark.parametrize("lazy", [False, True])
def test_large_planes_are_tiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lazy: bool, dtype: str
) -> None:
    monkeypatch.setattr(ome_tiff, "TILED_ABOVE", 300)
    monkeypatch.setattr(ome_tiff, "BAND_BYTES", 1)
    array: Any = count_up((2, 3, 700, 301), dtype)
    if lazy:
        array = zarr.array(array, chunks=(1, 1, 256, 256))
    write_ome_tiff(tmp_path / "a.tif", Image(array=array, axes="ZCYX"))
    with tifffile.TiffFile(tmp_path / "a.tif") as tif:
        assert tif.pages.first.tile == (256, 256)
        assert tif.pages.first.photometric == tifffile.PHOTOMETRIC.MINISBLACK
    back = read_image(tmp_path / "a.tif")
    assert back.axes == "ZCYX"
    np.testing.assert_array_equal(back.array, array[:])


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    order=st.permutations("ZCYX"),
    chunks=st.tuples(*[st.integers(2, 4)] * 4),
    slab=st.sampled_from([1, 100, 10_000]),
)
def test_lazy_arrays_of_any_chunks_are_written_as_they_are(
    tmp_path: Path, order: list[str], chunks: tuple[int, ...], slab: int
) -> None:
    axes = "".join(order)
    array = count_up(tuple({"Z": 5, "C": 3, "Y": 4, "X": 6}[a] for a in axes))
    lazy = Image(array=zarr.array(array, chunks=chunks), axes=axes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ome_tiff, "SLAB_BYTES", slab)
        write_ome_tiff(tmp_path / "a.tif", lazy, overwrite=True)
    write_ome_tiff(tmp_path / "b.tif", replace(lazy, array=array), overwrite=True)
    a, b = (tifffile.imread(tmp_path / name) for name in ("a.tif", "b.tif"))
    np.testing.assert_array_equal(a, b)


class Counting(zarr.storage.MemoryStore):
    """Remembers how often chunks are asked for."""

    asked = 0

    async def get(self, key: str, *args: Any, **options: Any) -> Any:
        self.asked += key.startswith("c/")
        return await super().get(key, *args, **options)


@pytest.mark.parametrize(("slab", "times"), [(2**20, 1), (16 * 30 * 40, 2), (1, 32)])
def test_a_chunk_of_several_planes_is_read_as_seldom_as_memory_allows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slab: int, times: int
) -> None:
    monkeypatch.setattr(ome_tiff, "SLAB_BYTES", slab)
    store = Counting()
    array = count_up((64, 30, 40), "u1")
    lazy: Any = zarr.create_array(store, data=array, chunks=(32, 20, 20))
    store.asked = 0
    write_ome_tiff(tmp_path / "a.tif", Image(array=lazy, axes="ZYX"))
    assert store.asked == 2 * 2 * 2 * times
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "a.tif"), array)


def test_planes_of_a_dask_array_are_read_together(tmp_path: Path) -> None:
    dask = pytest.importorskip("dask.array")
    array = count_up((7, 30, 40), "u1")
    lazy = Image(array=dask.from_array(array, chunks=(3, 10, 40)), axes="ZYX")
    write_ome_tiff(tmp_path / "a.tif", lazy)
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "a.tif"), array)


class Endless:
    """A stack that is made as it is read, and counts how much is asked at a time."""

    dtype = np.dtype(np.uint8)

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self.largest = 0

    def __getitem__(self, index: tuple[int | slice, ...]) -> np.ndarray:
        lengths = [
            len(range(n)[i])
            for i, n in zip(index, self.shape, strict=True)
            if isinstance(i, slice)
        ]
        self.largest = max(self.largest, math.prod(lengths))
        return np.zeros(lengths, np.uint8)


@pytest.mark.parametrize("shape", [(300, 512, 512), (1, 8192, 8192)])
def test_memory_does_not_grow_with_the_image(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shape: tuple[int, ...]
) -> None:
    monkeypatch.setattr(ome_tiff, "BAND_BYTES", 2**20)
    monkeypatch.setattr(ome_tiff, "BUFFER_BYTES", 2**20)
    array = Endless(shape)
    tracemalloc.start()
    try:
        write_ome_tiff(tmp_path / "a.tif", Image(array=array, axes="ZYX"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert array.largest <= 256 * 8192
    assert peak < 16e6 < math.prod(shape)


def test_beyond_4_gb_it_is_a_bigtiff(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ome_tiff, "BIG_ABOVE", 100)
    image = Image(array=count_up((20, 30)), axes="YX")
    write_ome_tiff(tmp_path / "a.tif", image)
    with tifffile.TiffFile(tmp_path / "a.tif") as tif:
        assert tif.is_bigtiff
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif").array, image.array)


def test_integers_are_compressed_and_real_numbers_mapped(tmp_path: Path) -> None:
    for dtype, compress, is_small in (
        ("u4", True, True),
        ("u4", False, False),
        ("f4", True, False),
    ):
        path = tmp_path / "a.tif"
        image = Image(array=count_up((3, 100, 100), dtype), axes="ZYX")
        write_ome_tiff(path, image, overwrite=True, compress=compress)
        assert (path.stat().st_size < 20_000) == is_small
        if not is_small:
            assert tifffile.memmap(path, mode="r").shape == image.shape


def test_how_it_was_made_is_an_annotation(tmp_path: Path) -> None:
    made = {"model": "cells.safetensors", "steps": "1000 < 2000 & µ\x00", "e": ""}
    image = Image(array=count_up((4, 5)), axes="YX")
    write_ome_tiff(tmp_path / "a.tif", image, description=made)
    with tifffile.TiffFile(tmp_path / "a.tif") as tif:
        root = ElementTree.fromstring(tif.ome_metadata or "")
    pairs = {
        e.get("K"): e.text or "" for e in root.iter() if e.tag.rpartition("}")[2] == "M"
    }
    assert pairs == {**made, "steps": "1000 < 2000 & µ "}


def test_units_are_those_of_ome(tmp_path: Path) -> None:
    for unit, written in (("micron", "µm"), ("angstrom", "Å"), ("pixel", None)):
        image = Image(array=count_up((4, 5)), axes="YX", unit=unit)
        write_ome_tiff(tmp_path / "a.tif", image, overwrite=True)
        with tifffile.TiffFile(tmp_path / "a.tif") as tif:
            root = ElementTree.fromstring(tif.ome_metadata or "")
        pixels = next(e for e in root.iter() if e.tag.endswith("Pixels"))
        assert pixels.get("PhysicalSizeXUnit") == written


def test_equal_images_give_equal_bytes_without_names_of_this_computer(
    tmp_path: Path,
) -> None:
    image = Image(array=count_up((4, 5)), axes="YX")
    (tmp_path / "other").mkdir()
    paths = tmp_path / "a.tif", tmp_path / "other" / "a.tif"
    for path in paths:
        write_ome_tiff(path, image, description={"model": "m"})
    first, second = (path.read_bytes() for path in paths)
    assert first == second
    assert str(tmp_path).encode() not in first


@once_per_example
@given(st.integers(0, 2**64 - 1))
def test_smallest_unsigned_holds_the_number(largest: int) -> None:
    dtype = smallest_unsigned(largest)
    assert largest <= np.iinfo(dtype).max
    if dtype.itemsize > 1:
        assert largest > np.iinfo(f"u{dtype.itemsize // 2}").max


def test_smallest_unsigned_of_arrays() -> None:
    assert smallest_unsigned(np.array([0, 300])) == np.uint16
    assert smallest_unsigned(np.zeros(0, int)) == np.uint8
    with pytest.raises(OverflowError):
        smallest_unsigned(-1)
