"""Any box of a view is the same box of the whole array, however it was made."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from napari_unetseg.core.augment.resample import resample
from napari_unetseg.core.config import InstancesConfig
from napari_unetseg.core.predict.rescale import resampled
from napari_unetseg.core.prepare.normalise import Normaliser
from napari_unetseg.core.prepare.targets import IGNORE
from napari_unetseg.core.prepare.teaching import Teaching
from napari_unetseg.core.prepare.views import Cut, Painted, Values, Within, whole

RANKS = st.sampled_from([2, 3])
SEEDS = st.integers(0, 9999)


def some_shape(rng, rank, longest=12):
    return tuple(rng.integers(1, longest + 1, rank).tolist())


def some_side(rng, size):
    """A slice that is not empty, its ends open or beyond the array or not."""
    start = int(rng.integers(size))
    stop = int(rng.integers(start + 1, size + 1))
    forms = [
        slice(start, stop),
        slice(start, None),
        slice(None, stop),
        slice(None),
        slice(start, size + 3),
        slice(start - size, stop),
    ]
    return forms[rng.integers(len(forms))]


def some_box(rng, shape):
    return tuple(some_side(rng, size) for size in shape)


@dataclass
class Slices:
    """An array that is given for plain slices alone, as files are."""

    array: np.ndarray

    @property
    def shape(self):
        return self.array.shape

    @property
    def dtype(self):
        return self.array.dtype

    def __getitem__(self, box):
        assert len(box) == self.array.ndim
        for side, size in zip(box, self.shape, strict=True):
            assert side == slice(None) or 0 <= side.start <= side.stop <= size
        return self.array[box]


def check_boxes(view, everything, rng):
    """Compare some boxes of a view, and what it tells of itself."""
    assert (view.shape, view.dtype) == (everything.shape, everything.dtype)
    assert view.ndim == everything.ndim
    np.testing.assert_array_equal(np.asarray(view), everything)
    for _ in range(5):
        box = some_box(rng, view.shape)
        np.testing.assert_array_equal(view[box], everything[box])


def normaliser(channels):
    return Normaliser(np.arange(channels) * 3.0 + 90, np.arange(channels) + 7.0)


@given(RANKS, SEEDS)
def test_values_are_normalised(rank, seed):
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(1, 4)), *some_shape(rng, rank))
    array = rng.integers(0, 200, shape).astype(np.uint16)
    normalise = normaliser(shape[0])
    check_boxes(Values(Slices(array), normalise), normalise(array), rng)


@given(RANKS, SEEDS)
def test_values_are_blurred_where_pixels_would_be_passed_over(rank, seed):
    """By a triangle, one weighted sum per pixel; at the end the edge is repeated."""
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(1, 3)), *some_shape(rng, rank, longest=9))
    zoom = rng.choice([0.5, 1, 1.5, 1.6, 2, 2.7, 4], rank).tolist()
    array = rng.normal(100, 20, shape)
    normalise = normaliser(shape[0])
    view = Values(Slices(array), normalise, zoom)
    everything = np.asarray(view)
    for place in rng.integers(0, shape, (3, len(shape))).tolist():
        wanted = blurred_pixel(normalise(array), place, zoom)
        assert everything[tuple(place)] == pytest.approx(wanted, abs=1e-5)
    check_boxes(view, everything, rng)


def blurred_pixel(values, place, zoom):
    """A pixel as a sum over all shifts, each with the product of its weights."""
    reach = [int(np.ceil(z)) if z > 1.5 else 1 for z in zoom]
    total = weight = 0.0
    for shift in np.ndindex(*(2 * r - 1 for r in reach)):
        steps = [s - r + 1 for s, r in zip(shift, reach, strict=True)]
        own = np.prod(
            [z - abs(s) if z > 1.5 else 1 for s, z in zip(steps, zoom, strict=True)]
        )
        at = [
            min(max(p + s, 0), size - 1)
            for p, s, size in zip(place[1:], steps, values.shape[1:], strict=True)
        ]
        total += own * values[(place[0], *at)]
        weight += own
    return total / weight


def looked_up(view, shape, zoom):
    """The pixels of the model, as a training looks them up where nothing is bent."""
    grid = np.meshgrid(
        *((np.arange(n) + 0.5) * z - 0.5 for n, z in zip(shape, zoom, strict=True)),
        indexing="ij",
    )
    target = torch.zeros(view.shape[1:])
    coordinates = torch.from_numpy(np.stack(grid).astype(np.float32))
    return resample(torch.from_numpy(np.asarray(view)), target, coordinates, IGNORE)[
        0
    ].numpy()


@pytest.mark.parametrize(
    ("zoom", "finest", "most"),
    [
        # At odd factors a pixel of the model lies upon one of the image.
        ((3, 3), 0, 1e-5),
        ((5, 1), 0, 1e-5),
        ((3, 3, 3), 0, 1e-5),
        # Volumes are interpolated linearly in either case.
        ((2, 2, 2), 0, 1e-5),
        ((1.3, 1.3, 1.3), 0, 1e-5),
        ((0.5, 0.5, 0.5), 0, 1e-5),
        # Of noise, and of what a microscope shows: blurred by a pixel or two. Planes
        # are interpolated cubically, so that the training sees them a little sharper.
        ((2, 2), 0, 0.28),
        ((2, 2), 1, 0.15),
        ((2, 2), 2, 0.06),
        ((2.5, 2.5), 0, 0.1),
        ((2.5, 2.5), 1, 0.04),
        ((4, 4), 1, 0.08),
        ((7.3, 7.3), 0, 0.03),
        ((2.5, 2.5, 2.5), 1, 0.09),
        ((1.4, 1.4), 2, 0.05),
        ((0.5, 0.5), 2, 0.07),
    ],
)
def test_a_training_sees_what_the_prediction_sees(zoom, finest, most):
    """Where nothing is bent; measured as a share of the deviation."""
    assert difference(zoom, finest) < most


def test_without_the_blur_it_would_see_much_else(monkeypatch):
    monkeypatch.setattr("napari_unetseg.core.prepare.views.PREFILTERED", float("inf"))
    assert difference((4, 4), 0) > 0.5


def scene(shape, finest):
    """Noise, blurred by so many pixels, of mean 0 and deviation 1."""
    noise = np.random.default_rng(0).normal(size=shape)
    smooth = gaussian_filter(noise, finest, mode="reflect") if finest else noise
    return ((smooth - smooth.mean()) / smooth.std())[None]


def difference(zoom, finest):
    """Between training and prediction, relative to the deviation that is predicted."""
    model = (20, 30) if len(zoom) == 2 else (10, 20, 20)
    shape = tuple(round(n * z) for n, z in zip(model, zoom, strict=True))
    values = scene(shape, finest)
    view = Values(values, Normaliser(np.zeros(1), np.ones(1)), zoom)
    trained = looked_up(view, model, zoom)
    predicted = resampled(values, model)[whole((1, *model))]
    # At the edge they differ by how it is continued.
    inner = (slice(None), *(slice(2, -2) for _ in model))
    error = np.sqrt(np.mean((trained - predicted)[inner] ** 2))
    return error / predicted[inner].std()


TEACHINGS = [
    Teaching((0, 1, 3)),
    Teaching((0, 1, 2), InstancesConfig(ring=0)),
    Teaching((0, 1, 2), InstancesConfig(ring=1.5)),
    Teaching((0, 1, 2), InstancesConfig(ring=3)),
]


def some_labels(rng, shape, largest=4):
    """Few pixels of few objects, so that rings end somewhere."""
    return rng.integers(1, largest, shape) * (rng.random(shape) < rng.choice([0.05, 1]))


def some_frame(rng, rank):
    """Painted ids with what is told beside them: 0 unknown where, a region or none."""
    shape = some_shape(rng, rank)
    dtype = rng.choice(["uint8", "uint16", "int32", ">u2"])
    painted = some_labels(rng, shape).astype(dtype)
    unknown = rng.random(shape[0] if rank == 3 else 1) < 0.5
    inside = rng.random(shape) < 0.7 if rng.random() < 0.5 else None
    return painted, unknown, inside


def laid(rng, view, painted):
    """Paint some changes over a view, and over an array."""
    for _ in range(rng.integers(4)):
        corners = np.sort([rng.integers(0, n + 1, 2) for n in painted.shape])
        box = tuple(slice(*map(int, ends)) for ends in corners)
        values = some_labels(rng, painted[box].shape, largest=400)
        values = values.astype(rng.choice(["uint8", "uint16", "int64"]))
        assert view.change(box, values) == np.count_nonzero(painted[box] != values)
        painted[box] = values


@settings(max_examples=60)
@given(RANKS, SEEDS, st.sampled_from(TEACHINGS))
def test_what_is_painted_is_taught_in_any_box(rank, seed, teaching):
    """With changes over it, in some planes or a region, rings and all."""
    rng = np.random.default_rng(seed)
    painted, unknown, inside = some_frame(rng, rank)
    if rng.random() < 0.5 and teaching.instances:
        teaching = teaching.zoomed(tuple(rng.choice([0.5, 1, 2, 2.5], rank).tolist()))
    view = Painted(
        Slices(painted[None].copy()),
        teaching,
        unknown.tolist(),
        None if inside is None else Slices(inside[None]),
    )
    column = unknown.reshape((-1, *(1,) * 2) if rank == 3 else (1, 1))
    check_boxes(view, teaching.taught(painted, column, inside), rng)
    painted = painted.astype(np.int64)
    laid(rng, view, painted)
    check_boxes(view, teaching.taught(painted, column, inside), rng)


@given(SEEDS)
def test_objects_are_the_same_in_any_box_however_large_their_ids_are(seed):
    """They may have other ids there: only which pixels belong together is taught."""
    rng = np.random.default_rng(seed)
    ids = rng.integers(2**62, 2**64 - 1, 5, dtype=np.uint64)
    painted = rng.choice([0, *ids.tolist()], (9, 10)).astype(np.uint64)
    view = Painted(painted[None], TEACHINGS[2], [True])
    everything = np.asarray(view)
    box = some_box(rng, view.shape)
    pairs = {*zip(view[box].flat, everything[box].flat, strict=True)}
    assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})
    assert {(a, b) for a, b in pairs if a < 1 or b < 1} <= {(0, 0), (-1, -1)}


def test_what_is_painted_over_keeps_the_frame_as_it_was():
    painted = np.ones((1, 4, 4), np.uint8)
    view = Painted(painted, TEACHINGS[0], [False])
    assert view.change((slice(1, 3), slice(0, 4)), np.full((2, 4), 3)) == 8
    assert view.change((slice(1, 3), slice(0, 4)), np.full((2, 4), 3)) == 0
    assert (painted == 1).all()
    assert view[whole((4, 4))].tolist() == [[1] * 4, [2] * 4, [2] * 4, [1] * 4]


@given(st.sampled_from([3, 4]), SEEDS, st.booleans())
def test_some_planes_are_cut_out(rank, seed, lazy):
    rng = np.random.default_rng(seed)
    array = rng.normal(size=some_shape(rng, rank))
    length = array.shape[-3]
    start = int(rng.integers(length))
    planes = slice(start, int(rng.integers(start + 1, length + 1)))
    view = Cut(Slices(array) if lazy else array, planes)
    check_boxes(view, array[..., planes, :, :], rng)


@given(RANKS, SEEDS, st.booleans(), st.booleans())
def test_a_target_is_known_in_a_box_or_outside_of_it(rank, seed, outside, lazy):
    rng = np.random.default_rng(seed)
    array = rng.integers(IGNORE, 5, some_shape(rng, rank)).astype(np.int16)
    corners = np.sort([rng.integers(0, n + 1, 2) for n in array.shape])
    box = tuple(slice(*map(int, ends)) for ends in corners)
    without = rng.random(array[box].shape) < 0.3 if rng.random() < 0.5 else None
    view = Within(
        Slices(array) if lazy else array, box, outside=outside, without=without
    )
    wanted = array.copy()
    for place in np.ndindex(*array.shape):
        is_inside = all(s.start <= p < s.stop for p, s in zip(place, box, strict=True))
        if is_inside == outside:
            wanted[place] = IGNORE
    if without is not None and not outside:
        wanted[box][without] = IGNORE
    before = array.copy()
    check_boxes(view, wanted, rng)
    np.testing.assert_array_equal(array, before)


@given(SEEDS)
def test_views_of_views(seed):
    """Planes of a blurred volume, and of one of which a block is known."""
    rng = np.random.default_rng(seed)
    shape = (9, 8, 7)
    zoom = (2.0, 1.6, 1.0)
    values = Values(Slices(rng.normal(size=(2, *shape))), normaliser(2), zoom)
    check_boxes(Cut(values, slice(2, 6)), np.asarray(values)[:, 2:6], rng)
    painted = Painted(
        Slices(some_labels(rng, (1, *shape))), TEACHINGS[2], rng.random(9) < 0.5
    )
    cut = Cut(painted, slice(3, 8))
    check_boxes(cut, np.asarray(painted)[3:8], rng)
    box = (slice(1, 4), slice(0, 5), slice(2, 7))
    wanted = np.full(cut.shape, IGNORE, np.int32)
    wanted[box] = np.asarray(cut)[box]
    check_boxes(Within(cut, box), wanted, rng)


def test_no_more_is_read_than_the_margin():
    class Recorded(Slices):
        def __getitem__(self, box):
            self.box = box
            return super().__getitem__(box)

    frame = Recorded(np.zeros((1, 50, 50), np.uint8))
    Painted(frame, TEACHINGS[3], [True])[20:30, 0:5]
    assert frame.box == (slice(0, 1), slice(17, 33), slice(0, 8))
    Values(frame, normaliser(1), (4, 1))[:, 20:30, 0:5]
    assert frame.box == (slice(None), slice(17, 33), slice(0, 5))
