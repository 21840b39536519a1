"""Places of patches: annotated pixels, every class; and the patches' extent."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.config import InstancesConfig
from napari_unetseg.core.prepare import sampling
from napari_unetseg.core.prepare.sampling import class_blocks, patch_shape, places
from napari_unetseg.core.prepare.targets import IGNORE
from napari_unetseg.core.prepare.teaching import Teaching


@pytest.mark.parametrize("shape", [(50, 50), (5, 20, 25)])
def test_rare_classes_are_drawn_often_and_unknown_pixels_never(shape):
    target = np.full(shape, IGNORE, np.int16)
    target[: 3 * len(target) // 5] = 0
    target[(1, *(10,) * (len(shape) - 1))] = 1
    drawn = places([target], Teaching((0, 1)), np.random.default_rng(0)).draw(
        2000, np.random.default_rng(1)
    )
    classes = target[tuple(drawn[:, 1:].T)]
    assert IGNORE not in classes
    assert np.mean(classes == 1) == pytest.approx(0.25, abs=0.05)


def test_an_absent_class_is_never_drawn():
    target = np.zeros((5, 5), np.int16)
    found = places([target], Teaching((0, 1, 2)), np.random.default_rng(0))
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
    found = places(targets, Teaching((0, 1)), rng)
    collected = {tuple(row) for rows in found.by_class for row in rows.tolist()}
    assert collected == {
        (number, *place)
        for number, target in enumerate(targets)
        for place in np.ndindex(*target.shape)
        if target[place] >= 0
    }


def test_patches_of_objects_have_them_in_their_middle():
    target = np.zeros((30, 40), np.int16)
    target[2:7, 4:9], target[20:23, 30:37], target[10, 10] = 1, 2, 2
    teaching, rng = Teaching((0, 4, 9)), np.random.default_rng(0)
    found = places([target], teaching, rng, objects=True)
    each = [sorted(map(tuple, rows.tolist())) for rows in found.by_class]
    assert each == [[(0, 4, 6)], [(0, 10, 10), (0, 21, 33)]]
    only = places([target * 0], teaching, rng, objects=True)
    assert len(only.by_class) == 1


def test_balanced_places_are_of_each_class_as_often():
    target = np.zeros((30, 40), np.int16)
    target[3, 4] = 1
    rng = np.random.default_rng(0)
    found = places([target], Teaching((0, 1)), rng, balanced=True)
    drawn = found.draw(2000, rng)
    share = target[tuple(drawn[:, 1:].T)].mean()
    assert share == pytest.approx(0.5, abs=0.05)


def thousandth(rng, shape=(200, 250)):
    """Five classes, of which the last has 0.1 % of the annotated pixels."""
    target = np.full(shape, IGNORE, np.int16)
    known = rng.permutation(target.size)[: target.size // 2]
    target.flat[known] = rng.integers(0, 4, len(known))
    target.flat[known[: len(known) // 1000]] = 4
    return target


def test_a_class_with_a_thousandth_of_the_pixels_is_seen_every_few_batches():
    """A batch of four patches has one of it every third time; nothing else of it."""
    rng = np.random.default_rng(0)
    targets = [thousandth(rng), thousandth(rng)]
    found = places(targets, Teaching((0, 1, 2, 3, 4)), rng)
    batches = found.draw(4 * 3000, rng).reshape(3000, 4, 3)
    number, y, x = np.moveaxis(batches, -1, 0)
    classes = np.stack(targets)[number, y, x]
    assert IGNORE not in classes
    with_it = (classes == 4).any(axis=1)
    assert with_it.mean() == pytest.approx(1 - (1 - (0.001 + 0.2) / 2) ** 4, abs=0.03)
    gaps = np.diff(np.flatnonzero(with_it))
    assert gaps.mean() < 3.2
    # By patches at random it would be one batch of 250.
    assert np.quantile(gaps, 0.99) <= 15
    assert set(number[classes == 4]) == {0, 1}


class View:
    """A target that is not in memory."""

    def __init__(self, array):
        self.array, self.shape, self.ndim = array, array.shape, array.ndim

    def __getitem__(self, box):
        return self.array[box]


KINDS = [
    Teaching((0, 1)),
    Teaching((0, 1), InstancesConfig(apart="gap")),
    Teaching((0, 1, 2), InstancesConfig(apart="border", border=1)),
]


@given(st.integers(2, 3), st.integers(0, 999), st.sampled_from(KINDS))
def test_block_by_block_the_places_are_those_from_memory(rank, seed, teaching):
    rng = np.random.default_rng(seed)
    shapes = [tuple(rng.integers(1, 12, rank)) for _ in "ab"]
    largest = 2 if teaching.instances is None else 4
    targets = [rng.integers(IGNORE, largest, n).astype(np.int16) for n in shapes]
    if not any((target >= 0).any() for target in targets):
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sampling, "_SIDES", {2: 4, 3: 3})
        lazy = places([*map(View, targets)], teaching, rng)
    held = places(targets, teaching, rng)
    if teaching.instances is None:
        assert [rows_of([one]) for one in lazy.by_class] == [
            rows_of([one]) for one in held.by_class
        ]
        np.testing.assert_allclose(lazy.share, held.share)
    # Of objects, which class a pixel has may depend on what lies beyond its block.
    assert rows_of(lazy.by_class) == rows_of(held.by_class)


def rows_of(tables):
    return sorted(tuple(row) for rows in tables for row in rows.tolist())


def test_large_frames_are_looked_through_in_blocks():
    target = np.arange(2 * 2100, dtype=np.int16).reshape(2, 2100) % 2
    found = [*class_blocks([View(target), target], KINDS[0])]
    assert [(number, start) for number, start, _ in found] == [
        (0, (0, 0)),
        (0, (0, 2048)),
        (1, (0, 0)),
    ]
    both = np.concatenate([found[0][2], found[1][2]], axis=1)
    np.testing.assert_array_equal(both, found[2][2])


@pytest.mark.parametrize("lazy", [True, False])
def test_of_very_many_pixels_some_stand_for_all(monkeypatch, lazy):
    """From everywhere alike."""
    monkeypatch.setattr(sampling, "_PLACES_PER_CLASS", 500)
    monkeypatch.setattr(sampling, "_SIDES", {2: 32})
    target = np.zeros((128, 128), np.int16)
    target[5, 7] = 1
    rng = np.random.default_rng(0)
    found = places([View(target) if lazy else target], KINDS[0], rng)
    many, one = found.by_class
    assert len(many) == pytest.approx(500, abs=10)
    assert one.tolist() == [[0, 5, 7]]
    quarters = np.histogram2d(many[:, 1], many[:, 2], bins=2)[0]
    assert quarters.min() > 80
    assert found.share.tolist() == pytest.approx([0.75, 0.25], abs=0.001)


@pytest.mark.parametrize("shape", [(9, 12), (3, 9, 12)])
def test_where_all_was_erased_patches_teach_nothing(shape):
    """Until more is painted; the training does not end by it."""
    targets = [np.full(shape, IGNORE, np.int16)] * 2
    rng = np.random.default_rng(0)
    drawn = places(targets, KINDS[0], rng).draw(5, rng)
    assert drawn.shape == (5, 1 + len(shape))
    assert (drawn[:, 1:] < shape).all()


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
