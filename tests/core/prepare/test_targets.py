"""What is painted, and what 0 means."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.image import Image
from napari_unetseg.core.prepare.targets import (
    IGNORE,
    annotation,
    annotation_steps,
    targets,
)


def labels(array, name="gt"):
    array = np.asarray(array)
    return Image(array=array, axes="ZYX"[-array.ndim :], name=name)


def scribbles():
    painted = np.zeros((3, 40, 40), np.uint8)
    painted[0, 3, 5:20] = 1
    painted[1, 9, 5:20] = 2
    return painted


def test_labels_1_and_2_without_0_are_two_classes():
    found = annotation([labels([[1, 2], [2, 1]])])
    assert found.ids == (1, 2)
    assert "no label is 0" in found.verdict
    assert targets(np.array([[1, 2]]), found.ids, False).tolist() == [[0, 1]]


def test_strokes_of_two_classes_leave_the_rest_unknown():
    found = annotation([labels(scribbles())])
    assert found.ids == (1, 2)
    assert all(found.zero_unknown[0].values())
    assert "not annotated" in found.verdict


def test_a_painted_area_is_on_background():
    found = annotation([labels(np.kron([[0, 1], [1, 0]], np.ones((8, 8), int)))])
    assert found.ids == (0, 1)
    assert not any(found.zero_unknown[0].values())
    assert found.verdict == (
        "In 1 of 1 slices 0 is background, because areas are painted."
    )


def test_empty_slices_of_a_painted_stack_are_left_out():
    stack = np.zeros((4, 6, 6), np.uint8)
    stack[1, :3] = 1
    found = annotation([labels(stack)])
    assert found.ids == (0, 1)
    assert list(found.zero_unknown[0].values()) == [True, False, True, True]
    words = "in 3 of 4 slices nothing is painted and 0 is not annotated"
    assert words in found.verdict.lower()
    assert "in 1 of 4 slices 0 is background" in found.verdict.lower()


def test_strokes_beside_dense_slices_are_recognised():
    stack = np.ones((4, 20, 20), np.uint8)
    stack[:3, :5] = 2
    stack[3] = 0
    stack[3, 2, 2:9] = 1
    found = annotation([labels(stack)])
    assert found.ids == (1, 2)
    assert found.zero_unknown[0][3,]


def test_few_objects_on_background_beside_many_are_no_strokes():
    stack = np.zeros((2, 20, 20), np.uint8)
    stack[0, :4], stack[0, 6:8] = 1, 2
    stack[1, :2, :20] = 1
    assert annotation([labels(stack)]).ids == (0, 1, 2)


def test_dense_slices_without_0_beside_empty_ones_have_no_background():
    stack = np.ones((3, 6, 6), np.uint8)
    stack[0, 0] = 2
    stack[2] = 0
    assert annotation([labels(stack)]).ids == (1, 2)


@pytest.mark.parametrize(("wish", "ids"), [("0", (1, 2)), ("none", (0, 1, 2))])
def test_the_user_overrules(wish, ids):
    found = annotation([labels(scribbles())], wish)
    assert found.ids == ids


@pytest.mark.parametrize(
    ("array", "wish", "sentence"),
    [
        (np.zeros((5, 5), int), "auto", "'gt' have no painted pixel"),
        (np.eye(5, dtype=int), "0", "Only class 1 is painted in 'gt', and 0 means"),
        (np.full((5, 5), 7), "auto", "Only class 7 is painted in 'gt', and it fills"),
        (np.array([[0, -3], [1, 2]]), "auto", "negative id -3"),
        (np.array([[0.5, 1], [1, 2]]), "auto", "hold 0.5"),
        (np.array([[np.nan, 1], [1, 2]]), "auto", "nan"),
        (np.arange(400).reshape(20, 20), "auto", "399 different ids"),
        (np.array([[1j, 1]]), "auto", "whole numbers"),
    ],
)
def test_bad_labels_get_a_sentence(array, wish, sentence):
    with pytest.raises(InputError, match=sentence):
        annotation([labels(array)], wish)


def test_the_planes_of_all_images_are_gone_through_one_by_one():
    stack = np.zeros((3, 8, 8), np.uint8)
    stack[0, :4], stack[0, 4:] = 1, 2
    given_labels = [labels(stack, "first"), labels(stack[::-1], "second")]
    found = []

    def whole():
        found.append((yield from annotation_steps(given_labels, "auto")))

    assert sum(1 for _ in whole()) == 6
    assert found == [annotation(given_labels, "auto")]


@given(
    st.lists(st.sampled_from(["0", "12", "01", "22"]), min_size=1, max_size=5),
    st.sampled_from(["auto", "0", "none"]),
)
def test_a_plane_is_annotated_where_a_target_is(planes, wish):
    stack = np.array([[[*map(int, (2 * pair)[:2])]] for pair in ["12", *planes]])
    given_labels = labels(stack)
    found = annotation([given_labels], wish)
    for index, annotated in found.annotated[0].items():
        plane = given_labels.plane(index)[0]
        target = targets(plane, found.ids, found.zero_unknown[0][index])
        assert annotated == (target != IGNORE).any()


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


@pytest.mark.data
def test_verdicts_on_real_annotations(data_folder):
    from napari_unetseg.core.read import read_image

    def judge(name):
        return annotation([read_image(data_folder / name)])

    scribbled = data_folder / "sparse-scribbles"
    assert judge(scribbled / "blobs_annotations.tif").ids == (1, 2)
    assert judge(scribbled / "maize_clsm_annotation.tif").ids == (1, 2)
    axon = judge(data_folder / "axon-myelin-sem/sub-rat1_sample-data1_SEM_labels.tif")
    assert axon.ids == (0, 1, 2)
    assert judge(data_folder / "isbi2012-em/labels.tif").ids == (1, 2)
    assert judge(data_folder / "drosophila-vnc/labels.tif").ids == (1, 2, 3, 4, 5)
