"""What is painted, and what 0 means."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.config import InstancesConfig
from napari_unetseg.core.errors import InputError
from napari_unetseg.core.image import Image
from napari_unetseg.core.prepare.annotation import annotation, annotation_steps
from napari_unetseg.core.prepare.samples import samples
from napari_unetseg.core.prepare.targets import IGNORE, targets
from napari_unetseg.core.prepare.teaching import Teaching


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


def test_of_many_labels_the_first_ones_are_named():
    empty = [labels(np.zeros((4, 4), int), name) for name in "abcde"]
    with pytest.raises(InputError, match="'a', 'b', 'c' and 2 more have no painted"):
        annotation(empty)


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


OBJECTS = InstancesConfig(apart="border")


def cells(*counts):
    """Planes with so many objects of 4 pixels each, the ids all different."""
    stack = np.zeros((len(counts), 12, 24), np.uint16)
    label = 300
    for plane, count in zip(stack, counts, strict=True):
        for number in range(count):
            y, x = divmod(number, 8)
            label += 1
            plane[3 * y : 3 * y + 2, 3 * x : 3 * x + 2] = label
    return stack


def test_single_objects_are_no_classes():
    """However many there are; what is taught of them is derived."""
    given_labels = [labels(cells(*[20] * 20))]
    with pytest.raises(InputError, match=r"400 different ids.*single objects"):
        annotation(given_labels)
    found = annotation(given_labels, instances=OBJECTS)
    assert found.ids == (0, 1, 2)
    gap = annotation(given_labels, instances=InstancesConfig(apart="gap"))
    assert gap.ids == (0, 1)
    assert not any(found.zero_unknown[0].values())
    assert found.verdict == "Slices 0-19: 20 objects painted: unpainted = background."


def test_a_frame_with_few_of_the_usual_objects_is_partly_painted():
    found = annotation([labels(cells(18, 18, 3, 18, 0))], instances=OBJECTS)
    assert [*found.zero_unknown[0].values()] == [False, False, True, False, True]
    assert [*found.annotated[0].values()] == [True, True, True, True, False]
    assert "3 of about 18 objects painted: unpainted = not annotated" in found.verdict


@pytest.mark.parametrize(("wish", "unknown"), [("0", True), ("none", False)])
def test_the_user_overrules_what_is_said_of_objects(wish, unknown):
    found = annotation([labels(cells(18, 3, 0))], wish, instances=OBJECTS)
    assert [*found.zero_unknown[0].values()] == [unknown] * 3
    assert [*found.annotated[0].values()] == [True, True, not unknown]
    assert "as was asked" in found.verdict


def test_one_object_is_enough_and_none_is_not():
    assert annotation([labels(cells(1))], instances=OBJECTS).ids == (0, 1, 2)
    with pytest.raises(InputError, match=r"no painted pixel.*Paint some objects"):
        annotation([labels(cells(0))], instances=OBJECTS)


def region(inside, name="region"):
    return labels(np.asarray(inside, np.uint8), name)


def test_inside_a_region_0_is_background_whatever_else_is_said():
    stack = scribbles()
    inside = np.zeros_like(stack)
    inside[1, 5:10] = 1
    for wish in ("auto", "0", "none"):
        found = annotation([labels(stack)], wish, regions=[region(inside)])
        assert found.ids == (0, 1, 2)
        assert all(found.zero_unknown[0].values())
        assert [*found.annotated[0].values()] == [True, True, False]
        assert found.verdict == (
            "In 1 of 3 slices 0 is background inside the region; outside, 0 is not "
            "annotated."
        )


def test_a_region_without_0_inside_makes_no_background():
    stack = scribbles()
    assert annotation([labels(stack)], regions=[region(stack)]).ids == (1, 2)
    one = np.minimum(stack, 1)
    with pytest.raises(InputError, match="Only class 1"):
        annotation([labels(one)], regions=[region(one)])


def test_one_class_and_a_region_around_it_are_enough():
    one = np.minimum(scribbles(), 1)
    found = annotation([labels(one)], regions=[region(np.ones_like(one))])
    assert found.ids == (0, 1)


@given(st.data(), st.sampled_from([None, OBJECTS]))
def test_what_counts_as_annotated_is_what_teaches(data, instances):
    """Slice by slice, with and without a region; of objects too."""
    seed, share = data.draw(st.integers(0, 999)), data.draw(st.floats(0, 1))
    rng = np.random.default_rng(seed)
    painted = rng.integers(0, 3, (4, 3, 4)) * (rng.random((4, 3, 4)) < share)
    painted[2] = data.draw(st.sampled_from([0, 1]))
    masks = [region(rng.random(painted.shape) < share)] * data.draw(st.booleans())
    wish = data.draw(st.sampled_from(["auto", "0", "none"]))
    given_labels = [labels(painted)]
    try:
        found = annotation(given_labels, wish, instances=instances, regions=masks)
    except InputError:
        return
    teaching = Teaching(found.ids, instances)
    cut = samples(given_labels, given_labels, found, teaching, regions=masks)
    for one in cut:
        taught = (np.asarray(one.target) != IGNORE).any()
        assert found.annotated[0][one.index] == taught


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
