"""What a network is shown at a place depends on the place alone."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.frames import Frames
from napari_unetseg.core.image import Image
from napari_unetseg.core.predict.shown import Shown
from napari_unetseg.core.prepare.normalise import normalisers


def shown(array, grid, axes="TYX", statistics=dict):
    frames = Frames(Image(array=array, axes=axes))
    return Shown(frames, statistics(normalisers(frames.image)), grid)


ENDS = st.tuples(st.integers(-40, 40), st.integers(1, 30)).map(
    lambda pair: (pair[0], sum(pair))
)


@given(
    st.tuples(st.integers(1, 20), st.integers(1, 20)),
    st.tuples(st.integers(1, 20), st.integers(1, 20)),
    st.lists(st.tuples(st.integers(0, 1), ENDS, ENDS), min_size=1, max_size=4),
    st.sampled_from(["float32", "float64", "uint8"]),
)
def test_boxes_agree_to_the_bit_wherever_they_overlap(size, grid, boxes, dtype):
    rng = np.random.default_rng(0)
    array = (rng.normal(size=(2, *size)) * 50 + 100).astype(dtype)
    if dtype != "uint8":
        array[rng.random(array.shape) < 0.1] = np.nan
    one = shown(array, grid)
    for index, *box in boxes:
        found = one.values((index,), tuple(box))
        assert found.dtype == np.float32
        assert np.isfinite(found).all()
        around = tuple((start - 3, stop + 5) for start, stop in box)
        large = shown(array, grid).values((index,), around)
        np.testing.assert_array_equal(found, large[:, 3:-5, 3:-5], strict=True)


def test_two_threads_may_ask_for_two_frames():
    """A tile that did not fit is read again while the next frame is read ahead."""

    class Interrupting(dict):
        """Looks at another frame just before the first one is read."""

        def __getitem__(self, index):
            if index == (0,) and not interrupted:
                interrupted.append(True)
                one.values((1,), box)
            return super().__getitem__(index)

    interrupted, box = [], ((0, 2), (0, 3))
    array = np.random.default_rng(0).normal(size=(2, 5, 5))
    wanted = shown(array, (5, 5)).values((0,), box)
    one = shown(array, (5, 5), statistics=Interrupting)
    one.values((1,), box)
    interrupted.append(True)
    one.values((0,), box)
    interrupted.clear()
    np.testing.assert_array_equal(one.values((0,), box), wanted)
    assert interrupted


def test_only_floating_point_numbers_can_be_broken():
    whole = ((0, 5), (1, 4))
    assert shown(np.zeros((1, 5, 5), np.uint8), (5, 5)).finite((0,), whole) is None
    array = np.zeros((2, 2, 5, 5), np.float32)
    one = shown(array, (5, 5), "CTYX")
    assert one.finite((0,), whole) is None
    array[1, 0, 3, 1] = np.inf
    assert np.argwhere(~one.finite((0,), whole)).tolist() == [[3, 0]]
    assert one.finite((1,), whole) is None
