"""What a training will see can be looked at before it begins."""

import numpy as np
import pytest
import torch
from scipy.ndimage import distance_transform_edt

import napari_unetseg as us
from napari_unetseg.core.errors import InputError
from napari_unetseg.core.image import Image
from napari_unetseg.core.prepare import samples
from napari_unetseg.core.train.batches import Batches
from napari_unetseg.core.train.preview import drawn
from oracles.doubles import threads
from oracles.trainings import TINY, ask, drained, stack

STILL = dict.fromkeys(("bent", "noise", "blur", "gamma", "contrast", "brightness"), 0)
STILL |= {"rotate": False, "flip": False}


def cells(side=40):
    """Two discs that touch, with an id each, and nothing else."""
    y, x = np.mgrid[:side, :side]
    ids = np.zeros((side, side), np.uint16)
    for number, (cy, cx) in enumerate([(20, 12), (20, 27)], 1):
        ids[(y - cy) ** 2 + (x - cx) ** 2 <= 7.5**2] = number
    return (ids > 0) * 100.0, ids


@pytest.mark.parametrize("count", [1, 5])
def test_patches_come_with_labels_weights_and_places(count):
    image, labels = stack()
    found = us.preview_augmentation(image, labels, count, patch=24, seed=3)
    assert len(found) == count
    for one in found:
        assert (one.image.shape, one.image.dtype) == ((1, 24, 24), np.float32)
        assert (one.labels.shape, one.labels.dtype) == ((24, 24), np.int64)
        assert (one.weights.shape, one.weights.dtype) == ((24, 24), np.float32)
        assert (one.coordinates.shape, one.coordinates.dtype) == (
            (2, 24, 24),
            np.float32,
        )
        assert isinstance(one.image, np.ndarray)
        assert set(np.unique(one.labels)) <= {-1, 0, 1}
        np.testing.assert_array_equal(one.weights, one.labels >= 0)


def test_they_are_the_very_patches_of_the_first_step(monkeypatch):
    """Of a training with the same seed in which nothing is set aside."""
    image, labels = stack()
    seen = []
    real = Batches.draw
    monkeypatch.setattr(
        Batches, "draw", lambda self, step: seen.append(real(self, step)) or seen[-1]
    )
    drained(ask(image, labels, validation="0", steps=1))
    shown = us.preview_augmentation(
        image, labels, TINY["batch"], config=us.train_config(**TINY)
    )
    for one, pixels, target in zip(shown, seen[0].images, seen[0].targets, strict=True):
        assert torch.equal(torch.from_numpy(one.image), pixels)
        assert torch.equal(torch.from_numpy(one.labels), target)


def test_places_tell_where_each_pixel_looks():
    """Without a bending they are those of the image: what is shown lies there."""
    image, labels = stack(slices=1)
    found = us.preview_augmentation(image, labels, 6, patch=12, augment=STILL)
    normal = (image.array[0] - image.array.mean()) / image.array.std()
    for one in found:
        y, x = np.rint(one.coordinates).astype(int)
        np.testing.assert_allclose(one.coordinates, [y, x], atol=1e-4)
        np.testing.assert_allclose(one.image[0], normal[y, x], atol=1e-3)
        np.testing.assert_array_equal(one.labels + 1, labels.array[0][y, x])
    bent = {"bent": 1.0, "elastic_sigma": 2.0}
    for one in us.preview_augmentation(image, labels, 6, patch=12, augment=bent):
        y, x = np.rint(one.coordinates).astype(int)
        steps = np.diff(one.coordinates, axis=2)
        assert np.ptp(steps) > 0.01
        inside = (y >= 0) & (y < 32) & (x >= 0) & (x < 32)
        np.testing.assert_array_equal(one.labels >= 0, inside)
        shown = labels.array[0][y[inside], x[inside]]
        assert (one.labels[inside] + 1 == shown).mean() > 0.99


def test_seeds_decide():
    image, labels = stack()
    first, again, other = (
        us.preview_augmentation(image, labels, 2, patch=16, seed=seed)
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first[0].image, again[0].image)
    assert not np.array_equal(first[0].image, other[0].image)


def test_of_objects_the_derived_classes_and_their_weights_are_shown():
    image, ids = cells()
    how = {"task": "instances", "unannotated": "none", "patch": 40, "augment": STILL}
    how |= {"instances": {"apart": "gap", "weights": "paper"}}
    [one] = us.preview_augmentation(image, ids, 1, **how)
    assert set(np.unique(one.labels)) == {0, 1}
    between = (ids > 0) & (one.labels == 0)
    assert between.sum() > 5
    assert one.weights[between].min() > 8
    assert (one.weights[one.labels == 1] == 1).all()
    # Unbent and whole, it is what the map of the labels says.
    wanted = us.weight_map(ids, apart="gap", weights="paper")
    np.testing.assert_allclose(one.weights, wanted, rtol=1e-3, atol=1e-3)


def test_what_is_not_annotated_is_shown_with_weight_0():
    image, labels = stack()
    labels.array[:, :16] = 0
    found = us.preview_augmentation(image, labels, 8, patch=24, unannotated="0")
    assert any((one.labels == -1).any() for one in found)
    for one in found:
        np.testing.assert_array_equal(one.weights == 0, one.labels == -1)


def test_outside_of_a_region_nothing_counts():
    image, ids = cells()
    region = np.zeros((40, 40), bool)
    region[:, :20] = True
    how = {"task": "instances", "patch": 40, "augment": STILL}
    [one] = us.preview_augmentation(image, ids, 1, regions=region, **how)
    unpainted = ids == 0
    assert (one.labels[unpainted & region] == 0).all()
    # Only around an object it is background all the same.
    far = distance_transform_edt(unpainted) > 5
    np.testing.assert_array_equal(one.labels[~region] == -1, far[~region])
    assert far[~region].sum() > 100


def test_volumes_are_shown_too():
    image, labels = stack(slices=6)
    found = us.preview_augmentation(image, labels, 2, dimensions=3, patch=16)
    assert found[0].image.shape == (1, 6, 16, 16)
    assert found[0].coordinates.shape == (3, 6, 16, 16)


def test_what_a_training_refuses_is_refused():
    image, labels = stack()
    with pytest.raises(InputError, match="shapes do not match"):
        us.preview_augmentation(image, labels.array[:2])
    with pytest.raises(InputError, match="no painted pixel"):
        us.preview_augmentation(image, np.zeros_like(labels.array))


# The weights of labels.


@pytest.mark.parametrize("kind", ["none", "paper", "fiji"])
def test_the_weight_map_is_an_array_or_an_image(kind):
    _, ids = cells()
    found = us.weight_map(ids, weights=kind)
    assert isinstance(found, np.ndarray)
    assert (found.shape, found.dtype) == (ids.shape, np.float32)
    image = Image(array=ids, axes="YX", spacing=(0.5, 0.5), unit="um", name="ids")
    shown = us.weight_map(image, weights=kind)
    assert (shown.axes, shown.spacing, shown.unit, shown.name) == (
        "YX",
        (0.5, 0.5),
        "um",
        "ids",
    )
    np.testing.assert_array_equal(shown.array, found)
    if kind == "none":
        assert (found == 1).all()


def test_by_default_it_is_equation_2_with_a_gap():
    """10 exp(-(d1 + d2)^2 / 50) + 1 on what is background."""
    _, ids = cells()
    found = us.weight_map(ids)
    y, x = 20, 35
    assert ids[y, x] == 0
    where = np.argwhere(ids == 1), np.argwhere(ids == 2)
    d1, d2 = (np.hypot(*(w - [y, x]).T).min() for w in where)
    assert found[y, x] == pytest.approx(1 + 10 * np.exp(-((d1 + d2) ** 2) / 50), 1e-4)
    assert found[20, 12] == 1
    assert found.max() == pytest.approx(11, abs=0.5)


def test_planes_are_weighed_one_by_one_and_volumes_as_a_whole():
    _, ids = cells()
    apart = np.where(ids == 2, 0, ids), np.where(ids == 1, 0, ids)
    stacked = np.stack(apart)
    flat = us.weight_map(stacked)
    np.testing.assert_array_equal(flat[0], us.weight_map(apart[0]))
    assert flat.max() == 1
    solid = us.weight_map(stacked, dimensions=3)
    assert solid.max() > 5


def test_axes_are_said_for_arrays_of_four_dimensions():
    _, ids = cells()
    many = np.stack([[ids, ids]])
    found = us.weight_map(many, axes="TZYX")
    np.testing.assert_array_equal(found[0, 1], us.weight_map(ids))
    with pytest.raises(InputError, match="unknown meaning"):
        us.weight_map(many)


@pytest.mark.parametrize(
    ("labels", "wishes", "sentence"),
    [
        (np.zeros((9, 9), np.uint8), {}, "no painted pixel"),
        (np.full((9, 9), -1), {}, "negative id"),
        (np.full((9, 9), 0.5), {}, "hold 0.5"),
        (np.ones((9, 9), np.uint8), {"weights": "heavy"}, "weights = 'heavy'"),
        (np.ones((9, 9), np.uint8), {"dimensions": 3}, "has the axes YX"),
    ],
)
def test_what_are_no_labels_is_refused(labels, wishes, sentence):
    with pytest.raises(InputError, match=sentence):
        us.weight_map(labels, **wishes)


def test_another_step_shows_other_patches_and_how_large_their_pixels_are():
    image, labels = stack(spacing=(50, 8, 8), unit="nm")
    config = us.train_config("fast", patch=16, seed=1)

    first = drawn([image], [labels], config, 2)
    again = drawn([image], [labels], config, 2)
    other = drawn([image], [labels], config, 2, step=1)

    assert np.array_equal(first.patches[0].image, again.patches[0].image)
    assert not np.array_equal(first.patches[0].image, other.patches[0].image)
    assert (first.zoom, first.colour) == ((1.0, 1.0), False)


def test_of_images_that_would_fill_the_memory_only_patches_are_read(monkeypatch):
    """And the patches are those that are drawn from memory."""
    image, labels = stack(side=96)
    how = {"patch": 16, "seed": 1, "validation": "0.2"}
    wanted = us.preview_augmentation(image, labels, 3, **how)
    monkeypatch.setattr(samples, "_MOST_FOR_SAMPLES", 1e-9)
    before = threads()
    found = us.preview_augmentation(image, labels, 3, **how)
    assert threads() == before
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(one.labels, other.labels)
        np.testing.assert_allclose(one.image, other.image, atol=2e-3)
