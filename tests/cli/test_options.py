"""What is typed becomes values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from napari_unetseg.cli import options
from napari_unetseg.cli.segment_values import region, sizes, thresholds, tile_size
from napari_unetseg.core.errors import InputError, ReadError, UnetsegError, WriteError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "spacing", "unit"),
    [
        ("50,4,4nm", (50.0, 4.0, 4.0), "nm"),
        ("0.5, 0.1, 0.1", (0.5, 0.1, 0.1), "um"),
        ("0.65,0.65 µm", (0.65, 0.65), "um"),
        ("1e-3,1E-3mm", (1e-3, 1e-3), "mm"),
        ("3 micrometers", (3.0,), "um"),
        ("1,1pixel", (1.0, 1.0), "pixel"),
    ],
)
def test_pixel_sizes(text: str, spacing: tuple[float, ...], unit: str) -> None:
    found = options.pixel_size(text)
    assert (found.spacing, found.unit) == (spacing, unit)


@pytest.mark.parametrize(
    "text", ["", "nm", "4,,4", "4;4", "4,4,4parsec", "-1,2", "1.2.3"]
)
def test_what_is_no_pixel_size_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"no pixel size|no unit of length"):
        options.pixel_size(text)


def test_names_are_trimmed() -> None:
    assert options.names("dna, cell membrane ,") == ("dna", "cell membrane")
    assert options.names(None) == ()


@pytest.mark.parametrize(
    ("text", "size"), [("auto", "auto"), ("whole", "whole"), ("128", 128)]
)
def test_tile_sizes(text: str, size: int | str) -> None:
    assert tile_size(text) == size


@pytest.mark.parametrize("text", ["0", "-3", "1.5", "big"])
def test_what_is_no_tile_size_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="no tile size"):
        tile_size(text)


def test_a_missing_input_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"gone\.tif' does not exist"):
        options.inputs([tmp_path, tmp_path / "gone.tif"])


def test_an_output_replaces_neither_input_nor_output(tmp_path: Path) -> None:
    image = tmp_path / "a.tif"
    image.touch()
    with pytest.raises(WriteError, match="another file of this command"):
        options.outputs([image], [str(image)], overwrite=True)
    out = tmp_path / "out.tif"
    with pytest.raises(WriteError, match="another file of this command"):
        options.outputs([out, tmp_path / "x" / ".." / "out.tif"], [], overwrite=True)


def test_an_unknown_word_gets_a_list_of_the_known() -> None:
    assert options.one_of("network", None, ("a", "b")) is None
    with pytest.raises(UnetsegError) as caught:
        options.one_of("network", "c", ("a", "b"))
    assert str(caught.value) == "There is no network 'c'. Choose one of: a, b."


def test_regions_sizes_and_thresholds_are_read() -> None:
    assert region("z=3:5, y=0:512") == {"Z": (3, 5), "Y": (0, 512)}
    assert thresholds("1=0.4,2=.7") == {1: 0.4, 2: 0.7}
    found = sizes("1=50,2=0.5um,3=1e3nm3,4=7px")
    assert [(one.value, one.unit) for one in found.values()] == [
        (50, "pixel"),
        (0.5, "um"),
        (1000, "nm"),
        (7, "pixel"),
    ]


@pytest.mark.parametrize(
    ("read", "text", "sentence"),
    [
        (region, "", "no region"),
        (region, "y=5", "no part of a region"),
        (region, "q=0:5", "no part of a region"),
        (region, "y=a:5", "no part of a region"),
        (thresholds, "2", "no threshold"),
        (thresholds, "cell=0.5", "no threshold"),
        (sizes, "2=", "no size"),
        (sizes, "2=5parsec", "no size"),
        (sizes, "cell=5", "no size"),
        (sizes, "2=0", "value = '0'"),
    ],
)
def test_what_makes_no_sense_is_refused(
    read: Callable[[str], object], text: str, sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        read(text)
