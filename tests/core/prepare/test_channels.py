"""Channels are taken by name, of an array that is read late too."""

from __future__ import annotations

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_unetseg.core.frames import Frames
from napari_unetseg.core.image import Image
from napari_unetseg.core.prepare.channels import select_channels

NAMES = ("a", "b", "c", "d")
LENGTHS = {"T": 2, "Z": 3, "C": 4, "Y": 5, "X": 6}


def numbered(axes):
    shape = [LENGTHS[axis] for axis in axes]
    return np.arange(np.prod(shape)).reshape(shape)


def in_zarr(array, **options):
    return zarr.array(array, chunks=(3,) * array.ndim, **options)


orders = st.sets(st.sampled_from("TZ")).flatmap(
    lambda others: st.permutations(sorted({*others, *"CYX"})).map("".join)
)
choices = st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True)


@settings(max_examples=40)
@given(orders, choices, st.data())
def test_channels_of_zarr_are_those_of_the_array_in_memory(axes, names, data):
    array = numbered(axes)
    position = axes.index("C")
    expected = array.take([NAMES.index(name) for name in names], position)
    image = Image(array=in_zarr(array), axes=axes, channels=NAMES)
    chosen = select_channels(image, tuple(names))
    assert (chosen.shape, chosen.dtype) == (expected.shape, expected.dtype)
    assert chosen.channels == tuple(names)
    np.testing.assert_array_equal(np.asarray(chosen.array), expected)
    key = tuple(
        data.draw(st.integers(0, length - 1) | st.slices(length))
        for length in expected.shape
    )
    steps = [one.step for one in key if isinstance(one, slice)]
    if all(step is None or step > 0 for step in steps):
        np.testing.assert_array_equal(chosen.array[key], expected[key])
    np.testing.assert_array_equal(chosen.array[0], expected[0])


@pytest.mark.parametrize("dimensions", [2, 3])
def test_frames_of_chosen_channels_are_right(dimensions):
    array = numbered("TZCYX")
    image = Image(array=in_zarr(array), axes="TZCYX", channels=NAMES)
    frames = Frames(select_channels(image, ("d", "b")), dimensions)
    expected = Frames(Image(array=array[:, :, [3, 1]], axes="TZCYX"), dimensions)
    for index in frames:
        np.testing.assert_array_equal(frames[index], expected[index])


class Counting(zarr.storage.MemoryStore):
    """Remembers which chunks are asked for."""

    asked: list[str]

    async def get(self, key, *args, **options):
        self.asked.append(key)
        return await super().get(key, *args, **options)


def test_only_the_chunks_of_the_chosen_channels_are_read():
    store = Counting()
    store.asked = []
    array = zarr.create_array(store, data=numbered("CYX"), chunks=(1, 5, 3))
    store.asked.clear()
    image = Image(array=array, axes="CYX", channels=NAMES)
    chosen = select_channels(image, ("d", "b"))
    assert store.asked == []
    part = chosen.array[:, 1:3, 4:6]
    np.testing.assert_array_equal(part, numbered("CYX")[[3, 1], 1:3, 4:6])
    assert sorted(store.asked) == ["c/1/0/1", "c/3/0/1"]


def test_all_channels_in_their_order_are_the_array_itself():
    image = Image(array=in_zarr(numbered("CYX")), axes="CYX", channels=NAMES)
    assert select_channels(image, NAMES).array is image.array
