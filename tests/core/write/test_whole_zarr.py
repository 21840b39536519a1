"""OME-Zarr in one go, and labels inside an image: valid, atomic, nothing replaced."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import yaozarrs
import zarr

from napari_unetseg.core.errors import WriteError
from napari_unetseg.core.image import Image
from napari_unetseg.core.read.opening import open_images
from napari_unetseg.core.write import zarr_labels
from napari_unetseg.core.write.ngff import LabelNotes
from napari_unetseg.core.write.v2 import to_version_2
from napari_unetseg.core.write.whole_zarr import write_ome_zarr
from napari_unetseg.core.write.zarr_labels import write_labels_into

if TYPE_CHECKING:
    from pathlib import Path

STACK = np.arange(2 * 3 * 30 * 40, dtype="u2").reshape(2, 3, 30, 40)
ABOUT: dict[str, Any] = {"spacing": (2.0, 0.5, 0.5), "unit": "um", "name": "cells"}
MEANING = LabelNotes(names={2: "nucleus"}, colors={2: "#ff0010"})
LABELS = Image(array=STACK[0] % 400, axes="ZYX", **ABOUT)


def image_at(path: Path, version: str = "0.5") -> Path:
    image = Image(array=STACK, axes="CZYX", channels=("a", "b"), **ABOUT)
    write_ome_zarr(path, image)
    if version == "0.4":
        to_version_2(path)
    return path


def tree(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_labels_are_added_in_the_version_of_their_image(
    tmp_path: Path, version: str
) -> None:
    path = image_at(tmp_path / "a.zarr", version)
    before = tree(path)
    for name in ("cells", "nuclei"):
        place = write_labels_into(
            path, name, LABELS, MEANING, description={"by": "me"}, origin={"X": 3.0}
        )
        assert place == path / "labels" / name
    assert {**before, **tree(path)} == tree(path)
    image, cells, nuclei = open_images(path)
    assert image.image.channels == ("a", "b")
    assert cells.labels
    assert nuclei.labels
    np.testing.assert_array_equal(cells.image.array[:], LABELS.array)
    assert cells.image.dtype == np.uint16
    assert cells.notes["by"] == "me"
    assert json.loads(cells.notes["class_names"]) == {"2": "nucleus"}
    assert cells.origin["X"] == 3.0
    assert not (place / "zarr.json").exists() or version == "0.5"
    yaozarrs.validate_zarr_store(str(path))
    yaozarrs.validate_zarr_store(str(place))


def test_large_planes_have_a_pyramid_and_keep_their_place(tmp_path: Path) -> None:
    array = np.random.default_rng(0).random((1100, 1300)).astype("f4")
    path = tmp_path / "a.zarr"
    image = Image(array=array, axes="YX", spacing=(0.5, 0.5), unit="um")
    write_ome_zarr(path, image, origin={"Y": 10.0, "X": 20.0})
    group = zarr.open_group(path, mode="r")
    coarse = group.attrs["ome"]["multiscales"][0]["datasets"][1]
    steps = coarse["coordinateTransformations"]
    # The mean of two pixels lies between them.
    assert steps[1]["translation"] == [10.25, 20.25]
    np.testing.assert_allclose(group["1"][0, 0], array[:2, :2].mean(), rtol=1e-6)
    yaozarrs.validate_zarr_store(str(path))


def test_nothing_is_replaced_unasked(tmp_path: Path) -> None:
    path = image_at(tmp_path / "a.zarr")
    write_labels_into(path, "cells", LABELS, MEANING)
    before = tree(tmp_path)
    with pytest.raises(WriteError, match="has labels 'cells' already"):
        write_labels_into(path, "cells", LABELS, MEANING)
    with pytest.raises(WriteError, match="exists"):
        write_ome_zarr(path, LABELS)
    other = Image(array=STACK[0, :2], axes="ZYX", **ABOUT)
    with pytest.raises(
        WriteError, match=r"'cells' is 2 x 30 x 40 \(ZYX\), but 'a\.zarr'"
    ):
        write_labels_into(path, "others", other, MEANING)
    with pytest.raises(WriteError, match="is no name for a zarr"):
        write_ome_zarr(tmp_path / "a.tif", LABELS)
    assert tree(tmp_path) == before


def test_an_image_is_replaced_if_asked(tmp_path: Path) -> None:
    path = image_at(tmp_path / "a.zarr")
    write_ome_zarr(path, LABELS, overwrite=True)
    [only] = open_images(path)
    assert only.image.axes == "ZYX"


@pytest.mark.parametrize("made", ["folder", "array", "damaged", "nothing"])
def test_what_is_no_image_takes_no_labels(tmp_path: Path, made: str) -> None:
    path = tmp_path / "a.zarr"
    if made == "array":
        zarr.create_array(path, data=STACK[0])
    elif made != "nothing":
        path.mkdir()
    if made == "damaged":
        (path / "zarr.json").write_text("{")
    with pytest.raises(WriteError, match=r"'a\.zarr' is no OME-Zarr image"):
        write_labels_into(path, "cells", LABELS, MEANING)
    assert not (path / "labels").exists()


@pytest.mark.parametrize("where", ["fill", "_list", "move_into_place"])
def test_an_error_on_the_way_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    path = image_at(tmp_path / "a.zarr")
    write_labels_into(path, "cells", LABELS, MEANING)
    before = tree(path)

    def full(*args: Any, **options: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zarr_labels, where, full)
    with pytest.raises(WriteError, match=r"No space left on device\. Free space"):
        write_labels_into(path, "nuclei", LABELS, MEANING)
    assert before.items() <= tree(path).items()
    assert not [*path.rglob(".unfinished*")]
    assert len(open_images(path)) == 2
