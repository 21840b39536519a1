"""Beyond its border an image is mirrored, and only the box is read."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.predict.mirror import mirrored_indices, read_mirrored
from oracles.prediction import mirrored, reflect


@given(st.integers(1, 30), st.integers(-200, 200), st.integers(0, 60))
def test_mirroring_walks_to_and_fro(size, start, length):
    found = mirrored_indices(start, start + length, size)
    assert found.tolist() == [reflect(i, size) for i in range(start, start + length)]


def test_a_mirrored_box_equals_numpys_padding():
    plane = np.arange(2 * 5 * 7).reshape(2, 5, 7)
    padded = np.pad(plane, ((0, 0), (3, 4), (6, 2)), mode="reflect")
    assert (read_mirrored(plane, [(-3, 9), (-6, 9)]) == padded).all()
    volume = np.arange(2 * 4 * 5 * 7).reshape(2, 4, 5, 7)
    padded = np.pad(volume, ((0, 0), (2, 3), (3, 4), (6, 2)), mode="reflect")
    assert (read_mirrored(volume, [(-2, 7), (-3, 9), (-6, 9)]) == padded).all()


boxes = st.tuples(st.integers(1, 9), st.integers(-30, 30), st.integers(1, 30))


@given(st.lists(boxes, min_size=2, max_size=3), st.integers(1, 3))
def test_any_box_is_what_walking_finds_and_nothing_else_is_read(axes, channels):
    sizes = [size for size, _, _ in axes]
    box = [(start, start + length) for _, start, length in axes]
    frame = Watched(np.random.default_rng(0).normal(size=(channels, *sizes)))
    np.testing.assert_array_equal(
        read_mirrored(frame, box), mirrored(frame.array, box), strict=True
    )
    [(_, *read)] = frame.read
    for part, (start, stop), size in zip(read, box, sizes, strict=True):
        seen = {reflect(i, size) for i in range(start, stop)}
        assert (part.start, part.stop) == (min(seen), max(seen) + 1)


class Watched:
    """An array that is read by slices, and remembers which."""

    def __init__(self, array):
        self.array, self.shape, self.read = array, array.shape, []

    def __getitem__(self, box):
        self.read.append(box)
        return self.array[box]
