"""Joined channels answer every index as the stacked arrays would."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.layers.joined import WHOLE, JoinedChannels

SHAPE = (3, 2, 4, 5)
FIRST = np.arange(40, dtype=np.uint8).reshape(2, 4, 5)
LAST = np.arange(80, dtype=np.int16).reshape(2, 4, 5, 2) - 40


def joined() -> tuple[JoinedChannels, np.ndarray]:
    places: list[Any] = [(LAST, (WHOLE, WHOLE, WHOLE, channel)) for channel in (1, 0)]
    array = JoinedChannels([(FIRST, (WHOLE,) * 3), *places])
    return array, np.stack([FIRST, LAST[..., 1], LAST[..., 0]])


def index(length: int) -> st.SearchStrategy[Any]:
    return st.integers(-length, length - 1) | st.slices(length)


@given(st.tuples(*map(index, SHAPE)), st.integers(0, 4), st.booleans())
def test_every_index_reads_what_the_stacked_array_holds(
    key: tuple[Any, ...], count: int, dots: bool
) -> None:
    array, stacked = joined()
    shortened = (*key[:count], ..., *key[count + 1 :]) if dots else key[:count]
    read = array[shortened]
    assert read.dtype == stacked.dtype == array.dtype
    np.testing.assert_array_equal(read, stacked[shortened])


def test_it_has_a_shape_and_becomes_an_array() -> None:
    array, stacked = joined()
    assert (array.shape, array.ndim) == (SHAPE, 4)
    np.testing.assert_array_equal(np.asarray(array), stacked)
    np.testing.assert_array_equal(array[0], stacked[0])


def test_channels_are_chosen_without_being_read() -> None:
    array, stacked = joined()
    chosen = array[[2, 0]]
    assert isinstance(chosen, JoinedChannels)
    np.testing.assert_array_equal(chosen, stacked[[2, 0]])
    np.testing.assert_array_equal(array[[2, 0], 1], stacked[[2, 0], 1])


def test_only_what_is_indexed_is_read() -> None:
    class Forbidden:
        shape, dtype = (2, 4, 5), np.dtype(np.uint8)

        def __getitem__(self, key: Any) -> None:
            raise AssertionError("read")

    array = JoinedChannels([(FIRST, (WHOLE,) * 3), (Forbidden(), (WHOLE,) * 3)])
    np.testing.assert_array_equal(array[0, 1], FIRST[1])
    with pytest.raises(AssertionError, match="read"):
        array[1]


def test_too_many_indices_are_an_error() -> None:
    with pytest.raises(IndexError):
        joined()[0][0, 0, 0, 0, 0]
