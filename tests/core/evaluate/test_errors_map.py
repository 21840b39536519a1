"""The map of errors, also of arrays that are read only in part."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_unetseg.core.evaluate.errors_map import COLOURS, NAMES, errors_map
from napari_unetseg.core.evaluate.lazy_errors import LazyErrors
from napari_unetseg.core.evaluate.overlap import overlap
from oracles import errors_map as oracle

TRUTH = np.array([[0, 0, 1, 1], [2, 2, 2, 255]], np.uint8)
PREDICTION = np.array([[0, 1, 1, 0], [2, 1, 0, 1]], np.uint16)

IDS = (0, 1, 2, 5)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    shape = draw(hnp.array_shapes(min_dims=2, max_dims=4, max_side=5))
    ids = st.sampled_from(IDS)
    dtypes = st.sampled_from((np.uint8, np.int16, np.int64))
    one, other = (draw(hnp.arrays(draw(dtypes), shape, elements=ids)) for _ in "ab")
    return one, other


classes = st.sampled_from((None, *IDS, 9))
ignored = st.lists(st.sampled_from(IDS), max_size=2, unique=True)


def test_by_hand():
    one = errors_map(PREDICTION, TRUTH, identity=1, ignore=(255,))
    assert one.tolist() == [[0, 2, 1, 3], [0, 2, 0, 0]]
    every = errors_map(PREDICTION, TRUTH, ignore=(255,))
    assert every.tolist() == [[0, 2, 1, 3], [1, 4, 3, 0]]
    assert every.dtype == np.uint8
    assert NAMES[2] == "false positive"


@given(pairs(), classes, ignored)
def test_equal_to_asking_every_pixel(pair, identity, ignore):
    found = errors_map(*pair, identity=identity, ignore=ignore)
    assert found.tolist() == oracle.errors_map(*pair, identity, ignore).tolist()


@given(pairs(), st.sampled_from(IDS), ignored)
def test_counts_are_those_of_the_report(pair, identity, ignore):
    found = overlap(*pair, ignore=ignore)
    right, wrong, missed = (
        np.count_nonzero(errors_map(*pair, identity=identity, ignore=ignore) == value)
        for value in (1, 2, 3)
    )
    if identity in found.ids:
        assert found.iou[identity] == right / (right + wrong + missed)
    else:
        assert right + wrong + missed == 0


@given(pairs(), classes, ignored, st.data())
def test_a_part_of_the_lazy_map_is_the_map_of_the_part(pair, identity, ignore, data):
    lazy = LazyErrors(*pair, identity=identity, ignore=ignore)
    whole = errors_map(*pair, identity=identity, ignore=ignore)
    key = data.draw(hnp.basic_indices(whole.shape, allow_newaxis=False))
    assert lazy[key].tolist() == whole[key].tolist()
    assert np.asarray(lazy).tolist() == whole.tolist()
    assert (lazy.shape, lazy.ndim, lazy.size, len(lazy)) == (
        whole.shape,
        whole.ndim,
        whole.size,
        len(whole),
    )


class Guarded:
    """An array that is too large to be read whole."""

    def __init__(self, array):
        self.array, self.shape, self.dtype, self.read = (
            array,
            array.shape,
            array.dtype,
            0,
        )

    def __getitem__(self, key):
        part = self.array[key]
        self.read += part.size
        return part


def test_only_what_is_looked_at_is_read():
    one, other = (Guarded(np.ones((1000, 20, 30), np.uint8)) for _ in "ab")
    lazy = LazyErrors(one, other)
    assert one.read == other.read == 0
    assert lazy[7].tolist() == np.ones((20, 30)).tolist()
    assert one.read == other.read == 600


def test_later_strokes_show():
    truth = TRUTH.copy()
    lazy = LazyErrors(PREDICTION, truth, identity=1)
    truth[0, 3] = 0
    assert lazy[0].tolist() == [0, 2, 1, 0]


def test_what_was_worked_out_elsewhere_is_taken_for_a_while():
    lazy = LazyErrors(PREDICTION, TRUTH, identity=1)
    row = np.full(4, 9, np.uint8)
    with lazy.holding((0, slice(None)), row):
        assert lazy[0] is row
        assert lazy[0, 0:4] is row
        assert lazy[0, :2].tolist() == [0, 2]
        assert lazy[1].tolist() == [0, 2, 0, 2]
    assert lazy[0].tolist() == [0, 2, 1, 3]


@pytest.mark.parametrize("make", [errors_map, LazyErrors])
def test_what_cannot_be_compared_is_refused(make):
    with pytest.raises(ValueError, match="must have the shape of truth"):
        make(TRUTH[:1], TRUTH)
    with pytest.raises(ValueError, match="must be integers, not float64"):
        make(TRUTH, TRUTH.astype(float))


@pytest.mark.parametrize("deficiency", oracle.DICHROMACY)
def test_everybody_tells_the_colours_apart(deficiency):
    """CIE differences above 20 are told apart at a glance, also in small spots."""
    assert COLOURS.keys() == NAMES.keys()
    for first, second in combinations(COLOURS.values(), 2):
        assert oracle.difference(first, second, deficiency) > 20
