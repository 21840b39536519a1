"""OME-Zarr and bare zarr: every layout gives the image that it holds, unread."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
import zarr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_unetseg.core.errors import InputError, ReadError
from napari_unetseg.core.read import read_image
from napari_unetseg.core.read.zarr_array import ZarrArray

if TYPE_CHECKING:
    from pathlib import Path

LENGTHS = {"t": 2, "c": 3, "z": 4, "y": 5, "x": 6}
TYPES = {"t": "time", "c": "channel"}


def numbered(axes: str, dtype: str = "u2") -> np.ndarray:
    shape = [LENGTHS[axis] for axis in axes.lower()]
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


def axis(name: str, **more: str) -> dict[str, str]:
    return {"name": name, "type": TYPES.get(name, "space"), **more}


def multiscale(axes: Any, *scales: list[float], **more: Any) -> dict[str, Any]:
    datasets = [
        {
            "path": str(number),
            "coordinateTransformations": [{"type": "scale", "scale": scale}],
        }
        for number, scale in enumerate(scales)
    ]
    return {"axes": axes, "datasets": datasets, **more}


def save(
    folder: Path, array: np.ndarray, ome: dict[str, Any], version: str = "0.5"
) -> Path:
    """Write a group by hand, with one array at 0."""
    new = version == "0.5"
    attributes = {"ome": {"version": version, **ome}} if new else ome
    layout: Any = {"zarr_format": 3 if new else 2, "overwrite": True}
    zarr.create_group(folder, attributes=attributes, **layout)
    chunks = (2,) * array.ndim
    zarr.create_array(folder / "0", data=array, chunks=chunks, **layout)
    return folder


def refused(path: Path) -> str:
    with pytest.raises(ReadError) as caught:
        read_image(path)
    sentence = str(caught.value)
    assert sentence.startswith(f"'{path.name}")
    assert str(path.parent) not in sentence
    assert "\n" not in sentence
    return sentence


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_both_versions_give_axes_pixel_size_and_channels(
    tmp_path: Path, version: str
) -> None:
    axes = [
        axis("t", unit="second"),
        axis("c"),
        axis("z", unit="nanometer"),
        *(axis(name, unit="micrometer") for name in "yx"),
    ]
    ome = {
        "multiscales": [
            multiscale(
                axes,
                [1, 1, 250, 0.5, 0.25],
                [1, 1, 250, 1, 0.5],
                coordinateTransformations=[
                    {"type": "scale", "scale": [30, 1, 2, 2, 2]}
                ],
            )
        ],
        "omero": {"channels": [{"label": "DAPI"}, {"color": "FF"}, {"label": ""}]},
    }
    array = numbered("tczyx")
    image = read_image(save(tmp_path / "a.zarr", array, ome, version))
    assert (image.axes, image.name, image.unit) == ("TCZYX", "a.zarr", "um")
    assert image.spacing == pytest.approx((0.5, 1, 0.5))
    assert image.channels == ("DAPI", "channel 2", "")
    assert isinstance(image.array, ZarrArray)
    np.testing.assert_array_equal(image.array[:], array)
    with pytest.raises(TypeError, match="item assignment"):
        image.array[:] = 0


orders = st.sets(st.sampled_from("tcz")).flatmap(
    lambda others: st.permutations(sorted({*others, *"yx"})).map("".join)
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(axes=orders, version=st.sampled_from(["0.4", "0.5"]), upper=st.booleans())
def test_axes_are_found_in_any_order(
    tmp_path: Path, axes: str, version: str, upper: bool
) -> None:
    names = axes.upper() if upper else axes
    described = [
        axis(low) | {"name": name} for low, name in zip(axes, names, strict=True)
    ]
    scale = [float(LENGTHS[name]) for name in axes]
    ome = {"multiscales": [multiscale(described, scale)]}
    image = read_image(save(tmp_path / "a.zarr", numbered(axes), ome, version))
    assert image.axes == axes.upper()
    assert image.spacing == tuple(LENGTHS[a] for a in axes if a in "zyx")
    assert image.shape == numbered(axes).shape


@pytest.mark.parametrize(
    ("axes", "found"),
    [
        (["c", "y", "x"], "CYX"),  # version 0.3
        ([{"name": "z"}, {"name": "y"}, {"name": "x"}], "ZYX"),
        ([axis("depth"), axis("height"), axis("width")], "ZYX"),
        ([{"name": "n", "type": "time"}, axis("rows"), axis("columns")], "TYX"),
        ([{"name": "Time", "type": None}, axis("Y"), axis("X", unit="µm")], "TYX"),
        ([], "ZYX"),
        (None, "ZYX"),
    ],
)
def test_what_files_leave_out_is_supplied(
    tmp_path: Path, axes: list[Any] | None, found: str
) -> None:
    array = np.zeros((3, 5, 6), np.uint8)
    ome = {"multiscales": [{"axes": axes, "datasets": [{"path": "0"}]}]}
    image = read_image(save(tmp_path / "a.zarr", array, ome, "0.4"))
    assert image.axes == found
    assert set(image.spacing) == {1.0}
    assert image.channels == ()


def test_an_image_without_axes_has_five_of_them(tmp_path: Path) -> None:
    ome = {"multiscales": [{"version": "0.1", "datasets": [{"path": "0"}]}]}
    path = save(tmp_path / "a.zarr", numbered("tczyx"), ome, "0.4")
    assert read_image(path).axes == "TCZYX"


@pytest.mark.parametrize(
    ("units", "spacing", "unit"),
    [
        ((None, None, None), (3, 2, 1), "pixel"),
        ((None, "micrometer", "micrometer"), (3, 2, 1), "um"),
        (("micrometer", "nanometer", "nanometer"), (3000, 2, 1), "nm"),
        (("parsec", "parsec", "parsec"), (3, 2, 1), "pixel"),
        ((7, "meter", None), (3, 2, 1), "m"),
    ],
)
def test_units_become_one(
    tmp_path: Path, units: tuple[Any, ...], spacing: tuple[int, ...], unit: str
) -> None:
    axes = [axis(name, unit=word) for name, word in zip("zyx", units, strict=True)]
    ome = {"multiscales": [multiscale(axes, [3, 2, 1])]}
    image = read_image(save(tmp_path / "a.zarr", numbered("zyx"), ome))
    assert (image.spacing, image.unit) == (spacing, unit)


@pytest.mark.parametrize("size", [0, float("nan"), float("inf"), -2])
def test_a_size_that_is_none_is_unknown_and_a_backward_axis_has_its_size(
    tmp_path: Path, size: float
) -> None:
    ome = {"multiscales": [multiscale([axis("y"), axis("x")], [1, size])]}
    image = read_image(save(tmp_path / "a.zarr", numbered("yx"), ome, "0.4"))
    assert image.spacing == (1, 2 if size == -2 else 1)


def test_names_for_other_channels_are_left(tmp_path: Path) -> None:
    ome = {
        "multiscales": [multiscale([axis(a) for a in "cyx"], [1, 1, 1])],
        "omero": {"channels": [{"label": "one"}]},
    }
    assert read_image(save(tmp_path / "a.zarr", numbered("cyx"), ome)).channels == ()
    ome["omero"] = {"channels": "three"}
    assert read_image(save(tmp_path / "a.zarr", numbered("cyx"), ome)).channels == ()


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_a_bare_array_has_the_usual_axes(tmp_path: Path, zarr_format: Any) -> None:
    for name, axes in (("a.zarr", "yx"), ("without ending", "zyx")):
        path = tmp_path / name
        array = numbered(axes, ">f4" if zarr_format == 2 else "f4")
        zarr.create_array(path, data=array, chunks=array.shape, zarr_format=zarr_format)
        image = read_image(path)
        assert (image.axes, image.name) == (axes.upper(), name)
        assert (set(image.spacing), image.unit) == ({1.0}, "pixel")
        np.testing.assert_array_equal(image.array[:], array)


@pytest.mark.parametrize(
    ("names", "axes"),
    [
        (["c", "y", "x"], "CYX"),
        (["time", "Y", "X"], "TYX"),
        (["y", "x", "channel"], "YXC"),
        (["dim_0", "dim_1", "dim_2"], "ZYX"),
        ([None, None, None], "ZYX"),
        (["c", "row", "x"], None),
        (["y", "y", "x"], None),
    ],
)
def test_a_bare_array_may_name_its_dimensions(
    tmp_path: Path, names: list[str | None], axes: str | None
) -> None:
    path = tmp_path / "a.zarr"
    zarr.create_array(path, data=np.zeros((3, 5, 6)), dimension_names=names)
    if axes is None:
        assert "--axes" in refused(path)
    else:
        assert read_image(path).axes == axes


def test_several_unnamed_axes_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.zarr"
    zarr.create_array(path, data=numbered("tzyx"))
    assert "(2, 4, 5, 6)" in (sentence := refused(path))
    assert "--axes (in Python: axes=)" in sentence
    assert read_image(path, axes="TZYX").axes == "TZYX"
    with pytest.raises(InputError, match=r"'a\.zarr'.*4 dimensions"):
        read_image(path, axes="ZYX")


def test_given_axes_win_and_keep_the_sizes_of_the_dimensions(tmp_path: Path) -> None:
    axes = [axis(name, unit="micrometer") for name in "zyx"]
    ome = {"multiscales": [multiscale(axes, [3, 2, 1])]}
    path = save(tmp_path / "a.zarr", numbered("zyx"), ome)
    image = read_image(path, axes="TXY")
    assert (image.axes, image.spacing, image.unit) == ("TXY", (2, 1), "um")


def test_axes_that_do_not_fit_the_array_are_asked_for(tmp_path: Path) -> None:
    ome = {"multiscales": [multiscale([axis("y"), axis("x")], [3, 2])]}
    path = save(tmp_path / "a.zarr", numbered("zyx"), ome)
    assert "axes y, x" in refused(path)
    image = read_image(path, axes="ZYX")
    assert (image.axes, image.spacing) == ("ZYX", (1, 1, 1))


def test_a_level_is_read_with_its_own_pixel_size(tmp_path: Path) -> None:
    axes = [axis(name, unit="nanometer") for name in "cyx"]
    ome = {
        "multiscales": [multiscale(axes, [1, 4, 4], [1, 8, 8])],
        "omero": {"channels": [{"label": name} for name in "abc"]},
    }
    path = save(tmp_path / "a.zarr", numbered("cyx"), ome, "0.4")
    zarr.create_array(path / "1", data=numbered("cyx")[:, ::2, ::2], zarr_format=2)
    coarse = read_image(path / "1")
    assert (coarse.name, coarse.axes, coarse.shape) == ("a.zarr/1", "CYX", (3, 3, 3))
    assert (coarse.spacing, coarse.unit) == ((8, 8), "nm")
    assert coarse.channels == ("a", "b", "c")


def group(path: Path, attributes: dict[str, Any], version: Any = 3) -> Path:
    zarr.create_group(path, attributes=attributes, zarr_format=version, overwrite=True)
    return path


def test_what_is_several_images_names_one_of_them(tmp_path: Path) -> None:
    path = tmp_path / "a.zarr"
    plate = {"plate": {"wells": [{"path": "B/03"}, {"path": "C/1"}]}}
    assert "B/03/0, C/1/0 are in it" in (sentence := refused(group(path, plate)))
    assert "such as a.zarr/B/03/0." in sentence
    assert "such as a.zarr/B/03/0." in refused(group(path, {"ome": plate}))
    assert "a.zarr/1" in refused(group(path, {"well": {"images": [{"path": "1"}]}}, 2))
    assert "a.zarr/cells" in refused(group(path, {"labels": ["cells"]}))
    raw = group(path, {"bioformats2raw.layout": 3, "plate": 7})
    zarr.create_array(raw / "0", data=numbered("yx"))
    assert "0 is in it. Give the path of one image in it, such as a.zarr/0" in refused(
        raw
    )
    assert read_image(raw / "0").axes == "YX"


def test_a_place_in_a_zarr_is_read(tmp_path: Path) -> None:
    ome = {"multiscales": [multiscale([axis("y"), axis("x")], [2, 2])]}
    path = save(tmp_path / "a.zarr", numbered("yx"), ome)
    save(path / "labels" / "nuclei", numbered("yx", "u1"), ome)
    image = read_image(path / "labels" / "nuclei")
    assert (image.name, image.dtype) == ("a.zarr/labels/nuclei", np.uint8)
    assert read_image(path).dtype == np.uint16


def test_stale_consolidated_metadata_are_not_believed(tmp_path: Path) -> None:
    ome = {"multiscales": [multiscale([axis("y"), axis("x")], [2, 2])]}
    path = save(tmp_path / "a.zarr", numbered("yx"), ome, "0.4")
    old = {"metadata": {".zgroup": {"zarr_format": 2}}, "zarr_consolidated_format": 1}
    (path / ".zmetadata").write_text(json.dumps(old))
    assert read_image(path).spacing == (2, 2)


@pytest.mark.data
def test_real_ome_zarr_is_the_tiff_copy_of_itself(data_folder: Path) -> None:
    folder = data_folder / "ome-zarr-cardiomyocytes"
    path = next((folder / "v04").glob("*.zarr"))
    image = read_image(path)
    assert (image.axes, image.shape) == ("CZYX", (3, 1, 1080, 1280))
    assert (image.spacing, image.unit) == ((1.0, 0.65, 0.65), "um")
    assert image.channels == ("DAPI", "nanog", "Lamin B1")
    copy = tifffile.imread(folder / "dapi_nanog_laminb1_cyx.ome.tif")
    np.testing.assert_array_equal(image.array[:, 0], copy)

    nuclei = read_image(path / "labels" / "nuclei")
    assert (nuclei.axes, nuclei.unit) == ("ZYX", "um")
    copy = tifffile.imread(folder / "nuclei_labels.tif")
    np.testing.assert_array_equal(np.squeeze(nuclei.array[:]), copy)

    coarse = read_image(path / "3")
    assert (coarse.axes, coarse.spacing) == ("CZYX", (1.0, 2.6, 2.6))
    with pytest.raises(ReadError, match="nuclei is in it"):
        read_image(path / "labels")
    with pytest.raises(ReadError, match="is not one image"):
        read_image(path / "tables")
