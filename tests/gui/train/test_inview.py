"""What part of a layer the viewer shows."""

import numpy as np
import pytest

from napari_unetseg.gui.train.inview import in_view


def seen(layer, start, stop):
    """As napari notes it when it draws: first and last pixel along what is shown."""
    layer.corner_pixels = np.array([start, stop])
    return layer


@pytest.fixture
def layer(model):
    return model.add_image(
        np.zeros((9, 40, 60)), scale=(50, 8, 8), translate=(100, 0, 0)
    )


def test_a_part_of_a_slice_is_seen(model, layer):
    model.dims.set_current_step(0, 3)

    found = in_view(seen(layer, (0, 5, 7), (0, 20, 59)), "ZYX", model.dims)

    assert found == {"Z": (3, 4), "Y": (5, 21), "X": (7, 60)}


def test_other_axes_may_be_shown(model, layer):
    model.dims.order = (1, 0, 2)
    model.dims.set_current_step(1, 10)

    found = in_view(seen(layer, (2, 0, 0), (8, 0, 59)), "ZYX", model.dims)

    assert found == {"Z": (2, 9), "Y": (10, 11), "X": (0, 60)}


def test_channels_are_no_part_of_it(model):
    layer = model.add_image(np.zeros((3, 40, 60)))

    found = in_view(seen(layer, (0, 0, 0), (0, 39, 59)), "CYX", model.dims)

    assert found == {"Y": (0, 40), "X": (0, 60)}


def test_a_layer_of_fewer_dimensions_than_the_viewer(model, layer):
    flat = model.add_image(np.zeros((40, 60)))

    found = in_view(seen(flat, (1, 2), (3, 4)), "YX", model.dims)

    assert found == {"Y": (1, 4), "X": (2, 5)}


def test_pixels_are_those_of_the_largest_level(model):
    levels = [np.zeros((64, 96)), np.zeros((32, 48)), np.zeros((16, 24))]
    layer = model.add_image(levels, multiscale=True)
    layer.data_level = 2

    found = in_view(seen(layer, (3, 5), (6, 23)), "YX", model.dims)

    assert found == {"Y": (12, 28), "X": (20, 96)}


def test_nothing_is_seen_in_3d_or_beside_the_layer(model, layer):
    model.add_image(np.zeros((40, 40, 60)), scale=(50, 8, 8))
    model.dims.set_point(0, 900)
    assert in_view(layer, "ZYX", model.dims) is None

    model.dims.set_point(0, 200)
    assert in_view(layer, "ZYX", model.dims) is not None
    model.dims.ndisplay = 3
    assert in_view(layer, "ZYX", model.dims) is None


@pytest.mark.gui
def test_who_zooms_in_sees_a_part(make_napari_viewer, until):
    viewer = make_napari_viewer(show=True)
    layer = viewer.add_image(np.zeros((3, 400, 500), np.uint8))
    scene = getattr(viewer, "scene", viewer)
    scene.camera.center = (0, 100, 50)
    scene.camera.zoom = 10

    def part():
        found = in_view(layer, "ZYX", viewer.dims)
        return found if found and found["X"][1] < 500 else None

    until(part)
    found = part()
    assert found["Z"] == (1, 2)
    for axis, centre in (("Y", 100), ("X", 50)):
        start, stop = found[axis]
        assert abs(start + stop - 2 * centre) <= 3
        assert stop - start < 100
