"""Shapes are a mask of an image of any size, which is filled where it is read."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.prepare import shapemask
from napari_unetseg.core.prepare.shapemask import ShapesMask
from napari_unetseg.core.prepare.shapes import mask_of_shapes, shapes_csv, shapes_in

SHAPE = (3, 20, 24)
SQUARE = np.array([[1, 2], [1, 6], [4, 6], [4, 2]], float)
PLACES = st.floats(-15, 40, width=32)


def in_slice(z, corners):
    return np.column_stack([np.full(len(corners), z), corners])


@st.composite
def drawings(draw):
    """Some shapes, partly or all outside of the image, in one slice of it or in all."""
    has_slice = draw(st.booleans())
    shapes, kinds = [], []
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["polygon", "ellipse", "rectangle"]))
        if kind == "polygon":
            count = draw(st.integers(3, 7))
            corners = [draw(st.tuples(PLACES, PLACES)) for _ in range(count)]
        else:  # Turned as it likes: a centre and two halves of its sides.
            centre, one, other = (
                np.array(draw(st.tuples(PLACES, PLACES))) for _ in range(3)
            )
            signs = [(-1, -1), (-1, 1), (1, 1), (1, -1)]
            corners = [centre + a * one / 3 + b * other / 3 for a, b in signs]
        corners = np.array(corners)
        if has_slice:
            corners = in_slice(draw(st.integers(0, SHAPE[0] - 1)), corners)
        shapes.append(corners)
        kinds.append(kind)
    return shapes, kinds


def part(size):
    ends = st.tuples(st.integers(0, size), st.integers(0, size)).map(sorted)
    return st.one_of(ends.map(lambda pair: slice(*pair)), st.integers(0, size - 1))


BOXES = st.tuples(*map(part, SHAPE))


@given(drawings(), BOXES)
def test_every_part_is_that_of_the_mask_that_is_filled_at_once(drawn, box):
    shapes, kinds = drawn
    whole = mask_of_shapes(shapes, SHAPE, kinds)

    found = ShapesMask(shapes, SHAPE, kinds)

    np.testing.assert_array_equal(found[box], whole[box])
    np.testing.assert_array_equal(found[:], whole)


@given(drawings(), BOXES)
def test_seams_of_blocks_are_not_seen(drawn, box):
    shapes, kinds = drawn
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shapemask, "SIDE", 7)
        found = ShapesMask(shapes, SHAPE, kinds)
        np.testing.assert_array_equal(found[box], found[:][box])
        differs = found[:] != mask_of_shapes(shapes, SHAPE, kinds)
    # Rounding decides about a centre that lies on an outline: nowhere else.
    near = ~_is_far_from_outlines(shapes, kinds)
    assert not (differs & ~near).any()


def _is_far_from_outlines(shapes, kinds):
    """Whether a small shift of all shapes changes nothing, by pixel."""
    tiny = 1e-4
    shifts = [np.array([y, x]) for y in (-tiny, tiny) for x in (-tiny, tiny)]
    masks = []
    for shift in shifts:
        moved = [one.copy() for one in shapes]
        for one in moved:
            one[:, -2:] += shift
        masks.append(mask_of_shapes(moved, SHAPE, kinds))
    return np.all([mask == masks[0] for mask in masks], axis=0)


def test_of_a_huge_image_only_what_is_read_is_filled():
    corners = np.array([(0, 0), (0, 3e5), (3e5, 3e5), (3e5, 0)]) + 0.25
    mask = ShapesMask([corners], (10**6, 400_000, 400_000), ["rectangle"])

    assert mask[999_999, 299_999:300_002, 5].tolist() == [True, True, False]
    assert not mask[7, 350_000:350_064, :64].any()


def test_shapes_in_slices_that_are_not_there_are_left_out():
    shapes = [in_slice(z, SQUARE) for z in (-1, 1, 7)]

    found = ShapesMask(shapes, SHAPE, ["polygon"] * 3)[:]

    assert found.any(axis=(1, 2)).tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("corners", "kind", "sentence"),
    [
        (SQUARE[:2], "line", "Shape 2 is a line, which encloses no area"),
        (SQUARE, "path", "Shape 2 is a path, which encloses no area"),
        (SQUARE[:, [0, 1, 1]], "polygon", "Shape 2 is drawn across slices"),
        (np.zeros((4, 4)), "polygon", "has 4 axes, and the image has 3"),
    ],
)
def test_what_is_no_area_of_the_image_gets_a_sentence(corners, kind, sentence):
    with pytest.raises(InputError, match=sentence) as refused:
        ShapesMask([in_slice(0, SQUARE), corners], SHAPE, ["polygon", kind])
    assert refused.value.remedy


def test_without_shapes_there_is_no_mask():
    with pytest.raises(InputError, match="no shape to segment inside of"):
        ShapesMask([], SHAPE, [])


def test_its_identity_is_that_of_what_is_drawn():
    def identity(corners, kind="polygon", shape=SHAPE):
        return ShapesMask([corners], shape, [kind]).identity

    same = identity(SQUARE)
    assert identity(SQUARE.copy()) == same
    others = [
        identity(SQUARE + 1e-9),
        identity(SQUARE, "ellipse"),
        identity(in_slice(0, SQUARE)),
        identity(SQUARE, shape=(4, 20, 24)),
    ]
    assert len({same, *others}) == 5


@given(drawings())
def test_shapes_come_back_from_a_file_to_the_bit(tmp_path_factory, drawn):
    shapes, kinds = drawn
    path = tmp_path_factory.mktemp("shapes") / "inside.csv"
    path.write_text(shapes_csv(shapes, kinds), encoding="utf-8")

    found, named = shapes_in(path)

    assert named == kinds
    for one, other in zip(found, shapes, strict=True):
        np.testing.assert_array_equal(one, other)
