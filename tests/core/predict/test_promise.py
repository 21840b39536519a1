"""Whatever the image, the options and the tiles: as if it were predicted at once."""

import numpy as np
import pytest
import zarr
from hypothesis import example, given, settings
from hypothesis import strategies as st

from napari_unetseg.core import jobs
from napari_unetseg.core.config import SegmentConfig
from napari_unetseg.core.events import Tile
from napari_unetseg.core.image import Image
from oracles.models import random_model
from oracles.prediction import segmented
from oracles.uncertainty import entropy, mutual_information

DTYPES = ["bool", "uint8", "int16", "uint16", ">u2", "int64", "float32", "float64"]
TILES = st.one_of(st.integers(1, 40), st.sampled_from(["auto", "whole"]))


def in_dask(array, folder):
    import dask.array as da

    return da.from_array(array, chunks=(3, 7, 2, 5, 4)[: array.ndim])


def in_zarr(array, folder):
    # Before 3.1, only zarr's older format could have bytes in the other order.
    kept = zarr.create_array(
        store={},
        shape=array.shape,
        dtype=array.dtype,
        chunks=(5,) * array.ndim,
        zarr_format=2,
    )
    kept[...] = array
    return kept


def in_file(array, folder):
    path = folder / "image.raw"
    path.write_bytes(array.tobytes())
    return np.memmap(path, array.dtype, "r", shape=array.shape)


KINDS = [lambda array, folder: array, in_zarr, in_dask, in_file]


@st.composite
def images(draw, volumes=False, most=40, dtypes=DTYPES, channels=(1, 2)):
    """Images of any axes, type and size, some of them constant or partly broken."""
    named = draw(st.sets(st.sampled_from("TZC"))) | {*"YX"} | {*"Z" * volumes}
    axes = "".join(draw(st.permutations(sorted(named))))
    side = st.one_of(st.just(1), st.integers(1, 8), st.integers(1, most))
    lengths = {
        "T": draw(st.integers(1, 2)),
        "Z": draw(st.integers(1, 6 if volumes else 2)),
        "C": draw(st.sampled_from(channels)),
        "Y": draw(side),
        "X": draw(side),
    }
    shape = [lengths[axis] for axis in axes]
    dtype = np.dtype(draw(st.sampled_from(dtypes)))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    values = rng.normal(draw(st.sampled_from([0.1, 130])), 40, shape)
    if draw(st.integers(0, 9)) == 0:
        values[...] = values.flat[0]
    if "T" in axes:
        # Each time point is of another brightness.
        values += 100 * np.arange(lengths["T"]).reshape(
            [lengths[axis] if axis == "T" else 1 for axis in axes]
        )
    if dtype.kind == "b":
        return Image(array=values > 130, axes=axes)
    if dtype.kind == "u":
        values = values.clip(0, 255)
    array = values.astype(dtype)
    if dtype.kind == "f" and draw(st.booleans()):
        broken = rng.random(shape) < 0.05
        array[broken] = rng.choice([np.nan, np.inf, -np.inf], broken.sum())
    return Image(array=array, axes=axes)


@st.composite
def scaled(draw, volumes=False):
    """Small images of other pixel sizes than the model's, which is 1 um."""
    image = draw(images(volumes, most=16, dtypes=["uint8", "float32"]))
    sizes = st.sampled_from([0.3, 0.5, 0.95, 1.0, 1.4, 2.2])
    spacing = tuple(draw(sizes) for _ in image.spatial_axes)
    return image.with_spacing(spacing, "um")


def segment(image, model, **options):
    """The job's answer; each of its tiles writes what none other does."""
    job = jobs.segment(image, model, SegmentConfig(scores=True, **options))
    tiles = []
    while True:
        try:
            event = next(job)
        except StopIteration as end:
            found = end.value
            break
        if isinstance(event, Tile):
            tiles.append(event)
    written = np.zeros(found.labels.shape, int)
    for tile in tiles:
        written[tuple(map(slice, tile.start, tile.stop))] += 1
    assert (written == 1).all()
    assert [tile.number for tile in tiles] == list(range(tiles[0].total))
    return found


def check(found, wanted, image, classes):
    """Scores are as wanted, labels follow from them, and what is broken is 0."""
    assert found.scores.axes == "C" + found.labels.axes
    assert found.labels.axes == image.plane_axes + "YX"
    assert np.abs(found.scores.array - wanted).max() < 1e-4
    array = np.asarray(image.array)
    finite = np.isfinite(array)
    if "C" in image.axes:
        finite = finite.all(axis=image.axes.index("C"))
    kept = [axis for axis in image.axes if axis != "C"]
    finite = finite.transpose([kept.index(axis) for axis in found.labels.axes])
    best = np.array(classes)[found.scores.array.argmax(axis=0)]
    np.testing.assert_array_equal(found.labels.array, np.where(finite, best, 0))


def numbers(*shape):
    return np.random.default_rng(0).normal(size=shape) * np.arange(1, 1 + shape[1])


@settings(max_examples=20)
@given(images(), TILES, st.integers(1, 2))
@example(Image(array=numbers(3, 2, 9, 2), axes="ZTYX"), 5, 1)
@example(Image(array=np.full((2, 1, 3), 0.1), axes="ZYX"), 5, 1)
def test_planes_are_as_if_predicted_at_once(image, tile, depth):
    model = random_model(depth=depth, channels=image.channel_count)
    [wanted] = segmented(image, model)
    check(segment(image, model, tile=tile), wanted, image, model.card.classes)


@settings(max_examples=12)
@given(images(volumes=True, most=20), TILES)
def test_volumes_are_as_if_predicted_at_once(image, tile):
    model = random_model(volumes=True, channels=image.channel_count)
    [wanted] = segmented(image, model)
    check(segment(image, model, tile=tile), wanted, image, model.card.classes)


def check_all_views(image, model, tile, average, uncertainty, grid=None):
    views = segmented(image, model, grid=grid, average=average)
    mean = np.mean(views, axis=0)
    wanted = entropy(mean) if uncertainty == "entropy" else mutual_information(views)
    found = segment(image, model, tile=tile, average=average, uncertainty=uncertainty)
    check(found, mean, image, model.card.classes)
    assert found.uncertainty.axes == found.labels.axes
    assert found.uncertainty.array.dtype == np.float32
    np.testing.assert_allclose(found.uncertainty.array, wanted, atol=1e-4)


AVERAGES = st.sampled_from(["flips", "rotations"])
UNCERTAINTIES = st.sampled_from(["entropy", "disagreement"])


@settings(max_examples=12)
@given(images(most=20), TILES, AVERAGES, UNCERTAINTIES)
def test_views_of_planes_are_turned_images(image, tile, average, uncertainty):
    model = random_model(depth=2, channels=image.channel_count)
    check_all_views(image, model, tile, average, uncertainty)


@settings(max_examples=3)
@given(images(volumes=True, most=12), TILES, AVERAGES, UNCERTAINTIES)
def test_views_of_volumes_are_turned_images(image, tile, average, uncertainty):
    model = random_model(volumes=True, channels=image.channel_count)
    check_all_views(image, model, tile, average, uncertainty)


def grid_of(image, axes):
    """Pixels of 1 um, or where the image's differ by less than a tenth its own."""
    grid = []
    for axis in axes:
        n, size = image.shape[image.axes.index(axis)], image.spacing_of(axis)
        grid.append(n if abs(size - 1) < 0.1 else max(1, round(n * size)))
    return tuple(grid)


@settings(max_examples=15)
@given(scaled(), TILES, st.sampled_from(["none", "flips"]))
def test_resampled_planes_are_resampled_at_once(image, tile, average):
    model = random_model(channels=image.channel_count)
    grid = grid_of(image, "YX")
    check_all_views(image, model, tile, average, "entropy", grid)


@settings(max_examples=5)
@given(scaled(volumes=True), TILES)
def test_resampled_volumes_are_resampled_at_once(image, tile):
    model = random_model(volumes=True, channels=image.channel_count)
    grid = grid_of(image, "ZYX")
    check_all_views(image, model, tile, "none", "entropy", grid)


@pytest.mark.parametrize("kind", [in_zarr, in_dask, in_file])
@pytest.mark.parametrize(
    ("axes", "dtype"),
    [
        ("YX", "uint8"),
        ("YXC", "float64"),
        ("CYX", ">i2"),
        ("XZYT", "float32"),
        ("ZYXC", "uint16"),
        ("TCZYX", "bool"),
    ],
)
def test_any_container_gives_the_same_bytes(axes, dtype, kind, tmp_path):
    lengths = {"T": 2, "Z": 3, "C": 2, "Y": 26, "X": 21}
    shape = [lengths[axis] for axis in axes]
    array = (np.random.default_rng(0).normal(size=shape) * 50 + 100).astype(dtype)
    if dtype.startswith("float"):
        array[(1,) * len(shape)] = np.nan
    volumes = "Z" in axes
    model = random_model(volumes=volumes, channels=2 if "C" in axes else 1)
    plain = segment(Image(array=array, axes=axes), model, tile=16)
    other = Image(array=kind(array, tmp_path), axes=axes)
    found = segment(other, model, tile=16)
    np.testing.assert_array_equal(found.labels.array, plain.labels.array, strict=True)
    np.testing.assert_array_equal(found.scores.array, plain.scores.array, strict=True)
