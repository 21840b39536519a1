"""Which layers are offered as a pair."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from napari.layers import Image, Labels

from napari_unetseg.core.errors import InputError
from napari_unetseg.gui.train.pair import Pair, check_distinct, fitting

pytestmark = pytest.mark.gui

SIZES = ((4, 5), (5, 4), (2, 4, 5))


def image(name, shape=(4, 5), **about):
    return Image(np.zeros(shape, np.uint8), name=name, **about)


def labels(name, shape=(4, 5)):
    return Labels(np.zeros(shape, np.uint8), name=name)


@pytest.mark.parametrize(
    ("images", "painted", "found"),
    [
        ([("em", 0)], [("x", 1), ("y", 0)], ("em", "y")),
        ([("em", 0)], [("x", 0), ("EM labels", 0)], ("em", "EM labels")),
        ([("a", 0), ("em", 0)], [("x", 0), ("em-labels", 0)], ("em", "em-labels")),
        ([("em", 0)], [("em labels", 1), ("x", 0)], ("em", "x")),
        (
            [("em", 0), ("em 2", 0)],
            [("em 2 labels", 0), ("em labels", 0)],
            ("em 2", "em 2 labels"),
        ),
        ([("em", 0), ("b", 0)], [("x", 0), ("y", 0)], ("em", "x")),
        ([("em", 2)], [("em", 0)], None),
        ([], [("em", 0)], None),
        ([("em", 0)], [], None),
    ],
)
def test_the_same_size_is_a_must_and_the_name_decides(images, painted, found):
    pair = fitting(
        [image(name, SIZES[size]) for name, size in images],
        [labels(name, SIZES[size]) for name, size in painted],
    )

    assert pair == found or tuple(layer.name for layer in pair) == found


def test_colours_and_further_dimensions_without_a_meaning_do_not_disturb():
    unclear = image("x", (2, 3, 4, 4, 5))
    colour = image("colour", (4, 5, 3), rgb=True)

    _, painted = fitting([unclear, colour], [labels("other", (3, 4, 5)), labels("x")])

    assert painted.name == "x"


@given(
    st.lists(st.sampled_from(SIZES), max_size=4),
    st.lists(st.sampled_from(SIZES), max_size=4),
)
def test_there_is_a_pair_if_there_are_two_of_one_size(images, painted):
    pair = fitting([image("a", n) for n in images], [labels("b", n) for n in painted])

    assert (pair is not None) == bool({*images} & {*painted})
    assert pair is None or pair[0].data.shape == pair[1].data.shape


def test_a_layer_belongs_to_one_pair():
    em, red, painted, other = image("em"), image("red"), labels("x"), labels("y")
    check_distinct([Pair([em, red], painted), Pair([image("a")], other)])

    for pair in (Pair([red], other), Pair([image("a")], painted)):
        with pytest.raises(InputError, match="is in two pairs"):
            check_distinct([Pair([em, red], painted), pair])
