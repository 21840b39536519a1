"""What a TIFF file says of showing its images: colours, place, pyramid, others."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile

from napari_unetseg.core.errors import ReadError
from napari_unetseg.core.read import read_image
from napari_unetseg.core.read.ome import OmeImage, first_file, metadata_file, ome_images
from napari_unetseg.core.read.tiff import open_tiff

if TYPE_CHECKING:
    from pathlib import Path

GRAY: dict[str, Any] = {"photometric": "minisblack"}
CHANNELS = np.arange(2 * 20 * 30, dtype="u2").reshape(2, 20, 30)


def ome(path: Path, **metadata: Any) -> Path:
    tifffile.imwrite(path, CHANNELS, ome=True, metadata=metadata, **GRAY)
    return path


def test_channels_have_names_and_colours(tmp_path: Path) -> None:
    # 0xFF0000FF and 0x00FF00FF, as signed numbers.
    channels = {"Name": ["dna", "actin"], "Color": [-16776961, 16711935]}
    opened = open_tiff(ome(tmp_path / "a.ome.tif", axes="CYX", Channel=channels))
    assert opened.image.channels == ("dna", "actin")
    assert opened.colours == ("#ff0000", "#00ff00")


@pytest.mark.parametrize("colour", [255, -2147483648])
def test_colours_that_would_show_nothing_are_left(tmp_path: Path, colour: int) -> None:
    channels = {"Color": [colour, -16776961]}
    opened = open_tiff(ome(tmp_path / "a.ome.tif", axes="CYX", Channel=channels))
    assert opened.colours == ()


def test_a_place_on_the_stage_is_read_in_the_unit_of_the_pixels(
    tmp_path: Path,
) -> None:
    about = {
        "axes": "ZYX",
        "PhysicalSizeX": 65.0,
        "PhysicalSizeXUnit": "nm",
        "PhysicalSizeY": 65.0,
        "PhysicalSizeYUnit": "nm",
    }
    unit = ["µm", "µm"]
    plane = {"PositionX": [1.5, 9.0], "PositionXUnit": unit}
    opened = open_tiff(ome(tmp_path / "a.ome.tif", **about, Plane=plane))
    assert opened.image.unit == "nm"
    assert opened.origin == {"X": pytest.approx(1500)}
    # In a unit of the microscope's own it says nothing.
    plane = {"PositionX": [1.5, 9.0], "PositionXUnit": ["reference frame"] * 2}
    assert not open_tiff(ome(tmp_path / "b.ome.tif", **about, Plane=plane)).origin


def test_lookup_tables_of_imagej_are_colours(tmp_path: Path) -> None:
    ramp = np.arange(256, dtype="u1")
    green, gray = np.zeros((3, 256), "u1"), np.tile(ramp, (3, 1))
    green[1] = ramp
    for luts, colours in (
        ([green, gray], ("#00ff00", "#ffffff")),
        ([gray, gray], ()),
        ([green, gray[:, ::-1]], ()),
    ):
        metadata = {"axes": "CYX", "LUTs": luts, "mode": "composite"}
        path = tmp_path / "a.tif"
        tifffile.imwrite(path, CHANNELS, imagej=True, metadata=metadata)
        assert open_tiff(path).colours == colours


def test_a_pyramid_has_levels(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    array = np.arange(3 * 64 * 80, dtype="u2").reshape(3, 64, 80)
    about: dict[str, Any] = {"tile": (16, 16), **GRAY}
    with tifffile.TiffWriter(path, ome=True) as tif:
        tif.write(array, subifds=2, metadata={"axes": "ZYX"}, **about)
        for step in (2, 4):
            tif.write(array[:, ::step, ::step], subfiletype=1, **about)
    opened = open_tiff(path)
    assert [level.shape for level in opened.levels] == [
        (3, 64, 80),
        (3, 32, 40),
        (3, 16, 20),
    ]
    np.testing.assert_array_equal(opened.levels[2], array[:, ::4, ::4])
    np.testing.assert_array_equal(read_image(path).array, array)


def test_other_images_of_a_file_are_named_and_opened(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as tif:
        for number, name in enumerate(("cells", "nuclei")):
            sizes = {"PhysicalSizeX": 0.1 + number, "PhysicalSizeY": 0.1 + number}
            about = {"axes": "ZYX", "Name": name, **sizes}
            tif.write(CHANNELS[:, number:], metadata=about, **GRAY)
    first, second = open_tiff(path), open_tiff(path, series=1)
    assert first.others == {1: "nuclei"}
    assert second.others == {0: "cells"}
    np.testing.assert_array_equal(second.image.array, CHANNELS[:, 1:])
    assert first.image.spacing_of("X") == pytest.approx(0.1)
    assert second.image.spacing_of("X") == pytest.approx(1.1)
    with pytest.raises(ReadError, match=r"'a\.ome\.tif' has no image 3: it holds 2"):
        open_tiff(path, series=2)


def companion(folder: Path, *, missing: bool = False) -> Path:
    """Make two files of one plane each, described by a third."""
    uuids = [f"urn:uuid:0000000{n}-0000-0000-0000-000000000000" for n in (1, 2)]
    for number in range(1 if missing else 2):
        tifffile.imwrite(
            folder / f"z{number}.ome.tif",
            CHANNELS[number],
            description='<?xml version="1.0"?><OME '
            'xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" '
            f'UUID="{uuids[number]}"><BinaryOnly MetadataFile="a.companion.ome" '
            f'UUID="{uuids[0]}"/></OME>',
            metadata=None,
            **GRAY,
        )
    data = "".join(
        f'<TiffData FirstZ="{n}" IFD="0" PlaneCount="1"><UUID FileName="z{n}.ome.tif">'
        f"{uuids[n]}</UUID></TiffData>"
        for n in (0, 1)
    )
    path = folder / "a.companion.ome"
    path.write_text(
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">'
        '<Image ID="Image:0" Name="stack"><Pixels ID="Pixels:0" '
        'DimensionOrder="XYZCT" Type="uint16" SizeX="30" SizeY="20" SizeZ="2" '
        'SizeC="1" SizeT="1" PhysicalSizeX="0.5" PhysicalSizeY="0.5" '
        f'PhysicalSizeZ="2">{data}</Pixels></Image></OME>',
        encoding="utf-8",
    )
    return path


def test_a_companion_describes_several_files(tmp_path: Path) -> None:
    image = read_image(companion(tmp_path))
    assert (image.name, image.axes) == ("a.companion.ome", "ZYX")
    assert (image.spacing, image.unit) == ((2, 0.5, 0.5), "um")
    np.testing.assert_array_equal(image.array, CHANNELS)


@pytest.mark.parametrize(
    "other", ["/dev/zero", "../elsewhere.ome.tif", "pipe.ome.tif", "inner"]
)
def test_parts_that_lie_elsewhere_are_not_opened(tmp_path: Path, other: str) -> None:
    """A pipe would be waited for, and a share of somebody's server be logged in to."""
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.ome.tif")
    (tmp_path / "inner").mkdir()
    path = tmp_path / "a.ome.tif"
    tifffile.imwrite(path, np.zeros((2, 4, 5), "u1"), ome=True, **GRAY)
    xml = tifffile.tiffcomment(path)
    parts = (
        f'<TiffData IFD="0" FirstZ="0" PlaneCount="1"><UUID FileName="{one}">'
        f"urn:uuid:{number}</UUID></TiffData>"
        for number, one in enumerate((path.name, other))
    )
    changed = re.sub("<TiffData[^>]*/>", "".join(parts), xml)
    assert changed != xml
    tifffile.tiffcomment(path, changed.encode())
    with pytest.raises(ReadError, match=f"names '{other}' as a part of it"):
        read_image(path)


def test_a_companion_without_its_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="holds 1 of 2 planes; files that belong"):
        read_image(companion(tmp_path, missing=True))
    (tmp_path / "z0.ome.tif").unlink()
    with pytest.raises(ReadError, match=r"'z0\.ome\.tif' does not exist"):
        read_image(tmp_path / "a.companion.ome")
    (tmp_path / "a.companion.ome").write_text("<OME/>")
    with pytest.raises(ReadError, match="does not name the TIFF files"):
        read_image(tmp_path / "a.companion.ome")
    (tmp_path / "a.companion.ome").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ReadError, match="cannot be read"):
        read_image(tmp_path / "a.companion.ome")


@pytest.mark.parametrize("xml", ["", "<", "<OME><Image/></OME>", "no xml \0"])
def test_other_text_says_nothing(xml: str) -> None:
    assert ome_images(xml) == []
    assert first_file(xml) == ""


def test_of_planes_in_any_order_the_first_one_has_the_place() -> None:
    planes = (
        '<Plane TheZ="1" TheC="0" TheT="0" PositionX="7" PositionXUnit="mm"/>'
        '<Plane TheZ="0" TheC="0" TheT="0" PositionX="3" PositionXUnit="mm"/>'
    )
    xml = f'<OME><Image><Pixels SizeX="4" SizeY="3">{planes}</Pixels></Image></OME>'
    [(size, image)] = ome_images(xml)
    assert (size, image) == (("3", "4"), OmeImage(origin={"X": (3.0, "mm")}))


@pytest.mark.data
def test_positions_of_micromanager_are_images_of_their_own(data_folder: Path) -> None:
    name = "181003_multi_pos_time_course_1_MMStack.ome.tif"
    path = data_folder / "odd-files/exampletiffs/singles" / name
    first, second = open_tiff(path), open_tiff(path, series=1)
    assert (first.image.axes, first.image.shape) == ("TYX", (10, 256, 256))
    assert list(first.others) == [1]
    assert first.origin["X"] != second.origin["X"]
    both = tifffile.imread(path)
    for position, opened in enumerate((first, second)):
        np.testing.assert_array_equal(opened.image.array, both[:, position])


@pytest.mark.data
def test_a_real_companion(data_folder: Path) -> None:
    folder = data_folder / "odd-files/exampletiffs/multiples"
    image = read_image(folder / "companion/multifile.companion.ome")
    master = read_image(folder / "master/multifile-Z1.ome.tiff")
    assert (image.axes, image.shape) == ("ZYX", (5, 24, 18))
    np.testing.assert_array_equal(image.array, master.array)


@pytest.mark.data
@pytest.mark.parametrize(
    ("part", "main"),
    [
        ("companion/multifile-Z1.ome.tiff", "multifile.companion.ome"),
        ("master/multifile-Z2.ome.tiff", "multifile-Z1.ome.tiff"),
    ],
)
def test_a_real_part_names_the_file_that_stands_for_all(
    data_folder: Path, tmp_path: Path, part: str, main: str
) -> None:
    path = data_folder / "odd-files/exampletiffs/multiples" / part
    with pytest.raises(ReadError, match=f"Open '{main}', which stands for them all"):
        open_tiff(path)
    alone = tmp_path / path.name
    alone.write_bytes(path.read_bytes())
    with pytest.raises(ReadError, match="Copy that file and all that belong to it"):
        read_image(alone)


def part_of(path: Path, described: str) -> Path:
    xml = (
        f'<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">{described}'
        "</OME>"
    )
    tifffile.imwrite(path, np.zeros((8, 9), np.uint8), description=xml, metadata=None)
    return path


def test_a_part_names_the_file_that_stands_for_all(tmp_path: Path) -> None:
    named = '<BinaryOnly MetadataFile="../../etc/main.ome.tif" UUID="urn:uuid:1"/>'
    part = part_of(tmp_path / "part.ome.tif", named)
    with pytest.raises(ReadError, match=r"'part\.ome\.tif' is one of several"):
        open_tiff(part)
    (tmp_path / "main.ome.tif").touch()
    with pytest.raises(ReadError, match=r"Open 'main\.ome\.tif', which stands for"):
        read_image(part)


@pytest.mark.parametrize(
    "named",
    [
        '<BinaryOnly MetadataFile="itself.ome.tif" UUID="urn:uuid:1"/>',
        '<BinaryOnly UUID="urn:uuid:1"/>',
    ],
)
def test_what_names_no_other_file_opens_as_it_is(tmp_path: Path, named: str) -> None:
    path = part_of(tmp_path / "itself.ome.tif", named)
    assert open_tiff(path).image.shape == (8, 9)
    assert metadata_file("<BinaryOnly") == ""
