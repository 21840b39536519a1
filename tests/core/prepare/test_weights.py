"""The weight map is that of the formulas, however objects lie, and is fast."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.config import InstancesConfig
from napari_unetseg.core.prepare.targets import IGNORE
from napari_unetseg.core.prepare.weights import pixel_weights, reach, separation
from oracles import weights as oracle
from oracles.weights import scenes

KINDS = ["none", "paper", "fiji"]


def config(weights="paper", **values):
    return InstancesConfig(weights=weights, **values)


def cells(shape, count, seed=0):
    """Ids of discs or balls of several sizes, which may cover one another."""
    rng = np.random.default_rng(seed)
    ids = np.zeros(shape, np.int32)
    places = np.indices(shape)
    for number in rng.permutation(count) + 1:
        centre = [rng.integers(size) for size in shape]
        column = np.reshape(centre, (-1, *(1,) * len(shape)))
        ids[((places - column) ** 2).sum(axis=0) < rng.integers(2, 9) ** 2] = number
    return ids


@given(scenes(), st.sampled_from(KINDS), st.sampled_from([None, 0.6, 1, 3.3, 40]))
def test_separation_is_its_formula(scene, kind, sigma):
    ids, coarse = scene
    found = separation(ids, config(kind, sigma=sigma), coarse)
    expected = oracle.separation(ids, kind, sigma=sigma, coarse=coarse)
    assert found.dtype == np.float32
    largest = {"none": 0, "paper": 10, "fiji": 50}[kind]
    np.testing.assert_allclose(found, expected, atol=5e-4 * largest)


@pytest.mark.parametrize("kind", ["paper", "fiji"])
@pytest.mark.parametrize(
    ("shape", "count", "coarse"),
    [((150, 170), 60, ()), ((20, 60, 50), 40, (2.6, 1, 1)), ((30, 40, 50), 300, ())],
)
def test_separation_in_larger_frames(kind, shape, count, coarse):
    ids = cells(shape, count)
    ids[..., 20:25] = IGNORE
    found = separation(ids, config(kind), coarse)
    expected = oracle.separation(ids, kind, coarse=coarse)
    largest = expected.max()
    assert largest > 9
    np.testing.assert_allclose(found, expected, atol=2e-4 * largest)


def test_strips_of_a_frame_are_sewn_together(monkeypatch):
    ids = cells((9, 40, 50), 60)
    expected = separation(ids, config("fiji"))
    monkeypatch.setattr("napari_unetseg.core.prepare.nearest._STRIP", 100)
    np.testing.assert_array_equal(separation(ids, config("fiji")), expected)


@given(scenes(), st.sampled_from(["paper", "fiji"]))
def test_the_order_in_memory_does_not_matter(scene, kind):
    ids, coarse = scene
    found = separation(np.asfortranarray(ids), config(kind), coarse)
    np.testing.assert_array_equal(found, separation(ids, config(kind), coarse))


@given(scenes(), st.randoms(use_true_random=False))
def test_names_of_objects_do_not_matter(scene, random):
    ids, coarse = scene
    names = random.sample(range(1, 200), 200 - 1)
    table = dict(zip(oracle.objects_of(ids), names, strict=False))
    renamed = np.array([table.get(i, i) for i in ids.flat], np.int32)
    found = separation(renamed.reshape(ids.shape), config("fiji"), coarse)
    np.testing.assert_array_equal(found, separation(ids, config("fiji"), coarse))


@given(scenes())
def test_what_is_not_annotated_is_no_object(scene):
    ids, coarse = scene
    background = np.where(ids == IGNORE, 0, ids)
    np.testing.assert_array_equal(
        separation(ids, config("fiji"), coarse),
        separation(background, config("fiji"), coarse),
    )


def test_values_by_hand():
    ids = np.array([[1, 0, 0, 2]], np.int32)
    between, inside = np.exp(-9 / 50), np.exp(-9 / 50)
    expected = [[10 * inside, 10 * between, 10 * between, 10 * inside]]
    np.testing.assert_allclose(separation(ids, config()), expected, rtol=1e-6)
    found = separation(ids, config(weight=3, sigma=2))
    np.testing.assert_allclose(found, np.full((1, 4), 3 * np.exp(-9 / 8)), rtol=1e-6)


@pytest.mark.parametrize("shape", [(1, 1), (5, 7), (1, 1, 1), (3, 4, 5)])
def test_without_a_second_object_nothing_is_between(shape):
    ids = np.full(shape, 0, np.int32)
    assert not separation(ids, config()).any()
    assert not separation(ids, config("fiji")).any()
    ids.flat[0] = 1
    assert not separation(ids, config()).any()
    around = separation(ids, config("fiji"))
    np.testing.assert_allclose(around, oracle.separation(ids, "fiji"), rtol=1e-6)


def test_a_wide_reach_in_a_coarse_volume():
    ids = np.zeros((9, 300, 3), np.int32)
    ids[0, 0, 0], ids[8, 290, 2], ids[4, 100, 1] = 1, 2, 3
    found = separation(ids, config(sigma=90), (2.7, 1, 1))
    expected = oracle.separation(ids, "paper", sigma=90, coarse=(2.7, 1, 1))
    np.testing.assert_allclose(found, expected, atol=2e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_farther_away_than_the_reach_changes_nothing(kind):
    ids = cells((160, 160), 70)
    near = reach(config(kind))
    assert near == {"none": 0, "paper": 22, "fiji": 43}[kind]
    whole = separation(ids, config(kind))
    part = separation(ids[60 - near : 101 + near, 60 - near : 101 + near], config(kind))
    inner = slice(near, near + 41)
    np.testing.assert_array_equal(part[inner, inner], whole[60:101, 60:101])


def test_very_large_ids_are_as_good_as_others():
    ids = cells((60, 50), 12)
    large = np.where(ids > 0, ids + (2**31 - 100), 0).astype(np.int64)
    expected = separation(ids, config())
    np.testing.assert_array_equal(
        separation(large.astype(np.int32), config()), expected
    )


def test_the_length_of_each_axis_is_asked_for():
    with pytest.raises(ValueError, match="3 lengths of a pixel for 2 axes"):
        separation(np.ones((4, 4), np.int32), config(), (2, 1, 1))


@pytest.mark.parametrize("apart_classes", [2, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_weights_of_a_patch(kind, apart_classes):
    rng = np.random.default_rng(0)
    classes = rng.integers(-1, apart_classes, (2, 9, 8))
    term = rng.uniform(0, 9, classes.shape).astype(np.float32)
    found = pixel_weights(classes, term, config(kind))
    assert found.dtype == np.float32
    np.testing.assert_allclose(
        found, oracle.pixel_weights(classes, term, kind), rtol=1e-6
    )
    tensors = torch.from_numpy(classes), torch.from_numpy(term)
    same = pixel_weights(*tensors, config(kind))
    assert same.dtype == torch.float32
    np.testing.assert_array_equal(same.numpy(), found)
