"""All of an image in blocks, or a fixed sample of one that is very large."""

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_unetseg.core.image import Image
from napari_unetseg.core.prepare import blocks as module
from napari_unetseg.core.prepare.blocks import blocks
from napari_unetseg.core.prepare.normalise import normalisers

LENGTHS = {"T": 2, "Z": 3, "C": 2, "Y": 9, "X": 7}


class Watched:
    """Numbers that nobody keeps, and what is read of them."""

    dtype = np.dtype("uint8")

    def __init__(self, *shape):
        self.shape, self.read = shape, []

    def __getitem__(self, place):
        spans = [
            range(*i.indices(n)) if isinstance(i, slice) else range(i, i + 1)
            for i, n in zip(place, self.shape, strict=True)
        ]
        self.read.append(spans)
        kept = [
            len(span)
            for span, i in zip(spans, place, strict=True)
            if isinstance(i, slice)
        ]
        return np.full(kept, sum(spans[0]) % 251, np.uint8)


@settings(max_examples=30)
@given(st.permutations("TZCYX"), st.sets(st.sampled_from("TZC")), st.integers(1, 150))
def test_blocks_are_the_planes_row_by_row(order, without, most):
    axes = "".join(axis for axis in order if axis not in without)
    shape = [LENGTHS[axis] for axis in axes]
    array = np.arange(np.prod(shape)).reshape(shape)
    plain = Image(array=array, axes=axes)
    kept = Image(array=zarr.array(array, chunks=(2,) * array.ndim), axes=axes)
    planes = list(plain.planes())[::-1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK_PIXELS", most)
        found, lazy = list(blocks(plain, planes)), list(blocks(kept, planes))
    row = plain.channel_count * LENGTHS["X"]
    assert all(block.size <= max(most, row) for block in found)
    wanted = np.concatenate([plain.plane(index) for index in planes], axis=1)
    np.testing.assert_array_equal(np.concatenate(found, axis=1), wanted)
    for one, other in zip(found, lazy, strict=True):
        np.testing.assert_array_equal(one, other)


def test_of_a_large_image_a_fixed_sample_is_read():
    image = Image(array=Watched(30, 9000, 5000), axes="ZYX")
    first = [block.tobytes() for block in blocks(image, list(image.planes()))]
    seen = image.array.read
    assert len(seen) == len(first) == 256
    for _, rows, columns in seen:
        # Where common chunks begin; what lies at the end may be smaller.
        assert rows.start % 512 == columns.start % 512 == 0
        assert (len(rows), len(columns)) == (
            min(512, 9000 - rows.start),
            min(512, 5000 - columns.start),
        )
    assert len({place[0] for place in seen}) == 30
    assert len({(rows.start, columns.start) for _, rows, columns in seen}) > 100
    again = Image(array=Watched(30, 9000, 5000), axes="ZYX")
    assert [block.tobytes() for block in blocks(again, list(again.planes()))] == first
    assert again.array.read == seen


@pytest.mark.parametrize(("pixels", "is_sampled"), [(1, True), (2 * 63 * 6, False)])
def test_the_caller_says_what_is_large(pixels, is_sampled):
    image = Image(array=Watched(2, 3, 9, 7, 2), axes="TZYXC")
    found = list(blocks(image, list(image.planes()), sampled_above=pixels))
    assert len(found) == (256 if is_sampled else 6)
    assert {block.shape for block in found} == {(2, 9, 7)}


def test_a_sample_stands_for_the_whole(monkeypatch):
    array = np.random.default_rng(0).normal(5, 3, size=(2, 8, 600, 550))
    array[1] *= 2
    image = Image(array=array, axes="TZYX")
    sampled = normalisers(image, 3)
    assert sampled[0,].mean == pytest.approx(array[0].mean(), rel=1e-9)
    calls = []
    original = module._sample

    def sample(image, planes):
        calls.append(len(planes))
        return original(image, planes)

    monkeypatch.setattr(module, "_sample", sample)
    monkeypatch.setattr(module.blocks, "__kwdefaults__", {"sampled_above": 1 << 20})
    for time, factor in enumerate((1, 2)):
        found = normalisers(image, 3)[time,]
        assert found.mean == pytest.approx(5 * factor, rel=2e-2)
        assert found.std == pytest.approx(3 * factor, rel=2e-2)
    assert calls == [8] * 4
