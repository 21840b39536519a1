"""The container knows its axes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.image import Image, as_image


@given(st.permutations("TZCYX"), st.integers(2, 5))
def test_planes_are_c_y_x_for_any_order_of_axes(order, count):
    axes = "".join(a for a in order if a in "YX" + "TZC"[: count - 2])
    lengths = {"T": 2, "Z": 3, "C": 4, "Y": 5, "X": 6}
    shape = [lengths[a] for a in axes]
    array = np.arange(np.prod(shape)).reshape(shape)
    image = Image(array=array, axes=axes)
    indices = list(image.planes())
    assert len(indices) == np.prod(image.plane_grid, dtype=int)
    channels = 4 if "C" in axes else 1
    for index in indices:
        assert image.plane(index).shape == (channels, 5, 6)
    where = dict(zip(image.plane_axes, indices[-1], strict=True)) | {"Y": 2, "X": 1}
    value = array[tuple(where.get(a, 0) for a in axes)]
    assert image.plane(indices[-1])[0, 2, 1] == value


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"axes": "ZY"}, "include Y and X"),
        ({"axes": "YXX"}, "distinct letters"),
        ({"axes": "QYX"}, "out of TZCYX"),
        ({"axes": "YX"}, "3 dimensions"),
        ({"axes": "ZYX", "spacing": (1.0, 2.0)}, "2 pixel sizes"),
        ({"axes": "ZYX", "spacing": (1.0, 0.0, 1.0)}, "positive"),
        ({"axes": "CYX", "channels": ("a",)}, "2 channels but 1 channel names"),
    ],
)
def test_parts_that_do_not_fit_get_a_sentence(options, sentence):
    with pytest.raises(InputError, match=sentence):
        Image(array=np.zeros((2, 3, 4)), name="em", **options)


def test_results_keep_the_pixel_size_of_their_axes():
    image = Image(
        array=np.zeros((2, 3, 4)), axes="ZYX", spacing=(5.0, 2.0, 1.0), unit="nm"
    )
    plane = image.like(np.zeros((3, 4)), "YX", "labels")
    assert (plane.spacing, plane.unit) == ((2.0, 1.0), "nm")
    assert image.spacing_of("X") == 1


def test_arrays_of_two_and_three_dimensions_need_no_axes():
    assert as_image(np.zeros((2, 3))).axes == "YX"
    assert as_image(np.zeros((2, 3, 4))).axes == "ZYX"
    assert as_image([[1, 2], [3, 4]]).shape == (2, 2)
    with pytest.raises(InputError, match="4 dimensions of unknown meaning"):
        as_image(np.zeros((1, 2, 3, 4)))
