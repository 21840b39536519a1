"""A full disk, and a process that is killed while it writes, cost no file."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from napari_unetseg.core.image import Image
from napari_unetseg.core.read.opening import open_images
from napari_unetseg.core.write.imagej import write_imagej
from napari_unetseg.core.write.ome_tiff import write_ome_tiff
from napari_unetseg.core.write.whole_zarr import write_ome_zarr

CHILD = Path(__file__).with_name("child_writer.py")
SMALL = np.arange(6 * 500 * 600, dtype="u2").reshape(6, 500, 600) // 1000
WRITERS = {"ome": write_ome_tiff, "imagej": write_imagej, "zarr": write_ome_zarr}
NAMES = {"ome": "a.ome.tif", "imagej": "a.imagej.tif"}
KINDS = [*WRITERS, "labels"]


def before(folder: Path, kind: str) -> Path:
    """Write what must survive."""
    path = folder / NAMES.get(kind, "a.zarr")
    WRITERS.get(kind, write_ome_zarr)(path, Image(array=SMALL, axes="ZYX"))
    return path


def first(path: Path) -> np.ndarray:
    return np.asarray(open_images(path)[0].image.array)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit of file sizes")
@pytest.mark.parametrize("kind", KINDS)
def test_a_full_disk_leaves_what_was_there_and_says_so(
    tmp_path: Path, kind: str
) -> None:
    path = before(tmp_path, kind)
    done = subprocess.run(
        [sys.executable, str(CHILD), kind, str(path), "100000"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert " cannot be written: " in done.stdout, done.stderr
    assert done.stdout.strip().endswith(
        "Free space on the disk or choose another folder."
    )
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]
    assert len(open_images(path)) == 1
    np.testing.assert_array_equal(first(path), SMALL)


@pytest.mark.parametrize("kind", KINDS)
def test_killed_at_any_moment_a_whole_file_is_there(tmp_path: Path, kind: str) -> None:
    path = before(tmp_path, kind)
    child = subprocess.Popen(
        [sys.executable, str(CHILD), kind, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stdout.readline() == b"ready\n"
    child.stdin.write(b"\n")
    child.stdin.flush()
    time.sleep(np.random.default_rng().uniform(0, 0.3))
    child.kill()
    child.wait()
    child.stdin.close()
    child.stdout.close()
    if kind == "zarr" and not path.exists():
        # Between two renames: the old one has the name that the next call looks for.
        [path] = tmp_path.glob(".replaced-*")
    noise = np.random.default_rng(0).integers(0, 2**16, (6, 500, 600)).astype("u2")
    image, *labels = open_images(path)
    array = np.asarray(image.image.array)
    if kind == "labels":
        np.testing.assert_array_equal(array, SMALL)
        found = [np.asarray(one.image.array) for one in labels]
        assert all(np.array_equal(one, noise) for one in found)
        return
    # The old one or the new one, never a part of it.
    assert np.array_equal(array, SMALL) or np.array_equal(array, noise)
