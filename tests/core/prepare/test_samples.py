"""Pairs are checked in one sentence, normalised once, and divided without overlap."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.image import Image
from napari_unetseg.core.prepare.normalise import Normaliser, normalisers
from napari_unetseg.core.prepare.samples import (
    check_pairs,
    divide,
    samples,
    spacing_notes,
)
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
    cut = samples(images, painted, annotation(painted))
    assert [one.image for one in cut] == [0, 0, 1]
    assert cut[0].values.shape == (1, 8, 9)
    assert cut[0].target.tolist() == np.tile([[0], [1]], (4, 9)).tolist()


def stack(shape=(6, 8, 9), axes="ZYX"):
    """Values that tell their place, and labels that are 1 above 2."""
    values = np.arange(np.prod(shape)).reshape(shape)
    painted = np.ones(shape, np.uint8)
    painted[..., shape[-2] // 2 :, :] = 2
    return Image(array=values, axes=axes), Image(array=painted, axes=axes, name="gt")


def test_volumes_follow_images_and_time_points():
    pairs = [stack((2, 3, 8, 9), "TZYX"), stack((5, 8, 9))]
    images, painted = zip(*pairs, strict=True)
    found = samples(images, painted, annotation([*painted]), 3)
    assert [one.image for one in found] == [0, 0, 1]
    assert [one.target.shape for one in found] == [(3, 8, 9), (3, 8, 9), (5, 8, 9)]
    assert found[2].values.shape == (1, 5, 8, 9)


@given(
    st.permutations("TZYX"),
    st.integers(0, 4),
    st.sampled_from(["zero is unknown", "strokes"]),
)
def test_volumes_are_the_planes_that_they_consist_of(axes, place, kind):
    """Whatever the order of the axes; planes that are not annotated stay so."""
    axes = "".join(axes)
    channels = axes[:place] + "C" + axes[place:]
    sizes = {"T": 2, "Z": 3, "C": 2, "Y": 20, "X": 21}
    rng = np.random.default_rng(0)
    array = np.zeros((2, 3, 20, 21), np.uint8)
    array[0, 1:], array[1, 2, :4] = 2, 2
    array[0, 1:, :9], array[1, 2, :2, :4] = 1, 1
    if kind == "strokes":
        array[0, 0, 3, 2:9] = 1
    painted = Image(
        array=array.transpose(["TZYX".index(a) for a in axes]), axes=axes, name="gt"
    )
    pixels = rng.normal(size=[sizes[a] for a in channels])
    images, painted = [Image(array=pixels, axes=channels)], [painted]
    known = annotation(painted)
    planes = samples(images, painted, known, 2)
    volumes = samples(images, painted, known, 3)
    order = [*np.ndindex(*images[0].plane_grid)]
    z = images[0].plane_axes.index("Z")
    for t, volume in enumerate(volumes):
        for plane, target, at in zip(
            volume.values.swapaxes(0, 1), volume.target, range(3), strict=True
        ):
            index = (at, t) if z == 0 else (t, at)
            one = planes[order.index(index)]
            np.testing.assert_array_equal(plane, one.values)
            np.testing.assert_array_equal(target, one.target)
    assert not (volumes[1].target[0] != IGNORE).any()


def test_labels_may_call_the_slices_by_another_letter():
    image, painted = stack()
    other = Image(array=painted.array, axes="TYX", spacing=(2, 2), name="gt")
    for labels in ([painted], [other]):
        [volume] = samples([image], labels, annotation(labels), 3)
        assert volume.target.shape == (6, 8, 9)


def test_a_flat_image_has_no_volumes():
    image, painted = stack((8, 9), "YX")
    with pytest.raises(InputError, match="the axes YX"):
        samples([image], [painted], annotation([painted]), 3)


def divided(wish, *shapes, dimensions=3):
    images, painted = zip(*map(stack, shapes), strict=True)
    cut = samples(images, painted, annotation([*painted]), dimensions)
    return divide(cut, wish)


def test_planes_are_divided_one_by_one():
    parts, train, validation = divided("1,3", (6, 8, 9), dimensions=2)
    assert (parts.train, parts.validation) == ((0, 2, 4, 5), (1, 3))
    assert [one.target.shape for one in train + validation] == [(8, 9)] * 6
    assert validation[0].values.min() < validation[1].values.min()


def test_volumes_are_cut_along_z_with_a_gap():
    parts, train, validation = divided("0.2", (10, 8, 9))
    assert (parts.train, parts.gap, parts.validation) == (
        tuple(range(7)),
        (7,),
        (8, 9),
    )
    assert [one.target.shape for one in train] == [(7, 8, 9)]
    assert [one.values.shape for one in validation] == [(1, 2, 8, 9)]
    assert train[0].values.max() < validation[0].values.min()


def test_slices_are_counted_through_all_volumes():
    parts, train, validation = divided("0-2,11", (5, 8, 9), (7, 8, 9))
    assert parts.validation == (0, 1, 2, 11)
    assert [len(one.target) for one in train] == [2, 6]
    assert [len(one.target) for one in validation] == [3, 1]
    assert [one.image for one in (*train, *validation)] == [0, 1, 0, 1]


def test_normaliser_guards_against_a_constant_image():
    assert not Normaliser(np.array([3.0]), np.zeros(1))(np.full((1, 2, 2), 3)).any()


@pytest.mark.parametrize(
    ("spacing", "unit", "differs"),
    [
        ((3, 1, 1), "um", False),
        ((3000, 1000, 1000), "nm", False),
        ((2.9, 1, 1), "um", False),
        ((6, 2, 2), "pixel", False),
        ((6, 2, 2), "um", True),
        ((1, 1, 1), "um", True),
        ((1, 1, 1), "pixel", True),
    ],
)
def test_volumes_of_other_pixels_are_told(spacing, unit, differs):
    first = image((4, 8, 9), "ZYX", "a").with_spacing((3, 1, 1), "um")
    other = image((4, 8, 9), "ZYX", "b").with_spacing(spacing, unit)

    notes = spacing_notes([first, first, other])

    assert len(notes) == differs
    assert all("'b'" in note and "3 x 1 x 1 um" in note for note in notes)
