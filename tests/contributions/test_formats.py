"""Layers saved for Fiji, as OME-Zarr, and as folders of pairs come back the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_unetseg.contributions.reader import get_reader, read_layers
from napari_unetseg.contributions.writer import (
    write_channels,
    write_image,
    write_labels,
    write_pair,
)
from napari_unetseg.core.errors import InputError, WriteError
from napari_unetseg.core.read.folders import pairs_in

if TYPE_CHECKING:
    from pathlib import Path

STACK = np.arange(3 * 24 * 30, dtype=np.uint16).reshape(3, 24, 30)
PLACE: dict[str, Any] = {
    "scale": (50.0, 8.0, 8.0),
    "translate": (100.0, -40.0, 16.0),
    "units": ("nm", "nm", "nm"),
    "axis_labels": ("z", "y", "x"),
}
NOTES = {"unannotated": "0", "model": "em"}


def made(kind: str, data: Any, **about: Any) -> Any:
    """Return the data of a layer of napari, with all its attributes."""
    layers = pytest.importorskip("napari.layers")
    layer = layers.Layer.create(data, PLACE | about, kind)
    return layer.as_layer_data_tuple()


def painted(name: str = "painted") -> Any:
    colors = {None: "transparent", 0: "transparent", 1: "#ff0010", 2: "#00aaff"}
    return made(
        "labels",
        (STACK % 3).astype(np.int64),
        name=name,
        colormap=colors,
        features={"index": [1, 2], "class": ["cell", "gap"]},
        metadata={"napari-unetseg": NOTES},
    )


def check_place(about: dict[str, Any]) -> None:
    for key, value in PLACE.items():
        if key in {"scale", "translate"}:
            np.testing.assert_allclose(about[key], value, rtol=1e-5)
        else:
            assert about[key] == value


@pytest.mark.parametrize("name", ["a.ome.tif", "a.imagej.tif", "a.zarr"])
def test_labels_keep_classes_colours_place_and_notes(tmp_path: Path, name: str) -> None:
    path = str(tmp_path / name)
    data, about, _ = painted()
    assert write_labels(path, data, about) == [path]
    assert get_reader(path) is read_layers
    [(again, found, kind)] = read_layers(path)
    assert kind == "labels"
    np.testing.assert_array_equal(again, data)
    assert again.dtype == np.uint8
    check_place(found)
    assert found["features"] == {"index": [1, 2], "class": ["cell", "gap"]}
    notes = found["metadata"]["napari-unetseg"]
    assert NOTES.items() <= notes.items()
    assert json.loads(notes["class_colors"]) == {"1": "#ff0010", "2": "#00aaff"}
    # As a layer it is saved again with the same.
    layer = made("labels", again, **{k: v for k, v in found.items() if k not in PLACE})
    assert layer[1]["features"]["class"].tolist() == ["cell", "gap"]


@pytest.mark.parametrize("name", ["a.ome.tif", "a.imagej.tif", "a.zarr"])
def test_an_image_keeps_its_place_and_colour(tmp_path: Path, name: str) -> None:
    data, about, _ = made("image", STACK, name="dna", colormap="green")
    [path] = write_image(str(tmp_path / name), data, about)
    [(again, found, kind)] = read_layers(path)
    assert kind == "image"
    np.testing.assert_array_equal(np.asarray(again), STACK)
    check_place(found)


@pytest.mark.parametrize("name", ["a.ome.tif", "a.imagej.tif", "a.zarr"])
def test_scores_become_channels_named_as_their_classes(
    tmp_path: Path, name: str
) -> None:
    rng = np.random.default_rng(0)
    scores = [
        made("image", rng.random((3, 24, 30)).astype("f4"), name=label, colormap=colour)
        for label, colour in (("background", "gray"), ("cell", "red"))
    ]
    [path] = write_channels(str(tmp_path / name), scores)
    layers = pytest.importorskip("napari.components").ViewerModel()
    found = [
        one
        for layer in read_layers(path)
        for one in layers._add_layer_from_data(*layer)
    ]
    assert [layer.name for layer in found] == ["background", "cell"]
    for layer, (data, _, _) in zip(found, scores, strict=True):
        np.testing.assert_array_equal(np.asarray(layer.data), data)
        np.testing.assert_allclose(layer.translate, PLACE["translate"], rtol=1e-5)
    np.testing.assert_array_equal(found[1].colormap.colors[-1], [1, 0, 0, 1])


def test_labels_go_into_the_zarr_of_their_image(tmp_path: Path) -> None:
    path = str(tmp_path / "a.zarr")
    image = made("image", STACK, name="em")
    [_, inside] = write_pair(path, [image, painted()])
    assert inside == str(tmp_path / "a.zarr/labels/painted")
    data, about, _ = painted("more")
    assert write_labels(path, data, about) == [str(tmp_path / "a.zarr/labels/more")]
    kinds = [(kind, about["name"]) for _, about, kind in read_layers(path)]
    assert kinds == [
        ("image", "a.zarr"),
        ("labels", "a.zarr/labels/painted"),
        ("labels", "a.zarr/labels/more"),
    ]
    with pytest.raises(WriteError, match="has labels 'more' already"):
        write_labels(path, data, about)
    # Nobody has asked about the labels that lie in it.
    for write in (
        write_image,
        lambda p, d, a: write_pair(p, [(d, a, "image"), painted()]),
    ):
        with pytest.raises(WriteError, match=r"'a\.zarr' exists"):
            write(path, *image[:2])


def test_pairs_gather_in_a_folder_that_is_read_again(tmp_path: Path) -> None:
    path = str(tmp_path / "set.pairs")
    image = made("image", STACK, name="em")
    for name in ("first", "second/part"):
        files = write_pair(path, [image, painted(name)])
        assert len(files) == 2
    found = pairs_in(tmp_path / "set.pairs")
    assert [pair.image.name for pair in found.pairs] == [
        "first.ome.tif",
        "second-part.ome.tif",
    ]
    assert get_reader(path) is read_layers
    layers = read_layers(path)
    assert [kind for _, _, kind in layers] == ["image", "labels"] * 2
    for data, about, kind in layers:
        check_place(about)
        wanted = STACK if kind == "image" else STACK % 3
        np.testing.assert_array_equal(data, wanted)
    assert layers[1][1]["metadata"]["napari-unetseg"]["unannotated"] == "0"
    with pytest.raises(WriteError, match=r"'first\.ome\.tif' exists"):
        write_pair(path, [image, painted("first")])
    (tmp_path / "file.pairs").touch()
    with pytest.raises(WriteError, match="is a file"):
        write_pair(str(tmp_path / "file.pairs"), [image, painted()])


def test_layers_of_other_shapes_are_no_channels(tmp_path: Path) -> None:
    layers = [made("image", STACK, name="a"), made("image", STACK[1:], name="b")]
    with pytest.raises(InputError, match="cannot be channels of one image"):
        write_channels(str(tmp_path / "a.zarr"), layers)
    assert not [*tmp_path.iterdir()]
