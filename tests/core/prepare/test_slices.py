"""Pairs are checked in one sentence, normalised once, and cut into slices."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.image import Image
from napari_unetseg.core.prepare.normalise import Normaliser, normalisers
from napari_unetseg.core.prepare.sampling import places
from napari_unetseg.core.prepare.slices import check_pairs, slices
from napari_unetseg.core.prepare.targets import IGNORE, annotation


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


def test_a_volume_is_normalised_as_one_and_time_points_each_by_itself():
    array = np.random.default_rng(0).normal(size=(2, 3, 16, 16)) * 7 + 100
    array[1] += 50
    stack = Image(array=array, axes="TZYX")
    table = normalisers(stack)
    assert table[0, 0] is table[0, 2]
    for t in (0, 1):
        volume = np.stack([table[t, z](array[t, z][None]) for z in range(3)])
        assert volume.mean() == pytest.approx(0, abs=1e-5)
        assert volume.std() == pytest.approx(1, abs=1e-5)


def test_statistics_of_channels_are_their_own_and_skip_broken_pixels():
    array = np.stack([np.full((4, 4), 5.0), np.arange(16.0).reshape(4, 4)])
    array[1, 0, 0] = np.nan
    [normalise] = normalisers(Image(array=array, axes="CYX")).values()
    np.testing.assert_allclose(normalise.mean, [5, 8])
    found = normalise(array)
    assert not found[0].any()  # constant
    assert found[1, 0, 0] == 0
    assert found.dtype == np.float32


def test_large_integers_keep_their_differences():
    array = np.array([[2**31, 2**31 + 1], [2**31 + 2, 2**31 + 3]], np.uint32)
    [normalise] = normalisers(Image(array=array, axes="YX")).values()
    assert len(np.unique(normalise(array[None]))) == 4


@given(st.sampled_from(["<u2", ">u2", "<f8", ">f4", "bool", "int64"]))
def test_any_number_type_is_taken(dtype):
    array = (np.arange(12).reshape(3, 4)[::-1] % 7).astype(dtype)
    [normalise] = normalisers(Image(array=array, axes="YX")).values()
    found = normalise(array[None])
    assert found.dtype == np.float32
    assert found.flags["C_CONTIGUOUS"] or found.shape[0] == 1


def test_slices_follow_images_and_planes():
    images = [image((2, 8, 9), "ZYX"), image((8, 9), "YX")]
    painted = [
        Image(array=np.tile([[1], [2]], (2, 4, 9)), axes="ZYX"),
        Image(array=np.tile([[1], [2]], (4, 9)), axes="YX"),
    ]
    cut = slices(images, painted, annotation(painted))
    assert [one.image for one in cut] == [0, 0, 1]
    assert cut[0].values.shape == (1, 8, 9)
    assert cut[0].target.tolist() == np.tile([[0], [1]], (4, 9)).tolist()


def test_rare_classes_are_drawn_often_and_unknown_pixels_never():
    target = np.full((50, 50), IGNORE, np.int16)
    target[:30] = 0
    target[10, 10] = 1
    drawn = places([target], 2, np.random.default_rng(0)).draw(
        2000, np.random.default_rng(1)
    )
    classes = target[drawn[:, 1], drawn[:, 2]]
    assert IGNORE not in classes
    assert np.mean(classes == 1) == pytest.approx(0.25, abs=0.05)


def test_an_absent_class_is_never_drawn():
    target = np.zeros((5, 5), np.int16)
    found = places([target], 3, np.random.default_rng(0))
    assert len(found.by_class) == 1


def test_normaliser_guards_against_a_constant_image():
    assert not Normaliser(np.array([3.0]), np.zeros(1))(np.full((1, 2, 2), 3)).any()
