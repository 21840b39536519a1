"""What a run has made, read or opened, on the axes of its layer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.image import Image
from napari_unetseg.core.write.ome_zarr import add_pyramid, create_ome_zarr
from napari_unetseg.gui.segment import pixels
from napari_unetseg.gui.segment.pixels import pixels_of, view


def about(order, **box):
    return {"order": order, "box": box}


@given(st.data())
def test_a_part_has_the_axes_of_the_layer(data):
    order = "".join(data.draw(st.permutations("TZYX")))
    sizes = {axis: data.draw(st.integers(1, 5)) for axis in "TZYX"}
    box = {}
    for axis, size in sizes.items():
        start = data.draw(st.integers(0, size - 1))
        box[axis] = (start, data.draw(st.integers(start + 1, size)))
    array = np.random.default_rng(0).integers(0, 99, [sizes[axis] for axis in "TZYX"])

    found = np.asarray(view(Image(array=array, axes="TZYX"), about(order, **box)))

    part = array[tuple(slice(*box[axis]) for axis in "TZYX")]
    np.testing.assert_array_equal(
        found, part.transpose(["TZYX".index(axis) for axis in order])
    )


def test_axes_that_a_file_forgets_come_back():
    array = np.arange(6).reshape(2, 3)
    where = about("ZYX", Z=(4, 5), Y=(0, 2), X=(1, 3))

    assert view(Image(array=array, axes="YX"), where).shape == (1, 2, 2)


def test_of_channels_one_is_taken():
    array = np.arange(12).reshape(2, 2, 3)
    where = about("YX", Y=(0, 2), X=(1, 3))

    found = view(Image(array=array, axes="CYX"), where, channel=1)

    np.testing.assert_array_equal(np.asarray(found), array[1, :, 1:3])


@pytest.fixture
def large(tmp_path, monkeypatch):
    """Let nothing fit into memory, and return an OME-Zarr of three levels."""
    monkeypatch.setattr(pixels, "_MOST", 100)
    path = tmp_path / "a.zarr"
    array = create_ome_zarr(
        path,
        shape=(2, 1200, 700),
        dtype=np.uint8,
        axes="ZYX",
        spacing=(),
        unit="pixel",
        name="a",
        chunks=(1, 128, 128),
    )
    array[:] = np.random.default_rng(0).integers(0, 9, array.shape, dtype=np.uint8)
    list(add_pyramid(path))
    return path, array


def test_what_is_larger_than_memory_is_a_lazy_pyramid(large):
    path, array = large
    where = about("ZYX", Z=(1, 2), Y=(100, 1200), X=(0, 600))

    levels = pixels_of(path, where)

    assert len(levels) > 1
    assert all(hasattr(level, "dask") for level in levels)
    assert levels[0].shape == (1, 1100, 600)
    assert levels[1].shape == (1, 550, 300)
    np.testing.assert_array_equal(
        np.asarray(levels[0][0, :9, :9]), array[1, 100:109, :9]
    )


def test_what_fits_is_read(large, monkeypatch):
    path, array = large
    monkeypatch.setattr(pixels, "_MOST", 10**7)

    found = pixels_of(path, about("ZYX", Z=(0, 2), Y=(0, 1200), X=(0, 700)))

    assert isinstance(found, np.ndarray)
    np.testing.assert_array_equal(found, array[:])
