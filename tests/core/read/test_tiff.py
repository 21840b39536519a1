"""TIFF files: what is read, and that nothing wrong ever is."""

from __future__ import annotations

import logging
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from packaging.version import Version

from napari_unetseg.core.errors import InputError, ReadError
from napari_unetseg.core.image import Image
from napari_unetseg.core.read import read_image, stored
from napari_unetseg.core.read.damage import noticing_damage

if TYPE_CHECKING:
    from pathlib import Path

STACK = np.arange(5 * 40 * 50, dtype=np.uint16).reshape(5, 40, 50)
GRAY: dict[str, Any] = {"photometric": "minisblack"}
ZYX = {"axes": "ZYX"}

LAYOUTS: dict[str, dict[str, Any]] = {
    "imagej": {"imagej": True, "metadata": ZYX},
    "imagej-zlib": {"imagej": True, "compression": "zlib", "metadata": ZYX},
    "ome": {"ome": True, "metadata": ZYX, **GRAY},
    "ome-zlib-tiled": {
        "ome": True,
        "metadata": ZYX,
        "compression": "zlib",
        "tile": (16, 16),
        **GRAY,
    },
    "shaped": {"metadata": ZYX, **GRAY},
    "shaped-zlib": {"metadata": ZYX, "compression": "zlib", **GRAY},
    "plain": {"metadata": None, **GRAY},
    "plain-lzw": {"metadata": None, "compression": "lzw", **GRAY},
    "bigtiff": {"bigtiff": True, "metadata": ZYX, **GRAY},
    "big-endian": {"byteorder": ">", "metadata": ZYX, **GRAY},
}


def attempt(path: Path) -> Image | ReadError:
    try:
        return read_image(path)
    except ReadError as error:
        return error


def save(folder: Path, array: np.ndarray, **options: Any) -> Path:
    path = folder / "image.tif"
    tifffile.imwrite(path, array, **options)
    return path


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_stack(tmp_path: Path, layout: str) -> None:
    image = read_image(save(tmp_path, STACK, **LAYOUTS[layout]))
    assert (image.axes, image.name, image.unit) == ("ZYX", "image.tif", "pixel")
    assert image.dtype == np.dtype("=u2")
    np.testing.assert_array_equal(image.array, STACK)


@pytest.mark.parametrize("unit", ["um", "micron", "\\u00B5m"])
def test_imagej_gives_the_pixel_size_of_every_axis(tmp_path: Path, unit: str) -> None:
    image = read_image(
        save(
            tmp_path,
            STACK,
            imagej=True,
            resolution=(4, 5),
            metadata={"axes": "ZYX", "unit": unit, "spacing": 2.0},
        )
    )
    assert image.spacing == pytest.approx((2.0, 0.2, 0.25))
    assert image.unit == "um"


def test_ome_gives_pixel_sizes_and_channel_names(tmp_path: Path) -> None:
    metadata = {
        "axes": "CYX",
        "PhysicalSizeX": 650.0,
        "PhysicalSizeXUnit": "nm",
        "PhysicalSizeY": 0.5,
        "PhysicalSizeYUnit": "µm",
        "Channel": {"Name": ["a", "b", "", "d", "µ"]},
    }
    image = read_image(save(tmp_path, STACK, ome=True, metadata=metadata, **GRAY))
    assert (image.axes, image.unit) == ("CYX", "nm")
    assert image.spacing == pytest.approx((500.0, 650.0))
    assert image.channels == ("a", "b", "", "d", "µ")


def test_ome_without_a_unit_means_micrometres(tmp_path: Path) -> None:
    metadata = {"axes": "ZYX", "PhysicalSizeX": 0.5, "PhysicalSizeY": 0.5}
    image = read_image(save(tmp_path, STACK, ome=True, metadata=metadata, **GRAY))
    assert (image.spacing, image.unit) == ((1.0, 0.5, 0.5), "um")


def test_the_resolution_of_a_printer_is_no_pixel_size(tmp_path: Path) -> None:
    path = save(tmp_path, STACK[0], resolution=(72, 72), resolutionunit="INCH")
    assert read_image(path).unit == "pixel"
    path = save(tmp_path, STACK[0], resolution=(118, 118), resolutionunit="CENTIMETER")
    assert read_image(path).unit == "pixel"


def test_the_resolution_of_a_microscope_is_a_pixel_size(tmp_path: Path) -> None:
    path = save(tmp_path, STACK[0], resolution=(2e4, 1e4), resolutionunit="CENTIMETER")
    image = read_image(path)
    assert (image.spacing, image.unit) == (pytest.approx((1.0, 0.5)), "um")


@pytest.mark.parametrize(
    ("shape", "config", "axes"),
    [((40, 50, 3), "contig", "YXC"), ((3, 40, 50), "separate", "CYX")],
)
def test_rgb_becomes_channels(
    tmp_path: Path, shape: tuple[int, ...], config: str, axes: str
) -> None:
    rgb = np.arange(np.prod(shape)).reshape(shape).astype(np.uint8)
    image = read_image(save(tmp_path, rgb, photometric="rgb", planarconfig=config))
    assert (image.axes, image.channels) == (axes, ("red", "green", "blue"))
    np.testing.assert_array_equal(image.array, rgb)


def test_rgb_with_alpha_and_many_samples(tmp_path: Path) -> None:
    rgba = np.zeros((40, 50, 4), np.uint8)
    image = read_image(save(tmp_path, rgba, photometric="rgb", extrasamples=[2]))
    assert image.channels == ("red", "green", "blue", "alpha")
    spectrum = np.zeros((40, 50, 7), np.float32)
    image = read_image(save(tmp_path, spectrum, planarconfig="contig", **GRAY))
    assert (image.axes, image.channels) == ("YXC", ())


def test_one_unnamed_stack_axis_is_z(tmp_path: Path) -> None:
    assert read_image(save(tmp_path, STACK, **GRAY)).axes == "ZYX"
    assert read_image(save(tmp_path, STACK[None], **GRAY)).axes == "ZYX"


def test_several_unnamed_axes_are_asked_for(tmp_path: Path) -> None:
    path = save(tmp_path, STACK.reshape(5, 2, 20, 50), **GRAY)
    with pytest.raises(ReadError, match=r"--axes.*axes="):
        read_image(path)
    assert read_image(path, axes="TZYX").axes == "TZYX"


def test_given_axes_win_and_are_checked(tmp_path: Path) -> None:
    path = save(tmp_path, STACK, **LAYOUTS["ome"])
    assert read_image(path, axes="TYX").axes == "TYX"
    for wrong in ("YX", "QYX", "ZZX", "ZCT"):
        with pytest.raises(InputError, match=r"'image\.tif'"):
            read_image(path, axes=wrong)


def test_given_axes_cover_the_samples_of_rgb(tmp_path: Path) -> None:
    path = save(tmp_path, np.zeros((2, 40, 50, 3), np.uint8), photometric="rgb")
    image = read_image(path, axes="TYXC")
    assert (image.axes, image.channels) == ("TYXC", ("red", "green", "blue"))


def test_a_line_of_pixels_is_no_image(tmp_path: Path) -> None:
    path = save(tmp_path, np.zeros((7, 1, 1), np.uint8), metadata={"axes": "TZC"})
    with pytest.raises(ReadError, match="dimensions"):
        read_image(path)


def test_the_first_image_of_several_is_read(tmp_path: Path) -> None:
    path = tmp_path / "image.tif"
    with tifffile.TiffWriter(path) as tif:
        tif.write(STACK, **GRAY)
        tif.write(STACK[0, :10, :10], **GRAY)
    np.testing.assert_array_equal(read_image(path).array, STACK)


def test_large_uncompressed_images_are_mapped_read_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "MAP_ABOVE", 0)
    for layout in LAYOUTS:
        image = read_image(save(tmp_path, STACK, **LAYOUTS[layout]))
        mapped = isinstance(image.array, np.memmap)
        assert mapped == (layout in {"imagej", "ome", "shaped", "plain", "bigtiff"})
        assert image.dtype.isnative
        assert not (mapped and image.array.flags.writeable)
        np.testing.assert_array_equal(image.array, STACK)
        del image


def test_bool_becomes_uint8(tmp_path: Path) -> None:
    mask = STACK[0] % 2 == 0
    image = read_image(save(tmp_path, mask))
    assert image.dtype == np.uint8
    np.testing.assert_array_equal(image.array, mask)


def test_complex_numbers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"complex64.*absolute"):
        read_image(save(tmp_path, STACK[0].astype(np.complex64)))


@pytest.mark.parametrize("ending", [".tif", ".TIFF"])
def test_what_is_no_tiff_file_is_named(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a{ending}"
    with pytest.raises(ReadError, match=f"'a{ending}' does not exist"):
        read_image(path)
    path.touch()
    with pytest.raises(ReadError, match="empty"):
        read_image(path)
    path.write_text("a,b\n1,2\n")
    with pytest.raises(ReadError, match="not a TIFF"):
        read_image(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(ReadError, match="is a folder"):
        read_image(path)


def test_what_a_failed_save_leaves_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "image.tif"
    path.write_bytes(b"II*\0\0\0\0\0")
    with pytest.raises(ReadError, match=r"image\.tif"):
        read_image(path)


def test_other_endings_are_refused_with_those_that_are_read(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"'a\.png'.*\.tif, \.tiff"):
        read_image(tmp_path / "a.png")


@pytest.mark.parametrize("percent", [1, 10, 50, 75, 90, 99])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_truncated_file_never_gives_a_wrong_image(
    tmp_path: Path, layout: str, percent: int, capfd: pytest.CaptureFixture[str]
) -> None:
    path = save(tmp_path, STACK, **LAYOUTS[layout])
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * percent // 100])
    result = attempt(path)
    if isinstance(result, ReadError):
        sentence = str(result)
        assert "'image.tif'" in sentence
        assert str(tmp_path) not in sentence
        assert "\n" not in sentence
        assert "<tifffile" not in sentence
    else:
        np.testing.assert_array_equal(result.array, STACK)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("layout", ["imagej", "shaped", "shaped-zlib"])
def test_the_message_counts_the_planes(tmp_path: Path, layout: str) -> None:
    path = save(tmp_path, STACK, **LAYOUTS[layout])
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(ReadError, match=r"holds [123] of 5 planes; it is truncated"):
        read_image(path)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    layout=st.sampled_from(sorted(LAYOUTS)),
    flips=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=8),
)
@example("imagej", [(38, 3), (78, 8)])  # Three dimensions are said to be YX.
def test_damaged_headers_end_in_one_sentence(
    tmp_path: Path, layout: str, flips: list[tuple[int, int]]
) -> None:
    path = save(tmp_path, STACK, **LAYOUTS[layout])
    content = bytearray(path.read_bytes())
    for position, value in flips:
        content[position] = value
    path.write_bytes(content)
    result = attempt(path)
    assert isinstance(result, Image) or "'image.tif'" in str(result)


def test_the_log_of_tifffile_is_left_as_it_was(tmp_path: Path) -> None:
    logger = logging.getLogger("tifffile")
    handler = logging.NullHandler()
    logger.addHandler(handler)
    before = logger.propagate, logger.level, logger.handlers[:]
    try:
        read_image(save(tmp_path, STACK, **LAYOUTS["ome"]))
        assert (logger.propagate, logger.level, logger.handlers) == before
    finally:
        logger.removeHandler(handler)


@pytest.mark.data
@pytest.mark.parametrize(
    ("file", "axes", "shape", "spacing", "unit", "channels"),
    [
        ("isbi2012-em/images.tif", "ZYX", (20, 512, 512), (1, 1, 1), "pixel", ()),
        ("phc-u373/02_images.tif", "TYX", (50, 520, 696), (1, 1), "pixel", ()),
        (
            "gonuclear-3d/1135_raw.tif",
            "ZYX",
            (100, 100, 100),
            (0.283718, 0.126786, 0.126786),
            "um",
            (),
        ),
        (
            "dsb2018-nuclei/rgb_256x320_images.tif",
            "ZYXC",
            (40, 256, 320, 3),
            (1, 1, 1),
            "pixel",
            ("red", "green", "blue"),
        ),
        (
            "ome-zarr-cardiomyocytes/dapi_nanog_laminb1_cyx.ome.tif",
            "CYX",
            (3, 1080, 1280),
            (0.65, 0.65),
            "um",
            ("DAPI", "nanog", "Lamin B1"),
        ),
        (
            "odd-files/neubias/xyz_8bit_calibrated_anisotropic__mri_head.tif",
            "ZYX",
            (27, 226, 186),
            (7, 0.5, 0.5),
            "mm",
            (),
        ),
    ],
)
def test_real_files(
    data_folder: Path,
    file: str,
    axes: str,
    shape: tuple[int, ...],
    spacing: tuple[float, ...],
    unit: str,
    channels: tuple[str, ...],
) -> None:
    image = read_image(data_folder / file)
    assert (image.axes, image.shape) == (axes, shape)
    assert image.spacing == pytest.approx(spacing, rel=1e-5)
    assert (image.unit, image.channels) == (unit, channels)


@pytest.mark.data
def test_every_odd_file_opens_or_is_refused_in_a_sentence(data_folder: Path) -> None:
    refused = []
    for path in sorted((data_folder / "odd-files").rglob("*.*")):
        if path.is_dir():
            continue
        result = attempt(path)
        if isinstance(result, ReadError):
            assert f"'{path.name}'" in str(result)
            refused.append(path.name)
        else:
            assert result.dtype.isnative
    # Micro-Manager's stage positions are no axis of ours, fax needs a newer tifffile,
    # and a part of several files is told which one stands for them all.
    parts = [name for name in refused if name.startswith(("multifile-Z", "TSeries"))]
    assert len(parts) == 5 + 4 + 23
    assert set(refused) - {"fax4.tiff", *parts} == {
        "181003_multi_pos_time_course_1_MMStack.ome.tif"
    }
    newer = Version(tifffile.__version__) >= Version("2026.3.3")
    assert ("fax4.tiff" in refused) is not newer


@pytest.mark.data
def test_micromanager_means_centimetres(data_folder: Path) -> None:
    file = "singles/181003_multi_pos_time_course_1_MMStack.ome.tif"
    path = data_folder / "odd-files" / "exampletiffs" / file
    image = read_image(path, axes="TZYX")
    assert image.unit == "um"
    assert image.spacing_of("X") == pytest.approx(5.23, rel=0.01)


@pytest.mark.data
def test_a_missing_part_of_a_multi_file_image_is_noticed(
    data_folder: Path, tmp_path: Path
) -> None:
    folder = data_folder / "odd-files/exampletiffs/multiples/master"
    assert read_image(folder / "multifile-Z1.ome.tiff").shape == (5, 24, 18)
    for number in (1, 2, 3):
        shutil.copy(folder / f"multifile-Z{number}.ome.tiff", tmp_path)
    with pytest.raises(ReadError, match="3 of 5 planes; files that belong"):
        read_image(tmp_path / "multifile-Z1.ome.tiff")


def test_a_codec_that_is_not_installed_is_named() -> None:
    said = "<COMPRESSION.CCITT_T6: 4> not supported"
    refused = pytest.raises(ReadError, match="CCITT_T6, which")
    with refused as caught, noticing_damage("fax.tif"):
        raise ValueError(said)
    assert "damaged" not in str(caught.value)
    assert "imagecodecs" in caught.value.remedy
