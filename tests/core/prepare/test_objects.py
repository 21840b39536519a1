"""Classes keep touching objects apart, whatever the ids, with NumPy as with torch."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import ndimage

from napari_unetseg.core.config import InstancesConfig
from napari_unetseg.core.prepare import objects
from napari_unetseg.core.prepare.objects import with_ring
from napari_unetseg.core.prepare.targets import IGNORE
from oracles import weights as oracle
from oracles.weights import scenes

WIDTHS = st.sampled_from([0.5, 1, 1.5, 2, 3.2])
CONFIGS = st.one_of(
    st.just(InstancesConfig(apart="gap")),
    WIDTHS.map(lambda width: InstancesConfig(apart="border", border=width)),
)


def to_classes(ids, config, coarse=(), rank=None):
    """Derive the classes of one frame, if it is not said to be a batch."""
    return objects.to_classes(ids, config, coarse, rank=rank or ids.ndim)


def plane(text):
    return np.array([[int(c) for c in row] for row in text.split()], np.int32)


@given(scenes())
def test_gap_as_by_definition(scene):
    ids, coarse = scene
    found = to_classes(ids, InstancesConfig(apart="gap"), coarse)
    np.testing.assert_array_equal(found, oracle.gap(ids))


@given(scenes(), WIDTHS)
def test_border_as_by_definition(scene, width):
    ids, coarse = scene
    found = to_classes(ids, InstancesConfig(apart="border", border=width), coarse)
    np.testing.assert_array_equal(found, oracle.border(ids, width, coarse))


@given(scenes(), CONFIGS)
def test_connected_pixels_of_class_1_are_one_object(scene, config):
    ids, coarse = scene
    parts, count = ndimage.label(to_classes(ids, config, coarse) == 1)
    for part in range(1, count + 1):
        assert len(np.unique(ids[parts == part])) == 1


@given(scenes(), CONFIGS)
def test_only_objects_become_classes_and_gaps(scene, config):
    ids, coarse = scene
    found = to_classes(ids, config, coarse)
    np.testing.assert_array_equal(found == IGNORE, ids == IGNORE)
    assert not found[ids == 0].any()
    assert set(found[ids > 0].tolist()) <= ({0, 1} if config.apart == "gap" else {1, 2})


@given(scenes(), CONFIGS, st.randoms(use_true_random=False))
def test_names_of_objects_do_not_matter(scene, config, random):
    ids, coarse = scene
    names = random.sample(range(1, 100), 99)
    table = dict(zip(oracle.objects_of(ids), names, strict=False))
    renamed = np.array([table.get(i, i) for i in ids.flat], np.int32)
    found = to_classes(renamed.reshape(ids.shape), config, coarse)
    np.testing.assert_array_equal(found, to_classes(ids, config, coarse))


@given(scenes(), CONFIGS, st.integers(0, 2**32 - 1))
def test_a_batch_of_tensors_is_as_patch_after_patch_of_arrays(scene, config, seed):
    ids, coarse = scene
    names = np.random.default_rng(seed).permutation(8).astype(np.int32)
    others = np.where(ids > 0, names[ids % 8], ids)
    patches = np.stack([[ids, others], [others, np.flip(ids)], [ids * 0, ids * 0 - 1]])
    found = to_classes(torch.from_numpy(patches), config, coarse, rank=ids.ndim)
    assert found.dtype == torch.int32
    for index in np.ndindex(3, 2):
        alone = to_classes(patches[index], config, coarse)
        assert alone.dtype == np.int32
        np.testing.assert_array_equal(found[index].numpy(), alone)
    together = to_classes(patches, config, coarse, rank=ids.ndim)
    np.testing.assert_array_equal(together, found.numpy())


def test_ids_are_not_changed():
    ids = plane("1122 1122 0033 0033")
    before = ids.copy()
    for apart in ("gap", "border"):
        to_classes(ids, InstancesConfig(apart=apart))
        with_ring(ids, 1)
    np.testing.assert_array_equal(ids, before)


def test_a_gap_before_which_touching_objects_end():
    ids = plane("111222 111222 333444 333444")
    found = to_classes(ids, InstancesConfig(apart="gap"))
    np.testing.assert_array_equal(found, plane("111011 110011 000000 110011"))


def test_border_classes_by_hand():
    ids = np.pad(np.full((7, 7), 5, np.int32), 1)
    found = to_classes(ids, InstancesConfig(apart="border", border=2.0))
    expected = plane("2222222 2222222 2211122 2211122 2211122 2222222 2222222")
    np.testing.assert_array_equal(found, np.pad(expected, 1))


def test_the_edge_and_what_is_not_annotated_are_no_boundary():
    ids = np.full((6, 6), 3, np.int32)
    ids[2:4] = IGNORE
    found = to_classes(ids, InstancesConfig(apart="border", border=2.0))
    assert (found[ids == 3] == 1).all()
    ids[0, 0] = 4
    assert to_classes(ids, InstancesConfig(apart="border", border=2.0))[0, 2] == 2


def test_another_object_is_a_boundary_beyond_a_strip_that_is_not_annotated():
    ids = np.array([[1, 1, 1, -1, 2, 2, 2]], np.int32)
    found = to_classes(ids, InstancesConfig(apart="border", border=2.0))
    np.testing.assert_array_equal(found, [[1, 1, 2, -1, 2, 1, 1]])


def test_a_small_object_keeps_its_deepest_pixels():
    ids = np.pad(plane("777 777 777"), 2)
    found = to_classes(ids, InstancesConfig(apart="border", border=2.0))
    np.testing.assert_array_equal(found, np.pad(plane("222 212 222"), 2))
    ids = np.pad(plane("7777777 7777777 7777777"), 2)
    found = to_classes(ids, InstancesConfig(apart="border", border=2.0))
    np.testing.assert_array_equal(found, np.pad(plane("2222222 2111112 2222222"), 2))


def test_at_the_edge_a_small_object_may_be_the_rim_of_a_large_one():
    ids = np.zeros((8, 8), np.int32)
    ids[2:6, :2] = 9
    assert (
        to_classes(ids, InstancesConfig(apart="border", border=2.0))[2:6, :2] == 2
    ).all()


def test_two_small_objects_that_touch_both_have_a_centre():
    ids = np.pad(plane("5566 5566"), 2)
    found = to_classes(ids, InstancesConfig(apart="border", border=2.0))
    np.testing.assert_array_equal(found, np.pad(plane("1121 1121"), 2))


def test_objects_stay_apart_across_a_coarse_axis():
    ids = np.ones((2, 9, 9), np.int32)
    ids[1] = 2
    found = to_classes(ids, InstancesConfig(apart="border", border=2.0), (5, 1, 1))
    np.testing.assert_array_equal(found[0], np.ones((9, 9)))
    np.testing.assert_array_equal(found[1], np.full((9, 9), 2))


@given(scenes(), st.sampled_from([0, 1, 1.5, 2.7, 5.4]))
@example((np.array([[1, -1, -1, 0]], np.int32), ()), 1)
def test_ring_as_by_definition(scene, ring):
    ids, coarse = scene
    found = with_ring(ids, ring, coarse)
    assert found.dtype == ids.dtype
    np.testing.assert_array_equal(found, oracle.with_ring(ids, ring, coarse))


@pytest.mark.parametrize("apart", ["gap", "border"])
def test_the_length_of_each_axis_is_asked_for(apart):
    ids = np.ones((2, 4, 4), np.int32)
    with pytest.raises(ValueError, match="3 lengths of a pixel for 2 axes"):
        to_classes(ids, InstancesConfig(apart=apart), (2, 1, 1), rank=2)


def test_nothing_loads_torch():
    code = (
        "import sys; from napari_unetseg.core.prepare import nearest, objects, weights;"
        "sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
