"""From painted ids to positions in the table of classes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.prepare.targets import IGNORE, targets


@given(
    st.lists(st.integers(0, 300), min_size=2, max_size=6, unique=True),
    st.lists(st.integers(0, 320), min_size=1, max_size=40),
    st.booleans(),
)
def test_targets_are_positions_in_the_table(ids, painted, zero_unknown):
    ids = tuple(sorted(ids))
    found = targets(np.array([painted]), ids, zero_unknown)[0]
    for label, index in zip(painted, found, strict=True):
        if label not in ids or (label == 0 and zero_unknown):
            assert index == IGNORE
        else:
            assert ids[index] == label


@pytest.mark.parametrize(
    "dtype", ["bool", "uint8", ">u2", "int8", "int32", "uint64", "float32"]
)
def test_any_number_type_is_taken(dtype):
    """Ids that a plane's type cannot hold do not occur in it."""
    plane = np.array([[0, 1, 1]]).astype(dtype)
    found = targets(plane, (0, 1, 256, 2**32, 2**63), zero_unknown=False)
    assert found.dtype == np.int16
    assert found.tolist() == [[0, 1, 1]]


@pytest.mark.parametrize("dtype", [np.int64, np.uint64])
def test_the_largest_ids_are_told_apart(dtype):
    """float64 does not hold them."""
    largest = int(np.iinfo(dtype).max)
    ids = (0, 2**53, 2**53 + 1, largest - 1, largest)
    plane = np.array([[*ids, largest - 2, 2**53 + 2]], dtype)
    assert targets(plane, ids, zero_unknown=False).tolist() == [
        [0, 1, 2, 3, 4, IGNORE, IGNORE]
    ]


def test_a_negative_id_is_no_class():
    """Painting knows no negative ids, but a program may send one."""
    plane = np.array([[-1, 0, 2]])
    assert targets(plane, (0, 2), zero_unknown=False).tolist() == [[IGNORE, 0, 1]]
