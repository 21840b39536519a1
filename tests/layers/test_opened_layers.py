"""All that a file says of an image becomes what napari shows of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
import zarr

from napari_unetseg.core.image import Image
from napari_unetseg.core.read import stored
from napari_unetseg.core.read.opened import Opened
from napari_unetseg.core.read.opening import open_images
from napari_unetseg.layers import to_layer
from napari_unetseg.layers.to_layer import OTHERS, layers_of_opened

if TYPE_CHECKING:
    from pathlib import Path

STACK = np.arange(2 * 3 * 8 * 12, dtype="u2").reshape(2, 3, 8, 12)
SPACED: dict[str, Any] = {"spacing": (2.0, 0.5, 0.5), "unit": "um"}


def opened(array: Any, axes: str, **about: Any) -> Opened:
    spacing = SPACED if "Z" in axes else {}
    channels = about.pop("channels", ())
    image = Image(array=array, axes=axes, name="a.tif", channels=channels, **spacing)
    return Opened(image=image, **{"levels": (array,), **about})


def shown(layers: Any) -> Any:
    """Add layers to a viewer without a window, as napari does after reading."""
    viewer = pytest.importorskip("napari.components").ViewerModel()
    return [one for layer in layers for one in viewer._add_layer_from_data(*layer)]


def test_channels_in_memory_have_their_colours_and_place() -> None:
    one = opened(
        STACK,
        "CZYX",
        channels=("dna", "actin"),
        colours=("#0000ff", "#00ff00"),
        origin={"X": 7.0},
    )
    dna, actin = shown(layers_of_opened(one))
    assert (dna.name, actin.name) == ("dna", "actin")
    np.testing.assert_array_equal(actin.colormap.colors[-1], [0, 1, 0, 1])
    np.testing.assert_array_equal(actin.translate, [0, 0, 7])
    np.testing.assert_array_equal(actin.scale, [2, 0.5, 0.5])
    np.testing.assert_array_equal(actin.data, STACK[1])


def test_a_single_image_has_its_colour() -> None:
    [layer] = shown(layers_of_opened(opened(STACK[0], "ZYX", colours=("#00ff00",))))
    np.testing.assert_array_equal(layer.colormap.colors[-1], [0, 1, 0, 1])


@pytest.mark.parametrize("axes", ["CZYX", "ZCYX"])
def test_channels_of_a_pyramid_are_not_read(tmp_path: Path, axes: str) -> None:
    array = np.moveaxis(STACK, 0, axes.index("C"))
    stores = []
    for level in range(2):
        part = array[..., :: 2**level, :: 2**level]
        store = zarr.create_array(tmp_path / f"{level}.zarr", data=part)
        stores.append(store)
    layers = layers_of_opened(opened(stores[0], axes, levels=tuple(stores)))
    assert all(not isinstance(level, np.ndarray) for d, _, _ in layers for level in d)
    first, second = shown(layers)
    assert first.multiscale
    assert second.name == "a.tif C1"
    assert [level.shape for level in second.data] == [(3, 8, 12), (3, 4, 6)]
    np.testing.assert_array_equal(np.asarray(second.data[1]), STACK[1, :, ::2, ::2])
    assert first.colormap.name != second.colormap.name


def test_colours_side_by_side_stay_one_layer(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    rgb = np.random.default_rng(0).integers(0, 255, (64, 80, 3)).astype("u1")
    about: dict[str, Any] = {"photometric": "rgb", "tile": (16, 16)}
    with tifffile.TiffWriter(path, ome=True) as tif:
        tif.write(rgb, subifds=1, metadata={"axes": "YXS"}, **about)
        tif.write(rgb[::2, ::2], subfiletype=1, **about)
    [layer] = shown(layers_of_opened(open_images(path)[0]))
    assert (layer.rgb, layer.multiscale) == (True, True)
    np.testing.assert_array_equal(layer.data[0], rgb)


def test_a_lazy_tiff_is_shown_by_what_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "LAZY_ABOVE", 0)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, STACK, compression="zlib", photometric="minisblack",
                     metadata={"axes": "CZYX"})  # fmt: skip
    [one] = open_images(path)
    layers = shown(layers_of_opened(one))
    assert [type(layer.data).__name__ for layer in layers] == ["Picked", "Picked"]
    np.testing.assert_array_equal(layers[1].data[2, 3:5], STACK[1, 2, 3:5])
    np.testing.assert_array_equal(np.asarray(layers[0].data), STACK[0])


def test_labels_of_a_zarr_can_be_painted_and_the_zarr_stays(tmp_path: Path) -> None:
    store = zarr.create_array(tmp_path / "a.zarr", data=STACK[0])
    colours = '{"2": "#ff0010"}'
    notes = {"class_names": '{"2": "nucleus"}', "class_colors": colours}
    one = opened(store, "ZYX", labels=True, notes=notes)
    [layer] = shown(layers_of_opened(one))
    layer.data_setitem((np.array([0]), np.array([0]), np.array([0])), 9)
    assert layer.data[0, 0, 0] == 9
    assert store[0, 0, 0] == STACK[0, 0, 0, 0]
    assert layer.features["class"].tolist() == ["nucleus"]
    np.testing.assert_allclose(layer.get_color(2)[:3], [1, 0, 16 / 255], atol=1e-6)
    # What has no colour is seen all the same.
    assert layer.get_color(3)[3] == 1


def test_labels_that_are_too_large_stay_where_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(to_layer, "MOST_COPIED", 0)
    stores = [zarr.create_array(tmp_path / f"{n}", data=STACK[0]) for n in range(2)]
    for levels in (stores[:1], stores):
        one = opened(stores[0], "ZYX", labels=True, levels=tuple(levels))
        [(data, about, kind)] = layers_of_opened(one)
        assert kind == "labels"
        assert (data == levels) if len(levels) > 1 else data is stores[0]
        assert about.get("multiscale", False) == (len(levels) > 1)


def test_other_images_of_the_file_are_listed_in_the_first_layer() -> None:
    one = opened(STACK, "CZYX", names=("a", "b"), notes={"made": "so"})
    [(_, about, _)] = layers_of_opened(one)
    assert about["metadata"][OTHERS] == {1: "b"}
    assert about["metadata"]["napari-unetseg"] == {"made": "so"}


@pytest.mark.data
def test_napari_shows_a_real_zarr_with_labels(data_folder: Path) -> None:
    [path] = (data_folder / "ome-zarr-cardiomyocytes/v04").glob("*.zarr")
    layers = shown(la for one in open_images(path) for la in layers_of_opened(one))
    assert [type(layer).__name__ for layer in layers] == ["Image"] * 3 + ["Labels"]
    assert [layer.name for layer in layers[:3]] == ["DAPI", "nanog", "Lamin B1"]
    assert all(layer.multiscale for layer in layers[:3])
    np.testing.assert_array_equal(layers[0].scale, layers[3].scale)
