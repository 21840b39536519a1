"""The command line in this process, with questions that nobody or a script answers."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from napari_unetseg.cli.app import run
from napari_unetseg.runs import process

if TYPE_CHECKING:
    from collections.abc import Callable

GOLDEN = Path(__file__).parents[1] / "core/network/golden"
CHILD = Path(__file__).with_name("child.py")


@dataclass(frozen=True)
class Answer:
    """What a command printed and its exit code."""

    code: int
    out: str
    err: str


@pytest.fixture
def unetseg(capfd: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Run a command line: ``unetseg("train", "--steps", 3)``."""

    def function(*words: object) -> Answer:
        code = run([str(word) for word in words])
        return Answer(code, *capfd.readouterr())

    return function


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with files of the names that the tests give to inputs."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.tif", "b.tif", "a-lab.tif", "b-lab.tif"):
        (tmp_path / name).write_bytes(b"")
    shutil.copy(GOLDEN / "format-4.unetseg.safetensors", tmp_path / "old.safetensors")
    return tmp_path


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let a scenario of ``child.py`` answer: ``engine("fine")``."""

    def function(scenario: str) -> None:
        monkeypatch.setattr(
            process,
            "engine_command",
            lambda folder, python: [python, str(CHILD), scenario, str(folder)],
        )

    return function
