"""Files with any bytes changed open as layers, or are refused in one sentence.

What has failed once stays here as an example.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from napari_unetseg.contributions.reader import get_reader, read_layers
from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.core.read import stored
from napari_unetseg.core.read.opening import open_images

CORPUS = Path(__file__).parents[1] / "corpus/images"
ARRAY = np.arange(2 * 12 * 16, dtype="u2").reshape(2, 12, 16)
GRAY: dict[str, Any] = {"photometric": "minisblack"}
CHANNELS = {"Name": ["dna", "actin"], "Color": [-16776961, 16711935]}
PLACES = {"PositionX": [1.5, 1.5], "PositionXUnit": ["mm", "mm"]}
SIZES = {"PhysicalSizeX": 0.5, "PhysicalSizeY": 0.5, "PhysicalSizeXUnit": "nm"}
NOTES = {
    "Namespace": "napari-unetseg",
    "Value": {"kind": "labels", "class_names": "{}"},
}
OF_OME = {"axes": "CYX", "Channel": CHANNELS, "Plane": PLACES, **SIZES}
GREEN = np.zeros((3, 256), "u1")
GREEN[1] = np.arange(256)
LAYOUTS: dict[str, dict[str, Any]] = {
    "ome": {"ome": True, "metadata": OF_OME, **GRAY},
    "notes": {"ome": True, "metadata": {"axes": "ZYX", "MapAnnotation": NOTES}, **GRAY},
    "zlib": {"ome": True, "metadata": OF_OME, "compression": "zlib", **GRAY},
    "imagej": {
        "imagej": True,
        "resolution": (2.0, 2.0),
        "metadata": {"axes": "CYX", "unit": "um", "LUTs": [GREEN, GREEN]},
    },
}
# An entity of entities, which grows when it is read.
GROWING = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 12))
DOCTYPE = f'<!DOCTYPE OME [<!ENTITY e0 "aaaaaaaaaa">{GROWING}]>'


def opened(path: Path) -> None:
    """Open a file, and read all that a viewer may read of it."""
    reader = get_reader(path)
    if reader is None:
        return
    try:
        for data, about, kind in reader(path):
            array = np.asarray(data[0] if about.get("multiscale") else data)
            channels = "channel_axis" in about
            assert len(about["scale"]) == array.ndim - channels - bool(about.get("rgb"))
            assert np.isfinite(about["scale"]).all()
            assert all(size > 0 for size in about["scale"])
            assert kind in {"image", "labels"}
    except UnetsegError as error:
        said = str(error)
        assert path.name in said
        assert "\n" not in said
        assert str(path.parent) not in said


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    layout=st.sampled_from(sorted(LAYOUTS)),
    large=st.booleans(),
    flips=st.lists(
        st.tuples(
            st.integers(0, 3000), st.integers(0, 255) | st.sampled_from(b'0"-<&')
        ),
        max_size=6,
    ),
    end=st.integers(0, 3000) | st.none(),
)
def test_changed_bytes(
    tmp_path: Path,
    layout: str,
    large: bool,
    flips: list[tuple[int, int]],
    end: int | None,
) -> None:
    path = tmp_path / "image.tif"
    tifffile.imwrite(path, ARRAY, **LAYOUTS[layout])
    content = bytearray(path.read_bytes()[:end])
    for position, value in flips if content else []:
        content[position % len(content)] = value
    path.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        if large:
            patch.setattr(stored, "LAZY_ABOVE", 0)
            patch.setattr(stored, "MAP_ABOVE", 0)
        opened(path)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    before=st.sampled_from(
        [
            '"CYX"',
            'SizeX="16"',
            'SizeC="2"',
            'Color="-16776961"',
            '"nm"',
            '"mm"',
            '"0.5"',
        ]
    ),
    after=st.text(st.characters(codec="ascii"), max_size=12).map('"{}"'.format)
    | st.sampled_from(
        ['"nan"', '"-1"', '"1e999"', '"99999999999"', "", '"' + "9" * 5000]
    ),
)
@example(before="<OME", after=f"{DOCTYPE}<OME")
@example(before='"dna"', after=f'"{"a" * 70000}"')
@example(before='"nm"', after='"parsec"')
def test_changed_words_of_ome(tmp_path: Path, before: str, after: str) -> None:
    path = tmp_path / "image.tif"
    tifffile.imwrite(path, ARRAY, **LAYOUTS["ome"])
    xml = tifffile.tiffcomment(path)
    tifffile.tiffcomment(path, xml.replace(before, after).encode())
    opened(path)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    key=st.sampled_from(["unit", "spacing", "channels", "slices", "images", "mode"]),
    value=st.text(st.characters(codec="ascii"), max_size=8)
    | st.sampled_from(["nan", "-1", "0", "1e999", "9" * 5000, "\\u00B5m", "\\u00"]),
)
@example(key="spacing", value="inf")
def test_changed_words_of_imagej(tmp_path: Path, key: str, value: str) -> None:
    path = tmp_path / "image.tif"
    words = {"ImageJ": "1.54f", "images": "2", "channels": "2", "unit": "um"}
    text = "\n".join(f"{k}={v}" for k, v in (words | {key: value}).items())
    tifffile.imwrite(path, ARRAY, description=text.encode(), metadata=None, **GRAY)
    opened(path)


@pytest.mark.parametrize("path", sorted(CORPUS.iterdir()), ids=lambda path: path.name)
def test_what_has_failed_once(path: Path) -> None:
    opened(path)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("images-in-words.tif", "is damaged or truncated (its structure makes no"),
        ("order-of-no-axes.ome.tif", "is damaged or truncated (its structure makes"),
        ("header-only.tif", "is damaged or truncated (its structure makes no sense)"),
        ("pages-in-a-circle.tif", "is damaged or truncated (invalid circular"),
        ("more-planes-declared-than-are-there.tif", "holds 2 of 9 planes"),
        ("no-pixels.tif", "holds no pixels: its shape is (0, 5)"),
        ("a-page-of-the-web.tif", "is not a TIFF file, whatever its ending says"),
        ("a-picture-of-the-web.tif", "is not a TIFF file, whatever its ending says"),
        ("a-file.zarr", "is a file, but a zarr is a folder. Give the folder; unpack"),
    ],
)
def test_what_is_said_of_it(name: str, said: str) -> None:
    with pytest.raises(UnetsegError) as caught:
        open_images(CORPUS / name)
    assert str(caught.value).startswith(f"'{name}' {said}")


@pytest.mark.parametrize(
    ("name", "spacing"),
    [
        ("unit-misspelt.ome.tif", (2.0, 0.25, 0.25)),
        ("width-of-zero.ome.tif", (2.0, 0.25, 0.25)),
        ("fewer-planes-than-none.ome.tif", (2.0, 0.25, 0.5)),
        ("spacing-not-a-number.tif", (1.0, 0.25, 0.5)),
        ("greek-mu.tif", (0.3, 0.25, 0.5)),
    ],
)
def test_what_can_be_believed_of_pixel_sizes(
    name: str, spacing: tuple[float, ...]
) -> None:
    image = open_images(CORPUS / name)[0].image
    assert (image.axes, image.spacing, image.unit) == ("ZYX", spacing, "um")
    np.testing.assert_array_equal(image.array, np.arange(40).reshape(2, 4, 5))


def test_its_files_open_as_they_are(tmp_path: Path) -> None:
    for name, layout in LAYOUTS.items():
        path = tmp_path / f"{name}.tif"
        tifffile.imwrite(path, ARRAY, **layout)
        [(data, _, kind)] = read_layers(path)
        np.testing.assert_array_equal(np.asarray(data), ARRAY)
        assert kind == ("labels" if name == "notes" else "image")
