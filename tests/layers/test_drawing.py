"""What is drawn around a part of an image, in the pixels of that image."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.prepare.shapes import mask_of_shapes, shapes_in
from napari_unetseg.layers.boxes import placed
from napari_unetseg.layers.drawing import table_of_shapes

layers = pytest.importorskip("napari.layers")

SHAPE = (5, 30, 40)
LENGTHS = dict(zip("ZYX", SHAPE, strict=True))
KINDS = ["polygon", "rectangle", "ellipse"]
OCTAGON = np.array(
    [(3, 9), (3, 21), (9, 30), (18, 30), (25, 21), (25, 9), (18, 2), (9, 2)], float
)


def rectangle(top, left, bottom, right, *slices):
    corners = [(top, left), (top, right), (bottom, right), (bottom, left)]
    return np.array([(*slices, *corner) for corner in corners], float)


def turned(angle):
    return np.array(
        [
            [1, 0, 0],
            [0, np.cos(angle), -np.sin(angle)],
            [0, np.sin(angle), np.cos(angle)],
        ]
    )


def table(shapes, kinds, axes="ZYX", lengths=LENGTHS, drawn=None, **about):
    """Draw, and read what is written down: corners and kinds."""
    shape = [LENGTHS.get(axis, 2) for axis in axes]
    target = placed("grey", axes, shape, about.pop("image", {}))
    attributes = {"name": "drawn", **(drawn or {})}
    return table_of_shapes(shapes, kinds, attributes, target, lengths, **about)


def read(text, tmp_path_factory):
    path = tmp_path_factory.mktemp("table") / "inside.csv"
    path.write_text(text, encoding="utf-8")
    return shapes_in(path)


PLACES = {
    "scale": st.tuples(*[st.floats(0.2, 60)] * 3),
    "translate": st.tuples(*[st.integers(-99, 99)] * 3),
    "rotate": st.floats(0, 6.3).map(turned),
}


@given(
    image=st.fixed_dictionaries(PLACES),
    drawn=st.fixed_dictionaries(PLACES),
    kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=4),
    data=st.data(),
)
def test_wherever_both_layers_lie_the_shapes_are_found_in_pixels_of_the_image(
    tmp_path_factory, image, drawn, kinds, data
):
    layer = layers.Image(np.zeros(SHAPE), **image)
    shapes = layers.Shapes(ndim=3, **drawn)
    wanted, corners = [], []
    for kind in kinds:
        # Also partly beyond the image.
        top, left = (data.draw(st.floats(-20, 35)) for _ in "yx")
        size = data.draw(st.floats(1, 30))
        z = data.draw(st.integers(0, SHAPE[0] - 1))
        one = rectangle(top, left, top + size, left + size / 2, z)
        if kind == "polygon":
            one = np.vstack([one, one[0] + np.array([0, 3, -2])])
        wanted.append(one)
        world = [layer.data_to_world(corner) for corner in one]
        corners.append(np.array([shapes.world_to_data(place) for place in world]))

    text = table(
        corners,
        kinds,
        image=layer.as_layer_data_tuple()[1],
        drawn=shapes.as_layer_data_tuple()[1],
    )

    found, named = read(text, tmp_path_factory)
    assert named == kinds
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_the_pixels_are_those_that_napari_itself_fills(tmp_path_factory, kind):
    corners = OCTAGON if kind == "polygon" else rectangle(2.3, 3.4, 25.6, 31.7)
    layer = layers.Shapes([corners], shape_type=kind)
    [theirs] = layer.to_masks(SHAPE[1:])

    found, named = read(
        table(layer.data, [*map(str, layer.shape_type)]), tmp_path_factory
    )

    ours = mask_of_shapes(found, SHAPE[1:], named)
    # They differ in what they do with a centre that lies on the outline.
    assert (ours != theirs).mean() < 0.02
    assert ours.sum() > 300


def test_shapes_of_fewer_axes_stay_in_every_slice(tmp_path_factory):
    [one], _ = read(table([rectangle(1, 2, 9, 20)], ["polygon"]), tmp_path_factory)

    assert one.shape == (4, 2)


def test_channels_are_no_axis_of_the_table(tmp_path_factory):
    lengths = {"Y": 30, "X": 40}
    shape = rectangle(1, 2, 9, 20, 1)

    [one], _ = read(table([shape], ["polygon"], "CYX", lengths), tmp_path_factory)

    np.testing.assert_array_equal(one, shape[:, 1:])


def test_axes_of_any_order_come_as_the_image_has_them(tmp_path_factory):
    shape = rectangle(1, 2, 9, 20, 3)

    [one], _ = read(table([shape[:, [1, 2, 0]]], ["polygon"], "YXZ"), tmp_path_factory)

    np.testing.assert_array_equal(one, shape)


def test_of_an_image_that_begins_later_the_rest_is_counted(tmp_path_factory):
    shapes = [rectangle(1, 2, 9, 20, z) for z in (2, 4)]
    lengths = {"Z": 3, "Y": 30, "X": 40}

    text = table(shapes, ["polygon"] * 2, lengths=lengths, starts={"Z": 2})

    found, _ = read(text, tmp_path_factory)
    assert [one[0, 0] for one in found] == [0, 2]


def test_of_one_slice_that_is_left_only_its_shapes_are_taken(tmp_path_factory):
    shapes = [rectangle(1, 2, 9, 20, z) for z in (2, 4)]
    lengths = {"Y": 30, "X": 40}

    text = table(shapes, ["polygon"] * 2, lengths=lengths, starts={"Z": 4})

    [one], _ = read(text, tmp_path_factory)
    np.testing.assert_array_equal(one, shapes[1][:, 1:])
    with pytest.raises(InputError, match="Nothing that is drawn in 'drawn' lies on"):
        table(shapes, ["polygon"] * 2, lengths=lengths, starts={"Z": 3})


@pytest.mark.parametrize(
    ("shapes", "kind", "words"),
    [
        ([], "polygon", "Nothing is drawn in 'drawn'"),
        ([np.array([(1, 2), (3, 4), (9, 9)])], "path", "Shape 1 is a path"),
        ([rectangle(1, 2, 9, 20)[:2]], "line", "which encloses no area"),
        ([np.eye(3) * 4], "polygon", "across slices"),
        ([np.zeros((4, 4))], "polygon", "4 dimensions and 'grey' has 3"),
    ],
)
def test_what_is_no_part_of_the_image_gets_a_sentence(shapes, kind, words):
    with pytest.raises(InputError, match=words) as refused:
        table(shapes, [kind] * len(shapes))
    assert refused.value.remedy
