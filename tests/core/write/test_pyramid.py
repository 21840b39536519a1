"""Coarser levels: the right pixels at the right places, whatever interrupts."""

from __future__ import annotations

import errno
import itertools
import os
import tracemalloc
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import yaozarrs
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_unetseg.core.errors import WriteError
from napari_unetseg.core.read import read_image
from napari_unetseg.core.write import pyramid
from napari_unetseg.core.write.ngff import read_group
from napari_unetseg.core.write.ome_zarr import add_pyramid, create_ome_zarr

if TYPE_CHECKING:
    from pathlib import Path


def coarser(array: np.ndarray, axes: str, averaged: bool) -> np.ndarray:
    """Half the size, pixel by pixel from the definition."""
    halved = [a in "YX" and n > 1 for a, n in zip(axes, array.shape, strict=True)]
    shape = [(n + 1) // 2 if h else n for h, n in zip(halved, array.shape, strict=True)]
    result = np.zeros(shape, array.dtype)
    for pixel in np.ndindex(*shape):
        sources = [
            [i for i in (2 * at, 2 * at + 1) if i < n] if h else [at]
            for at, h, n in zip(pixel, halved, array.shape, strict=True)
        ]
        values = [array[place] for place in itertools.product(*sources)]
        result[pixel] = np.mean(values) if averaged else values[0]
    return result


def save(path: Path, array: np.ndarray, axes: str, chunk: int = 2) -> Path:
    made = create_ome_zarr(
        path,
        shape=array.shape,
        dtype=array.dtype,
        axes=axes,
        spacing=[{"Z": 40.0, "Y": 3.0, "X": 2.0}[a] for a in axes if a in "ZYX"],
        unit="nm",
        name="image",
        chunks=[chunk] * array.ndim,
    )
    made[:] = array
    return path


def described(path: Path) -> tuple[str, list[tuple[str, list[float], list[float]]]]:
    """How levels were made; path, scale and translation of each."""
    (multiscale,) = read_group(path)["ome"]["multiscales"]
    found = []
    for level in multiscale["datasets"]:
        scale, *rest = level["coordinateTransformations"]
        shift = rest[0]["translation"] if rest else [0] * len(scale["scale"])
        found.append((level["path"], scale["scale"], shift))
    return multiscale.get("type", ""), found


@settings(max_examples=25)
@given(
    axes=st.sampled_from(["YX", "XY", "CYX", "ZYX", "YZX", "TCZYX"]),
    sizes=st.tuples(st.integers(1, 14), st.integers(1, 14)),
    dtype=st.sampled_from(["u1", "i4", "f4", "f8"]),
    small=st.integers(1, 6),
    seed=st.integers(0, 9),
)
def test_levels_are_those_of_the_definition(
    tmp_path_factory: pytest.TempPathFactory,
    axes: str,
    sizes: tuple[int, int],
    dtype: str,
    small: int,
    seed: int,
) -> None:
    path = tmp_path_factory.mktemp("levels") / "a.zarr"
    lengths = {"T": 2, "C": 1, "Z": 3, "Y": sizes[0], "X": sizes[1]}
    shape = [lengths[axis] for axis in axes]
    level = (np.random.default_rng(seed).random(shape) * 100).astype(dtype)
    save(path, level, axes, chunk=3)
    averaged = dtype in {"f4", "f8"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pyramid, "SMALL", small)
        list(add_pyramid(path))
    yaozarrs.validate_zarr_store(str(path))
    kind, found = described(path)
    assert kind == (("mean" if averaged else "nearest") if len(found) > 1 else "")
    for number, (name, _, _) in enumerate(found):
        image = read_image(path / name)
        assert (name, image.axes, image.unit) == (str(number), axes, "nm")
        np.testing.assert_allclose(image.array[:], level, rtol=1e-6)
        if number + 1 < len(found):
            assert max(image.plane_shape) > small
            level = coarser(level, axes, averaged)
    assert max(image.plane_shape) <= small


@pytest.mark.parametrize("dtype", ["u1", "f4"])
def test_pixels_lie_where_those_lie_that_they_are_made_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dtype: str
) -> None:
    monkeypatch.setattr(pyramid, "SMALL", 2)
    # Every pixel's value is its own position along X.
    array = np.broadcast_to(2.0 * np.arange(16), (3, 1, 16)).astype(dtype)
    path = save(tmp_path / "a.zarr", array, "ZYX")
    list(add_pyramid(path))
    _, found = described(path)
    assert len(found) == 4
    for name, scale, shift in found:
        (row, *_), *_ = read_image(path / name).array[:]
        np.testing.assert_array_equal(scale[-1] * np.arange(len(row)) + shift[-1], row)
        # Z, and Y which has a single row, are left alone.
        assert (scale[:2], shift[:2]) == ([40, 3], [0, 0])


def test_small_images_have_one_level(tmp_path: Path) -> None:
    path = save(tmp_path / "a.zarr", np.ones((2, 1024, 30), "u1"), "ZYX", chunk=1024)
    before = (path / "zarr.json").read_bytes()
    assert list(add_pyramid(path)) == []
    assert (path / "zarr.json").read_bytes() == before
    assert sorted(entry.name for entry in path.iterdir()) == ["0", "zarr.json"]


def content(folder: Path) -> dict[str, bytes]:
    files = (file for file in folder.rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}


@pytest.mark.parametrize("dtype", ["u1", "f4"])
def test_given_up_anywhere_it_ends_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dtype: str
) -> None:
    monkeypatch.setattr(pyramid, "SMALL", 4)
    array = np.arange(12 * 13).reshape(12, 13).astype(dtype)
    expected = save(tmp_path / "expected.zarr", array, "YX", chunk=3)
    steps = len(list(add_pyramid(expected)))
    assert steps == 6 + 2
    path = save(tmp_path / "a.zarr", array, "YX", chunk=3)
    only = content(path)["zarr.json"]
    for done in range(steps):
        work = iter(add_pyramid(path))
        for _ in range(done):
            next(work)
        work.close()
        assert content(path)["zarr.json"] == only
        assert read_image(path).shape == array.shape
    # What a crash may leave of a chunk that was being written.
    (path / "1" / "c" / "0").mkdir(parents=True, exist_ok=True)
    (path / "1" / "c" / "0" / "0.1234.partial").touch()
    list(add_pyramid(path))
    assert content(path) == content(expected)
    assert list(add_pyramid(path)) == []
    assert content(path) == content(expected)


def test_memory_does_not_grow_with_the_image(tmp_path: Path) -> None:
    path = tmp_path / "a.zarr"
    array = create_ome_zarr(
        path,
        shape=(1, 6000, 6000),
        dtype="f4",
        axes="CYX",
        spacing=(),
        unit="pixel",
        name="scores",
        chunks=(1, 256, 256),
    )
    array[0, :600] = 0.5
    tracemalloc.start()
    try:
        list(add_pyramid(path))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10e6 < array.nbytes
    coarsest = read_image(path / "3").array
    assert coarsest.shape == (1, 750, 750)
    assert (coarsest[0, :75] == 0.5).all()
    assert not coarsest[0, 75:].any()


def test_a_full_disk_is_said_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pyramid, "SMALL", 2)
    path = save(tmp_path / "a.zarr", np.ones((8, 8), "u1"), "YX")

    def full(*_args: Any, **_options: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    monkeypatch.setattr(zarr, "create_array", full)
    with pytest.raises(WriteError, match=r"^'a\.zarr' cannot.*No space.*Free space"):
        list(add_pyramid(path))
    assert len(described(path)[1]) == 1
