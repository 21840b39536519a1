"""A volume's frames and a volume's planes are normalised alike."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.frames import Frames
from napari_unetseg.core.image import Image
from napari_unetseg.core.prepare.normalise import (
    Normaliser,
    normalisers,
    normalisers_on_demand,
)
from oracles.doubles import Watched


@pytest.mark.parametrize("axes", ["ZYX", "TZYX", "ZTYX", "XZCTY"])
def test_volumes_have_the_statistics_of_their_planes(axes):
    lengths = {"T": 2, "Z": 3, "C": 2, "Y": 5, "X": 4}
    shape = [lengths[axis] for axis in axes]
    array = np.random.default_rng(0).normal(size=shape)
    if "T" in axes:
        array += np.arange(2).reshape([2 if axis == "T" else 1 for axis in axes]) * 9
    image = Image(array=array, axes=axes)
    volumes, planes = normalisers(image, 3), normalisers(image)
    frames = Frames(image, 3)
    assert set(volumes) == set(frames)
    assert set(planes) == set(image.planes())
    for index, volume in volumes.items():
        named = dict(zip(frames.grid_axes, index, strict=True)) | {"Z": 1}
        plane = planes[tuple(named[axis] for axis in image.plane_axes)]
        np.testing.assert_array_equal(volume.mean, plane.mean)
        np.testing.assert_array_equal(volume.std, plane.std)
        values = volume(np.asarray(frames[index]))
        assert values.shape == (2 if "C" in axes else 1, 3, 5, 4)
        np.testing.assert_allclose(values.mean(axis=(1, 2, 3)), 0, atol=1e-6)
        np.testing.assert_allclose(values.std(axis=(1, 2, 3)), 1, atol=1e-5)


def test_a_volume_is_normalised_plane_by_plane_or_at_once():
    normalise = Normaliser(np.array([3.0, 5.0]), np.array([2.0, 0.0]))
    values = np.random.default_rng(0).normal(size=(2, 4, 5, 6))
    values[1, 2, 3, 4] = np.nan
    found = normalise(values)
    assert found.dtype == np.float32
    assert found[1, 2, 3, 4] == 0
    for z in range(4):
        np.testing.assert_array_equal(found[:, z], normalise(values[:, z]))


def test_volumes_need_the_axis_z():
    with pytest.raises(InputError, match="the axis Z"):
        normalisers(Image(array=np.zeros((4, 4)), axes="YX"), 3)


def test_an_image_is_read_one_plane_at_a_time():
    class Watched:
        """Knows slices alone, and how many pixels are read at a time."""

        shape, dtype, most = (6, 8, 9), np.dtype("uint8"), 0

        def __getitem__(self, place):
            part = np.arange(6 * 8 * 9).reshape(6, 8, 9)[place]
            self.most = max(self.most, part.size)
            return part

    image = Image(array=Watched(), axes="ZYX")
    [normalise] = normalisers(image, 3).values()
    assert image.array.most == 72
    assert normalise.mean == pytest.approx([np.arange(432).mean()])


@given(st.floats(-1e9, 1e9), st.integers(1, 40), st.sampled_from(["f4", "f8"]))
def test_a_constant_image_becomes_0_whatever_rounding_does(value, width, dtype):
    """0.1 added up three times and divided by three is not 0.1."""
    array = np.full((2, 1, width), value, dtype)
    for normalise in normalisers(Image(array=array, axes="ZYX"), 3).values():
        assert normalise.std == 0
        assert np.abs(normalise(array)).max() <= abs(value) * 1e-15


@pytest.mark.parametrize("broken", [False, True])
def test_the_layout_in_memory_does_not_matter(broken):
    """In another order the same numbers have another sum, in the last digits."""
    array = np.random.default_rng(0).normal(size=(501, 307, 2))
    if broken:
        array[3, 4, 1] = np.nan
    layouts = [
        array,
        np.asfortranarray(array),
        array.swapaxes(0, 1).copy().swapaxes(0, 1),
    ]
    found = [
        one for a in layouts for one in normalisers(Image(array=a, axes="YXC")).values()
    ]
    assert len({one.mean.tobytes() + one.std.tobytes() for one in found}) == 1


def test_on_demand_only_the_time_point_that_is_asked_for_is_read():
    array = np.random.default_rng(0).normal(size=(4, 3, 5, 6)).astype(np.float32)
    array += np.arange(4).reshape(4, 1, 1, 1)
    watched = Watched(array)
    image = Image(array=watched, axes="TZYX")
    later = normalisers_on_demand(image, 3)
    assert watched.read == []
    values = array[2][None]
    found = later[2,](values)
    wanted = normalisers(Image(array=array, axes="TZYX"), 3)[2,](values)
    np.testing.assert_array_equal(found, wanted)
    assert {place[0] for place in watched.read} == {2}
    read = len(watched.read)
    later[2,](values)
    assert len(watched.read) == read
