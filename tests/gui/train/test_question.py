"""What the dock says of a question is what the training will do."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from napari_unetseg.core.draining import result_of
from napari_unetseg.core.errors import InputError
from napari_unetseg.core.image import Image
from napari_unetseg.core.prepare.divide import divide
from napari_unetseg.core.prepare.split import neighbours, split
from napari_unetseg.core.presets import train_config
from napari_unetseg.core.train.material import gather
from napari_unetseg.gui.train.look import look
from napari_unetseg.gui.train.validated import (
    DRAWN,
    ONE_BLOCK,
    THROUGH_ALL,
    validated,
)

SHAPES = {"YX": (6, 7), "ZYX": (5, 6, 7), "TYX": (3, 7, 6), "TZYX": (3, 4, 6, 6)}
PLANES = {axes: shape[:-2] for axes, shape in SHAPES.items()}


def test_neighbours_in_time_are_left_out_in_the_dock_as_in_the_training():
    stacks = Image(array=np.zeros((5, 10, 8, 8), np.uint8), axes="TZYX")
    beside = neighbours([(0, index) for index in np.ndindex(5, 10)])
    wanted = split("0.2", [True] * 50, [0] * 50, beside=beside).note
    assert "Slices 30-39 are left out" in wanted
    assert validated(train_config(), [True] * 50, [stacks]).note == wanted


@given(
    data=st.data(),
    axes=st.lists(st.sampled_from(sorted(SHAPES)), min_size=1, max_size=3),
    dimensions=st.sampled_from([2, 3]),
    wish=st.sampled_from(["0", "0.2", "0.5", "1", "0-2"]),
)
def test_of_any_pairs_it_says_what_the_training_does(data, axes, dimensions, wish):
    labels = []
    for letters in axes:
        count = int(np.prod(PLANES[letters], dtype=int))
        flags = data.draw(st.lists(st.booleans(), min_size=count, max_size=count))
        painted = np.zeros(SHAPES[letters], np.uint8)
        painted.reshape(count, -1)[flags] = (
            1 + np.arange(42 - 6 * (letters == "TZYX")) % 2
        )
        labels.append(Image(array=painted, axes=letters, name=letters))
    images = [
        one.like(one.array.astype(np.uint16), one.axes, one.name) for one in labels
    ]
    config = train_config(dimensions=dimensions, validation=wish)
    seen = result_of(look(labels, "auto"))
    assume(not seen.problem)
    try:
        material = result_of(gather(images, labels, config))
        band = (1,) * dimensions
        parts = divide(material.samples, material.annotated, wish, lambda: band)
        note = parts.slices.note
    except InputError as error:
        note = str(error)

    try:
        said = validated(config, seen.annotated, images).note
    except InputError as error:
        said = str(error)

    if said in {ONE_BLOCK.format(frame=frame) for frame in ("slice", "volume")}:
        assert sum(map(any, material.annotated)) == 1
    else:
        assert said.removesuffix(THROUGH_ALL).rstrip() == note


def test_boxes_are_told_and_strange_ones_refused_before_the_training_begins():
    stack = Image(array=np.zeros((5, 8, 8), np.uint8), axes="ZYX", name="em")
    boxes = train_config(validation="z=1:3,y=0:4")

    assert validated(boxes, [True] * 5, [stack]).note == DRAWN

    for wish, sentence in (
        ("x=20:30", "lies beside 'em'"),
        ("y=1", "no side of a box"),
    ):
        with pytest.raises(InputError, match=sentence):
            validated(train_config(validation=wish), [True] * 5, [stack])
