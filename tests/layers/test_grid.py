"""The bent grid lies on its image, in every slice."""

import numpy as np
import pytest

from napari_unetseg.core.errors import InputError
from napari_unetseg.layers.grid import grid_layer

napari_layers = pytest.importorskip("napari.layers")
PIECES = np.array([[[0.0, 0.0], [0.0, 10.0]], [[5.0, 2.0], [7.0, 3.0]]])


def test_its_ends_lie_where_the_pixels_of_the_image_lie():
    image = napari_layers.Image(
        np.zeros((4, 20, 30)),
        scale=(50, 8, 4),
        translate=(100, 7, 9),
        units=("nm",) * 3,
        rotate=30,
    )
    made = grid_layer(PIECES, image.as_layer_data_tuple()[1], "ZYX")
    layer = napari_layers.Layer.create(*made)
    assert layer.ndim == 2
    assert [str(unit) for unit in layer.units] == ["nanometer"] * 2
    for start, direction, (first, last) in zip(
        *layer.data.transpose(1, 0, 2), PIECES, strict=True
    ):
        for point, wanted in ((start, first), (start + direction, last)):
            world = image.data_to_world((0, *wanted))[1:]
            np.testing.assert_allclose(layer.data_to_world(point), world)


def test_a_layer_whose_planes_lie_elsewhere_is_refused():
    with pytest.raises(InputError, match="The last axes of the layer are Y, Z"):
        grid_layer(PIECES, {}, "XYZ")
