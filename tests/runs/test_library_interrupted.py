"""A full disk, a locked folder and a killed process cost no model of the library."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
import torch
from PIL import Image as Pillow

from napari_unetseg.core.config import NetworkConfig
from napari_unetseg.core.errors import WriteError
from napari_unetseg.core.network.build import network_of
from napari_unetseg.core.network.card import ModelCard
from napari_unetseg.core.network.modelfile import Model, load_model
from napari_unetseg.runs import home, library, listing
from napari_unetseg.runs.thumbnails import thumbnail, thumbnail_path

CHILD = Path(__file__).with_name("child_library.py")
ENDING = ".unetseg.safetensors"
OLD = b"what was there before"
FULL = "Free space on the disk or choose another folder."
EXPORTS = [
    pytest.param(kind, marks=pytest.mark.exported) for kind in ("onnx", "package")
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have an empty library."""
    monkeypatch.setenv(home.VARIABLE, str(tmp_path / "home"))
    place = tmp_path / "home/models"
    place.mkdir(parents=True)
    return place


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Write a model of some hundred kilobytes, and its weights alone."""
    config = NetworkConfig(base=8, depth=2)
    card = ModelCard(network=config, classes=(0, 1), halo=(20, 20))
    model = Model(card, network_of(config).state_dict())
    torch.save(model.tensors, tmp_path / "w.pt")
    path = tmp_path / f"source{ENDING}"
    model.save(path)
    return path


def full_disk(kinds: list[str], paths: list[Path], source: Path, most: int) -> str:
    words = [",".join(kinds), ",".join(map(str, paths)), str(source), str(most)]
    done = subprocess.run(
        [sys.executable, str(CHILD), *words], capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit of file sizes")
def test_a_full_disk_is_told_about_and_leaves_nothing(
    folder: Path, source: Path
) -> None:
    old = folder / f"old{ENDING}"
    old.write_bytes(OLD)
    kinds = ["bring in", "rename", "weights", "model", "thumbnail"]
    new = folder / f"new{ENDING}"
    said = full_disk(kinds, [new, new, new, old, old], source, 10_000).splitlines()
    assert [line.partition("'")[2].partition(".")[0] for line in said] == [
        *("new", "before", "new", "old"),
    ]
    assert all(" cannot be written: " in line for line in said)
    assert all(line.endswith(FULL) for line in said)
    assert [path.name for path in folder.iterdir()] == [old.name]
    assert old.read_bytes() == OLD


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit of file sizes")
@pytest.mark.parametrize("kind", EXPORTS)
def test_a_full_disk_keeps_what_was_exported_before(
    tmp_path: Path, source: Path, kind: str
) -> None:
    path = tmp_path / "out" / "m.zip"
    path.parent.mkdir()
    path.write_bytes(OLD)
    said = full_disk([kind], [path], source, 50_000)
    assert said.startswith("'m.zip' cannot be written: ")
    assert said.endswith(f"{FULL}\n")
    assert path.read_bytes() == OLD
    assert [one.name for one in path.parent.iterdir()] == ["m.zip"]


@pytest.mark.parametrize("kind", ["bring in", "rename", "model", "thumbnail", *EXPORTS])
def test_killed_at_any_moment_only_whole_files_are_there(
    folder: Path, source: Path, kind: str
) -> None:
    path = folder / f"new{ENDING}"
    child = subprocess.Popen(
        [sys.executable, str(CHILD), kind, str(path), str(source)],
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
    if kind not in {"onnx", "package"}:
        assert all(load_model(found) for found in listing.models())
    seen = {one.name for one in folder.iterdir() if not one.name.startswith(".")}
    assert seen <= {path.name, f"before{ENDING}", "new.thumbnail.png"}
    picture = thumbnail(path)
    if picture is not None:
        assert Pillow.open(picture).size == (128, 128)


def test_a_locked_folder_is_told_about_before_any_work(
    folder: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.bring_in(source, "em")

    def refuse(*_args: object, **_options: object) -> NoReturn:
        raise PermissionError(errno.EACCES, "Permission denied")

    for owner, name in ((Path, "touch"), (Path, "rename"), (Path, "unlink")):
        monkeypatch.setattr(owner, name, refuse)
    monkeypatch.setattr(os, "replace", refuse)
    for ask, said in (
        (lambda: library.bring_in(source, "new"), "cannot be written: Permission"),
        (lambda: library.rename("em", "new"), "cannot be renamed: Permission denied"),
        (lambda: library.delete("em"), "cannot be deleted: Permission denied"),
        (lambda: load_model(source).save(folder / "new"), "cannot be written: Perm"),
    ):
        with pytest.raises(WriteError, match=said):
            ask()
    assert [path.name for path in folder.iterdir()] == [f"em{ENDING}"]


def test_a_picture_of_a_model_that_has_gone_is_of_no_other(
    folder: Path, source: Path
) -> None:
    """As it is left by a process that ended between the two files of a model."""
    stale = thumbnail_path(folder / f"em{ENDING}")
    for call in (
        lambda: library.bring_in(source, "em"),
        lambda: library.rename("other", "em"),
    ):
        stale.write_bytes(OLD)
        path = call()
        assert thumbnail(path) is None
        path.rename(folder / f"other{ENDING}")
