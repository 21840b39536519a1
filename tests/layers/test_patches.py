"""Augmented patches lie beside the image, in a grid, with the image's pixel size."""

from __future__ import annotations

import numpy as np
import pytest

from napari_unetseg.core.train.patches import Patches
from napari_unetseg.layers.patches import patch_layers

layers = pytest.importorskip("napari.layers")


def patches(count=3, channels=1, shape=(6, 8), zoom=(1.0, 1.0), colour=False):
    rng = np.random.default_rng(0)
    labels = rng.integers(-1, 2, (count, *shape)).astype(np.int32)
    images = rng.normal(size=(count, channels, *shape)).astype(np.float32)
    return Patches(images, labels, (labels >= 0) * np.float32(2), zoom, colour)


def made(given, axes="ZYX", shape=(5, 48, 64), here=None, **attributes):
    attributes = {"scale": (50, 8, 8), "units": ("nm",) * 3} | attributes
    return [
        layers.Layer.create(*one)
        for one in patch_layers(given, (1, 7), attributes, axes, shape, here or {})
    ]


def test_they_stand_in_a_grid_of_two_columns_with_a_gap():
    given = patches()
    image, labels, weights = made(given)

    assert image.data.shape == labels.data.shape == weights.data.shape == (13, 17)
    ids = np.choose(given.labels + 1, [0, 1, 7])
    np.testing.assert_array_equal(labels.data[:6, :8], ids[0])
    np.testing.assert_array_equal(labels.data[:6, 9:], ids[1])
    np.testing.assert_array_equal(labels.data[7:, :8], ids[2])
    assert not labels.data[7:, 8:].any()
    np.testing.assert_array_equal(weights.data[7:, :8], given.weights[2])
    low, high = given.images[0, 0].argmin(), given.images[0, 0].argmax()
    shown = image.data[:6, :8].ravel()
    assert shown[low] == shown.min()
    assert shown[high] == shown.max()


def test_they_lie_right_of_the_image_and_the_weights_right_of_them():
    image, labels, weights = made(patches(), translate=(0, 80, 16))

    assert tuple(image.scale) == (8, 8)
    assert [str(unit) for unit in image.units] == ["nanometer"] * 2
    # Of 64 pixels, and a margin of 4.
    assert tuple(image.translate) == tuple(labels.translate) == (80, 16 + 8 * 68)
    assert tuple(weights.translate) == (80, 16 + 8 * (68 + 17 + 4))
    assert weights.contrast_limits[1] == 2


def test_patches_of_larger_pixels_are_shown_as_large_as_they_are():
    image, _, weights = made(patches(zoom=(2.0, 2.0)))

    assert tuple(image.scale) == (16, 16)
    assert weights.translate[-1] == 8 * (68 + 34 + 4)


def test_volumes_have_their_middle_where_the_viewer_stands():
    given = patches(count=1, shape=(4, 6, 8), zoom=(1.0, 1.0, 1.0))
    image, _, _ = made(given, here={"Z": 3})

    assert image.data.shape == (4, 6, 8)
    assert tuple(image.scale) == (50, 8, 8)
    assert image.translate[0] == 100


@pytest.mark.parametrize(("channels", "colour"), [(2, False), (5, False), (3, True)])
def test_several_channels_are_shown_in_colour(channels, colour):
    image, _, _ = made(patches(channels=channels, colour=colour))

    assert image.rgb
    assert image.data.shape == (13, 17, 3)
    assert image.data.min() >= 0
    assert image.data.max() <= 1


def test_other_orders_of_the_axes_are_kept():
    given = patches(count=1)
    image, labels, _ = made(given, axes="XZY", shape=(64, 5, 48), here={"Z": 2})

    assert labels.data.shape == (8, 1, 6)
    ids = np.choose(given.labels[0] + 1, [0, 1, 7])
    np.testing.assert_array_equal(labels.data[:, 0], ids.T)
    assert image.translate[1] == 2 * 8
