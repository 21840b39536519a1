"""An array that answers at once, and of which only what is looked at is read."""

from __future__ import annotations

import numpy as np
import pytest

from napari_unetseg.gui.segment import growing
from napari_unetseg.gui.segment.growing import Growing


@pytest.fixture
def source():
    return np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)


@pytest.fixture
def asked():
    return []


@pytest.fixture
def array(source, asked):
    return Growing(source, lambda: asked.append("wants"))


def read(array):
    array.show(array.wanted, array.read(array.wanted), array.version)


def test_it_looks_like_its_source(array, source):
    assert (array.shape, array.ndim, array.dtype) == ((3, 4, 5), 3, np.uint8)
    assert (array.size, len(array)) == (60, 3)
    np.testing.assert_array_equal(np.asarray(array), source)


@pytest.mark.parametrize(
    "index",
    [
        1,
        (1, slice(None), slice(None)),
        (np.int64(2), ...),
        (slice(0, 2), 1),
        (..., slice(1, 4)),
        slice(None),
    ],
)
def test_what_is_asked_for_is_nothing_until_it_is_read(array, source, asked, index):
    before = array[index]
    assert before.shape == source[index].shape
    assert not before.any()
    assert asked

    read(array)
    asked.clear()

    np.testing.assert_array_equal(array[index], source[index])
    assert not asked


def test_what_was_read_is_shown_until_there_is_more(array, source, asked):
    array[1]
    read(array)
    source[1] = 7
    array.renew()
    asked.clear()

    assert (array[1] != 7).all()
    assert asked
    read(array)
    assert (array[1] == 7).all()


def test_what_has_changed_while_it_was_read_is_read_again(array, asked):
    array[1]
    version, values = array.version, array.read(array.wanted)
    array.renew()
    array.show(array.wanted, values, version)
    asked.clear()

    assert array[1].any()
    assert asked


def test_only_what_was_looked_at_last_is_kept(array, asked, monkeypatch):
    monkeypatch.setattr(growing, "MOST_BYTES", 40)
    for number in (0, 1, 2):
        array[number]
        read(array)

    assert array[2].any()
    assert array[1].any()
    assert not array[0].any()
