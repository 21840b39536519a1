"""Whether another interpreter can do the work; scripts stand for environments."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from napari_unetseg.core.errors import RunError
from napari_unetseg.runs import interpreter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="scripts of a shell")


@pytest.fixture(autouse=True)
def nothing_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreter, "_USABLE", set())


@pytest.fixture
def environment(tmp_path: Path) -> Callable[[str], str]:
    """Make a "python" that does what a line of a shell says; return its path."""

    def function(line: str) -> str:
        path = tmp_path / "größe 神経 python"
        path.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        path.chmod(0o755)
        return str(path)

    return function


def test_this_one_is_never_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreter, "_tried", lambda _: pytest.fail("tried"))
    interpreter.check_python(sys.executable)


def test_it_is_tried_with_what_the_work_needs(environment, tmp_path: Path) -> None:
    told = tmp_path / "told"
    interpreter.check_python(environment(f'echo "$1 $2 $3" > "{told}"'))
    assert told.read_text().strip() == f"-P -c {interpreter._LOADS}"


def test_what_can_do_it_is_tried_once_until_it_changes(
    environment, tmp_path: Path
) -> None:
    count = tmp_path / "count"
    line = f'echo x >> "{count}"'
    for _ in range(2):
        interpreter.check_python(environment(f"{line}; exit 0"))
        interpreter._USABLE.clear()
    assert len(count.read_text().split()) == 2
    path = environment(line)
    interpreter.check_python(path)
    interpreter.check_python(path)
    assert len(count.read_text().split()) == 3


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (
            "echo \"Traceback...\nModuleNotFoundError: No module named 'torch'\" >&2; "
            "exit 1",
            "No module named 'torch'",
        ),
        ("exit 3", "it ended without a word"),
        ("kill -9 $$", "it ended without a word"),
    ],
)
def test_what_cannot_is_refused_in_one_sentence_each_time(
    environment, line: str, why: str
) -> None:
    path = environment(line)
    for _ in range(2):
        with pytest.raises(RunError) as caught:
            interpreter.check_python(path)
        assert path in str(caught.value)
        assert why in str(caught.value)
        assert "\n" not in str(caught.value)


def test_what_never_answers_is_given_up(environment, monkeypatch) -> None:
    monkeypatch.setattr(interpreter, "PATIENCE", 0.3)
    with pytest.raises(RunError, match="did not load torch within"):
        interpreter.check_python(environment("exec sleep 60"))


@pytest.mark.parametrize("kind", ["missing", "folder", "plain file"])
def test_what_is_no_program_is_named(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "python"
    if kind == "folder":
        path.mkdir()
    elif kind == "plain file":
        path.write_text("no program")
    with pytest.raises(RunError, match="Python interpreter") as caught:
        interpreter.check_python(str(path))
    assert str(path) in str(caught.value)
