"""Instances keep their id from slice to slice where they overlap."""

from __future__ import annotations

import numpy as np
import pytest
import zarr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_unetseg.core.postprocess.linking import link_slices
from oracles import objects as oracle


def collected(steps):
    slices = []
    while True:
        try:
            slices.append(next(steps))
        except StopIteration as end:
            return np.array(slices), end.value


def stack(*rows):
    return np.array([[[int(c) for c in row]] for row in rows])


STACKS = hnp.arrays(
    np.uint8,
    hnp.array_shapes(min_dims=3, max_dims=3, max_side=5),
    elements=st.integers(0, 3),
    fill=st.nothing(),
)


@given(STACKS, st.sampled_from([0, 0.25, 1 / 3, 0.5, 0.75, 1]))
def test_as_by_definition(instances, threshold):
    linked, count = collected(link_slices(instances, threshold))
    expected, expected_count = oracle.link_slices(instances, threshold)
    np.testing.assert_array_equal(linked, expected)
    assert linked.dtype == np.uint32
    assert count == expected_count


@given(STACKS, st.randoms(use_true_random=False))
def test_the_given_ids_mean_nothing(instances, random):
    linked, count = collected(link_slices(instances))
    renamed = instances.astype(np.int64)
    for plane in renamed:
        names = [0, *random.sample(range(1, 10**6), 3)]
        plane[:] = np.array(names)[plane]
    again, again_count = collected(link_slices(renamed))
    np.testing.assert_array_equal(linked, again)
    assert count == again_count


def test_an_object_keeps_its_id_and_a_new_one_gets_the_next():
    linked, count = collected(link_slices(stack("110022", "550333", "700110")))
    expected = stack("110022", "110222", "100220")
    assert linked.tolist() == expected.tolist()
    assert count == 2
    linked, count = collected(link_slices(stack("1100", "0011")))
    assert linked.tolist() == stack("1100", "0022").tolist()
    assert count == 2


def test_the_threshold_counts_as_overlap_enough():
    # Two of eight pixels are shared.
    slices = stack("111110000", "000111110")
    assert collected(link_slices(slices, 0.25))[1] == 1
    assert collected(link_slices(slices, 0.2501))[1] == 2
    assert collected(link_slices(slices))[1] == 1


def test_of_two_halves_the_larger_keeps_the_id():
    linked, count = collected(link_slices(stack("1111111", "2220333", "2233333")))
    assert linked.tolist() == stack("1111111", "1110222", "1122222").tolist()
    linked, count = collected(link_slices(stack("1111111", "2203333")))
    assert linked.tolist() == stack("1111111", "2201111").tolist()
    assert count == 2


def test_a_link_must_be_the_best_for_both():
    # The 2 overlaps best with the first, which overlaps better with the 1.
    linked, count = collected(link_slices(stack("1111111100", "1111122222"), 0.1))
    assert linked.tolist() == stack("1111111100", "1111122222").tolist()
    assert count == 2


def test_an_object_that_is_missing_from_a_slice_ends():
    linked, count = collected(link_slices(stack("11", "00", "11")))
    assert linked.tolist() == stack("11", "00", "22").tolist()
    assert count == 2


def test_slice_by_slice_from_zarr():
    instances = np.random.default_rng(0).integers(0, 4, (4, 9, 9)).astype(np.uint16)
    stored = zarr.array(instances, chunks=(1, 9, 9))
    expected, count = oracle.link_slices(instances, 0.1)
    steps = link_slices(stored, 0.1)
    for plane in expected:
        np.testing.assert_array_equal(next(steps), plane)
    with pytest.raises(StopIteration) as end:
        next(steps)
    assert end.value.value == count


@pytest.mark.parametrize("shape", [(0, 3, 3), (2, 0, 3), (1, 1, 1), (3, 4, 4)])
def test_nothing_to_link(shape):
    slices = list(link_slices(np.zeros(shape, np.uint8)))
    assert [plane.shape for plane in slices] == [shape[1:]] * shape[0]
    assert not any(plane.any() for plane in slices)


@pytest.mark.parametrize(
    ("instances", "threshold", "words"),
    [
        (np.zeros((3, 3), int), 0.5, r"not \(3, 3\)"),
        (np.zeros((3, 3, 3), int), 1.5, "not 1.5"),
        (np.zeros((3, 3, 3), int), -0.5, "not -0.5"),
        (np.zeros((3, 3, 3)), 0.5, "integers"),
    ],
)
def test_refuses(instances, threshold, words):
    with pytest.raises(ValueError, match=words):
        list(link_slices(instances, threshold))
