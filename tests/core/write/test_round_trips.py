"""Through every writer and reader: axes, numbers, sizes, channels, place, notes."""

from __future__ import annotations

import math
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from napari_unetseg.core.errors import WriteError
from napari_unetseg.core.image import Image
from napari_unetseg.core.read.opening import open_images
from napari_unetseg.core.write.imagej import write_imagej
from napari_unetseg.core.write.ngff import LabelNotes
from napari_unetseg.core.write.ome_tiff import write_ome_tiff
from napari_unetseg.core.write.reordered import stored_axes
from napari_unetseg.core.write.whole_zarr import write_ome_zarr

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from napari_unetseg.core.read.opened import Opened

per_test = settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

WRITERS: dict[str, Callable[..., None]] = {
    "a.ome.tif": write_ome_tiff,
    "a.imagej.tif": write_imagej,
    "a.zarr": write_ome_zarr,
}
DTYPES = [
    "u1",
    "u2",
    ">u2",
    "i1",
    "i2",
    ">i4",
    "u4",
    "i8",
    "u8",
    "f2",
    "f4",
    ">f8",
    "?",
]
UNITS = ["nm", "um", "mm", "pixel"]
# What a rational number of a TIFF file holds to six digits, and more.
sizes = st.floats(min_value=1e-3, max_value=1e3).map(lambda size: float(f"{size:.5g}"))
names = st.text(
    st.characters(min_codepoint=33, exclude_categories=["Cs", "Cn", "Cc"]),
    min_size=1,
    max_size=8,
)
colours = st.integers(1, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@st.composite
def images(draw: st.DrawFn) -> Image:
    axes = "".join(draw(st.permutations("TZC"))[: draw(st.integers(0, 3))]) + "YX"
    shape = tuple(draw(st.integers(1 if a in "YX" else 2, 4)) for a in axes)
    values = np.arange(math.prod(shape)).reshape(shape) % 90
    array = values.astype(draw(st.sampled_from(DTYPES)))
    if draw(st.booleans()):
        # A view with negative strides.
        array = np.ascontiguousarray(array[..., ::-1])[..., ::-1]
    count = shape[axes.index("C")] if "C" in axes else 1
    named = st.lists(names, min_size=count, max_size=count)
    unit = draw(st.sampled_from(UNITS))
    return Image(
        array=array,
        axes=axes,
        spacing=tuple(
            draw(sizes) if unit != "pixel" else 1.0 for a in axes if a in "ZYX"
        ),
        unit=unit,
        channels=tuple(draw(named)) if "C" in axes and draw(st.booleans()) else (),
        name="a",
    )


def back(path: Path) -> Opened:
    [found] = open_images(path)
    return found


@pytest.mark.parametrize("file", WRITERS)
@per_test
@given(
    image=images(),
    colours=st.lists(colours, min_size=4, max_size=4),
    places=st.lists(st.floats(-1e4, 1e4), min_size=3, max_size=3),
    notes=st.dictionaries(names, st.text(max_size=8).map(str.strip), max_size=2),
)
def test_what_is_written_is_read(
    tmp_path: Path,
    file: str,
    image: Image,
    colours: list[str],
    places: list[float],
    notes: dict[str, str],
) -> None:
    assume(all(text.isprintable() for text in (*notes, *notes.values())))
    origin = {a: p for a, p in zip("ZYX", places, strict=True) if a in image.axes}
    if image.unit == "pixel":
        origin = {}
    shown = colours[: image.channel_count] if image.channels else []
    path = tmp_path / file
    if path.is_dir():
        shutil.rmtree(path)
    WRITERS[file](
        path, image, overwrite=True, description=notes, origin=origin, colours=shown
    )
    opened = back(path)
    found = opened.image
    # ImageJ and OME-Zarr have an order of their own.
    order = {"a.zarr": stored_axes, "a.imagej.tif": in_order_of_imagej}
    axes = order.get(file, str)(image.axes)
    assert found.axes == axes
    moved = image.array.transpose([image.axes.index(axis) for axis in axes])
    np.testing.assert_array_equal(np.asarray(found.array), moved)
    for axis in found.spatial_axes:
        assert found.spacing_of(axis) == pytest.approx(image.spacing_of(axis), rel=1e-5)
    assert found.unit == image.unit
    assert found.channels == image.channels
    assert {a: p for a, p in opened.origin.items() if p} == pytest.approx(
        {a: p for a, p in origin.items() if p}
    )
    assert notes.items() <= opened.notes.items()
    if shown and file != "a.imagej.tif":
        assert opened.colours == tuple(shown)


def in_order_of_imagej(axes: str) -> str:
    return "".join(sorted(axes, key="TZCYX".index))


@pytest.mark.parametrize("file", WRITERS)
@per_test
@given(
    largest=st.one_of(st.integers(0, 300), st.integers(0, 2**32 - 1)),
    dtype=st.sampled_from(["u1", "u2", "u4", "i4", ">u8", "i8"]),
)
def test_labels_take_the_smallest_type_to_the_last_id(
    tmp_path: Path, file: str, largest: int, dtype: str
) -> None:
    assume(largest <= np.iinfo(dtype).max)
    array = np.zeros((2, 5, 6), dtype)
    array[1, 2:4, 3] = largest
    labels = Image(array=array, axes="ZYX", spacing=(2, 1, 1), unit="um", name="a")
    path = tmp_path / file
    if path.is_dir():
        shutil.rmtree(path)
    if file == "a.ome.tif":
        write_ome_tiff(path, labels, overwrite=True, smallest=True)
    elif file == "a.zarr":
        write_ome_zarr(path, labels, labels=LabelNotes())
    elif largest > 65535:
        with pytest.raises(WriteError, match="they go beyond 65535"):
            write_imagej(path, labels, overwrite=True, classes={})
        return
    else:
        write_imagej(path, labels, overwrite=True, classes={})
    opened = back(path)
    np.testing.assert_array_equal(np.asarray(opened.image.array), array)
    assert opened.image.dtype == np.min_scalar_type(largest)
    assert opened.labels or file != "a.zarr"


@pytest.mark.parametrize("file", WRITERS)
@pytest.mark.parametrize(
    ("array", "axes"),
    [
        (np.zeros((3, 3), complex), "YX"),
        (np.zeros((0, 3)), "YX"),
        (np.array([["a"]]), "YX"),
    ],
)
def test_what_no_format_holds_is_refused_in_a_sentence(
    tmp_path: Path, file: str, array: Any, axes: str
) -> None:
    with pytest.raises(WriteError, match=rf"^'{file.replace('.', '[.]')}'"):
        WRITERS[file](tmp_path / file, Image(array=array, axes=axes))
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("file", WRITERS)
def test_negative_labels_are_refused_or_kept(tmp_path: Path, file: str) -> None:
    labels = Image(array=np.full((3, 3), -1), axes="YX", name="a")
    if file == "a.ome.tif":
        write_ome_tiff(tmp_path / file, labels, smallest=True)
        assert back(tmp_path / file).image.dtype == np.int8
        return
    about: Any = {"labels": LabelNotes()} if file == "a.zarr" else {"classes": {}}
    with pytest.raises(WriteError, match=r"negative|label -1"):
        WRITERS[file](tmp_path / file, labels, **about)
    assert not [*tmp_path.iterdir()]
