"""``unetseg export``: what is refused before any work, and what is written."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_unetseg.core.export import bioimageio
from napari_unetseg.core.image import Image
from napari_unetseg.core.write.ome_tiff import write_ome_tiff

if TYPE_CHECKING:
    from collections.abc import Callable

GOLDEN = Path(__file__).parents[1] / "core/network/golden"
MODEL = "em.unetseg.safetensors"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    shutil.copy(GOLDEN / "format-1.unetseg.safetensors", tmp_path / MODEL)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ("--to", "keras", "--out", "m"),
            "no format 'keras'. Choose one of: ",
        ),
        (("--to", "onnx", "--out", MODEL), "is another file of this command too"),
        (("--to", "onnx", "--out", "old"), "'old' exists"),
        (
            ("--to", "onnx", "--out", "m", "--example", "old"),
            "An ONNX file holds no example",
        ),
    ],
)
def test_what_cannot_be_is_refused(
    folder: Path, unetseg: Callable[..., Any], words: tuple[str, ...], sentence: str
) -> None:
    (folder / "old").write_bytes(b"old")
    answer = unetseg("export", MODEL, *words)
    assert answer.code == 2
    assert sentence in answer.err
    assert (folder / "old").read_bytes() == b"old"
    assert not (folder / "m").exists()


@pytest.mark.exported
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--license", "mit"), "'mit' is no license that SPDX knows. Give its iden"),
        (("--license", ""), "'' is no license that SPDX knows"),
        (("--author", "a/b"), "'a/b' is no name of an author. Give a name without"),
        (("--author", " "), "' ' is no name of an author"),
    ],
)
def test_what_a_package_cannot_say_is_refused_before_any_work(
    folder: Path,
    unetseg: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    sentence: str,
) -> None:
    begun: list[object] = []
    monkeypatch.setattr(bioimageio, "_fill", lambda *a: begun.append(a))
    words = ("--to", "bioimageio", "--out", "em.zip", *words)
    answer = unetseg("export", MODEL, *words)
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert answer.err.startswith(f"Error: {sentence}")
    assert not begun
    assert not (folder / "em.zip").exists()


@pytest.mark.exported
def test_an_older_model_is_exported_and_comes_back(
    folder: Path, unetseg: Callable[..., Any]
) -> None:
    image = Image(array=np.eye(80, dtype="u1"), axes="YX")
    write_ome_tiff(folder / "em.ome.tif", image)
    assert unetseg("export", MODEL, "--to", "onnx", "--out", "em.onnx").code == 0
    words = ("--to", "bioimageio", "--out", "em.zip", "--author", "A. Nobody")
    answer = unetseg("export", MODEL, *words, "--example", "em.ome.tif")
    assert (answer.code, answer.out) == (0, "Written: em.zip\n")
    assert unetseg("models", "import", "em.zip", "--name", "back").code == 0
    assert "back  (" in unetseg("models").out
    assert unetseg("models", "delete", "back", "--yes").code == 0
