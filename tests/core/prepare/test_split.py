"""Whole slices, with a gap, and never the same slice twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.prepare.split import split


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
