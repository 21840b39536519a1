"""What became of every object."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_unetseg.core.draining import result_of
from napari_unetseg.core.evaluate.foreground import Foreground
from napari_unetseg.core.evaluate.instances import instance_score
from napari_unetseg.core.evaluate.matching import contingency
from napari_unetseg.core.evaluate.object_errors import boxes_of, fates, object_report
from napari_unetseg.core.image import Image
from oracles import instances
from oracles import object_errors as oracle


@st.composite
def frames(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    shape = draw(hnp.array_shapes(min_dims=2, max_dims=3, max_side=5))
    ids = st.sampled_from((0, 1, 2, 3, -1))
    truth, chance = (draw(hnp.arrays(np.int16, shape, elements=ids)) for _ in "ab")
    kept = draw(hnp.arrays(bool, shape))
    return truth, np.where(kept & (truth > 0), truth + 5, abs(chance))


@given(frames(), st.sampled_from([-1, None, 0, 2]))
def test_as_by_definition(pair, ignore):
    found = fates(contingency(*pair, ignore=ignore))
    assert found == oracle.fates(*pair, ignore)


@given(frames())
def test_boxes(pair):
    sets = instances.objects(pair[0], set())
    assert boxes_of(pair[0]) == {i: oracle.box(pixels) for i, pixels in sets.items()}


def told(truth, prediction, **more):
    def image(row):
        digits = [[int(digit) for digit in row]]
        return Image(array=np.array(digits), axes="YX")

    report = result_of(
        object_report(image(prediction), image(truth), dimensions=2, **more)
    )
    return {(one.fate, one.identity): one for one in report.objects}


@pytest.mark.parametrize(
    ("truth", "prediction", "expected"),
    [
        ("1110220", "3330440", {("found", 1), ("found", 2)}),
        ("1110220", "3330000", {("found", 1), ("missed", 2)}),
        ("1111000", "3344000", {("split", 1)}),
        ("1102200", "3333300", {("merged", 1), ("merged", 2)}),
        ("1100000", "3300044", {("found", 1), ("spurious", 4)}),
        ("1100009", "3300044", {("found", 1)}),
    ],
)
def test_by_hand(truth, prediction, expected):
    assert set(told(truth, prediction, ignore=(9,))) == expected


@pytest.mark.parametrize("axes", ["TZYX", "ZTYX"])
@pytest.mark.parametrize("dimensions", [2, 3])
def test_boxes_lie_in_the_image(axes, dimensions):
    random = np.random.default_rng(0)
    truth = random.integers(0, 3, (2, 3, 5, 6))
    prediction = random.integers(0, 3, truth.shape)
    images = [
        Image(array=one if axes == "TZYX" else one.swapaxes(0, 1), axes=axes)
        for one in (prediction, truth)
    ]
    report = result_of(object_report(*images, dimensions=dimensions))
    assert report.score.references == sum(
        len(np.unique(frame)) - 1
        for frame in truth.reshape((2, 3, 5, 6) if dimensions == 3 else (6, 5, 6))
    )
    for one in report.objects:
        side = images[0] if one.fate == "spurious" else images[1]
        part = side.array[tuple(map(slice, one.start, one.stop))]
        assert (part == one.identity).sum() >= one.pixels
    assert [one.iou for one in report.objects] == sorted(
        one.iou for one in report.objects
    )


def test_what_is_not_annotated_on_either_side_is_left_out():
    random = np.random.default_rng(1)
    truth, prediction = random.integers(0, 4, (2, 6, 7))
    images = [Image(array=one, axes="YX") for one in (prediction, truth)]
    report = result_of(object_report(*images, dimensions=2, ignore=(3,)))
    out = (truth == 3) | (prediction == 3)
    assert report.score == instance_score(np.where(out, -1, truth), prediction)


@given(frames(), st.lists(st.sampled_from((0, 1, -1)), max_size=2))
def test_foreground(pair, ignore):
    ids = pair[0]
    classes = Foreground(ids, ignore)[...]
    for identity, found in zip(ids.ravel(), classes.ravel(), strict=True):
        assert found == (2 if identity in ignore else int(identity != 0))
