"""Layers saved as files: what is written, what is refused before anything is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_unetseg.contributions.reader import read_layers
from napari_unetseg.contributions.writer import write_image, write_labels, write_pair
from napari_unetseg.core.errors import InputError, WriteError
from napari_unetseg.core.read import read_image
from napari_unetseg.core.read.annotations import read_annotations

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STACK = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)
ABOUT: dict[str, Any] = {
    "name": "cells",
    "scale": (50.0, 8.0, 8.0),
    "units": ("nm", "nm", "nm"),
    "axis_labels": ("z", "y", "x"),
}
LABELS = (STACK % 3, ABOUT | {"name": "painted"}, "labels")


def test_an_image_keeps_pixels_axes_and_size(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    assert write_image(str(path), STACK, ABOUT) == [str(path)]
    [(data, attributes, kind)] = read_layers(path)
    np.testing.assert_array_equal(data, STACK)
    assert kind == "image"
    assert {key: attributes[key] for key in ABOUT} == ABOUT | {"name": "a.ome.tif"}


def test_colours_are_kept(tmp_path: Path) -> None:
    colours = np.moveaxis(STACK, 0, -1)
    write_image(str(tmp_path / "a.tif"), colours, {"name": "a", "rgb": True})
    [(data, attributes, _)] = read_layers(tmp_path / "a.tif")
    assert attributes["rgb"]
    np.testing.assert_array_equal(data, colours)


def test_labels_keep_class_names_and_how_they_were_made(tmp_path: Path) -> None:
    about = ABOUT | {
        "features": {"index": [1, 2], "class": ["cell", "Ångström"]},
        "metadata": {"napari-unetseg": {"model": "m", "kind": "image"}, "other": 3},
    }
    path = tmp_path / "a.ome.tif"
    write_labels(str(path), STACK, about)
    [(data, attributes, kind)] = read_layers(path)
    np.testing.assert_array_equal(data, STACK)
    assert kind == "labels"
    assert attributes["features"] == about["features"]
    assert read_annotations(path)["model"] == "m"


def test_64_bit_labels_take_the_space_they_need(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    write_labels(str(path), STACK.astype(np.int64), ABOUT)
    [(data, _, kind)] = read_layers(path)
    assert (data.dtype, kind) == (np.uint8, "labels")


def test_a_file_that_was_asked_about_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    path.write_text("old")
    write_labels(str(path), STACK, ABOUT)
    assert read_layers(path)[0][2] == "labels"


def test_a_name_is_completed_but_then_nothing_is_replaced(tmp_path: Path) -> None:
    for name in ("a", "a.v2", "a.png"):
        path = str(tmp_path / f"{name}.ome.tif")
        assert write_image(str(tmp_path / name), STACK, ABOUT) == [path]
        with pytest.raises(WriteError, match=rf"'{name}\.ome\.tif' exists\. Choose"):
            write_labels(str(tmp_path / name), STACK, ABOUT)
        assert read_annotations(path)["kind"] == "image"


def test_what_is_no_labels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'cells' cannot be labels"):
        write_labels(str(tmp_path / "a.tif"), STACK.astype(float), ABOUT)
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("name", "labels_name"),
    [
        ("a.ome.tif", "a-labels.ome.tif"),
        ("a.tiff", "a-labels.ome.tif"),
        ("a.b.OME.TIF", "a.b-labels.ome.tif"),
    ],
)
def test_a_pair_is_two_files(tmp_path: Path, name: str, labels_name: str) -> None:
    files = write_pair(str(tmp_path / name), [LABELS, (STACK, ABOUT, "image")])
    assert files == [str(tmp_path / name), str(tmp_path / labels_name)]
    [(image, about_image, kind)] = read_layers(files[0])
    [(labels, about_labels, labels_kind)] = read_layers(files[1])
    assert (kind, labels_kind) == ("image", "labels")
    np.testing.assert_array_equal(image, STACK)
    np.testing.assert_array_equal(labels, STACK % 3)
    assert about_image["scale"] == about_labels["scale"] == ABOUT["scale"]


def test_several_images_are_the_channels_of_one(tmp_path: Path) -> None:
    layers = [
        (STACK, ABOUT | {"name": "DAPI"}, "image"),
        LABELS,
        (STACK + 1, ABOUT | {"name": "GFP"}, "image"),
    ]
    image = read_image(write_pair(str(tmp_path / "a.ome.tif"), layers)[0])
    assert (image.axes, image.channels) == ("CZYX", ("DAPI", "GFP"))
    np.testing.assert_array_equal(image.array, [STACK, STACK + 1])


def test_a_file_beside_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "a-labels.ome.tif").write_text("precious")
    (tmp_path / "a.ome.tif").write_text("asked about")
    with pytest.raises(WriteError, match=r"'a-labels\.ome\.tif' exists"):
        write_pair(str(tmp_path / "a.ome.tif"), [LABELS, (STACK, ABOUT, "image")])
    assert (tmp_path / "a-labels.ome.tif").read_text() == "precious"
    assert (tmp_path / "a.ome.tif").read_text() == "asked about"


def test_layers_that_do_not_fit_are_refused_before_anything_is_written(
    tmp_path: Path,
) -> None:
    pair = [(STACK[1:], ABOUT, "image"), LABELS]
    with pytest.raises(InputError) as caught:
        write_pair(str(tmp_path / "a.ome.tif"), pair)
    assert str(caught.value) == (
        "The shapes do not match: 'cells' is 2 x 4 x 5 (ZYX), the labels 'painted' is "
        "3 x 4 x 5 (ZYX). Labels have the image's shape, without its channels."
    )
    assert not [*tmp_path.iterdir()]


PLACES: dict[str, dict[str, Any]] = {
    "shifted in pixels": {"translate": (0, 3, 0), "units": ("pixel",) * 3},
    "turned": {"rotate": [[1, 0, 0], [0, 0, -1], [0, 1, 0]]},
    "sheared": {"shear": (0, 0, 0.5)},
    "mirrored": {"scale": (50, -8, 8)},
    "moved by an affine map": {"affine": np.diag([1, 1, 2, 1])},
}


@pytest.mark.parametrize("place", PLACES)
def test_what_the_file_does_not_hold_is_told(
    tmp_path: Path, place: str, told: list[str]
) -> None:
    write_image(str(tmp_path / "a.tif"), STACK, ABOUT | PLACES[place])
    word = "shifted" if "shifted" in place else "turned, sheared or mirrored"
    assert told == [
        f"'cells' was saved without its place in the viewer: it is {word} there, "
        "which the file does not hold"
    ]
    assert read_image(tmp_path / "a.tif").spacing == (50, 8, 8)


def test_nothing_is_told_of_layers_at_the_origin(
    tmp_path: Path, told: list[str]
) -> None:
    layers = pytest.importorskip("napari.layers")
    for index, about in enumerate((ABOUT, {"name": "plain"})):
        layer = layers.Image(STACK, **about)
        write_image(str(tmp_path / f"{index}.tif"), *layer.as_layer_data_tuple()[:2])
    assert told == []


@pytest.fixture
def told() -> Iterator[list[str]]:
    """Collect the notifications that napari shows."""
    notifications = pytest.importorskip("napari.utils.notifications")
    messages: list[str] = []

    def listen(event: Any) -> None:
        messages.append(event.message)

    manager = notifications.notification_manager
    manager.notification_ready.connect(listen)
    yield messages
    manager.notification_ready.disconnect(listen)
