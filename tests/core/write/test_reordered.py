"""Axes in another order are the same pixels."""

from itertools import permutations

import numpy as np
import pytest
import zarr

from napari_unetseg.core.write.reordered import Reordered, stored_axes


@pytest.mark.parametrize("axes", ["".join(p) for p in permutations("TCYX")])
def test_parts_are_read_and_written_as_if_transposed(axes):
    stored = stored_axes(axes)
    assert stored == "TCYX"
    array = np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)
    kept = zarr.create_array({}, data=array, chunks=(1, 2, 3, 4))
    found = Reordered(kept, stored, axes)
    wanted = array.transpose([stored.index(axis) for axis in axes]).copy()
    assert found.shape == wanted.shape
    for index in (
        (slice(None),) * 4,
        (1, slice(None), slice(0, 2), slice(1, 2)),
        (slice(0, 1), 1, slice(None), 0),
    ):
        np.testing.assert_array_equal(found[index], wanted[index])
    box = (slice(0, 1), slice(1, 2), slice(None), slice(0, 2))
    found[box] = wanted[box] = -wanted[box]
    np.testing.assert_array_equal(found[(slice(None),) * 4], wanted)
