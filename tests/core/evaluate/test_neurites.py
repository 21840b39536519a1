from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from napari_unetseg.core.evaluate.agreement import v_rand
from napari_unetseg.core.evaluate.matching import contingency
from napari_unetseg.core.evaluate.neurites import (
    THRESHOLDS,
    NeuriteScore,
    components,
    neurite_score,
    pixel_error,
    thinned,
)
from oracles import neurites as oracle
from oracles.objects import neighbours

SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, max_side=7)
MASKS = hnp.arrays(bool, SHAPES, fill=st.nothing())


@st.composite
def stacks(draw):
    """A truth with pixels that are not annotated, and probabilities in tenths."""
    shape = draw(hnp.array_shapes(min_dims=2, max_dims=3, max_side=5))
    truth = draw(hnp.arrays(np.int8, shape, elements=st.sampled_from([0, 1, 1, 4, -1])))
    tenths = draw(hnp.arrays(np.int8, shape, elements=st.integers(0, 10)))
    return truth, tenths / 10


def cells(size=60, period=20):
    """Square cells between membranes of 2 pixels."""
    y, x = np.indices((size, size))
    return (y % period > 1) & (x % period > 1)


@given(MASKS)
def test_components_by_flood_fill(mask):
    np.testing.assert_array_equal(components(mask), oracle.numbered_components(mask))


def test_objects_that_touch_with_other_ids_are_two():
    plane = np.array([[3, 3, 5, 5], [0, 3, 0, 3]])
    assert components(plane).tolist() == [[1, 1, 2, 2], [0, 1, 0, 3]]


@given(MASKS)
@settings(max_examples=60)
def test_thinned_borders(mask):
    """Objects stay whole, never touch, and take what is theirs by distance."""
    objects = components(mask)
    grown = thinned(objects)
    np.testing.assert_array_equal(grown[objects > 0], objects[objects > 0])
    for pixel in np.ndindex(*mask.shape):
        near = {int(grown[other]) for other in neighbours(pixel, mask.shape)}
        assert not grown[pixel] or near <= {0, int(grown[pixel])}
    walks = oracle.steps_to(objects)
    for pixel in np.ndindex(*mask.shape):
        steps = sorted((int(walk[pixel]), i) for i, walk in walks.items())
        if not steps:
            assert grown[pixel] == 0
        # A line takes a pixel of its own: objects meet on one side of the middle.
        elif len(steps) == 1 or steps[1][0] - steps[0][0] > 1:
            assert grown[pixel] == steps[0][1]
        elif grown[pixel]:
            assert walks[int(grown[pixel])][pixel] <= steps[0][0] + 1


def test_lines_are_one_pixel_wide():
    for width in range(1, 8):
        row = np.zeros((1, 10 + width), bool)
        row[:, :5] = row[:, -5:] = True
        grown = thinned(components(row))
        assert np.count_nonzero(grown == 0) == 1
        assert set(np.unique(grown)) == {0, 1, 2}


def test_the_width_of_a_membrane_does_not_matter():
    truth = cells()
    for times in (1, 2, 3):
        narrow = ndimage.binary_erosion(truth, iterations=times, border_value=1)
        found = neurite_score(truth, narrow)
        assert found.v_rand == pytest.approx(1, abs=0.02)
        raw = contingency(components(truth), components(narrow))
        assert v_rand(raw)[0] < found.v_rand


def test_a_hole_in_a_membrane_joins_two_neurites():
    truth = cells()
    leak = truth.copy()
    leak[10, 20:22] = True
    found = neurite_score(truth, leak)
    # 9 cells of n pixels: 9 n^2 pairs in truth, 7 n^2 + (2 n)^2 predicted.
    assert found.v_rand == pytest.approx(2 * 9 / (9 + 11))
    assert found.v_info < 1


def test_the_best_threshold_of_the_mean_over_slices():
    """A leak of 0.6 in one slice, of 0.3 in the other, membrane 0 and cells 0.95."""
    truth = np.stack([cells()] * 2)
    interior = truth * 0.95
    interior[0, 10, 20:22] = 0.6
    interior[1, 30, 20:22] = 0.3
    found = neurite_score(truth, interior)
    joined = 2 * 9 / (9 + 11)
    expected = [joined] * 3 + [(1 + joined) / 2] * 3 + [1.0] * 4
    assert found.thresholds == THRESHOLDS
    assert found.slices == 2
    assert found.v_rands[:10] == pytest.approx(expected)
    # Nothing exceeds 1: all pixels are alone.
    assert found.v_rands[10] < 0.01
    assert (found.v_rand, found.v_rand_threshold) == (pytest.approx(1), 0.6)
    assert (found.v_info, found.v_info_threshold) == (pytest.approx(1), 0.6)


@given(stacks(), st.sampled_from([-1, None, 0, 4]))
def test_stacks_by_definition(pair, ignore):
    truth, interior = pair
    thresholds = (0.0, 0.25, 0.5, 1.0)
    found = neurite_score(truth, interior, thresholds, ignore)
    planes = zip(
        truth.reshape(-1, *truth.shape[-2:]),
        interior.reshape(-1, *truth.shape[-2:]),
        strict=True,
    )
    rands, infos = [], []
    for true, predicted in planes:
        ids = oracle.numbered_components(true * (true != ignore))
        if ids.any():
            sides = [
                (ids, thinned(oracle.numbered_components(predicted > threshold)))
                for threshold in thresholds
            ]
            rands.append([oracle.v_rand(*side)[0] for side in sides])
            infos.append([oracle.v_info(*side)[0] for side in sides])
    assert found.slices == len(rands)
    if not rands:
        assert (found.v_rand, found.v_info, found.v_rands) == (None, None, ())
        assert found.v_rand_threshold is found.v_info_threshold is None
        return
    assert found.v_rands == pytest.approx(np.mean(rands, axis=0))
    assert found.v_infos == pytest.approx(np.mean(infos, axis=0), abs=1e-12)
    assert found.v_rand == max(found.v_rands)
    best = thresholds.index(found.v_rand_threshold)
    assert found.v_rands.index(found.v_rand) == best


@given(stacks())
def test_slices_can_be_added(pair):
    truth, interior = (side.reshape(-1, *side.shape[-2:]) for side in pair)
    whole = neurite_score(truth, interior)
    parts = [neurite_score(t, i) for t, i in zip(truth, interior, strict=True)]
    added = sum(parts[1:], parts[0])
    assert added == whole
    assert NeuriteScore.from_dict(json.loads(json.dumps(added.to_dict()))) == added


def test_a_mask_is_the_same_at_all_thresholds_below_1():
    truth = cells()
    mask = truth.copy()
    mask[10, 20:22] = True
    found = neurite_score(truth, mask)
    assert len(set(found.v_rands[:10])) == 1
    assert found == neurite_score(truth, mask.astype(np.float32))
    assert found.v_rand_threshold == 0


@given(stacks(), st.sampled_from([0.0, 0.5, 0.9]))
def test_pixel_error_by_definition(pair, threshold):
    truth, interior = pair
    errors = []
    for true, predicted in zip(
        truth.reshape(-1, *truth.shape[-2:]),
        interior.reshape(-1, *truth.shape[-2:]),
        strict=True,
    ):
        wrong = [
            (t != 0) != (p > threshold)
            for t, p in zip(true.flat, predicted.flat, strict=True)
            if t != -1
        ]
        if wrong:
            errors.append(sum(wrong) / len(wrong))
    found = pixel_error(truth, interior, threshold)
    assert found == (pytest.approx(np.mean(errors)) if errors else None)


@pytest.mark.parametrize("score", [neurite_score, pixel_error])
@pytest.mark.parametrize(
    ("truth", "interior", "words"),
    [
        (np.ones((2, 3), int), np.ones((3, 2)), r"shape \(3, 2\).*shape \(2, 3\)"),
        (np.ones(3, int), np.ones(3), "Y, X"),
        (np.ones((1, 1, 2, 2), int), np.ones((1, 1, 2, 2)), "Y, X"),
        (np.ones((2, 3)), np.ones((2, 3)), "must be integers, not float64"),
    ],
)
def test_refuses(score, truth, interior, words):
    with pytest.raises(ValueError, match=words):
        score(truth, interior)


def test_refuses_thresholds_that_do_not_fit():
    truth = cells(20)
    with pytest.raises(ValueError, match="one or more"):
        neurite_score(truth, truth, ())
    one, other = (neurite_score(truth, truth, (t,)) for t in (0.1, 0.2))
    with pytest.raises(ValueError, match="cannot be added"):
        one + other
    with pytest.raises(ValueError, match="do not fit"):
        NeuriteScore((0.5,), (1.0, 1.0), (1.0,), 1)


@pytest.fixture(scope="module")
def isbi(data_folder):
    tifffile = pytest.importorskip("tifffile")
    labels = tifffile.imread(data_folder / "isbi2012-em" / "labels.tif", key=range(3))
    return labels == 1


@pytest.mark.data
def test_isbi_labels_against_themselves(isbi):
    found = neurite_score(isbi, isbi)
    assert found.slices == 3
    assert found.v_rand == 1
    assert found.v_info == pytest.approx(1, abs=1e-12)
    assert pixel_error(isbi, isbi) == 0


@pytest.mark.data
@pytest.mark.parametrize(
    ("wider", "rand", "info"),
    # V-Rand of scikit-image as in test_agreement.py, V-Info of the oracle.
    [(1, 0.9987842716, 0.9986993484), (3, 0.9934364408, 0.9925810874)],
)
def test_isbi_labels_with_wider_membranes(isbi, wider, rand, info):
    four = ndimage.generate_binary_structure(2, 1)
    narrow = np.stack(
        [ndimage.binary_erosion(s, four, wider, border_value=1) for s in isbi]
    )
    found = neurite_score(isbi, narrow, (0.5,))
    assert found.v_rand == pytest.approx(rand, abs=5e-6)
    assert found.v_info == pytest.approx(info, abs=1e-9)
    # Without thinning even one pixel more costs 5 %.
    raw = contingency(components(isbi[0]), components(narrow[0]))
    assert v_rand(raw).score < 0.96
