"""The fingerprint of an image: the same for the same content, wherever it is kept."""

from dataclasses import replace

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_unetseg.core.image import Image
from napari_unetseg.core.predict import identity
from napari_unetseg.core.predict.identity import fingerprint

DTYPES = ["bool", "uint8", "int16", ">u2", "float16", "float32", "float64"]


def image(axes="ZYX", dtype="uint8", shape=None, **options):
    shape = shape or [{"T": 2, "Z": 3, "C": 2, "Y": 5, "X": 4}[a] for a in axes]
    array = np.random.default_rng(0).integers(0, 2, shape).astype(dtype)
    return Image(array=array, axes=axes, **options)


def in_zarr(array, folder):
    # Before 3.1, only zarr's older format could have bytes in the other order.
    return zarr.array(array, chunks=(2,) * array.ndim, zarr_format=2)


def in_dask(array, folder):
    import dask.array as da

    return da.from_array(array, chunks=2)


def in_file(array, folder):
    path = folder / "image.npy"
    np.save(path, array)
    return np.load(path, mmap_mode="r")


def turned(array, folder):
    return np.asfortranarray(array)


@pytest.mark.parametrize("kind", [in_zarr, in_dask, in_file, turned])
@pytest.mark.parametrize("axes", ["YX", "XYC", "TCZYX"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_where_an_image_is_kept_does_not_matter(kind, axes, dtype, tmp_path):
    plain = image(axes, dtype)
    kept = replace(plain, array=kind(plain.array, tmp_path))
    assert fingerprint(kept) == fingerprint(plain)


@settings(max_examples=40)
@given(st.data(), st.sampled_from(DTYPES), st.sampled_from(["YX", "XYC", "TCZYX"]))
def test_any_value_counts(data, dtype, axes):
    before = image(axes, dtype)
    array = before.array.copy()
    place = tuple(data.draw(st.integers(0, n - 1)) for n in array.shape)
    array[place] = not array[place]
    assert fingerprint(replace(before, array=array)) != fingerprint(before)


def test_all_that_is_known_of_an_image_counts():
    plain = image(shape=(4, 4, 4))
    others = [
        plain,
        replace(plain, axes="TYX", spacing=(1.0, 1.0)),
        replace(plain, axes="XYZ"),
        image("YX", shape=(16, 4)),
        image("YX", shape=(4, 16)),
        *(
            image(dtype=dtype, shape=(4, 4, 4))
            for dtype in ("int8", "bool", "u2", ">u2")
        ),
        plain.with_spacing((1, 1, 2), "pixel"),
        plain.with_spacing((2, 1, 1), "pixel"),
        plain.with_spacing((1, 1, 1), "um"),
    ]
    assert len({fingerprint(one) for one in others}) == len(others)


def test_the_order_of_bytes_counts_even_where_all_are_0():
    zeros = [Image(array=np.zeros((4, 4), kind), axes="YX") for kind in ("<u2", ">u2")]
    assert fingerprint(zeros[0]) != fingerprint(zeros[1])


def test_the_name_and_the_kind_of_number_of_a_pixel_size_do_not_count():
    plain = image().with_spacing((2.0, 1.0, 1.0), "um")
    assert fingerprint(replace(plain, name="copy")) == fingerprint(plain)
    for kind in (int, np.float64, np.int64):
        other = plain.with_spacing(tuple(map(kind, plain.spacing)), "um")
        assert fingerprint(other) == fingerprint(plain)


def test_of_a_large_image_a_sample_counts(monkeypatch):
    plain = image("YX", shape=(700, 3000))
    monkeypatch.setattr(identity, "_SAMPLED_ABOVE", 1 << 20)
    before = fingerprint(plain)
    assert fingerprint(plain) == before
    other = replace(plain, array=1 - plain.array)
    assert fingerprint(other) != before
    assert fingerprint(image("YX", shape=(3000, 700))) != before
