"""Poolings and kernels by hand, as nnU-Net plans them."""

import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.config import NetworkConfig
from napari_unetseg.core.errors import InputError
from napari_unetseg.core.network.anisotropy import plan_axes

ALL, FLAT = (2, 2, 2), (1, 2, 2)
WIDE, PLANE = (3, 3, 3), (1, 3, 3)


@pytest.mark.parametrize(
    ("spacing", "patch", "pools", "kernels"),
    [
        # 5 : 1 : 1 becomes 5 : 2 : 2, which is not yet less than 2, then 5 : 4 : 4.
        (
            (5, 1, 1),
            (64, 256, 256),
            (FLAT, FLAT, ALL, ALL),
            (PLANE, PLANE, WIDE, WIDE, WIDE),
        ),
        # 2 is not less than 2.
        ((2, 1, 1), (64, 64, 64), (FLAT, ALL), (PLANE, WIDE, WIDE)),
        # Hearts of ACDC as nnU-Net resamples them, 5 x 1.5625 x 1.5625 mm: one pooling
        # later it is 5 : 3.125, so Z joins in, and its 20 pixels last for two poolings.
        (
            (5, 1.5625, 1.5625),
            (20, 256, 224),
            (FLAT, ALL, ALL, FLAT, FLAT),
            (PLANE, WIDE, WIDE, WIDE, WIDE, WIDE),
        ),
        # An axis that is too short is left alone, and does not hold up the others.
        ((1, 1, 1), (6, 64, 64), (FLAT, FLAT), (WIDE, WIDE, WIDE)),
        # An axis that is pooled is seen along too.
        ((1, 5, 5), (6, 64, 64), (FLAT, FLAT), (WIDE, WIDE, WIDE)),
        # The lowest level sees along every axis.
        ((100, 1, 1), (64, 64, 64), (FLAT,), (PLANE, WIDE)),
        # The coarse axis may be any.
        ((1, 1, 3), (64, 64, 64), ((2, 2, 1), ALL), ((3, 3, 1), WIDE, WIDE)),
        ((4, 1), (64, 64), ((1, 2), (1, 2), (2, 2)), ((1, 3), (1, 3), (3, 3), (3, 3))),
    ],
)
def test_plans_worked_out_by_hand(spacing, patch, pools, kernels):
    assert plan_axes(spacing, patch, len(pools)) == (pools, kernels)


@pytest.mark.parametrize("spacing", [(1, 1), (0.2, 0.2), (3, 3, 3), (1.9, 1, 1)])
@pytest.mark.parametrize("depth", [1, 4])
def test_alike_axes_need_no_plan(spacing, depth):
    assert plan_axes(spacing, (64,) * len(spacing), depth) == ((), ())


@given(
    st.lists(st.floats(0.01, 100), min_size=2, max_size=3),
    st.lists(st.integers(1, 300), min_size=3, max_size=3),
    st.integers(1, 7),
)
def test_plans_fit_the_configuration_and_the_patch(spacing, patch, depth):
    patch = patch[: len(spacing)]
    try:
        pools, kernels = plan_axes(spacing, patch, depth)
    except InputError as error:
        found = re.search(r"at most (\d)", str(error))
        possible = int(found[1]) if found else 0
        assert possible < depth
        if possible:
            plan_axes(spacing, patch, possible)
        return
    config = NetworkConfig(
        dimensions=len(spacing), depth=depth, pools=pools, kernels=kernels
    )
    for axis, size in enumerate(patch):
        steps = [config.pool(level)[axis] for level in range(depth)]
        seen = [config.kernel(level)[axis] for level in range(depth + 1)]
        assert sorted(seen) == seen
        assert seen[-1] == 3
        for step in steps:
            assert step == 1 or size >= 8
            size = -(-size // step)
    # A longer plan begins like a shorter one.
    if depth > 1 and pools:
        shorter, _ = plan_axes(spacing, patch, depth - 1)
        assert (shorter or pools[:-1]) == pools[:-1]


@pytest.mark.parametrize(
    ("patch", "depth", "sentence"),
    [
        (
            (32, 32),
            4,
            "A depth of 4 is too great for a patch of 32 x 32 pixels. Choose a depth "
            "of at most 3, or a larger patch.",
        ),
        (
            (5, 7, 7),
            1,
            "A depth of 1 is too great for a patch of 5 x 7 x 7 pixels. Give at least "
            "8 pixels along an axis.",
        ),
    ],
)
def test_a_depth_that_is_too_great_is_said_with_what_is_possible(
    patch, depth, sentence
):
    with pytest.raises(InputError) as caught:
        plan_axes((1,) * len(patch), patch, depth)
    assert str(caught.value) == sentence


def test_planning_loads_no_torch():
    code = (
        "import sys\n"
        "from napari_unetseg.core.network import anisotropy, cost\n"
        "assert anisotropy.plan_axes((3, 1, 1), (16, 64, 64), 2)\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True
    )
    assert done.stdout == "False\n"
