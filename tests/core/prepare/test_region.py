"""Inside a region everything counts; outside, only what is painted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.image import Image
from napari_unetseg.core.prepare.region import apply_region, check_regions
from napari_unetseg.core.prepare.targets import IGNORE


def image(array, axes=None, name="gt"):
    array = np.asarray(array)
    return Image(array=array, axes=axes or "TZYX"[-array.ndim :], name=name)


@given(st.data(), st.sampled_from([(5, 6), (3, 4, 5)]), st.integers(0, 3))
def test_every_pixel_means_what_the_region_says(data, shape, background):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    target = rng.integers(IGNORE, 4, size=shape).astype(np.int16)
    mask = rng.integers(0, 3, size=shape).astype(np.uint8)
    before = target.copy()

    found = apply_region(target, mask, background)

    np.testing.assert_array_equal(target, before)
    assert found.dtype == target.dtype
    for pixel in np.ndindex(shape):
        painted = target[pixel] not in (background, IGNORE)
        unpainted = background if mask[pixel] else IGNORE
        assert found[pixel] == (target[pixel] if painted else unpainted)


def test_what_zeros_meant_before_does_not_matter():
    painted = np.array([[0, 7, 0, 7, 0]], np.int32)
    mask = np.array([[1, 1, 0, 0, 0]], bool)
    unknown = np.where(painted == 0, IGNORE, painted)
    expected = [[0, 7, IGNORE, 7, IGNORE]]
    assert apply_region(painted, mask, 0).tolist() == expected
    assert apply_region(unknown, mask, 0).tolist() == expected


def test_regions_that_fit_are_accepted():
    labels = [image(np.zeros((3, 4, 5), int)), image(np.zeros((6, 7), int))]
    first = np.zeros((3, 4, 5), bool)
    first[2, 1, 1] = True
    check_regions([image(first, "TYX"), image(np.ones((6, 7), np.float32))], labels)
    check_regions([], [])


@pytest.mark.parametrize(
    ("regions", "sentence"),
    [
        ([], "There are 0 regions but 1 labels"),
        ([image(np.ones((4, 5)))] * 2, "There are 2 regions but 1 labels"),
        ([image(np.zeros((4, 5)), name="roi")], "Nothing is inside the region 'roi'"),
        ([image(np.ones((5, 4)), name="roi")], r"region 'roi' is 5 x 4 \(YX\), the la"),
        ([image(np.ones((1, 4, 5)), name="roi")], r"is 1 x 4 x 5 \(ZYX\), the labels"),
        ([image(np.ones((2, 4, 5)), "CYX")], "with the axes CYX"),
        ([image(np.ones((4, 5), complex))], "is complex128"),
    ],
)
def test_regions_that_do_not_fit_get_a_sentence(regions, sentence):
    with pytest.raises(InputError, match=sentence):
        check_regions(regions, [image(np.zeros((4, 5), int))])
