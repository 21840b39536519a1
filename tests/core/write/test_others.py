"""What is written is opened, and found valid, by the programs of those who made them.

They bring many packages along, and live in an environment of their own: tox -e others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_unetseg.core.image import Image
from napari_unetseg.core.write.ngff import LabelNotes
from napari_unetseg.core.write.ome_tiff import write_ome_tiff
from napari_unetseg.core.write.v2 import to_version_2
from napari_unetseg.core.write.whole_zarr import write_ome_zarr
from napari_unetseg.core.write.zarr_labels import write_labels_into

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.others

ABOUT: dict[str, Any] = {"spacing": (2.0, 0.5, 0.25), "unit": "um"}
STACK = np.arange(2 * 3 * 300 * 40, dtype="u2").reshape(2, 3, 300, 40)
IMAGE = Image(array=STACK, axes="CZYX", channels=("dna", "actin"), **ABOUT)
LABELS = Image(array=STACK[0] % 300, axes="ZYX", **ABOUT)
COLOURS = ["#ff0000", "#00ff10"]
ORIGIN = {"Z": 1.0, "Y": -2.0, "X": 3.5}
MEANING = LabelNotes(names={2: "nucleus"}, colors={2: "#ff0010"})


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_ome_zarr_opens_an_image_and_its_labels(tmp_path: Path, version: str) -> None:
    from ome_zarr.io import parse_url
    from ome_zarr.reader import Reader

    path = tmp_path / "a.zarr"
    write_ome_zarr(path, IMAGE, origin=ORIGIN, colours=COLOURS)
    if version == "0.4":
        to_version_2(path)
    write_labels_into(path, "nuclei", LABELS, MEANING, description={"by": "me"})
    place = parse_url(path)
    assert place is not None
    assert place.fmt.version == version
    image, group, labels = Reader(place)()
    np.testing.assert_array_equal(np.asarray(image.data[0]), STACK)
    np.testing.assert_array_equal(np.asarray(labels.data[0]), LABELS.array)
    axes = [(axis["name"], axis.get("unit")) for axis in image.metadata["axes"]]
    assert axes == [("c", None), *((one, "micrometer") for one in "zyx")]
    assert image.metadata["channel_names"] == [*IMAGE.channels]
    shown = [np.asarray(one)[-1].tolist() for one in image.metadata["colormap"]]
    assert shown == [[1, 0, 0], [0, 1, 16 / 255]]
    scale, translation = image.metadata["coordinateTransformations"][0]
    assert scale["scale"] == [1, 2, 0.5, 0.25]
    assert translation["translation"] == [0, 1, -2, 3.5]
    assert group.zarr.root_attrs["labels"] == ["nuclei"]
    assert labels.metadata["color"] == {2: [1, 0, 16 / 255, 1]}


@pytest.mark.parametrize("image", [IMAGE, LABELS], ids=["image", "labels"])
def test_the_xml_of_ome_tiff_keeps_to_its_schema(tmp_path: Path, image: Image) -> None:
    import ome_types

    path = tmp_path / "a.ome.tif"
    notes = {"model": "m", "question": '{"a": "<&>\u00b5"}'}
    channels = COLOURS if image.channels else []
    write_ome_tiff(path, image, description=notes, origin=ORIGIN, colours=channels)
    # Two judges: the schema, and the classes that are made of it.
    ome = ome_types.from_tiff(path, validate=True)
    pixels = ome.images[0].pixels
    sizes = (pixels.physical_size_z, pixels.physical_size_y, pixels.physical_size_x)
    assert sizes == ABOUT["spacing"]
    assert {unit.value for unit in (pixels.physical_size_z_unit,)} == {"µm"}
    assert [one.name for one in pixels.channels if one.name] == [*image.channels]
    known = [one.color.as_hex("long") for one in pixels.channels if one.color]
    assert known[: len(channels)] == [f"{one}" for one in channels]
    assert {one.position_x for one in pixels.planes} == {3.5}
    [annotation] = ome.structured_annotations
    assert annotation.value.model_dump() == notes
