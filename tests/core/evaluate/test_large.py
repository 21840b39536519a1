"""What does not fit into memory: the same scores from a few slices at a time."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from napari_unetseg.core.draining import result_of
from napari_unetseg.core.evaluate import borders, frame_ids, hausdorff
from napari_unetseg.core.evaluate.boundary import boundaries
from napari_unetseg.core.evaluate.frame_ids import Annotated, FrameIds, numbering
from napari_unetseg.core.evaluate.judge import Asked, judge
from napari_unetseg.core.frames import Frames
from napari_unetseg.core.image import Image
from oracles import boundary as oracle

SMALL = [
    (borders, "BLOCK", 4),
    (hausdorff, "GROUP", 3),
    (hausdorff, "_KEPT", 1),
    (frame_ids, "BLOCK", 4),
]


@pytest.fixture
def little_memory(monkeypatch):
    """A few pixels at a time, and trees of three."""
    for module, name, value in SMALL:
        monkeypatch.setattr(module, name, value)


class Thick:
    """A lazy volume of wavy layers, made where it is indexed."""

    dtype = np.dtype(np.uint8)

    def __init__(self, depth, moved=0):
        self.shape, self._moved = (depth, 64, 64), moved

    def __getitem__(self, key):
        z, y, x = (np.arange(n)[k] for n, k in zip(self.shape, key, strict=True))
        assert np.size(z) * np.size(y) * np.size(x) <= 4 * 64 * 64
        wave = np.add.outer(np.add.outer(z % 16, y), x) + self._moved
        return (wave % 16 < 8).astype(np.uint8)


def volume(depth, moved=0):
    return Image(array=Thick(depth, moved), axes="ZYX", spacing=(3, 1, 1), unit="nm")


@pytest.mark.usefixtures("little_memory")
@given(st.data(), st.sampled_from([(), (2,)]), st.integers(1, 4))
@settings(max_examples=60)
def test_borders_by_slices_and_trees(data, ignore, width):
    shape = data.draw(hnp.array_shapes(min_dims=2, max_dims=3, max_side=7))
    ids = st.sampled_from((0, 1, 1, 2))
    pair = [data.draw(hnp.arrays(np.uint8, shape, elements=ids)) for _ in range(2)]
    spacing = (2.0, 0.5, 0.75)[-len(shape) :]
    asked = {"spacing": spacing, "ignore": ignore, "width": width}
    found = boundaries(*pair, ids=(0, 1), **asked)
    for identity in (0, 1):
        one = found[identity]
        shared, joined, away = oracle.compare(*pair, identity, spacing, ignore, width)
        assert (one.shared, one.joined) == (shared, joined)
        assert one.hausdorff95 == (away if away is None else pytest.approx(away))


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (4.0, 0.7, 0.3)])
@pytest.mark.parametrize("group", [500, 1 << 20])
def test_distances_as_by_a_distance_transform(monkeypatch, spacing, group):
    monkeypatch.setattr(hausdorff, "GROUP", group)
    noise = np.random.default_rng(0).normal(size=(2, 20, 30, 40))
    edges = ndimage.gaussian_filter(noise, (0, 2, 3, 3)) > 0.05
    edges &= ~np.stack([ndimage.binary_erosion(one) for one in edges])
    wanted = [
        np.percentile(ndimage.distance_transform_edt(~end, spacing)[start], 90)
        for start, end in (edges, edges[::-1])
    ]
    with hausdorff.gathered(3) as one, hausdorff.gathered(3) as other:
        for points, edge in zip((one, other), edges, strict=True):
            points.add(edge[:7], 0)
            points.add(edge[7:], 7)
        found = hausdorff.hausdorff(one, other, spacing, percentile=90)
    assert found == pytest.approx(max(wanted), rel=1e-12)
    assert found > 1


@pytest.mark.usefixtures("little_memory")
@given(st.data(), st.sampled_from([(), (2,), (0,)]))
def test_numbers_of_a_class_as_of_the_whole_frame(data, ignore):
    shape = data.draw(hnp.array_shapes(min_dims=2, max_dims=3, max_side=6))
    ids = st.sampled_from((0, 1, 1, 2))
    sides = [data.draw(hnp.arrays(np.uint8, shape, elements=ids)) for _ in range(2)]
    axes = "ZYX"[-len(shape) :]
    frames = [Frames(Image(array=one, axes=axes), len(shape)) for one in sides]
    predicted, true = FrameIds.of_both(*frames, ())
    found = result_of(numbering(Annotated(true, predicted, ignore), 1))
    unknown = np.isin(sides[0], ignore) | np.isin(sides[1], ignore)
    wanted, _ = ndimage.label((sides[1] == 1) & ~unknown)
    whole = found[(slice(None),) * len(shape)]
    assert np.array_equal(whole, np.where(unknown, -1, wanted))
    row = (0,) * (len(shape) - 1)
    assert np.array_equal(found[row], whole[row])


@pytest.mark.parametrize("asked", ["borders", "objects"])
def test_memory_does_not_grow_with_the_depth(monkeypatch, asked):
    for module, name, _ in SMALL:
        monkeypatch.setattr(module, name, 1 if name == "_KEPT" else 64 * 64)
    monkeypatch.setattr("napari_unetseg.core.evaluate.pixels.BLOCK", 64 * 64)
    monkeypatch.setattr("napari_unetseg.core.evaluate.report.BAND", 64 * 64)
    wish = (
        Asked(boundaries=True)
        if asked == "borders"
        else Asked(task="instances", identity=1)
    )
    peaks = []
    for depth in (16, 16, 128):  # The first one also imports.
        tracemalloc.start()
        report = judge(volume(depth, moved=2), volume(depth), wish)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    if asked == "borders":
        assert 0 < report.boundaries[1].iou < 1
        assert report.boundaries[1].hausdorff95 == pytest.approx(2**0.5, rel=0.5)
    else:
        assert report.objects.scores.references > 10
    # Not even a byte for each pixel that is more.
    assert peaks[2] - peaks[1] < 112 * 64 * 64


def test_ids_may_be_kept_as_floats():
    truth = np.zeros((20, 20), np.float32)
    truth[3:8, 3:8] = 1
    image = Image(array=truth, axes="YX", name="cells")
    report = judge(image, image, Asked(task="instances"))
    assert report.objects.scores.seg == 1
