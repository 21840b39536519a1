"""Annotations of TIFF files: ours are found, nothing else is an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_unetseg.core.image import Image
from napari_unetseg.core.read.annotations import annotations_of, read_annotations
from napari_unetseg.core.write.ome_tiff import write_ome_tiff

if TYPE_CHECKING:
    from pathlib import Path

IMAGE = Image(array=np.zeros((4, 5), np.uint8), axes="YX")
MAP = '<MapAnnotation Namespace="{}"><Value>{}</Value></MapAnnotation>'
OURS = '<M K="a">b</M>'
text = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cn"]))
# XML joins spaces in an attribute, which a key is.
keys = st.text(st.characters(categories=["L", "N"]), min_size=1)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(notes=st.dictionaries(keys, text, min_size=1, max_size=4))
def test_what_is_noted_is_read(tmp_path: Path, notes: dict[str, str]) -> None:
    path = tmp_path / "a.ome.tif"
    write_ome_tiff(path, IMAGE, overwrite=True, description=notes)
    assert read_annotations(path) == notes


def test_files_without_notes_of_ours(tmp_path: Path) -> None:
    write_ome_tiff(tmp_path / "plain.tif", IMAGE)
    tifffile.imwrite(tmp_path / "imagej.tif", IMAGE.array, imagej=True)
    other = {"MapAnnotation": {"Namespace": "other", "Value": {"kind": "labels"}}}
    tifffile.imwrite(tmp_path / "other.ome.tif", IMAGE.array, metadata=other)
    (tmp_path / "damaged.tif").write_bytes(b"II*\0\x08\0\0\0garbage")
    for name in ("plain.tif", "imagej.tif", "other.ome.tif", "damaged.tif", "no.tif"):
        assert read_annotations(tmp_path / name) == {}


@pytest.mark.parametrize(
    ("xml", "notes"),
    [
        (MAP.format("napari-unetseg", OURS + '<M K="c"/>'), {"a": "b", "c": ""}),
        (MAP.format("napari-unetseg", "<M>b</M><N K='a'>b</N>"), {}),
        (MAP.format("other", OURS), {}),
        ("<OME xmlns='x'>" + MAP.format("napari-unetseg", OURS) + "</OME>", {"a": "b"}),
        ("<OME", {}),
        ("", {}),
        ("no xml\0", {}),
    ],
)
def test_any_text_is_searched(xml: str, notes: dict[str, str]) -> None:
    assert annotations_of(xml) == notes


@given(st.text())
def test_no_text_is_an_error(xml: str) -> None:
    assert annotations_of(xml) == {}


@pytest.mark.data
def test_real_files_hold_no_notes_of_ours(data_folder: Path) -> None:
    for path in sorted((data_folder / "odd-files").rglob("*.tif*")):
        assert read_annotations(path) == {}
