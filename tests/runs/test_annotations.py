"""A training keeps the labels it began with, whatever becomes of the files."""

from __future__ import annotations

import errno
import os
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
import zarr

from napari_unetseg.core.errors import ReadError, RunError
from napari_unetseg.core.events import Waiting
from napari_unetseg.core.image import Image
from napari_unetseg.core.read import read_image
from napari_unetseg.core.write import disk
from napari_unetseg.core.write.ome_tiff import write_ome_tiff
from napari_unetseg.runs import annotations
from napari_unetseg.runs.annotations import kept_labels, kept_regions
from napari_unetseg.runs.folder import ANNOTATIONS
from napari_unetseg.runs.questions import TrainQuestion

if TYPE_CHECKING:
    from pathlib import Path


def asked(*labels: Path | str, **options: Any) -> TrainQuestion:
    paths = tuple(map(str, labels))
    return TrainQuestion(images=("i",) * len(paths), labels=paths, model="m", **options)


def kept(question: TrainQuestion, folder: Path) -> list[Image]:
    """Drain it; nothing was to be waited for."""
    job = kept_labels(question, folder)
    with pytest.raises(StopIteration) as end:
        next(job)
    return end.value.value


def copies(folder: Path) -> list[str]:
    place = folder / ANNOTATIONS
    return sorted(p.name for p in place.iterdir()) if place.exists() else []


def painted(shape: tuple[int, ...], dtype: str = "u1") -> Any:
    return np.random.default_rng(0).integers(0, 5, shape).astype(dtype)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    (tmp_path / "the run").mkdir()
    return tmp_path / "the run"


def assert_same(found: Image, wanted: Image) -> None:
    for name in ("axes", "shape", "spacing", "unit", "name"):
        assert getattr(found, name) == getattr(wanted, name), name
    box = (slice(None),) * len(wanted.shape)
    np.testing.assert_array_equal(found.array[box], wanted.array[box])


@pytest.mark.parametrize("dtype", ["u1", "?", "i2", "u4", "i8", "u8"])
@pytest.mark.parametrize(
    ("shape", "axes"), [((4, 20, 30), None), ((1, 20, 30), "ZYX"), ((30, 20), "XY")]
)
def test_a_copy_is_read_as_the_file_was(
    tmp_path: Path, run: Path, shape: tuple[int, ...], axes: str | None, dtype: str
) -> None:
    path = tmp_path / "my labels.tif"
    tifffile.imwrite(path, painted(shape, dtype), photometric="minisblack")
    question = asked(path, axes=axes)
    wanted = read_image(path, axes=axes)
    if dtype[-1] == "8":
        wanted.array.flat[0] = 2**40
        tifffile.imwrite(path, wanted.array, photometric="minisblack")
    (first,) = kept(question, run)
    assert_same(first, wanted)
    ending = ".ome.zarr" if dtype[-1] == "8" else ".ome.tif"
    assert copies(run) == ["kept.json", f"my labels{ending}"]
    path.unlink()
    (again,) = kept(question, run)
    assert_same(again, wanted)
    assert isinstance(again.array, np.ndarray)


@pytest.mark.parametrize("axes", ["ZYX", "ZTYX", "YXZ"])
def test_what_is_lazy_stays_lazy(
    tmp_path: Path, run: Path, monkeypatch: pytest.MonkeyPatch, axes: str
) -> None:
    monkeypatch.setattr(annotations, "_BLOCK", {"Z": 2, "Y": 16, "X": 16})
    path = tmp_path / "big.zarr"
    shape = {"Z": 5, "T": 2, "Y": 20, "X": 33}
    values = painted(tuple(shape[axis] for axis in axes), "u2")
    zarr.create_array(path, data=values, chunks=(1, *values.shape[1:]))
    stored = read_image(path, axes=axes)
    wanted = Image(array=values, axes=axes, spacing=stored.spacing, name=stored.name)
    for _ in range(2):
        (found,) = kept(asked(path, axes=axes), run)
        assert_same(found, wanted)
        assert not isinstance(found.array, np.ndarray)
        assert copies(run) == ["big.ome.zarr", "kept.json"]
        shutil.rmtree(path, ignore_errors=True)


def test_changing_the_file_later_changes_nothing(tmp_path: Path, run: Path) -> None:
    path = tmp_path / "labels.ome.tif"
    image = Image(
        array=painted((3, 8, 9)), axes="ZYX", spacing=(2.0, 0.5, 0.5), unit="um"
    )
    write_ome_tiff(path, image)
    (first,) = kept(asked(path), run)
    assert (first.spacing, first.unit) == (image.spacing, image.unit)
    write_ome_tiff(
        path, Image(array=np.zeros((2, 4, 4), "u1"), axes="ZYX"), overwrite=True
    )
    (again,) = kept(asked(path), run)
    assert_same(again, first)
    np.testing.assert_array_equal(again.array, image.array)


def test_what_lies_in_the_run_folder_is_not_copied(tmp_path: Path, run: Path) -> None:
    (run / "inputs").mkdir()
    tifffile.imwrite(run / "inputs" / "a.tif", painted((8, 9)))
    tifffile.imwrite(tmp_path / "a.tif", painted((9, 8)))
    inside, again, foreign = kept(
        asked("inputs/a.tif", run / "inputs" / "a.tif", "../a.tif"), run
    )
    assert inside.shape == again.shape == (8, 9)
    assert foreign.shape == (9, 8)
    assert copies(run) == ["a.ome.tif", "kept.json"]
    moved = run.rename(tmp_path / "deeper")
    assert [one.shape for one in kept(asked("inputs/a.tif"), moved)] == [(8, 9)]


def test_without_foreign_labels_there_is_no_folder(run: Path) -> None:
    tifffile.imwrite(run / "a.tif", painted((8, 9)))
    kept(asked("a.tif"), run)
    assert copies(run) == []


def test_files_of_the_same_name_are_kept_apart(tmp_path: Path, run: Path) -> None:
    paths = []
    for number, name in enumerate(("labels.tif", "Labels.tif", "labels.v2.tif")):
        (tmp_path / str(number)).mkdir()
        paths.append(tmp_path / str(number) / name)
        tifffile.imwrite(paths[-1], np.full((8, 9), number + 1, np.uint8))
    found = kept(asked(*paths, paths[0]), run)
    assert [one.array[0, 0] for one in found] == [1, 2, 3, 1]
    assert [one.name for one in found] == [*(p.name for p in paths), "labels.tif"]
    assert len(copies(run)) == 4


def test_copying_that_was_broken_off_begins_anew(
    tmp_path: Path, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [tmp_path / "a.tif", tmp_path / "b.tif"]
    for path in paths:
        tifffile.imwrite(path, painted((8, 9)))
    write = annotations.write_ome_tiff

    def broken(path: Path, image: Image, **options: Any) -> None:
        if path.name == "b.ome.tif":
            raise KeyboardInterrupt
        write(path, image, **options)

    with monkeypatch.context() as patch:
        patch.setattr(annotations, "write_ome_tiff", broken)
        with pytest.raises(KeyboardInterrupt):
            next(kept_labels(asked(*paths), run))
    assert copies(run) == ["a.ome.tif"]
    tifffile.imwrite(paths[0], np.full((8, 9), 7, np.uint8))
    a, _ = kept(asked(*paths), run)
    assert a.array.max() == 7, "nothing had learnt from the first copy"
    assert copies(run) == ["a.ome.tif", "b.ome.tif", "kept.json"]


@pytest.mark.parametrize("given_up", [False, True])
def test_a_full_disk_is_waited_for(
    tmp_path: Path, run: Path, monkeypatch: pytest.MonkeyPatch, given_up: bool
) -> None:
    tifffile.imwrite(tmp_path / "a.tif", painted((8, 9)))
    write = annotations.write_ome_tiff
    left = [OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))] * 2

    def full(path: Path, image: Image, **options: Any) -> None:
        if left:
            raise left.pop()
        write(path, image, **options)

    monkeypatch.setattr(annotations, "write_ome_tiff", full)
    monkeypatch.setattr(disk.time, "sleep", lambda seconds: None)
    job = kept_labels(asked(tmp_path / "a.tif"), run, lambda: given_up)
    if given_up:
        with pytest.raises(StopIteration) as end:
            next(job)
        assert end.value.value is None
        return
    waits = list(job)
    assert len(waits) == 2
    assert isinstance(waits[0], Waiting)
    assert "room on the disk for the labels" in waits[0].what
    assert copies(run) == ["a.ome.tif", "kept.json"]


def test_damage_is_said_in_a_sentence(tmp_path: Path, run: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", painted((8, 9)))
    kept(asked(tmp_path / "a.tif"), run)
    (run / ANNOTATIONS / "a.ome.tif").unlink()
    with pytest.raises(ReadError, match=r"'a\.ome\.tif' does not exist"):
        next(kept_labels(asked(tmp_path / "a.tif"), run))
    for text in ("{", '{"%s": {}}' % (tmp_path / "a.tif")):
        (run / ANNOTATIONS / "kept.json").write_text(text)
        with pytest.raises(RunError, match="damaged"):
            next(kept_labels(asked(tmp_path / "a.tif"), run))


def test_regions_are_kept_as_they_were(tmp_path: Path) -> None:
    folder, source = tmp_path / "run", tmp_path / "region.csv"
    folder.mkdir()
    source.write_text("index,shape-type,vertex-index,axis-0,axis-1\n")
    (folder / "inputs").mkdir()
    own = folder / "inputs" / "mask.ome.tif"
    own.write_bytes(b"mask")
    question = TrainQuestion(
        images=("a", "b"),
        labels=("c", "d"),
        regions=(str(source), "inputs/mask.ome.tif"),
        model="m",
    )
    first = kept_regions(question, folder)
    text = source.read_text()
    source.write_text("something else")
    again = kept_regions(question, folder)
    source.unlink()
    assert first == again == kept_regions(question, folder)
    assert first[0].read_text() == text
    assert first[1] == own
    (folder / "annotations" / "region-1.csv").unlink()
    with pytest.raises(RunError, match=r"'region.csv' cannot be copied"):
        kept_regions(question, folder)
