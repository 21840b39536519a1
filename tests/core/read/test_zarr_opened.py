"""OME-Zarr of both versions opens with levels, place, colours, and its labels."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import zarr

from napari_unetseg.core.errors import ReadError
from napari_unetseg.core.read.zarr_opened import open_zarr

if TYPE_CHECKING:
    from pathlib import Path

STACK = np.arange(2 * 3 * 8 * 12, dtype="u2").reshape(2, 3, 8, 12)
MASK = (STACK[0] % 5).astype("u1")
VERSIONS = ("0.4", "0.5")


def described(axes: str, *, place: float = 0.0, levels: int = 2) -> dict[str, Any]:
    kinds = {"t": "time", "c": "channel"}
    sizes = {"z": 2.0, "y": 0.5, "x": 0.5}
    datasets = []
    for level in range(levels):
        scale = [sizes.get(a, 1.0) * (2**level if a in "yx" else 1) for a in axes]
        steps: list[Any] = [{"type": "scale", "scale": scale}]
        if place:
            moved = [place if a in "yx" else 0.0 for a in axes]
            steps.append({"type": "translation", "translation": moved})
        datasets.append({"path": str(level), "coordinateTransformations": steps})
    return {
        "axes": [
            {"name": a, "type": kinds.get(a, "space")}
            | ({} if a in kinds else {"unit": "micrometer"})
            for a in axes
        ],
        "datasets": datasets,
    }


def save(
    path: Path, array: Any, version: str, ome: dict[str, Any], levels: int = 2
) -> Path:
    new = version == "0.5"
    layout: Any = {"zarr_format": 3 if new else 2}
    ome = {"version": version, **ome} if new else ome
    group = zarr.create_group(
        path, attributes={"ome": ome} if new else ome, overwrite=True, **layout
    )
    for level in range(levels):
        part = array[..., :: 2**level, :: 2**level]
        stored = group.create_array(
            str(level), shape=part.shape, dtype=part.dtype, chunks=part.shape
        )
        stored[...] = part
    return path


def with_labels(path: Path, version: str, **label: Any) -> Path:
    colours = [{"label": "dna", "color": "00FF00"}, {"label": "b", "color": "ff0000"}]
    save(
        path,
        STACK,
        version,
        {
            "multiscales": [described("czyx", place=3.0)],
            "omero": {"channels": colours},
        },
    )
    new = version == "0.5"
    names: dict[str, Any] = {"labels": ["cells"]}
    zarr.create_group(
        path / "labels",
        attributes={"ome": {"version": version, **names}} if new else names,
        zarr_format=3 if new else 2,
    )
    about = {"multiscales": [described("zyx")], "image-label": label}
    save(path / "labels/cells", MASK, version, about)
    return path


@pytest.mark.parametrize("version", VERSIONS)
def test_an_image_comes_with_its_labels(tmp_path: Path, version: str) -> None:
    label = {
        "colors": [{"label-value": 2, "rgba": [255, 0, 16, 255]}],
        "properties": [{"label-value": 2, "class": "nucleus"}, {"label-value": 3}],
    }
    image, cells = open_zarr(with_labels(tmp_path / "a.zarr", version, **label))
    assert (image.image.axes, image.image.spacing) == ("CZYX", (2.0, 0.5, 0.5))
    assert image.image.channels == ("dna", "b")
    assert image.colours == ("#00ff00", "#ff0000")
    assert image.origin == {"Z": 0.0, "Y": 3.0, "X": 3.0}
    assert [level.shape for level in image.levels] == [(2, 3, 8, 12), (2, 3, 4, 6)]
    assert not image.labels
    assert cells.labels
    assert cells.image.name == "a.zarr/labels/cells"
    assert [level.shape for level in cells.levels] == [(3, 8, 12), (3, 4, 6)]
    np.testing.assert_array_equal(cells.image.array[:], MASK)
    assert json.loads(cells.notes["class_names"]) == {"2": "nucleus"}
    assert json.loads(cells.notes["class_colors"]) == {"2": "#ff0010"}


@pytest.mark.parametrize("version", VERSIONS)
def test_parts_of_an_image_open_alone(tmp_path: Path, version: str) -> None:
    path = with_labels(tmp_path / "a.zarr", version)
    for place in ("labels", "labels/cells"):
        [cells] = open_zarr(path / place)
        assert cells.labels
        assert cells.image.shape == (3, 8, 12)
    [level] = open_zarr(path / "1")
    assert level.image.shape == (2, 3, 4, 6)
    assert level.image.spacing_of("X") == 1.0


def test_transformations_follow_one_another(tmp_path: Path) -> None:
    """A scale of all datasets acts on the place that a dataset has."""
    whole = described("yx", place=3.0, levels=1)
    whole["coordinateTransformations"] = [
        {"type": "scale", "scale": [2.0, 4.0]},
        {"type": "translation", "translation": [1.0, 0.0]},
    ]
    path = save(tmp_path / "a.zarr", MASK[0], "0.5", {"multiscales": [whole]}, 1)
    [image] = open_zarr(path)
    assert image.image.spacing == (1.0, 2.0)
    assert image.origin == {"Y": 7.0, "X": 12.0}


def test_images_that_bio_formats_has_converted(tmp_path: Path) -> None:
    path = tmp_path / "a.zarr"
    zarr.create_group(path, attributes={"bioformats2raw.layout": 3}, zarr_format=2)
    for number in range(2):
        ome = {"multiscales": [described("czyx")]}
        save(path / str(number), STACK + number, "0.4", ome)
    [first] = open_zarr(path)
    [second] = open_zarr(path, series=1)
    assert first.others == {1: "image 2"}
    np.testing.assert_array_equal(second.image.array[:], STACK + 1)
    with pytest.raises(ReadError, match="has no image 3"):
        open_zarr(path, series=2)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        (["gone"], r"'a\.zarr/labels/gone' does not exist"),
        (["../0"], "which are not in it"),
        (["/etc"], "which are not in it"),
        (["real"], "holds float32 values"),
        (["bare"], "is no image"),
    ],
)
def test_labels_that_are_none_are_refused(
    tmp_path: Path, version: str, labels: list[str], sentence: str
) -> None:
    path = with_labels(tmp_path / "a.zarr", version)
    place = path / "labels"
    save(
        place / "real", MASK.astype("f4"), version, {"multiscales": [described("zyx")]}
    )
    zarr.create_group(place / "bare", zarr_format=3 if version == "0.5" else 2)
    group = zarr.open_group(place, mode="r+", use_consolidated=False)
    new = {"version": "0.5", "labels": labels}
    group.attrs.update({"ome": new} if version == "0.5" else {"labels": labels})
    with pytest.raises(ReadError, match=sentence):
        open_zarr(path)


@pytest.mark.parametrize(
    "omero",
    [
        None,
        [],
        {"channels": 3},
        {"channels": [1, 2]},
        {"channels": [{"color": "red"}, {"color": "00ff00"}]},
        {"channels": [{"color": "00ff00"}]},
    ],
)
def test_colours_that_are_none_are_left(tmp_path: Path, omero: Any) -> None:
    ome = {"multiscales": [described("czyx")], "omero": omero}
    [image] = open_zarr(save(tmp_path / "a.zarr", STACK, "0.4", ome))
    assert image.colours == ()


@pytest.mark.data
def test_a_real_image_with_labels(data_folder: Path) -> None:
    [path] = (data_folder / "ome-zarr-cardiomyocytes/v04").glob("*.zarr")
    image, nuclei = open_zarr(path)
    assert (image.image.axes, image.image.shape) == ("CZYX", (3, 1, 1080, 1280))
    assert [level.shape[-1] for level in image.levels] == [1280, 640, 320]
    assert image.colours == ("#00ffff", "#ff00ff", "#ffff00")
    assert nuclei.labels
    assert (nuclei.image.axes, nuclei.image.unit) == ("ZYX", "um")
