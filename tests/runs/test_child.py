"""How every process is started that loads torch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from napari_unetseg.core.errors import RunError
from napari_unetseg.runs import child

if TYPE_CHECKING:
    from pathlib import Path

SAY = "import json, os; print(json.dumps([dict(os.environ), os.getcwd()]))"


def told(**how: Any) -> tuple[dict[str, str], str]:
    """Environment and folder of a process, as it tells them."""
    argv = [sys.executable, "-c", SAY]
    with child.start(subprocess.Popen, argv, stdout=subprocess.PIPE, **how) as process:
        out, _ = process.communicate()
    environment, folder = json.loads(out)
    return environment, folder


def printed(script: str) -> child.Printed:
    work = child.printed([sys.executable, "-c", script])
    while True:
        try:
            next(work)
        except StopIteration as done:
            return done.value


def test_it_writes_utf8_wherever_it_works(tmp_path: Path) -> None:
    environment, folder = told(cwd=tmp_path, environment={"MINE": "1"})
    assert environment["PYTHONUTF8"] == "1"
    assert environment["OMP_WAIT_POLICY"] == "PASSIVE"
    assert environment["MINE"] == "1"
    assert os.path.samefile(folder, tmp_path)


def test_relative_paths_lead_to_the_same_modules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["a", "", str(tmp_path / "b")]))
    environment, _ = told(cwd=tmp_path.parent)
    parts = environment["PYTHONPATH"].split(os.pathsep)
    assert [os.path.basename(part) for part in parts] == ["a", "b"]
    assert all(map(os.path.isabs, parts))


def test_another_interpreter_finds_its_own_library(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONHOME", sys.prefix)
    assert child._environment(sys.executable)["PYTHONHOME"] == sys.prefix
    assert "PYTHONHOME" not in child._environment("/opt/gpu/bin/python")


def test_what_it_prints_and_complains_of_is_kept_apart() -> None:
    script = "import sys; print('größe'); sys.stderr.write('神経'); sys.exit(5)"
    assert printed(script) == ("größe\n".replace("\n", os.linesep), "神経", 5)


@pytest.mark.skipif(sys.platform == "win32", reason="another kind of priority")
def test_it_gives_way_to_others_if_it_is_polite() -> None:
    mine = os.nice(0)
    wait = "import os, time; time.sleep(0.3); print(os.nice(0))"
    assert int(printed(wait).out) == min(19, mine + child.POLITENESS)


def test_closing_it_kills_the_process(tmp_path: Path) -> None:
    note = tmp_path / "note"
    script = f"import time; time.sleep(1); open({str(note)!r}, 'w')"
    work = child.printed([sys.executable, "-c", script])
    next(work)
    work.close()
    assert not note.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="nothing like Ctrl-C reaches it")
def test_closing_it_lets_it_tidy_up(tmp_path: Path) -> None:
    begun, tidied = tmp_path / "begun", tmp_path / "tidied"
    script = (
        "import pathlib, signal, sys, time\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "try:\n"
        f"    pathlib.Path({str(begun)!r}).touch(); time.sleep(60)\n"
        f"finally:\n    pathlib.Path({str(tidied)!r}).touch()\n"
    )
    work = child.printed([sys.executable, "-c", script])
    while not begun.exists():
        next(work)
    work.close()
    assert tidied.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="nothing like Ctrl-C reaches it")
def test_what_does_not_end_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "PATIENCE", 0.1)
    begun = tmp_path / "begun"
    script = (
        "import pathlib, signal, time\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        f"pathlib.Path({str(begun)!r}).touch(); time.sleep(60)\n"
    )
    work = child.printed([sys.executable, "-c", script])
    while not begun.exists():
        next(work)
    work.close()  # It would take a minute.


@pytest.mark.parametrize("name", ["nowhere", "a\0b"])
def test_what_does_not_start_is_named(tmp_path: Path, name: str) -> None:
    path = str(tmp_path / name)
    with pytest.raises(RunError, match="cannot be started") as caught:
        child.start(subprocess.Popen, [path])
    assert "interpreter" in caught.value.remedy
