"""Layers as images: every dimension finds its meaning, or is refused in a sentence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.image import Image
from napari_unetseg.layers.axes import axes_of
from napari_unetseg.layers.from_layer import (
    image_from_layer,
    join_channels,
    labels_from_layer,
)

WORDS = {
    "T": ("t", "T", "time", "Frame"),
    "Z": ("z", "Z", "plane", "slice"),
    "C": ("c", "C", "channel", "Channel"),
    "Y": ("y", "Y", "row"),
    "X": ("x", "X", "column "),
}


def image(name: str, shape: tuple[int, ...] = (4, 5), **about: Any) -> Image:
    about = {"axes": "ZYX"[-len(shape) :]} | about
    array = np.arange(np.prod(shape)).reshape(shape)
    return Image(array=array.astype(about.pop("dtype", "u2")), name=name, **about)


@pytest.mark.parametrize(
    ("labels", "axes"),
    [
        ("-2 -1", "YX"),
        ("0 1", "YX"),
        ("-3 -2 -1", "ZYX"),
        ("-4 -3 -2 -1", "TZYX"),
        ("t -2 -1", "TYX"),
        ("time y x", "TYX"),
        ("c -2 -1", "CYX"),
        ("t -3 -2 -1", "TZYX"),
        ("-4 z -2 -1", "TZYX"),
        ("z -3 -2 -1", "ZTYX"),
        ("c -3 -2 -1", "CZYX"),
        ("-5 c -3 -2 -1", "TCZYX"),
        ("y x z", "YXZ"),
        ("x y", "XY"),
        ("-3 x y", "ZXY"),
        ("z x", "YX"),
    ],
)
def test_a_layers_axes(labels: str, axes: str) -> None:
    assert axes_of(labels.split(), "a") == axes


@given(
    st.permutations("TZCYX"),
    st.integers(2, 5),
    st.data(),
)
def test_labels_that_name_all_axes_are_believed(
    letters: list[str], count: int, data: st.DataObject
) -> None:
    extra = [axis for axis in letters if axis not in "YX"][: count - 2]
    axes = "".join(axis for axis in letters if axis in {*extra, "Y", "X"})
    labels = [data.draw(st.sampled_from(WORDS[axis])) for axis in axes]
    assert axes_of(labels, "a") == axes


@given(st.lists(st.sampled_from([*"tzcyx", "-1", "?", "w"]), max_size=6), st.booleans())
def test_axes_are_always_possible_or_refused(labels: list[str], rgb: bool) -> None:
    try:
        axes = axes_of(labels, "a", rgb=rgb)
    except InputError:
        return
    assert len(axes) == len(labels) + rgb
    assert len(set(axes)) == len(axes)
    assert {"Y", "X"} <= set(axes) <= set("TZCYX")
    for label, axis in zip(labels[:-2], axes, strict=False):
        assert label.upper() in (axis, "-1", "?", "W")


@pytest.mark.parametrize(
    "labels",
    ["-5 -4 -3 -2 -1", "t t y x", "y x -1", "x -2 -1", "-3 -2 c", "-2 t", "-1", ""],
)
def test_unclear_axes_are_refused_with_a_remedy_that_works(labels: str) -> None:
    with pytest.raises(InputError, match="unclear meaning") as caught:
        axes_of(labels.split(), "cells")
    _, _, remedy = str(caught.value).partition("viewer.layers['cells'].axis_labels = ")
    named = eval(remedy.rstrip(".")) if remedy else ()
    if len(labels.split()) > 1:
        assert len(axes_of(named, "cells")) == len(labels.split())


def test_more_dimensions_than_there_are_axes() -> None:
    with pytest.raises(InputError, match="t, c, z, y, x; take a part"):
        axes_of(list("abcdef"), "a")


def test_everything_a_layer_tells_is_kept() -> None:
    array = np.zeros((2, 3, 4, 5), np.float16)
    about = {
        "name": "movie",
        "scale": [1, 50, -8, 8],
        "units": ("pixel", "nanometer", "nm", "nm"),
        "axis_labels": ("t", "z", "y", "x"),
        "opacity": 0.5,
    }
    found = image_from_layer(array, about)
    assert found.array is array
    assert (found.axes, found.spacing, found.unit) == ("TZYX", (50, 8, 8), "nm")
    assert (found.name, found.channels) == ("movie", ())


def test_a_layer_without_attributes() -> None:
    found = image_from_layer(np.zeros((3, 4, 5), bool), {})
    assert (found.axes, found.spacing, found.unit) == ("ZYX", (1, 1, 1), "pixel")


def test_units_become_one() -> None:
    about = {"scale": (0.05, 8, 8), "units": ("um", "nm", "nanometer")}
    found = image_from_layer(np.zeros((3, 4, 5)), about)
    assert found.spacing == pytest.approx((50, 8, 8))
    assert found.unit == "nm"
    found = image_from_layer(np.zeros((4, 5)), {"scale": (2, 3), "units": "um"})
    assert (found.spacing, found.unit) == ((2, 3), "um")


@pytest.mark.parametrize("count", [3, 4])
def test_colours_become_channels(count: int) -> None:
    array = np.zeros((2, 4, 5, count), np.uint8)
    found = image_from_layer(array, {"rgb": True, "scale": (3, 2, 2), "units": "um"})
    assert (found.axes, found.spacing) == ("ZYXC", (3, 2, 2))
    assert found.channels == ("red", "green", "blue", "alpha")[:count]


def test_of_a_multiscale_layer_the_largest_level_is_taken() -> None:
    levels = [np.zeros((8, 8)), np.zeros((4, 4))]
    assert image_from_layer(levels, {}).shape == (8, 8)
    multi = pytest.importorskip("napari.layers").Image(levels, multiscale=True)
    data, about, _ = multi.as_layer_data_tuple()
    assert image_from_layer(data, about).array is levels[0]


@pytest.mark.parametrize("kind", ["dask", "zarr"])
def test_lazy_arrays_stay_lazy(kind: str) -> None:
    library = pytest.importorskip("dask.array" if kind == "dask" else "zarr")
    array = library.zeros((3, 4, 5))
    assert image_from_layer(array, {}).array is array


def test_of_a_labelled_array_the_array_within_is_taken() -> None:
    class DataArray:  # as xarray's, which is indexed by names too
        dims, coords, data = ("a", "b"), None, np.zeros((4, 5))

    assert image_from_layer(DataArray(), {}).array is DataArray.data


def test_an_empty_layer_is_refused() -> None:
    with pytest.raises(InputError, match=r"'a' is empty: its shape is 0 x 5\. Choose"):
        image_from_layer(np.zeros((0, 5)), {"name": "a"})


@pytest.mark.parametrize("dtype", ["u1", "i8", bool])
def test_integers_are_labels(dtype: str) -> None:
    assert labels_from_layer(np.zeros((4, 5), dtype), {}).axes == "YX"


@pytest.mark.parametrize(
    ("dtype", "shape", "about"),
    [
        ("f4", (4, 5), {}),
        ("u1", (4, 5, 3), {"rgb": True}),
        ("u1", (2, 4, 5), {"axis_labels": ("c", "y", "x")}),
    ],
)
def test_what_cannot_be_labels_is_refused(
    dtype: str, shape: tuple[int, ...], about: dict[str, Any]
) -> None:
    with pytest.raises(InputError, match="'a' cannot be labels"):
        labels_from_layer(np.zeros(shape, dtype), about | {"name": "a"})


def test_layers_become_channels_in_their_order() -> None:
    one = image("cells DAPI", (3, 4, 5), spacing=(3, 1, 1), unit="um")
    two = image("cells GFP", (3, 4, 5), spacing=(3, 1, 1), unit="um", dtype="u1")
    joined = join_channels([two, one])
    assert joined.channels == ("cells GFP", "cells DAPI")
    assert (joined.axes, joined.name) == ("CZYX", "cells")
    assert (joined.spacing, joined.unit) == ((3, 1, 1), "um")
    assert joined.dtype == np.uint16
    np.testing.assert_array_equal(joined.array, [two.array, one.array])


def test_one_layer_stays_as_it_is() -> None:
    alone = image("a")
    assert join_channels([alone]) is alone


def test_layers_with_channels_are_joined_one_by_one() -> None:
    colours = image("rgb", (4, 5, 3), axes="YXC", channels=("red", "green", "blue"))
    plain = image("a", (2, 4, 5), axes="CYX")
    joined = join_channels([colours, plain, image("red")])
    assert joined.channels == ("red", "green", "blue", "a C0", "a C1", "red [1]")
    parts = [*np.moveaxis(colours.array, -1, 0), *plain.array, image("red").array]
    np.testing.assert_array_equal(joined.array, parts)


@pytest.mark.parametrize(
    ("names", "common"),
    [
        (("DAPI", "GFP"), "DAPI"),
        (("x C0", "x C1"), "x"),
        (("a-1.tif", "a-2.tif"), "a"),
        (("a", "a [1]"), "a"),
        (("slide_3_red", "slide_3_green"), "slide_3"),
        (("cell1", "cell2"), "cell1"),
    ],
)
def test_the_name_is_what_the_names_share(names: tuple[str, ...], common: str) -> None:
    assert join_channels([image(name) for name in names]).name == common


def test_equal_units_may_be_spelt_otherwise() -> None:
    one = image("a", spacing=(0.5, 0.5), unit="um")
    two = image("b", spacing=(500, 500), unit="nm")
    assert join_channels([one, two]).spacing == (0.5, 0.5)


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (image("b", (4, 6)), r"their shapes are 4 x 5 \(YX\) and 4 x 6 \(YX\)"),
        (image("b", (5, 4), axes="XY"), "their shapes are"),
        (image("b", spacing=(1, 2)), "pixel sizes are 1 x 1 pixel and 1 x 2 pixel"),
        (image("b", unit="um"), "pixel sizes are 1 x 1 pixel and 1 x 1 um"),
    ],
)
def test_layers_that_differ_are_refused_by_name(other: Image, why: str) -> None:
    with pytest.raises(InputError, match=f"'a' and 'b' cannot be channels.*{why}"):
        join_channels([image("a"), other])
