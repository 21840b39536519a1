"""Images as layers and back: napari itself keeps what an image is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.image import Image
from napari_unetseg.core.units import LENGTHS
from napari_unetseg.layers.from_layer import (
    COLOURS,
    image_from_layer,
    join_channels,
    labels_from_layer,
)
from napari_unetseg.layers.to_layer import labels_layer, layers_of, placement

sizes = st.floats(min_value=1e-4, max_value=1e4)
names = st.text(st.characters(codec="ascii", categories=["L"]), min_size=1, max_size=4)


@st.composite
def images(draw: st.DrawFn) -> Image:
    axes = "".join(draw(st.permutations("TZCYX")))
    left_out = draw(st.sets(st.sampled_from("TZC")))
    axes = "".join(axis for axis in axes if axis not in left_out)
    shape = tuple(draw(st.integers(2 if axis == "C" else 1, 4)) for axis in axes)
    count = shape[axes.index("C")] if "C" in axes else 0
    given_names = st.lists(names, min_size=count, max_size=count, unique=True)
    unnamed = st.just(())
    choices = [unnamed, given_names.map(tuple)] if count else [unnamed]
    if count >= 3:
        choices.append(st.just(COLOURS[:count]))
    dtype = draw(st.sampled_from(["u1", "u2", "f4", "i4", bool]))
    return Image(
        array=np.arange(np.prod(shape)).reshape(shape).astype(dtype),
        axes=axes,
        spacing=tuple(draw(sizes) for axis in axes if axis in "ZYX"),
        unit=draw(st.sampled_from([*LENGTHS, "pixel"])),
        channels=draw(st.one_of(choices)),
        name="cells",
    )


def shown(image: Image) -> list[Any]:
    """Return the layers that napari's viewer makes, without its window."""
    components = pytest.importorskip("napari.components")
    viewer = components.ViewerModel()
    return [
        layer
        for data in layers_of(image)
        for layer in viewer._add_layer_from_data(*data)
    ]


def pixels(image: Image) -> np.ndarray:
    """Return the array with its axes in the order TZCYX."""
    array = np.asarray(image.array)
    order = [image.axes.index(axis) for axis in "TZCYX" if axis in image.axes]
    return array.transpose(order)


@given(images())
def test_napari_keeps_what_an_image_is(image: Image) -> None:
    layers = [layer.as_layer_data_tuple()[:2] for layer in shown(image)]
    back = join_channels([image_from_layer(*layer) for layer in layers])
    assert back.axes.replace("C", "") == image.axes.replace("C", "")
    assert ("C" in back.axes) == ("C" in image.axes)
    assert (back.spacing, back.unit) == (image.spacing, image.unit)
    unnamed = [f"cells C{number}" for number in range(image.channel_count)]
    if "C" in image.axes:
        assert back.channels == (image.channels or tuple(unnamed))
    assert back.dtype == image.dtype
    np.testing.assert_array_equal(pixels(back), pixels(image))


@given(images())
def test_napari_keeps_what_labels_are(image: Image) -> None:
    axes = image.axes.replace("C", "")
    array = np.zeros([2] * len(axes), np.uint16)
    labels = image.like(array, axes, "labels")
    layers = pytest.importorskip("napari.layers")
    layer = layers.Layer.create(*labels_layer(labels, {1: "cell", 7: "Mitochondrium"}))
    back = labels_from_layer(*layer.as_layer_data_tuple()[:2])
    for part in ("axes", "spacing", "unit", "name", "array"):
        assert getattr(back, part) is getattr(labels, part) or (
            getattr(back, part) == getattr(labels, part)
        )
    assert layer.features["class"].tolist() == ["cell", "Mitochondrium"]


@pytest.mark.parametrize("unit", [*LENGTHS, "pixel", "parsec", "µm"])
def test_napari_knows_the_units(unit: str) -> None:
    layers = pytest.importorskip("napari.layers")
    image = Image(array=np.zeros((4, 5)), axes="YX", unit=unit)
    layer = layers.Layer.create(*layers_of(image)[0])
    named = {"parsec": "pixel", "µm": "um"}.get(unit, unit)
    assert placement(image)["units"] == (named, named)
    assert image_from_layer(*layer.as_layer_data_tuple()[:2]).unit == named


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
@pytest.mark.parametrize("channels", [COLOURS[:3], COLOURS])
def test_colour_is_one_layer(dtype: str, channels: tuple[str, ...]) -> None:
    array = np.zeros((len(channels), 4, 5), dtype)
    [layer] = shown(Image(array=array, axes="CYX", channels=channels))
    assert layer.rgb
    assert layer.data.shape == (4, 5, len(channels))
    assert np.shares_memory(layer.data, array)


@pytest.mark.parametrize(
    ("dtype", "channels"), [("i2", COLOURS[:3]), ("u1", ()), ("u1", ("red", "green"))]
)
def test_other_channels_are_layers_of_their_own(
    dtype: str, channels: tuple[str, ...]
) -> None:
    array = np.zeros((4, len(channels) or 3, 5), dtype)
    layers = shown(Image(array=array, axes="YCX", channels=channels, name="a"))
    assert [layer.name for layer in layers] == [*(channels or ("a C0", "a C1", "a C2"))]
    assert all(np.shares_memory(layer.data, array) for layer in layers)
    assert len({layer.colormap.name for layer in layers}) == len(layers)
