"""Whether all objects of a plane are painted, judged by its neighbours."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.prepare.coverage import (
    ObjectCounts,
    judge_instances,
)

PIXELS = 10_000


def count_objects(plane):
    ids, pixels = np.unique(plane, return_counts=True)
    area = int(pixels[ids != 0].sum())
    return ObjectCounts(int(np.count_nonzero(ids)), area, int(plane.size))


def series(*objects, size=50):
    """Planes of an image with so many objects each."""
    return {(i,): ObjectCounts(n, n * size, PIXELS) for i, n in enumerate(objects)}


def unknown(*images, wish="auto"):
    found = judge_instances(images, [wish] * len(images))
    return [[*planes.values()] for planes in found.zero_unknown]


def test_a_frame_with_few_of_the_usual_objects_is_partly_painted():
    found = judge_instances([series(10, 10, 11, 13, 13, 12, 13, 13, 3)])
    assert [*found.zero_unknown[0].values()] == [False] * 8 + [True]
    assert found.expected == ({(8,): 13.0},)
    assert found.verdict == (
        "Slices 0-7: 10-13 objects painted: unpainted = background.",
        "Slice 8: 3 of about 13 objects painted: unpainted = not annotated.",
    )


def test_empty_planes_of_a_painted_stack_are_not_annotated():
    found = judge_instances([series(0, 5, 0, 0, 1)])
    assert [*found.zero_unknown[0].values()] == [True, False, True, True, False]
    assert found.verdict == (
        "Slices 1, 4: 1-5 objects painted: unpainted = background.",
        "Slices 0, 2-3: nothing is painted: not annotated.",
    )


def test_empty_planes_do_not_make_their_neighbours_few():
    assert unknown(series(0, 9, 0, 8, 0, 2, 0, 9)) == [
        [True, False, True, False, True, True, True, False]
    ]


@pytest.mark.parametrize(
    "objects",
    [
        (3,),  # nobody knows
        (3, 18),  # nor which of two is the usual one
        (12, 7, 12, 12, 12),  # more than half
        (3, 1, 3, 3, 3),  # two cells may have left
        (313, 7, 369, 67, 198, 179, 25, 106),  # images of a collection
        (12, 10, 8, 6, 5, 4, 3, 2, 1),  # the end of a volume
    ],
)
def test_what_neighbours_cannot_tell_is_background(objects):
    assert unknown(series(*objects)) == [[False] * len(objects)]


def test_one_large_object_where_there_were_small_ones_is_no_lack():
    planes = series(9, 9, 9, 9) | {(4,): ObjectCounts(2, 400, PIXELS)}
    assert unknown(planes) == [[False] * 5]


def test_single_images_of_one_size_are_one_series():
    images = [series(n) for n in (12, 12, 3, 13)]
    assert unknown(*images) == [[False], [False], [True], [False]]
    other = [{(0,): ObjectCounts(3, 150, 2 * PIXELS)}]
    assert unknown(*images[:2], images[3], *other) == [[False]] * 4


def test_stacks_are_not_compared_with_one_another():
    assert unknown(series(5, 5, 5), series(50, 50, 50)) == [[False] * 3] * 2


def test_slices_are_counted_through_all_images():
    found = judge_instances([series(12, 12, 2, 12), series(4, 0)])
    assert found.verdict == (
        "Slices 0-1, 3-4: 4-12 objects painted: unpainted = background.",
        "Slice 2: 2 of about 12 objects painted: unpainted = not annotated.",
        "Slice 5: nothing is painted: not annotated.",
    )


def test_a_plane_that_is_painted_all_over_has_nothing_unpainted():
    found = judge_instances([{(): ObjectCounts(4, PIXELS, PIXELS)}])
    assert found.verdict == ("Slice 0: every pixel is painted.",)


@pytest.mark.parametrize(
    ("wish", "flag", "verdict"),
    [
        (
            "0",
            True,
            (
                "Slice 0: 1 object painted: unpainted = not annotated, as was asked.",
                "Slice 1: nothing is painted: not annotated, as was asked.",
            ),
        ),
        (
            "none",
            False,
            (
                "Slice 0: 1 object painted: unpainted = background, as was asked.",
                "Slice 1: nothing is painted: all of it is background, as was asked.",
            ),
        ),
    ],
)
def test_the_person_decides(wish, flag, verdict):
    found = judge_instances([series(1, 0)], [wish])
    assert [*found.zero_unknown[0].values()] == [flag, flag]
    assert found.verdict == verdict
    assert found.expected == ({},)


@given(
    st.lists(
        st.lists(st.integers(0, 30), min_size=1, max_size=12), min_size=1, max_size=4
    ),
    st.sampled_from(["auto", "0", "none"]),
)
def test_every_plane_is_judged_and_told_once(images, wish):
    found = judge_instances([series(*one) for one in images], [wish] * len(images))
    total = sum(map(len, images))
    assert [len(planes) for planes in found.zero_unknown] == [*map(len, images)]
    told = []
    for sentence in found.verdict:
        numbers = sentence.partition(":")[0].split(" ", 1)[1]
        for part in numbers.split(", "):
            first, _, last = part.partition("-")
            told += range(int(first), int(last or first) + 1)
    assert sorted(told) == [*range(total)]
    for objects, more in zip(images, found.expected, strict=True):
        assert all(2 * objects[index] < number for (index,), number in more.items())


@pytest.mark.data
def test_verdicts_on_real_annotations(data_folder):
    """Of all frames one is partly painted, as the challenge's own counts say."""
    from napari_unetseg.core.read import read_image

    partly = []
    for path in sorted(data_folder.glob("*/*labels.tif")):
        if path.parent.name not in {
            "dic-hela",
            "phc-u373",
            "dsb2018-nuclei",
            "gonuclear-3d",
        }:
            continue
        image = read_image(path)
        planes = {
            i: count_objects(np.asarray(image.plane(i))[0]) for i in image.planes()
        }
        flags = judge_instances([planes]).zero_unknown[0]
        partly += [(path.name, index) for index, flag in flags.items() if flag]
    assert partly == [("01_gold_labels.tif", (8,))]
