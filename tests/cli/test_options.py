"""What is typed becomes values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from napari_unetseg.cli import options
from napari_unetseg.cli.segment import tile_size
from napari_unetseg.core.errors import InputError, ReadError, UnetsegError, WriteError

if TYPE_CHECKING:
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
    ("text", "size"), [(None, "auto"), ("whole", "whole"), ("128", 128)]
)
def test_tile_sizes(text: str | None, size: int | str) -> None:
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
