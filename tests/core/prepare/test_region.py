"""Inside a region everything counts; outside, only what is painted."""

from __future__ import annotations

import numpy as np
import pytest

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.image import Image
from napari_unetseg.core.prepare.region import check_regions


def image(array, axes=None, name="gt"):
    array = np.asarray(array)
    return Image(array=array, axes=axes or "TZYX"[-array.ndim :], name=name)


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
