"""The demo, but for its training: what it writes, keeps apart and shows."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from napari_unetseg.cli import demo as demo_module
from napari_unetseg.cli.demo import (
    SHOWN,
    TESTED,
    UNPAINTED,
    VALIDATION,
    DemoFiles,
    napari_lines,
)
from napari_unetseg.core.errors import WriteError
from napari_unetseg.core.prepare.split import split
from napari_unetseg.core.read import read_image
from napari_unetseg.core.write.ome_tiff import write_ome_tiff

if TYPE_CHECKING:
    from collections.abc import Callable


def test_the_slices_that_are_judged_teach_and_choose_nothing() -> None:
    painted = [number not in range(16)[UNPAINTED] for number in range(16)]
    parts = split(VALIDATION, painted, [0] * 16)
    judged = set(range(16)[TESTED])
    assert len(judged) == 3
    assert SHOWN in judged
    assert not judged & {*parts.train, *parts.validation}
    assert max(parts.validation) < min(judged) - 1, "a gap"


def test_what_the_demo_writes_and_judges(
    here: Path, unetseg: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A perfect segmentation in place of the training's gives a perfect report."""
    asked = []

    def ask(question: Any, output: Path, **_: object) -> None:
        asked.append(question)
        if question.job == "segment":
            truth = read_image(here / "d" / "truth.ome.tif")
            write_ome_tiff(question.out, replace(truth, name="segmentation"))

    monkeypatch.setattr(demo_module, "_ask", ask)
    answer = unetseg("demo", "--out", "d", "--minutes", "0.5", "--seed", "3")
    assert answer.code == 0, answer.err
    train, segment = asked
    assert (train.config.minutes, train.config.seed) == (0.5, 3)
    assert segment.image == train.images[0] == str(here / "d" / "image.ome.tif")
    painted = read_image(train.labels[0])
    assert not painted.array[UNPAINTED].any()
    assert painted.array[: UNPAINTED.start].all()
    assert painted.spacing == (50.0, 8.0, 8.0)
    report = json.loads((here / "d" / "report.json").read_text())
    assert report["mean_iou"] == 1.0
    assert report["pixels"] == 3 * 384 * 384
    assert (here / "d" / "overview.png").read_bytes().startswith(b"\x89PNG")
    assert "3 mitochondrion | 1.0000" in answer.out
    assert "Slices 13-15, not trained on" in answer.out
    assert "d/segmentation.ome.tif" in answer.out.splitlines()[-1]

    assert unetseg("demo", "--out", "d").code == 2


def test_the_two_lines_are_python() -> None:
    first, second = napari_lines(DemoFiles(Path("my demo")))
    program = f"{first}\n{second}".removeprefix('python -c "').removesuffix('"')
    compile(program, "lines", "exec")
    assert '"' not in program


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    demo_module._check_folder(tmp_path, overwrite=False)
    (tmp_path / "notes.txt").touch()
    demo_module._check_folder(tmp_path, overwrite=True)
    with pytest.raises(WriteError, match="not empty"):
        demo_module._check_folder(tmp_path, overwrite=False)
