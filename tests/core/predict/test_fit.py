"""An image that a model cannot take is refused in one sentence."""

import numpy as np
import pytest

from napari_unetseg.core.config import NetworkConfig
from napari_unetseg.core.errors import InputError
from napari_unetseg.core.image import Image
from napari_unetseg.core.network.card import ModelCard
from napari_unetseg.core.predict.fit import fit, pixel_size_notes


def card(dimensions, spacing=(), unit="nm"):
    return ModelCard(
        network=NetworkConfig(dimensions=dimensions),
        classes=(1, 2),
        halo=(92,) * dimensions,
        spacing=spacing or (1.0,) * dimensions,
        unit=unit,
    )


def image(axes="ZYX", spacing=(), unit="nm"):
    return Image(
        array=np.zeros((3, 4, 5, 6)[-len(axes) :]),
        axes=axes,
        spacing=spacing,
        unit=unit,
        name="em",
    )


@pytest.mark.parametrize("axes", ["YX", "TYX"])
def test_a_model_of_volumes_needs_the_axis_z(axes):
    with pytest.raises(InputError, match=rf"'em' has the axes {axes}.* the axis Z"):
        fit(image(axes), card(3))
    assert fit(image(axes), card(2)).axes == axes


@pytest.mark.parametrize("axes", ["ZYX", "ZTYX", "YXZ"])
def test_a_model_of_volumes_takes_any_order_of_axes(axes):
    assert fit(image(axes), card(3)).axes == axes


@pytest.mark.parametrize(
    ("dimensions", "spacing", "is_told"),
    [
        (2, (50, 4, 4), False),
        (2, (999, 4, 4), False),
        (2, (50, 5, 4), True),
        (3, (50, 4, 4), False),
        (3, (52, 4.1, 4), False),
        (3, (40, 4, 4), True),
        (3, (50, 4, 6), True),
    ],
)
def test_pixel_sizes_are_compared_along_the_models_axes(dimensions, spacing, is_told):
    model = card(dimensions, (50.0, 4.0, 4.0)[-dimensions:])
    notes = pixel_size_notes(image(spacing=spacing), model)
    assert bool(notes) == is_told


def test_axes_are_compared_by_their_letters_and_named_in_the_models_order():
    model = card(3, (0.05, 0.004, 0.002), "um")
    same = Image(array=np.zeros((6, 5, 4)), axes="XYZ", spacing=(2, 4, 50), unit="nm")
    assert pixel_size_notes(same, model) == []
    [note] = pixel_size_notes(same.with_spacing((2, 4, 70), "nm"), model)
    assert "trained at 0.05 x 0.004 x 0.002 um per pixel" in note
    assert "'image' has 70 x 4 x 2 nm per pixel" in note
