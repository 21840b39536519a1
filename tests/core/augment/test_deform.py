"""Coordinate maps against what is obviously right."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from napari_unetseg.core.augment.deform import (
    Deformation,
    control_points,
    coordinate_map,
    draw_deformation,
)
from napari_unetseg.core.augment.intensity import vary_intensity
from napari_unetseg.core.augment.resample import resample
from napari_unetseg.core.config import AugmentConfig
from oracles.deformation import coordinates_by_hand
from oracles.prediction import reflect

STILL = AugmentConfig(
    bent=1,
    elastic_sigma=0,
    rotate=False,
    flip=False,
    scale=0,
    contrast=0,
    brightness=0,
    gamma=0,
    blur=0,
    noise=0,
)


def deformation(shape, centre, affine=None, displacement=None, spacing=128.0):
    points = [control_points(size, spacing) for size in shape]
    rank = len(shape)
    return Deformation(
        centre,
        np.eye(rank) if affine is None else np.asarray(affine, float),
        np.zeros((rank, *points)) if displacement is None else displacement,
    )


def middle_of(shape):
    return tuple((size - 1) / 2 for size in shape)


@given(st.lists(st.integers(1, 30), min_size=2, max_size=3))
def test_identity_looks_at_each_pixel_itself(shape):
    shape = tuple(shape)
    found = coordinate_map(deformation(shape, middle_of(shape)), shape)
    np.testing.assert_allclose(found, np.indices(shape), atol=1e-4)
    assert found.dtype == np.float32


@given(
    st.lists(st.tuples(st.integers(2, 25), st.floats(-50, 50)), min_size=2, max_size=3)
)
def test_equal_displacements_are_a_pure_shift(axes):
    shape, shifts = zip(*axes, strict=True)
    points = [control_points(size, 9.0) for size in shape]
    displacement = np.stack([np.full(points, shift) for shift in shifts])
    bent = deformation(shape, middle_of(shape), None, displacement, 9.0)
    wanted = [
        axis + shift for axis, shift in zip(np.indices(shape), shifts, strict=True)
    ]
    np.testing.assert_allclose(coordinate_map(bent, shape), wanted, atol=1e-3)


def test_a_quarter_turn_is_rot90():
    image = np.random.default_rng(0).normal(size=(21, 21)).astype(np.float32)
    turn = deformation((21, 21), (10, 10), [[0, 1], [-1, 0]])
    found, _ = look_up(image, np.zeros_like(image), turn, (21, 21))
    np.testing.assert_allclose(found, np.rot90(image), atol=1e-5)


@pytest.mark.parametrize("order", [*itertools.permutations(range(3))])
@pytest.mark.parametrize("signs", [(1, 1, 1), (-1, 1, 1), (1, -1, -1)])
def test_a_volume_falls_onto_itself_to_the_pixel(order, signs):
    volume = np.random.default_rng(0).normal(size=(9, 9, 9)).astype(np.float32)
    turn = deformation((9, 9, 9), (4, 4, 4), np.eye(3)[list(order)] * signs)
    found, _ = look_up(volume, np.zeros_like(volume), turn, (9, 9, 9))
    # Axis i of the volume is read along the patch's axis order[i].
    backwards = [slice(None, None, signs[axis]) for axis in order]
    wanted = volume[tuple(backwards)].transpose(np.argsort(order))
    np.testing.assert_allclose(found, wanted, atol=1e-5)


@given(
    st.tuples(*[st.integers(1, 9)] * 3),
    st.tuples(*[st.integers(-12, 12)] * 3),
    st.integers(0, 1000),
)
def test_whole_shifts_of_a_volume_mirror_it_and_leave_the_rest_unknown(
    shape, shift, seed
):
    rng = np.random.default_rng(seed)
    volume = rng.normal(size=shape).astype(np.float32)
    target = rng.integers(0, 5, shape).astype(np.float32)
    centre = tuple(m + s for m, s in zip(middle_of(shape), shift, strict=True))
    found, classes = look_up(volume, target, deformation(shape, centre), shape)
    for pixel in np.ndindex(*shape):
        place = tuple(np.add(pixel, shift))
        inside = all(0 <= p < n for p, n in zip(place, shape, strict=True))
        mirrored = tuple(reflect(p, n) for p, n in zip(place, shape, strict=True))
        assert found[pixel] == pytest.approx(volume[mirrored], abs=1e-4)
        assert classes[pixel] == (target[place] if inside else -1)


@given(st.integers(0, 1000))
def test_a_bent_volume_is_what_scipy_samples(seed):
    rng = np.random.default_rng(seed)
    volume = rng.normal(size=(6, 11, 13)).astype(np.float32)
    shape = (4, 9, 7)
    config = AugmentConfig(bent=1, elastic_spacing=5.0, elastic_sigma=2.0, scale=0.3)
    bent = draw_deformation((2.5, 5, 6), shape, config, rng, (2.5, 1, 1))
    found, _ = look_up(volume, np.zeros_like(volume), bent, shape)
    places = coordinate_map(bent, shape).astype(np.float64)
    wanted = ndimage.map_coordinates(volume, places, order=1, mode="mirror")
    np.testing.assert_allclose(found, wanted, atol=1e-3)


@pytest.mark.parametrize(
    ("shape", "spacing", "points"),
    [
        ((31, 31), 10.0, (6, 6)),
        ((9, 26), 6.0, (4, 7)),
        ((1, 17), 20.0, (4, 4)),
        ((7, 11, 16), 5.0, (4, 5, 6)),
        ((1, 8, 6), 3.0, (4, 5, 5)),
    ],
)
@pytest.mark.parametrize("seed", [0, 1])
def test_every_pixel_looks_where_keys_cubic_bends_it(shape, spacing, points, seed):
    rng = np.random.default_rng(seed)
    assert tuple(control_points(size, spacing) for size in shape) == points
    how = Deformation(
        tuple(rng.uniform(0, 20, len(shape))),
        rng.normal(size=(len(shape),) * 2),
        3 * rng.standard_normal((len(shape), *points)),
    )
    wanted = coordinates_by_hand(how, shape)
    np.testing.assert_allclose(coordinate_map(how, shape), wanted, atol=1e-4)


@given(st.integers(1, 2000), st.floats(1, 500))
def test_control_points_are_as_far_apart_as_asked_for(size, spacing):
    intervals = control_points(size, spacing) - 3
    wished = (size - 1) / spacing
    assert abs(intervals - wished) <= 0.5 + 1e-9 or (intervals == 1 and wished < 1)


@given(
    st.sampled_from([(12, 15), (5, 9, 7)]),
    st.tuples(*[st.floats(0.05, 20)] * 3),
    st.integers(0, 1000),
)
def test_another_pixel_size_stretches_the_map_about_its_centre(shape, zoom, seed):
    rank = len(shape)
    centre, zoom = (7.5, 30.0, 11.0)[:rank], zoom[:rank]
    config = AugmentConfig(bent=0.5, elastic_spacing=6.0, elastic_sigma=2.0)
    plain, same, zoomed = (
        draw_deformation(
            centre, shape, config, np.random.default_rng(seed), (2.0,) * rank, **more
        )
        for more in ({}, {"zoom": (1.0,) * rank}, {"zoom": zoom})
    )
    one = coordinate_map(plain, shape)
    assert np.array_equal(one, coordinate_map(same, shape))
    column = (-1, *(1,) * rank)
    middle = np.reshape(centre, column)
    wanted = middle + np.reshape(zoom, column) * (one.astype(float) - middle)
    found = coordinate_map(zoomed, shape)
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-4)


def test_an_image_of_half_the_pixel_size_gives_the_same_patch():
    """A plane wave sampled twice as finely along Y, looked up by the model's pixels."""
    y, x = np.mgrid[:160, :80] + 0.5
    fine = np.sin(2 * np.pi * (y / 2 / 32 + x / 40)).astype(np.float32)
    y, x = np.mgrid[:80, :80] + 0.5
    coarse = np.sin(2 * np.pi * (y / 32 + x / 40)).astype(np.float32)
    config = AugmentConfig(bent=1, elastic_sigma=2.0, elastic_spacing=16.0)
    patches = []
    # The same place: pixel i of the coarse one is between 2 i and 2 i + 1.
    for image, centre, zoom in (
        (coarse, (39.5, 39.5), ()),
        (fine, (79.5, 39.5), (2.0, 1.0)),
    ):
        rng = np.random.default_rng(4)
        how = draw_deformation(centre, (32, 32), config, rng, zoom=zoom)
        patches.append(look_up(image, np.zeros_like(image), how, (32, 32))[0])
    assert patches[0].std() > 0.3
    np.testing.assert_allclose(*patches, atol=0.02)


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("spacing", [(3, 1, 1), (1, 1, 3), (3, 1, 2)])
def test_a_turn_by_any_angle_keeps_a_ball(spacing, seed):
    """Round in physical units, so flat in pixels along a coarse axis."""
    shape = tuple(24 // size + 1 for size in spacing)
    radius = np.sqrt(
        sum(
            ((i - m) * size) ** 2
            for i, m, size in zip(
                np.indices(shape), middle_of(shape), spacing, strict=True
            )
        )
    )
    ball = np.clip(10.5 - radius, 0, 1).astype(np.float32)
    config = STILL.model_copy(update={"rotate": True, "flip": True})
    rng = np.random.default_rng(seed)
    turn = draw_deformation(middle_of(shape), shape, config, rng, spacing)
    found, classes = look_up(ball, (radius < 10).astype(np.float32), turn, shape)
    oblique = np.abs(turn.affine) % 1 > 0.1
    assert oblique.any()
    assert np.abs(found - ball).mean() < 0.02
    both, either = (classes == 1) & (radius < 10), (classes == 1) | (radius < 10)
    assert both.sum() / either.sum() > 0.9


def test_displacements_of_volumes_are_physical():
    config = STILL.model_copy(update={"elastic_sigma": 6.0, "elastic_spacing": 8.0})
    rng = np.random.default_rng(0)
    drawn = [
        draw_deformation((0, 0, 0), (17, 33, 65), config, rng, (4.0, 2.0, 2.0))
        for _ in range(40)
    ]
    assert drawn[0].displacement.shape == (3, 7, 7, 11)
    deviation = np.std([d.displacement for d in drawn], axis=(0, 2, 3, 4))
    np.testing.assert_allclose(deviation, [3, 6, 6], rtol=0.05)


def test_displacement_has_the_deviation_asked_for():
    config = STILL.model_copy(update={"elastic_sigma": 10.0})
    rng = np.random.default_rng(0)
    drawn = [
        draw_deformation((0, 0), (256, 256), config, rng).displacement
        for _ in range(200)
    ]
    assert np.std(drawn) == pytest.approx(10, rel=0.05)


def test_a_drawn_rotation_keeps_lengths():
    config = STILL.model_copy(update={"rotate": True, "flip": True})
    affine = draw_deformation((0, 0), (64, 64), config, np.random.default_rng(0)).affine
    np.testing.assert_allclose(affine @ affine.T, np.eye(2), atol=1e-12)


def test_patches_that_are_not_bent_keep_their_pixels():
    image = np.random.default_rng(0).normal(size=(40, 40)).astype(np.float32)
    rng = np.random.default_rng(0)
    seen = set()
    for _ in range(30):
        how = draw_deformation((19.5, 19.5), (16, 16), AugmentConfig(bent=0), rng)
        found, _ = look_up(image, np.zeros_like(image), how, (16, 16))
        patch = image[12:28, 12:28]
        turned = [np.rot90(side, k) for side in (patch, patch.T) for k in range(4)]
        errors = [np.abs(found - one).max() for one in turned]
        assert min(errors) < 1e-3
        seen.add(int(np.argmin(errors)))
    assert seen == set(range(8))


def test_half_of_the_patches_are_bent():
    rng = np.random.default_rng(0)
    config = AugmentConfig(bent=0.5)
    drawn = [draw_deformation((0, 0), (64, 64), config, rng) for _ in range(400)]
    assert np.mean([d.displacement.any() for d in drawn]) == pytest.approx(0.5, abs=0.1)


def test_nothing_is_changed_when_nothing_is_asked():
    image = np.random.default_rng(0).normal(size=(32, 32)).astype(np.float32)
    rng = np.random.default_rng(0)
    still = draw_deformation((15.5, 15.5), (32, 32), STILL, rng)
    found, _ = look_up(image, np.zeros_like(image), still, (32, 32))
    np.testing.assert_allclose(found, image, atol=1e-4)
    varied = vary_intensity(torch.from_numpy(found)[None], STILL, rng)
    assert torch.equal(varied[0], torch.from_numpy(found))


def look_up(image, target, how, shape):
    pixels, classes = resample(
        torch.from_numpy(image)[None],
        torch.from_numpy(target),
        torch.from_numpy(coordinate_map(how, shape)),
        -1,
    )
    return pixels[0].numpy(), classes.numpy()
