"""Zarrs that are damaged, missing or no image: each is refused in one sentence."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import zarr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_unetseg.core.errors import ReadError
from napari_unetseg.core.read import read_image
from napari_unetseg.core.read.ome_zarr import is_zarr, read_zarr

if TYPE_CHECKING:
    from pathlib import Path

    from napari_unetseg.core.image import Image

NAMES = {"zarr.json", ".zarray", ".zattrs", ".zgroup"}
ARRAY = np.zeros((5, 6), np.uint16)
OME: dict[str, Any] = {
    "multiscales": [
        {
            "axes": [{"name": name, "type": "space", "unit": "meter"} for name in "yx"],
            "datasets": [
                {
                    "path": "0",
                    "coordinateTransformations": [{"type": "scale", "scale": [2, 2]}],
                }
            ],
        }
    ]
}


def group(path: Path, attributes: dict[str, Any], version: Any = 3) -> Path:
    zarr.create_group(path, attributes=attributes, zarr_format=version, overwrite=True)
    return path


def save(path: Path, version: str = "0.5") -> Path:
    new = version == "0.5"
    group(path, {"ome": OME} if new else OME, 3 if new else 2)
    zarr.create_array(path / "0", data=ARRAY, zarr_format=3 if new else 2)
    return path


def attempt(path: Path) -> Image | ReadError:
    try:
        return read_image(path)
    except ReadError as error:
        return error


def refused(path: Path) -> str:
    with pytest.raises(ReadError) as caught:
        read_image(path)
    sentence = str(caught.value)
    assert sentence.startswith(f"'{path.name}")
    assert str(path.parent) not in sentence
    assert "\n" not in sentence
    return sentence


def test_what_is_no_zarr_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.zarr"
    assert "does not exist" in refused(path)
    with pytest.raises(ReadError, match=r"'a\.zarr/labels/cells' does not exist"):
        read_image(path / "labels" / "cells")
    path.touch()
    assert "is a file, but a zarr is a folder" in refused(path)
    path.unlink()
    path.mkdir()
    assert "is an empty folder" in refused(path)
    (path / "a.txt").touch()
    assert "no zarr: none of zarr.json, .zarray, .zgroup" in refused(path)
    assert "without an image" in refused(group(tmp_path / "b.zarr", {}))
    with pytest.raises(ReadError, match="does not exist"):
        read_zarr("a\0.zarr")


def test_other_folders_are_left_to_other_readers(tmp_path: Path) -> None:
    assert not is_zarr(tmp_path)
    assert not is_zarr(tmp_path / "a\0")
    with pytest.raises(ReadError, match=r"\.tif, \.tiff, \.zarr"):
        read_image(tmp_path)


def test_missing_arrays_are_noticed(tmp_path: Path) -> None:
    path = save(tmp_path / "a.zarr")
    shutil.rmtree(path / "0")
    assert "names the array '0', which is not in it" in refused(path)
    group(path / "0", {})
    assert "'a.zarr/0' should be an array" in refused(path)
    for outside in ("../b", "/b", "", "."):
        group(path, {"ome": {"multiscales": [{"datasets": [{"path": outside}]}]}})
        refused(path)


@pytest.mark.parametrize(
    ("ome", "where"),
    [
        ({"multiscales": []}, "multiscales"),
        ({"multiscales": [{}]}, "multiscales.0.datasets"),
        ({"multiscales": [{"datasets": [{}]}]}, "multiscales.0.datasets.0.path"),
        ({"multiscales": {"axes": 3}}, "multiscales"),
        (
            {"multiscales": [{"axes": [{}], "datasets": [{"path": "0"}]}]},
            "multiscales.0.axes.0",
        ),
    ],
)
def test_metadata_that_are_not_understood_are_quoted(
    tmp_path: Path, ome: dict[str, Any], where: str
) -> None:
    assert f"not understood ({where}" in (
        sentence := refused(group(tmp_path / "a.zarr", {"ome": ome}))
    )
    assert "a.zarr/0" in sentence


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_an_unknown_compression_is_named(tmp_path: Path, zarr_format: Any) -> None:
    path = tmp_path / "a.zarr"
    zarr.create_array(path, data=ARRAY, zarr_format=zarr_format)
    file = path / ("zarr.json" if zarr_format == 3 else ".zarray")
    file.write_text(file.read_text().replace('"zstd"', '"jpeg9000"'))
    assert "jpeg9000" in (sentence := refused(path))
    # Before 3.1, zarr did not tell it from a missing word in version 3.
    assert "compressed" in sentence or zarr_format == 3


@pytest.mark.parametrize(
    ("array", "why"),
    [
        (np.zeros((3, 4), np.complex64), r"complex64.*absolute"),
        (np.zeros(3, np.uint8), r"no image: its shape is \(3,\)"),
        (np.zeros((3, 0), np.uint8), r"no image: its shape is \(3, 0\)"),
        (np.zeros((3, 4), "M8[s]"), r"datetime64.*integers or real"),
    ],
)
def test_what_is_no_image_is_refused(
    tmp_path: Path, array: np.ndarray, why: str
) -> None:
    zarr.create_array(tmp_path / "a.zarr", data=array, zarr_format=2)
    with pytest.raises(ReadError, match=rf"'a\.zarr'.*{why}"):
        read_image(tmp_path / "a.zarr")


def damaged(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    return refused(path.parent)


def test_damaged_metadata_end_in_one_sentence(tmp_path: Path) -> None:
    path = save(tmp_path / "a.zarr")
    for content in (b"", b"{", b"[]", b"{}", b"\xff\xfe", b"[" * 100_000):
        assert "is damaged" in damaged(path / "zarr.json", content)


def a_chunk(path: Path, version: str) -> Path:
    save(path, version)
    zarr.create_array(
        path / "0",
        data=np.arange(30, dtype="u2").reshape(5, 6),
        zarr_format=3 if version == "0.5" else 2,
        overwrite=True,
    )
    return path / ("0/c/0/0" if version == "0.5" else "0/0.0")


@pytest.mark.parametrize("version", ["0.4", "0.5"])
@pytest.mark.parametrize("content", [b"", b"no chunk", None])
def test_a_damaged_chunk_is_told_about_where_it_is_read(
    tmp_path: Path, version: str, content: bytes | None
) -> None:
    chunk = a_chunk(tmp_path / "a.zarr", version)
    data = chunk.read_bytes()
    chunk.write_bytes(data[:-9] if content is None else content)
    image = read_image(tmp_path / "a.zarr")
    for key in (..., (0, 0), slice(1, 3)):
        with pytest.raises(ReadError, match=r"^'a\.zarr/0' is damaged \(") as caught:
            image.array[key]
        assert str(tmp_path) not in str(caught.value)
    with pytest.raises(ReadError, match="is damaged"):
        np.asarray(image.array)


def test_an_index_out_of_bounds_is_no_damage(tmp_path: Path) -> None:
    array = read_image(save(tmp_path / "a.zarr")).array
    assert len([*array]) == 5
    with pytest.raises(IndexError):
        array[9]


@pytest.mark.parametrize("sides", [[0, 6], [10**12, 10**12]])
def test_chunks_of_impossible_sizes_are_damage(
    tmp_path: Path, sides: list[int]
) -> None:
    a_chunk(tmp_path / "a.zarr", "0.5")
    file = tmp_path / "a.zarr/0/zarr.json"
    document = json.loads(file.read_text())
    document["chunk_grid"]["configuration"]["chunk_shape"] = sides
    file.write_text(json.dumps(document))
    with pytest.raises(ReadError, match="is damaged"):
        np.asarray(read_image(tmp_path / "a.zarr").array)


def test_metadata_that_are_none_are_told_in_words(tmp_path: Path) -> None:
    path = save(tmp_path / "a.zarr")
    for content in (b"[]", b"NaN", b'"zarr"', b"[" * 100_000):
        (path / "zarr.json").write_bytes(content)
        assert "is damaged (its metadata make no sense)" in refused(path)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    version=st.sampled_from(["0.4", "0.5"]),
    part=st.integers(0, 2),
    flips=st.lists(
        st.tuples(st.integers(0, 2000), st.sampled_from(b'0"9,{}[]:-ntx\xff')),
        min_size=1,
        max_size=6,
    ),
)
def test_any_damage_ends_in_one_sentence(
    tmp_path: Path, version: str, part: int, flips: list[tuple[int, int]]
) -> None:
    path = save(tmp_path / "a.zarr", version)
    files = sorted(p for p in path.rglob("*") if p.name in NAMES)
    file = files[part % len(files)]
    content = bytearray(file.read_bytes())
    for position, value in flips:
        content[position % len(content)] = value
    file.write_bytes(content)
    result = attempt(path)
    if isinstance(result, ReadError):
        assert str(result).startswith("'a.zarr")
        assert str(tmp_path) not in str(result)
        assert "\n" not in str(result)
