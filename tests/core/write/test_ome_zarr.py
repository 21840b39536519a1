"""OME-Zarr: what is written is what is read, by others too."""

from __future__ import annotations

import json
import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import yaozarrs
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_unetseg.core.errors import InputError, WriteError
from napari_unetseg.core.read import read_image
from napari_unetseg.core.write.ome_zarr import (
    LabelNotes,
    add_pyramid,
    chunk_shape,
    create_ome_zarr,
)

if TYPE_CHECKING:
    from pathlib import Path

DTYPES = ("u1", "u2", "u4", "u8", "i1", "i4", "f2", "f4", "f8", ">u2", ">f4")


def create(path: Path, **changes: Any) -> zarr.Array[Any]:
    """Make an image with as few words as possible."""
    question: dict[str, Any] = {
        "shape": (4, 5),
        "dtype": "u1",
        "axes": "YX",
        "spacing": (),
        "unit": "pixel",
        "name": "labels",
    }
    question |= changes
    question.setdefault("chunks", (2,) * len(question["shape"]))
    return create_ome_zarr(path, **question)


def ome_of(path: Path) -> dict[str, Any]:
    ome: dict[str, Any] = json.loads((path / "zarr.json").read_text())["attributes"][
        "ome"
    ]
    return ome


def check(path: Path) -> None:
    """Have the whole of it judged by others, and without so much as a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yaozarrs.validate_zarr_store(str(path))


sizes = st.floats(min_value=1e-6, max_value=1e6, allow_nan=False)
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@st.composite
def questions(draw: st.DrawFn) -> dict[str, Any]:
    time = draw(st.sampled_from(["", "T"]))
    channel = draw(st.sampled_from(["", "C"]))
    space = draw(st.permutations(draw(st.sampled_from(["YX", "ZYX"]))))
    axes = time + channel + "".join(space)
    shape = tuple(draw(st.integers(1, 4)) for _ in axes)
    count = shape[axes.index("C")] if channel else 1
    names = st.lists(text, min_size=count, max_size=count)
    return {
        "shape": shape,
        "dtype": draw(st.sampled_from(DTYPES)),
        "axes": axes,
        "spacing": tuple(draw(sizes) for a in axes if a in "ZYX"),
        "unit": draw(
            st.sampled_from(
                ["pm", "angstrom", "nm", "um", "mm", "cm", "inch", "m", "pixel", "µm"]
            )
        ),
        "channels": tuple(draw(st.one_of(st.just([]), names))),
        "name": draw(text),
    }


@settings(max_examples=40)
@given(question=questions())
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, question: dict[str, Any]
) -> None:
    path = tmp_path_factory.mktemp("written") / "a.zarr"
    array = create(path, **question)
    values = np.arange(math.prod(array.shape)).reshape(array.shape)
    array[:] = values.astype(array.dtype)
    check(path)
    back = read_image(path)
    np.testing.assert_array_equal(back.array[:], array[:])
    assert back.dtype == np.dtype(question["dtype"]).newbyteorder("=")
    unit = {"µm": "um"}.get(question["unit"], question["unit"])
    assert (back.axes, back.unit, back.name) == (question["axes"], unit, path.name)
    assert (back.spacing, back.channels) == (question["spacing"], question["channels"])
    assert ome_of(path)["multiscales"][0]["name"] == question["name"]
    assert back.array.metadata.dimension_names == tuple(question["axes"].lower())


def test_it_is_empty_and_grows(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "a.zarr"
    array = create(path, dtype=bool, shape=(2, 30, 40), axes="ZYX", chunks=(1, 99, 99))
    assert (array.dtype, array.chunks) == (np.uint8, (1, 30, 40))
    assert not array[:].any()
    assert sorted(p.name for p in path.rglob("*")) == ["0", "zarr.json", "zarr.json"]
    array[1, 10:20] = 7
    assert read_image(path).array[1, 12, 3] == 7
    assert array.metadata.codecs[-1].to_dict()["name"] == "zstd"


def test_labels_say_what_they_mean(tmp_path: Path) -> None:
    path = tmp_path / "a.zarr"
    notes = LabelNotes(
        names={"10": "axon", 2: "myelin", "0": "background"},
        colors={"10": "#ff8000", "2": "#00FF00"},
    )
    create(path, labels=notes)
    check(path)
    assert ome_of(path)["image-label"] == {
        "colors": [
            {"label-value": 2, "rgba": [0, 255, 0, 255]},
            {"label-value": 10, "rgba": [255, 128, 0, 255]},
        ],
        "properties": [
            {"label-value": 0, "class": "background"},
            {"label-value": 2, "class": "myelin"},
            {"label-value": 10, "class": "axon"},
        ],
    }
    create(tmp_path / "b.zarr", labels=LabelNotes())
    check(tmp_path / "b.zarr")
    assert ome_of(tmp_path / "b.zarr")["image-label"] == {}
    create(tmp_path / "c.zarr")
    assert "image-label" not in ome_of(tmp_path / "c.zarr")


def test_channels_have_colours_and_limits(tmp_path: Path) -> None:
    create(tmp_path / "a.zarr", dtype="f4", channels=["em"])
    (channel,) = ome_of(tmp_path / "a.zarr")["omero"]["channels"]
    assert channel == {
        "label": "em",
        "color": "FFFFFF",
        "window": {"min": 0, "max": 1, "start": 0, "end": 1},
    }
    names = [f"class {i}" for i in range(8)]
    create(tmp_path / "b.zarr", dtype="i2", axes="CYX", shape=(8, 4, 5), channels=names)
    check(tmp_path / "b.zarr")
    channels = ome_of(tmp_path / "b.zarr")["omero"]["channels"]
    assert [one["label"] for one in channels] == names
    assert len({one["color"] for one in channels}) == 6
    assert channels[0]["window"]["min"] == -32768


def test_how_it_was_made_is_noted_beside_it(tmp_path: Path) -> None:
    made = {"model": "cells.safetensors", "µ": "<&>\0"}
    create(tmp_path / "a.zarr", description=made)
    check(tmp_path / "a.zarr")
    attributes = zarr.open_group(tmp_path / "a.zarr", mode="r").attrs
    assert attributes["napari-unetseg"] == made
    create(tmp_path / "b.zarr")
    assert set(zarr.open_group(tmp_path / "b.zarr", mode="r").attrs) == {"ome"}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"shape": (2, 2, 4, 5), "axes": "CTYX"}, "order must be.*OME-TIFF"),
        ({"shape": (2, 2, 4, 5), "axes": "ZTYX"}, "order must be.*OME-TIFF"),
        ({"dtype": "f4", "labels": LabelNotes()}, "float32.*integers"),
        ({"shape": (0, 5)}, r"shape \(0, 5\)"),
    ],
)
def test_what_the_format_cannot_hold_is_refused(
    tmp_path: Path, changes: dict[str, Any], why: str
) -> None:
    with pytest.raises(WriteError, match=f"(?i)'a\\.zarr'.*{why}"):
        create(tmp_path / "a.zarr", **changes)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "changes",
    [
        {"axes": "XX"},
        {"axes": "ZYX"},
        {"spacing": (1,)},
        {"spacing": (1, 0)},
        {"channels": ("a", "b")},
    ],
)
def test_parts_that_do_not_fit_are_refused(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    with pytest.raises(InputError, match="'labels'"):
        create(tmp_path / "a.zarr", **changes)
    assert not list(tmp_path.iterdir())


def test_what_is_there_already_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.zarr"
    create(path)[:] = 5
    with pytest.raises(WriteError, match=r"'a\.zarr' exists"):
        create(path)
    assert (read_image(path).array[:] == 5).all()
    (tmp_path / "b.zarr").mkdir()
    (tmp_path / "b.zarr" / "thesis.txt").touch()
    with pytest.raises(WriteError, match="exists"):
        create(tmp_path / "b.zarr")
    (tmp_path / "c.zarr").touch()
    with pytest.raises(WriteError, match="exists"):
        create(tmp_path / "c.zarr")


def test_the_beginning_of_an_image_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.zarr"
    create(path)[:] = 5
    (path / "zarr.json").unlink()
    assert not create(path, shape=(7, 8))[:].any()
    assert read_image(path).shape == (7, 8)


def test_what_the_system_refuses_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WriteError, match=r"'a\.zarr' cannot be written") as caught:
        create(tmp_path / "file" / "a.zarr")
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize(
    ("axes", "frame_dimensions", "chunks"),
    [
        ("TCZYX", 2, (1, 1, 1, 512, 512)),
        ("TCZYX", 3, (1, 1, 64, 128, 128)),
        ("YX", 2, (512, 512)),
        ("XZY", 3, (128, 64, 128)),
    ],
)
def test_chunks_are_those_of_the_frames(
    axes: str, frame_dimensions: int, chunks: tuple[int, ...]
) -> None:
    shape = (1000,) * len(axes)
    assert chunk_shape(shape, axes, frame_dimensions=frame_dimensions) == chunks
    small = chunk_shape((5,) * len(axes), axes, frame_dimensions=frame_dimensions)
    assert small == tuple(min(5, length) for length in chunks)


def content(folder: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def test_equal_questions_give_equal_bytes_without_names_of_this_computer(
    tmp_path: Path,
) -> None:
    found = []
    for folder in ("one", "another"):
        path = tmp_path / folder / "a.zarr"
        array = create(
            path,
            shape=(1500, 20),
            chunks=(512, 512),
            dtype="f4",
            description={"b": "2", "a": "1"},
        )
        array[:] = np.linspace(0, 1, 30_000, dtype="f4").reshape(1500, 20)
        assert list(add_pyramid(path))
        found.append(content(path))
    assert found[0] == found[1]
    assert len(found[0]) == 1 + (1 + 3) + (1 + 2)
    assert str(tmp_path).encode() not in b"".join(found[0].values())
