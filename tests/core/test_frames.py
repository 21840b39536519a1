"""Planes and volumes of an image are found by the letters of its axes."""

import numpy as np
import pytest
import zarr
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.frames import Frames
from napari_unetseg.core.image import Image

LENGTHS = {"T": 2, "Z": 3, "C": 4, "Y": 5, "X": 6}


@st.composite
def orders(draw):
    """Axes in any order, with a number of dimensions that they allow."""
    axes = draw(st.sets(st.sampled_from("TZC"))) | {"Y", "X"}
    order = "".join(draw(st.permutations(sorted(axes))))
    return order, draw(st.sampled_from([2, 3] if "Z" in axes else [2]))


def numbered(axes, make=np.asarray):
    shape = [LENGTHS[axis] for axis in axes]
    return Image(array=make(np.arange(np.prod(shape)).reshape(shape)), axes=axes)


def in_zarr(array):
    return zarr.array(array, chunks=(2,) * array.ndim)


@given(orders(), st.sampled_from([np.asarray, in_zarr]))
def test_every_pixel_is_found_by_its_letters(order, make):
    axes, dimensions = order
    image = numbered(axes)
    frames = Frames(numbered(axes, make), dimensions)
    assert frames.axes == "ZYX"[-dimensions:]
    assert frames.shape == tuple(LENGTHS[a] for a in frames.axes)
    assert sorted(frames.axes + frames.grid_axes) == sorted(axes.replace("C", ""))
    assert len(list(frames)) == len(frames) == np.prod(frames.grid, dtype=int)
    for index in frames:
        found = np.asarray(frames[index])
        for place in np.ndindex(*found.shape):
            at = dict(zip("C" + frames.axes, place, strict=True))
            at |= zip(frames.grid_axes, index, strict=True)
            assert found[place] == image.array[tuple(at[a] for a in axes)]


@given(orders(), st.data())
def test_a_box_has_its_place_in_the_result(order, data):
    axes, dimensions = order
    image = numbered(axes.replace("C", ""))
    frames = Frames(image, dimensions)
    index = data.draw(st.sampled_from(list(frames)))
    starts = [data.draw(st.integers(0, size - 1)) for size in frames.shape]
    box = [slice(start, start + 2) for start in starts]
    result = image.array.transpose(
        [image.axes.index(axis) for axis in image.plane_axes + "YX"]
    )
    placed = result[frames.place(index, box)]
    values = frames[index][(slice(None), *box)][0]
    np.testing.assert_array_equal(placed, values.reshape(placed.shape))


class Watched:
    """An array of slices alone, that remembers the size of what was read."""

    def __init__(self, array):
        self.array, self.shape, self.dtype = array, array.shape, array.dtype
        self.read = []

    def __getitem__(self, place):
        part = self.array[place]
        self.read.append(part.size)
        return part


@pytest.mark.parametrize(("axes", "index"), [("TZYX", (1,)), ("XYCZ", ())])
def test_only_what_is_asked_for_is_read_of_a_lazy_array(axes, index):
    image = numbered(axes, lambda array: Watched(array))
    frame = Frames(image, 3)[index]
    assert frame.shape == (4 if "C" in axes else 1, 3, 5, 6)
    assert (frame.ndim, frame.dtype) == (4, image.dtype)
    assert image.array.read == []
    part = frame[:, 1:2, 0:2, 3:6]
    assert image.array.read == [part.size] == [6 * frame.shape[0]]
    whole = Frames(Image(array=image.array.array, axes=axes), 3)[index]
    np.testing.assert_array_equal(part, whole[:, 1:2, 0:2, 3:6])
    assert np.asarray(frame, np.float32).dtype == np.float32


def test_a_frame_of_a_dask_array_is_lazy():
    dask = pytest.importorskip("dask.array")
    image = numbered("ZTYX", lambda array: dask.from_array(array, chunks=2))
    frame = Frames(image, 3)[1,]
    assert isinstance(frame, dask.Array)
    np.testing.assert_array_equal(frame, Frames(numbered("ZTYX"), 3)[1,])


def test_a_frame_of_an_array_in_memory_is_a_view():
    image = numbered("TZYX")
    assert np.shares_memory(Frames(image, 3)[1,], image.array)


def test_pixel_sizes_follow_the_frames_axes():
    image = Image(array=np.zeros((5, 3, 6)), axes="YZX", spacing=(2.0, 50.0, 1.0))
    assert Frames(image, 3).spacing == (50, 2, 1)
    assert Frames(image, 2).spacing == (2, 1)


def test_volumes_need_the_axis_z():
    image = Image(array=np.zeros((2, 5, 6)), axes="TYX", name="film")
    with pytest.raises(InputError, match=r"'film' has the axes TYX.* with the axis Z"):
        Frames(image, 3)
