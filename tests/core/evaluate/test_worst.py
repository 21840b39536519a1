"""Where to look first."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis.extra import numpy as hnp

from napari_unetseg.core.evaluate.report import evaluate
from napari_unetseg.core.evaluate.worst import largest_error, worst_planes
from napari_unetseg.core.image import Image

TRUTH = np.ones((4, 2, 4), np.uint8)
TRUTH[:, 1] = 2
TRUTH[3] = 0


def report(prediction, **more):
    images = [Image(array=one, axes="ZYX") for one in (prediction, TRUTH)]
    return evaluate(*images, **more)


def test_the_worst_plane_is_the_first():
    prediction = TRUTH.copy()
    prediction[1, 0, :3] = 2
    prediction[2, 1, 0] = 1
    planes = worst_planes(report(prediction, ignore=(0,)))
    assert [plane.place for plane in planes] == [(1,), (2,), (0,)]
    worst = planes[0]
    assert (worst.worst_class, worst.worst_iou, worst.wrong) == (1, 0.25, 3)
    assert worst.mean_iou == (1 / 4 + 4 / 7) / 2


def test_equal_planes_stay_in_their_order():
    planes = worst_planes(report(TRUTH))
    assert [plane.place for plane in planes] == [(0,), (1,), (2,), (3,)]


def test_the_largest_error():
    errors = np.zeros((5, 6), np.uint8)
    assert largest_error(errors) is None
    errors[0, :3] = 1
    errors[1, 1] = 2
    errors[2:4, 3], errors[3, 4] = 3, 2
    assert largest_error(errors) == ((2, 3), (4, 5))


@given(
    hnp.arrays(
        np.uint8,
        hnp.array_shapes(max_dims=3, max_side=4),
        elements={"min_value": 0, "max_value": 4},
    )
)
def test_the_largest_error_is_wrong_at_its_borders(errors):
    found = largest_error(errors)
    if found is None:
        assert (errors < 2).all()
        return
    box = (errors > 1)[tuple(map(slice, *found))]
    for axis in range(box.ndim):
        for side in (0, -1):
            assert box.take(side, axis).any()
