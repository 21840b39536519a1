"""Pairs that do not fit are refused in one sentence."""

import numpy as np
import pytest

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.image import Image
from napari_unetseg.core.prepare.pairs import check_pairs, check_shapes, check_values


def image(shape, axes, name="em", dtype=np.uint8):
    array = np.random.default_rng(0).integers(0, 200, shape).astype(dtype)
    return Image(array=array, axes=axes, name=name)


def test_both_shapes_are_named():
    with pytest.raises(
        InputError, match=r"'em' is 3 x 8 x 9 \(ZYX\).*'gt'.*8 x 9 \(YX\)"
    ):
        check_pairs([image((3, 8, 9), "ZYX")], [image((8, 9), "YX", "gt")])


def test_a_transposed_pair_is_recognised():
    with pytest.raises(InputError, match="transposed"):
        check_pairs([image((8, 9), "YX")], [image((9, 8), "YX", "gt")])


def test_channels_do_not_count():
    check_pairs([image((3, 2, 8, 9), "ZCYX")], [image((3, 8, 9), "TYX", "gt")])


def test_missing_labels_are_counted():
    with pytest.raises(InputError, match="2 images but 1 labels"):
        check_pairs([image((8, 9), "YX")] * 2, [image((8, 9), "YX")])


def test_different_channels_are_refused():
    pair = [image((2, 8, 9), "CYX", "a"), image((8, 9), "YX", "b")]
    with pytest.raises(InputError, match="'a' has 2 channels but 'b' has 1"):
        check_pairs(pair, [image((8, 9), "YX")] * 2)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_broken_pixels_are_counted_and_placed(value):
    bad = image((3, 8, 9), "ZYX", dtype=np.float32)
    bad.array[1, 2, 3] = bad.array[2, 4, 4] = value
    with pytest.raises(InputError, match=r"2 pixels .* first at z 1, c 0, y 2, x 3"):
        check_pairs([bad], [image((3, 8, 9), "ZYX")])


def test_complex_images_are_refused():
    with pytest.raises(InputError, match="complex64"):
        check_pairs([image((8, 9), "YX", dtype=np.complex64)], [image((8, 9), "YX")])


def test_the_labels_may_be_of_any_axes_and_type():
    check_shapes(image((2, 3, 8, 9), "TZYX"), image((2, 3, 8, 9), "TZYX", "gt", bool))
    check_shapes(image((8, 2, 9), "YCX"), image((8, 9), "YX", "gt", np.uint64))


def test_numbers_of_channels_are_named_before_any_pixel_is_read():
    bad = image((2, 8, 9), "CYX", "a", np.float32)
    bad.array[:] = np.nan
    with pytest.raises(InputError, match="'a' has 2 channels but 'b' has 1"):
        check_pairs([bad, image((8, 9), "YX", "b")], [image((8, 9), "YX")] * 2)


@pytest.mark.parametrize("dtype", ["bool", "uint64", ">i2", "float16", ">f8"])
def test_real_numbers_are_taken(dtype):
    check_values(image((3, 8, 9), "ZYX", dtype=dtype))


def test_a_lazy_image_is_looked_through_too():
    import dask.array as da

    whole = np.zeros((3, 8, 9), np.float32)
    whole[2, 1, 1] = np.nan
    lazy = Image(array=da.from_array(whole, chunks=(1, 8, 9)), axes="ZYX", name="em")
    with pytest.raises(InputError, match=r"'em' holds 1 pixels .* z 2, c 0, y 1, x 1"):
        check_values(lazy)
