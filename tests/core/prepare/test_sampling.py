"""Places of patches: annotated pixels, every class; and the patches' extent."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.prepare.sampling import patch_shape, places
from napari_unetseg.core.prepare.targets import IGNORE


@pytest.mark.parametrize("shape", [(50, 50), (5, 20, 25)])
def test_rare_classes_are_drawn_often_and_unknown_pixels_never(shape):
    target = np.full(shape, IGNORE, np.int16)
    target[: 3 * len(target) // 5] = 0
    target[(1, *(10,) * (len(shape) - 1))] = 1
    drawn = places([target], 2, np.random.default_rng(0)).draw(
        2000, np.random.default_rng(1)
    )
    classes = target[tuple(drawn[:, 1:].T)]
    assert IGNORE not in classes
    assert np.mean(classes == 1) == pytest.approx(0.25, abs=0.05)


def test_an_absent_class_is_never_drawn():
    target = np.zeros((5, 5), np.int16)
    found = places([target], 3, np.random.default_rng(0))
    assert len(found.by_class) == 1


@given(
    st.integers(2, 3),
    st.lists(st.integers(1, 7), min_size=3, max_size=3),
    st.integers(0, 1000),
)
def test_places_are_all_pixels_of_a_class(rank, sides, seed):
    rng = np.random.default_rng(seed)
    targets = [rng.integers(IGNORE, 2, (*sides[:rank],)).astype(np.int16) for _ in "ab"]
    if not any((target >= 0).any() for target in targets):
        return
    found = places(targets, 2, rng)
    collected = {tuple(row) for rows in found.by_class for row in rows.tolist()}
    assert collected == {
        (number, *place)
        for number, target in enumerate(targets)
        for place in np.ndindex(*target.shape)
        if target[place] >= 0
    }


@pytest.mark.parametrize(
    ("spacing", "shapes", "wanted"),
    [
        ((1, 1), [(500, 600)], (64, 64)),
        ((1, 4), [(30, 60), (20, 50)], (60, 60)),
        ((1, 1, 1), [(500, 500, 500)], (64, 64, 64)),
        ((5, 1, 1), [(500, 500, 500)], (13, 64, 64)),
        ((1, 0.5, 2), [(500, 500, 500)], (32, 64, 16)),
        ((1, 1, 1), [(20, 90, 50), (30, 40, 40)], (30, 64, 50)),
        ((1000, 1, 1), [(500, 500, 500)], (1, 64, 64)),
    ],
)
def test_patches_are_as_long_along_every_axis_if_there_is_enough(
    spacing, shapes, wanted
):
    assert patch_shape(64, spacing, shapes) == wanted


@pytest.mark.parametrize("size", [0.1, 0.2, 0.05, 13.3, 0.108])
@pytest.mark.parametrize("side", [48, 96, 100])
def test_a_patch_of_cubes_is_as_long_as_it_is_asked_for(side, size):
    assert patch_shape(side, (size,) * 3, [(200, 200, 200)]) == (side,) * 3
