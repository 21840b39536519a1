"""napari's way to a TIFF file: which files are taken, and as which layers."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile

from napari_unetseg.contributions.reader import get_reader, read_layers
from napari_unetseg.core.errors import ReadError
from napari_unetseg.core.image import Image
from napari_unetseg.core.read import stored
from napari_unetseg.core.write.ome_tiff import write_ome_tiff

if TYPE_CHECKING:
    from pathlib import Path

STACK = np.arange(3 * 20 * 30, dtype=np.uint16).reshape(3, 20, 30)
GRAY: dict[str, Any] = {"photometric": "minisblack"}
NM = {"axes": "ZYX", "spacing": (50, 8, 8), "unit": "nm"}


def write(path: Path, array: Any = STACK, notes: Any = None, **about: Any) -> str:
    image = Image(array=array, **{"name": path.name, **NM, **about})
    write_ome_tiff(path, image, description=notes)
    return str(path)


@pytest.mark.parametrize("name", ["a.tif", "a.tiff", "A.TIF", "a.ome.tif", "b.c.tif"])
def test_tiff_files_are_taken(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name)
    assert get_reader(path) is read_layers
    assert get_reader([path]) is read_layers
    assert get_reader(tmp_path / name) is read_layers


def test_what_is_no_single_tiff_file_is_left_to_others(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif")
    (tmp_path / "b.tif").write_text("no image")
    (tmp_path / "empty.tif").touch()
    (tmp_path / "folder.tif").mkdir()
    (tmp_path / "a.png").write_bytes((tmp_path / "a.tif").read_bytes())
    for name in ("b.tif", "empty.tif", "folder.tif", "a.png", "missing.tif", "\0.tif"):
        assert get_reader(str(tmp_path / name)) is None
    assert get_reader([path, path]) is None
    assert get_reader([]) is None


def test_an_image_has_its_place_and_its_name(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ome.tif")
    [(data, attributes, kind)] = read_layers(path)
    np.testing.assert_array_equal(data, STACK)
    assert kind == "image"
    assert attributes == {
        "name": "a.ome.tif",
        "scale": (50, 8, 8),
        "units": ("nm", "nm", "nm"),
        "axis_labels": ("z", "y", "x"),
    }


def test_channels_become_layers(tmp_path: Path) -> None:
    names = ("DAPI", "GFP", "actin")
    path = write(tmp_path / "a.tif", axes="CYX", spacing=(8, 8), channels=names)
    [(data, attributes, _)] = read_layers([path])
    assert data.shape == STACK.shape
    assert attributes["channel_axis"] == 0
    assert attributes["name"] == [*names]
    assert attributes["scale"] == (8, 8)


def test_colours_become_one_layer(tmp_path: Path) -> None:
    tifffile.imwrite(
        tmp_path / "a.tif", np.zeros((20, 30, 3), np.uint8), photometric="rgb"
    )
    [(data, attributes, kind)] = read_layers(tmp_path / "a.tif")
    assert (data.shape, attributes["rgb"], kind) == ((20, 30, 3), True, "image")


def test_labels_of_ours_become_labels(tmp_path: Path) -> None:
    names = json.dumps({"1": "cell", "2": "membrane"})
    notes = {"kind": "labels", "class_names": names, "model": "m.safetensors"}
    path = write(tmp_path / "a.tif", STACK % 3, notes)
    [(data, attributes, kind)] = read_layers(path)
    assert kind == "labels"
    assert attributes["features"] == {"index": [1, 2], "class": ["cell", "membrane"]}
    assert attributes["metadata"] == {"napari-unetseg": notes}
    assert data.flags.writeable


def test_notes_about_an_image_are_kept(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", STACK.astype(np.uint32), {"kind": "image"})
    [(_, attributes, kind)] = read_layers(path)
    assert kind == "image"
    assert attributes["metadata"] == {"napari-unetseg": {"kind": "image"}}


def test_large_integers_are_labels_as_napari_has_it(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", STACK.astype(np.uint32), **GRAY)
    assert read_layers(tmp_path / "a.tif")[0][2] == "labels"


def test_large_files_are_mapped_but_labels_can_be_painted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "MAP_ABOVE", 0)
    for dtype, kind in ((np.uint16, "image"), (np.uint32, "labels")):
        tifffile.imwrite(tmp_path / "a.tif", STACK.astype(dtype), **GRAY)
        [(data, _, found)] = read_layers(tmp_path / "a.tif")
        assert found == kind
        assert isinstance(data, np.memmap) == (kind == "image")
        assert data.flags.writeable == (kind == "labels")


def test_a_damaged_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    write(path)
    path.write_bytes(path.read_bytes()[:700])
    with pytest.raises(ReadError, match=r"^'a\.tif' is damaged.*\. Copy the file"):
        read_layers(path)


def test_folders_of_images_and_labels_are_taken(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    write(tmp_path / "images/a.tif")
    assert get_reader(tmp_path) is None
    (tmp_path / "labels").mkdir()
    write(tmp_path / "labels/a.tif", notes={"kind": "labels"})
    assert get_reader(str(tmp_path)) is read_layers
    layers = read_layers(str(tmp_path))
    assert [kind for _, _, kind in layers] == ["image", "labels"]
    assert all(about["scale"] == (50, 8, 8) for _, about, _ in layers)


@pytest.mark.data
@pytest.mark.parametrize(
    ("file", "kind", "shape", "scale", "labels"),
    [
        (
            "odd-files/neubias/xyz_8bit_calibrated_anisotropic__mri_head.tif",
            "image",
            (27, 226, 186),
            (7, 0.5, 0.5),
            "zyx",
        ),
        ("odd-files/image-tiff/tiled-rect-rgb-u8.tif", "rgb", (490, 367, 3), (), "yx"),
        ("odd-files/image-tiff/planar-rgb-u8.tif", "rgb", (374, 499, 3), (), "yx"),
        (
            "odd-files/exampletiffs/singles/multi-channel-z-series.ome.tif",
            "channels",
            (3, 5, 167, 439),
            (),
            "zyx",
        ),
    ],
)
def test_real_files(
    data_folder: Path,
    file: str,
    kind: str,
    shape: tuple[int, ...],
    scale: tuple[float, ...],
    labels: str,
) -> None:
    reader = get_reader(str(data_folder / file))
    assert reader is not None
    [(data, attributes, _)] = reader(str(data_folder / file))
    found = "rgb" if "rgb" in attributes else "image"
    assert ("channels" if "channel_axis" in attributes else found) == kind
    assert sorted(data.shape) == sorted(shape)
    assert attributes["axis_labels"] == tuple(labels)
    if scale:
        assert attributes["scale"] == pytest.approx(scale)


@pytest.mark.data
def test_napari_shows_every_odd_file_that_is_read(data_folder: Path) -> None:
    viewer = pytest.importorskip("napari.components").ViewerModel()
    shown = 0
    for path in sorted((data_folder / "odd-files").rglob("*.tif*")):
        reader = get_reader(str(path))
        assert reader is not None
        layers = []
        with suppress(ReadError):
            layers = reader(str(path))
        for layer in layers:
            shown += len(viewer._add_layer_from_data(*layer))
        viewer.layers.clear()
    assert shown > 60
