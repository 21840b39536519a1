"""Whole slices, with a gap, and never the same slice twice."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.prepare.split import blocks, neighbours, ranges, split


def stack(count):
    return [True] * count, [0] * count


def test_slices_are_counted_from_0_and_both_ends_are_in():
    found = split("15-19", *stack(20))
    assert found.validation == (15, 16, 17, 18, 19)
    assert found.train == tuple(range(15))


def test_lists_and_ranges_mix():
    assert split("3, 7,9-10", *stack(12)).validation == (3, 7, 9, 10)


def test_a_single_number_is_a_slice():
    assert split("3", *stack(5)).validation == (3,)


def test_a_fraction_leaves_a_gap_within_a_stack():
    found = split("0.2", *stack(20))
    assert found.validation == (16, 17, 18, 19)
    assert found.train == tuple(range(15))
    assert "Slice 15 is left out" in found.note


def test_a_fraction_of_single_images_needs_no_gap():
    found = split("0.25", [True] * 4, [0, 1, 2, 3])
    assert (found.train, found.validation) == ((0, 1, 2), (3,))


def test_unannotated_slices_belong_to_neither():
    found = split("1-3", [True, False, True, False, True], [0] * 5)
    assert (found.train, found.validation) == ((0, 4), (2,))


def test_one_slice_is_too_little_to_validate_and_says_so():
    found = split("0.2", [False, True], [0, 0])
    assert (found.train, found.validation) == ((1,), ())
    assert "too little to validate" in found.note


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ("a-b", "no choice of validation slices"),
        ("18-25", "there are 20"),
        ("7-3", "do not exist"),
        ("1.5", "fraction is 1.5"),
        ("-1", "no choice"),
        ("²", "'²' is no choice"),
        ("3-²", "'3-²' is no choice"),
        ("٣", "'٣' is no choice"),
        ("0-19", "leave no annotated slice"),
    ],
)
def test_bad_wishes_get_a_sentence(wish, sentence):
    with pytest.raises(InputError, match=sentence):
        split(wish, *stack(20))


def test_validation_without_annotation_is_refused():
    with pytest.raises(InputError, match="Annotated slices are 0-1"):
        split("2", [True, True, False], [0] * 3)


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 2)), min_size=1, max_size=30),
    st.floats(0, 0.99),
)
def test_parts_never_meet(slices, fraction):
    annotated = [painted for painted, _ in slices]
    if not any(annotated):
        return
    image_of = sorted(image for _, image in slices)
    found = split(f"{fraction:.6f}", annotated, image_of)
    assert found.train
    assert not set(found.train) & set(found.validation)
    assert all(annotated[i] for i in (*found.train, *found.validation))


def volumes(*thickness):
    """Slices of annotated volumes."""
    volume_of = [i for i, planes in enumerate(thickness) for _ in range(planes)]
    return [True] * len(volume_of), volume_of


def test_the_end_of_a_volume_validates():
    found = split("0.2", *volumes(20), volumes=True)
    assert found == split("0.2", *volumes(20))
    assert found.gap == (15,)
    assert blocks(found, volumes(20)[1]) == ([range(15)], [range(16, 20)])


def test_the_last_volumes_validate_as_a_whole_if_there_are_enough():
    found = split("0.4", *volumes(8, 5, 9, 4, 7), volumes=True)
    assert found.validation == tuple(range(22, 33))
    assert found.train == tuple(range(22))
    assert found.note == "Validation on the last 2 volumes: slices 22-32."
    assert "last volume:" in split("0.2", *volumes(*[6] * 5), volumes=True).note


def test_of_two_volumes_the_last_one_validates_as_a_whole():
    """Its end alone would look like its beginning, which teaches."""
    found = split("0.2", *volumes(10, 10), volumes=True)
    assert found.validation == tuple(range(10, 20))
    assert blocks(found, volumes(10, 10)[1]) == ([range(10)], [range(10, 20)])
    assert found.note == "Validation on the last volume: slices 10-19."


@given(
    st.lists(st.lists(st.booleans(), min_size=4, max_size=7), min_size=2, max_size=6),
    st.floats(0.000001, 0.99),
)
def test_a_fraction_takes_whole_volumes_one_at_least_and_leaves_one(painted, fraction):
    annotated = [plane for volume in painted for plane in volume]
    volume_of = [i for i, volume in enumerate(painted) for _ in volume]
    known = [i for i, volume in enumerate(painted) if any(volume)]
    if len(known) < 2:
        return
    found = split(f"{fraction:.6f}", annotated, volume_of, volumes=True)
    train = sorted({volume_of[i] for i in found.train})
    validation = sorted({volume_of[i] for i in found.validation})
    # None in parts, none left out, the last ones to be scored.
    assert train + validation == known
    assert found.gap == ()
    assert sorted(found.train + found.validation) == [
        i for i, plane in enumerate(annotated) if plane
    ]
    wished = fraction * len(known)
    assert (
        len(validation) in {1, len(known) - 1} or abs(len(validation) - wished) <= 0.5
    )


@pytest.mark.parametrize("wish", ["0", "0.0"])
def test_a_thin_volume_may_train_as_it_is(wish):
    assert split(wish, *volumes(3), volumes=True).train == (0, 1, 2)


@pytest.mark.parametrize("wish", ["0.2", "3-4", "1,3"])
def test_too_little_of_a_volume_is_refused(wish):
    with pytest.raises(InputError, match=r"most [123] slices thick, too thin"):
        split(wish, *volumes(5), volumes=True)


def test_slices_that_are_not_annotated_go_with_their_neighbours():
    annotated = [n in {1, 4, 7, 9} for n in range(12)]
    found = split("7-11", annotated, [0] * 12, volumes=True)
    assert (found.train, found.validation) == ((1, 4), (7, 9))
    assert blocks(found, [0] * 12) == ([range(7)], [range(7, 12)])


@given(
    st.lists(st.lists(st.booleans(), min_size=1, max_size=9), min_size=1, max_size=5),
    st.one_of(
        st.floats(0, 0.99).map("{:.6f}".format),
        st.lists(st.integers(0, 8), min_size=1).map(lambda n: ",".join(map(str, n))),
    ),
)
def test_blocks_hold_their_slices_and_no_others(painted, wish):
    annotated = [plane for volume in painted for plane in volume]
    volume_of = [i for i, volume in enumerate(painted) for _ in volume]
    try:
        found = split(wish, annotated, volume_of, volumes=True)
    except InputError:
        return
    train, validation = blocks(found, volume_of)
    for numbers, cut in ((found.train, train), (found.validation, validation)):
        assert [n for block in cut for n in block if annotated[n]] == list(numbers)
    everything = sorted([*train, *validation], key=lambda block: block.start)
    assert all(a.stop <= b.start for a, b in pairwise(everything))
    for block in everything:
        assert len({volume_of[n] for n in block}) == 1
        assert not set(block) & set(found.gap)


@given(st.sets(st.integers(0, 40)))
def test_ranges_name_exactly_their_numbers(numbers: set[int]) -> None:
    parts = [part for part in ranges(numbers).split(", ") if part]
    ends = [[int(end) for end in part.split("-")] for part in parts]

    assert [i for end in ends for i in range(end[0], end[-1] + 1)] == sorted(numbers)
    # No two parts could be one.
    assert all(a[-1] + 1 < b[0] for a, b in pairwise(ends))


def grid(times, slices):
    """Neighbours in a series of stacks, slice by slice."""
    return neighbours([(0, index) for index in np.ndindex(times, slices)])


def test_neighbours_in_time_are_left_out_too():
    found = split("0.2", [True] * 50, [0] * 50, beside=grid(5, 10))
    assert found.validation == tuple(range(40, 50))
    assert found.gap == tuple(range(30, 40))
    assert found.train == tuple(range(30))
    assert "Slices 30-39 are left out, as a gap" in found.note


def test_the_volume_before_those_that_validate_is_left_out():
    volume_of = [number for number in range(4) for _ in range(5)]
    following = neighbours([(0, (time,)) for time in range(4)])
    found = split("0.2", [True] * 20, volume_of, volumes=True, beside=following)
    assert (found.train, found.gap) == (tuple(range(10)), tuple(range(10, 15)))
    assert found.validation == tuple(range(15, 20))
    alone = split("0.2", [True] * 20, volume_of, volumes=True)
    assert (len(alone.train), alone.gap) == (15, ())
