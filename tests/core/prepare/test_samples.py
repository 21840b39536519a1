"""Pairs are normalised once, and cut into frames of which nothing is read too early."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.config import InstancesConfig
from napari_unetseg.core.errors import InputError
from napari_unetseg.core.image import Image
from napari_unetseg.core.prepare.annotation import annotation
from napari_unetseg.core.prepare.normalise import Normaliser, normalisers
from napari_unetseg.core.prepare.pixelsize import PixelSize
from napari_unetseg.core.prepare.samples import (
    bytes_in_memory,
    gaps,
    in_memory,
    painted_frames,
    planes_of,
    samples,
)
from napari_unetseg.core.prepare.targets import IGNORE
from napari_unetseg.core.prepare.teaching import Teaching
from oracles import weights as oracle
from oracles.doubles import Watched


def image(shape, axes, name="em", dtype=np.uint8):
    array = np.random.default_rng(0).integers(0, 200, shape).astype(dtype)
    return Image(array=array, axes=axes, name=name)


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


def test_normaliser_guards_against_a_constant_image():
    assert not Normaliser(np.array([3.0]), np.zeros(1))(np.full((1, 2, 2), 3)).any()


def cut(images, labels, dimensions=2, instances=None, **options):
    """Samples of pairs, as a training makes them."""
    regions = options.get("regions", ())
    found = annotation([*labels], instances=instances, regions=regions)
    teaching = Teaching(found.ids, instances)
    return samples(images, labels, found, teaching, dimensions=dimensions, **options)


def stack(shape=(6, 8, 9), axes="ZYX"):
    """Values that tell their place, and labels that are 1 above 2."""
    values = np.arange(np.prod(shape)).reshape(shape)
    painted = np.ones(shape, np.uint8)
    painted[..., shape[-2] // 2 :, :] = 2
    return Image(array=values, axes=axes), Image(array=painted, axes=axes, name="gt")


def test_slices_follow_images_and_planes():
    images = [image((2, 8, 9), "ZYX"), image((8, 9), "YX")]
    painted = [
        Image(array=np.tile([[1], [2]], (2, 4, 9)), axes="ZYX"),
        Image(array=np.tile([[1], [2]], (4, 9)), axes="YX"),
    ]
    found = cut(images, painted)
    assert [(one.image, one.index) for one in found] == [(0, (0,)), (0, (1,)), (1, ())]
    assert found[0].values.shape == (1, 8, 9)
    target = np.asarray(found[0].target)
    assert target.tolist() == np.tile([[0], [1]], (4, 9)).tolist()


def test_volumes_follow_images_and_time_points():
    pairs = [stack((2, 3, 8, 9), "TZYX"), stack((5, 8, 9))]
    images, painted = zip(*pairs, strict=True)
    found = cut(images, painted, 3)
    assert [(one.image, one.index) for one in found] == [(0, (0,)), (0, (1,)), (1, ())]
    assert [one.shape for one in found] == [(3, 8, 9), (3, 8, 9), (5, 8, 9)]
    assert found[2].values.shape == (1, 5, 8, 9)


@given(
    st.permutations("TZYX"),
    st.integers(0, 4),
    st.sampled_from(["zero is unknown", "strokes", "objects", "region"]),
    st.booleans(),
)
def test_volumes_are_the_planes_that_they_consist_of(axes, place, kind, lazy):
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
    turned = [*map("TZYX".index, axes)]
    painted = [Image(array=array.transpose(turned), axes=axes, name="gt")]
    pixels = rng.normal(size=[sizes[a] for a in channels])
    images = [Image(array=Watched(pixels) if lazy else pixels, axes=channels)]
    # A ring would go from plane to plane of a volume.
    instances = InstancesConfig(ring=0) if kind == "objects" else None
    regions = ()
    if kind == "region":
        mask = rng.random(array.shape) < 0.5
        mask[1, 0] = 0
        regions = [Image(array=mask.transpose(turned), axes=axes)]
    planes = cut(images, painted, 2, instances, regions=regions)
    volumes = cut(images, painted, 3, instances, regions=regions)
    places = {one.index: one for one in planes}
    assert [*places] == [*np.ndindex(*images[0].plane_grid)]
    for volume in volumes:
        t = volume.index[0]
        values, target = np.asarray(volume.values), np.asarray(volume.target)
        for z in range(3):
            letters = {"T": t, "Z": z}
            one = places[tuple(letters[axis] for axis in images[0].plane_axes)]
            np.testing.assert_array_equal(values[:, z], one.values)
            np.testing.assert_array_equal(target[z], one.target)
            own = normalisers(images[0])[one.index]
            wanted = pixels.transpose([*map(channels.index, "TZCYX")])[t, z]
            np.testing.assert_array_equal(values[:, z], own(wanted))
    empty = np.asarray(volumes[1].target)[0]
    assert (empty == IGNORE).all()


def test_labels_may_call_the_slices_by_another_letter():
    image, painted = stack()
    other = Image(array=painted.array, axes="TYX", spacing=(2, 2), name="gt")
    for labels in ([painted], [other]):
        [volume] = cut([image], labels, 3)
        assert volume.target.shape == (6, 8, 9)
    frames = painted_frames(image, other, 3)
    assert planes_of(frames, ()) == [(z,) for z in range(6)]


def test_planes_of_a_volume_are_told_by_the_labels_own_order():
    image = Image(array=np.zeros((4, 3, 8, 9)), axes="ZTYX")
    labels = Image(array=np.zeros((4, 3, 8, 9), int), axes="TZYX")
    frames = painted_frames(image, labels, 3)
    assert (frames.grid, frames.shape) == ((3,), (4, 8, 9))
    assert planes_of(frames, (2,)) == [(z, 2) for z in range(4)]
    assert planes_of(painted_frames(image, labels, 2), (1, 2)) == [(1, 2)]


def test_a_flat_image_has_no_volumes():
    image, painted = stack((8, 9), "YX")
    with pytest.raises(InputError, match="the axes YX"):
        cut([image], [painted], 3)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_nothing_is_read_before_its_time_and_then_once(dimensions):
    """But for an image, which is read for its statistics too."""
    values, painted = stack()
    mask = Watched(np.ones(painted.shape, bool))
    image, labels = Watched(values.array), Watched(painted.array)
    given_labels = [Image(array=labels, axes="ZYX")]
    images, region = Image(array=image, axes="ZYX"), Image(array=mask, axes="ZYX")
    found = annotation(given_labels, regions=[region])
    labels.read.clear()
    mask.read.clear()

    views = samples(
        [images],
        given_labels,
        found,
        Teaching(found.ids),
        regions=[region],
        dimensions=dimensions,
    )
    assert image.read == labels.read == mask.read == []
    assert not any(one.is_held for one in views)
    assert bytes_in_memory(views) == 6 * 8 * 9 * (4 + 8)

    held = [in_memory(one) for one in views]
    for array, times in ((image, 2), (labels, 1), (mask, 1)):
        assert times_read(array) == {times}
        array.read.clear()
    assert all(one.is_held and (one.target != IGNORE).any() for one in held)
    assert held[0].model_shape == held[0].shape
    for one, view in zip(held, views, strict=True):
        np.testing.assert_array_equal(one.values, np.asarray(view.values))
        np.testing.assert_array_equal(one.target, np.asarray(view.target))


def times_read(watched):
    """How often the pixels of an array were read."""
    count = np.zeros(watched.shape, int)
    for place in watched.read:
        count[place] += 1
    return {*count.flat}


def test_dask_stays_lazy():
    import dask.array as da

    whole, painted = stack()
    loaded = []

    def load(block):
        loaded.append(block.shape)
        return block

    chunked = da.from_array(painted.array, chunks=(1, 8, 9))
    lazy = Image(array=chunked.map_blocks(load, dtype=np.uint8), axes="ZYX")
    known = annotation([painted])
    loaded.clear()
    views = samples([whole], [lazy], known, Teaching(known.ids))
    assert loaded == []
    np.testing.assert_array_equal(np.asarray(views[2].target), painted.array[2] - 1)
    assert loaded == [(1, 8, 9)]


def objects(seed=0, shape=(24, 30)):
    rng = np.random.default_rng(seed)
    array = rng.integers(0, 4, [n // 6 for n in shape])
    return Image(array=np.kron(array, np.ones((6,) * len(shape), int)), axes="YX")


@pytest.mark.parametrize("weights", ["none", "paper", "fiji"])
def test_gaps_count_more_only_where_that_is_asked(weights):
    labels = objects()
    how = InstancesConfig(weights=weights)
    [view] = cut([labels], [labels], instances=how)
    held = in_memory(view)
    assert view.term is None
    if weights == "none":
        assert held.term is None
        return
    wanted = oracle.separation(held.target, weights)
    np.testing.assert_allclose(held.term, wanted, atol=2e-4 * wanted.max())
    np.testing.assert_array_equal(gaps(held.target, view.painted.teaching), held.term)


def test_of_classes_no_gap_counts_more():
    _, labels = stack()
    assert in_memory(cut([labels], [labels])[0]).term is None


def test_an_image_of_finer_pixels_comes_to_those_of_the_model():
    """Its distances too."""
    labels = objects(shape=(24, 31))
    fine = labels.with_spacing((0.5, 1.0), "um")
    how = InstancesConfig(weights="paper")
    size = PixelSize((1.0, 1.0), "um")
    first, second = (
        cut([one], [labels], instances=how, size=size)[0]
        for one in (fine, labels.with_spacing((1.0, 1.0), "um"))
    )
    assert (first.zoom, second.zoom) == ((2.0, 1.0), ())
    assert (first.shape, first.model_shape) == ((24, 30), (12, 30))
    assert first.painted.teaching.coarse == (0.5, 1.0)
    wanted = oracle.separation(np.asarray(first.target), "paper", coarse=(0.5, 1.0))
    np.testing.assert_allclose(in_memory(first).term, wanted, atol=2e-3)


def test_a_model_shape_is_rounded_and_at_least_one():
    _, labels = stack((2, 8, 9))
    fine = labels.with_spacing((0.1, 0.3, 1.0), "um")
    [one] = cut([fine], [labels], 3, size=PixelSize((1.0, 1.0, 0.5), "um"))
    assert one.model_shape == (1, 2, 18)
