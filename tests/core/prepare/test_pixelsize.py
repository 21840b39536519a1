"""Which images come to the pixel size of a model, and what is said of it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.image import Image
from napari_unetseg.core.predict.rescale import model_shape
from napari_unetseg.core.prepare.pixelsize import (
    SAME,
    PixelSize,
    check_pixel_sizes,
    pixel_size_notes,
    zoom_to,
)
from napari_unetseg.core.prepare.samples import Sample


def image(spacing, unit="um", axes="YX", name="b"):
    return Image(
        array=np.zeros((4, 8, 9)[-len(axes) :], np.uint8), axes=axes, name=name
    ).with_spacing(spacing, unit)


@pytest.mark.parametrize(
    ("own", "unit", "zoom"),
    [
        ((0.5, 0.5), "um", (2.0, 2.0)),
        ((500, 500), "nm", (2.0, 2.0)),
        ((1.0, 4.0), "um", (1.0, 0.25)),
        ((1.05, 0.95), "um", ()),
        ((1.05, 0.5), "um", (1.0, 2.0)),
        ((0.5, 0.5), "pixel", ()),
        ((1.0, 1.0), "um", ()),
    ],
)
def test_zoom_is_pixels_of_the_image_per_pixel_of_the_model(own, unit, zoom):
    found = zoom_to(PixelSize((1.0, 1.0), "um"), image(own, unit), 2)
    assert found == pytest.approx(zoom)


def test_planes_of_a_volume_have_the_size_along_y_and_x():
    volume = image((9, 0.5, 2), axes="ZYX")
    assert zoom_to(PixelSize((1, 1), "um"), volume, 2) == (2.0, 0.5)
    assert zoom_to(PixelSize((9, 1, 1), "um"), volume, 3) == (1.0, 2.0, 0.5)


def test_the_axes_may_have_any_order():
    turned = image((2, 9, 0.5), axes="YZX")
    assert zoom_to(PixelSize((1, 1), "um"), turned, 2) == (0.5, 2.0)
    assert zoom_to(PixelSize((3, 1, 1), "um"), turned, 3) == pytest.approx(
        (1 / 3, 0.5, 2)
    )


@given(st.floats(0.01, 100), st.floats(0.01, 100), st.integers(1, 200))
def test_the_training_and_the_prediction_see_grids_of_the_same_size(own, wanted, side):
    """That is what the model's prediction calls `model_shape`."""
    size = PixelSize((wanted, wanted), "um")
    zoom = zoom_to(size, image((own, own)), 2)
    if abs(own / wanted - 1) < SAME * (1 - 1e-9):
        assert zoom == ()
    if not zoom:
        assert abs(own / wanted - 1) < SAME * (1 + 1e-9)
        return
    target = np.zeros((side, side), np.int16)
    sample = Sample(target[None].astype(np.float32), target, 0, zoom=zoom)
    exact = side * own / wanted
    if abs(exact % 1 - 0.5) > 1e-6:
        assert sample.model_shape == model_shape(
            (side, side), (own, own), (wanted, wanted)
        )


@pytest.mark.parametrize(
    ("spacing", "unit", "said"),
    [
        ((3, 1, 1), "um", None),
        ((3000, 1000, 1000), "nm", None),
        ((2.9, 1, 1), "um", None),
        ((6, 2, 2), "pixel", None),
        ((6, 2, 2), "um", "comes to the model's while it is learnt"),
        ((1, 1, 1), "um", "comes to the model's while it is learnt"),
        ((1, 1, 1), "pixel", "the network is planned for the latter"),
    ],
)
def test_volumes_of_other_pixels_are_told(spacing, unit, said):
    first = image((3, 1, 1), "um", "ZYX", "a")
    other = image(spacing, unit, "ZYX")
    size = PixelSize((3, 1, 1), "um")

    notes = pixel_size_notes([first, first, other], size, 3)

    assert len(notes) == (said is not None)
    for note in notes:
        assert note.startswith(f"The pixels of 'b' are {spacing[0]:g} x")
        assert "and the model's 3 x 1 x 1 um: " in note
        assert said in note


def test_planes_of_unknown_pixels_need_no_word():
    size = PixelSize((1, 1), "um")
    assert pixel_size_notes([image((4, 1), "pixel")], size, 2) == []
    [note] = pixel_size_notes([image((0.5, 0.5))], size, 2)
    assert note == (
        "The pixels of 'b' are 0.5 x 0.5 um and the model's 1 x 1 um: the image comes "
        "to the model's while it is learnt."
    )


@pytest.mark.parametrize(("unit", "fits"), [("um", False), ("nm", True)])
def test_a_pixel_size_that_can_only_be_a_mistake_is_refused(unit, fits):
    one = Image(array=np.zeros((8, 8)), axes="YX", spacing=(8, 8), unit=unit)
    size = PixelSize((4.0, 4.0), "nm")
    if fits:
        check_pixel_sizes([one], size, 2)
        return
    with pytest.raises(InputError, match="8 x 8 um, and the model's 4 x 4 nm"):
        check_pixel_sizes([one], size, 2)
