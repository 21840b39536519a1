"""Measuring the computer in a child, which is scripted here, and remembering it."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from napari_unetseg.core.errors import RunError
from napari_unetseg.core.events import Failed, to_json
from napari_unetseg.runs import home, machine, preferences
from napari_unetseg.runs.folder import programs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FIGURES: dict[str, Any] = {
    "versions": programs(),
    "device": "cpu",
    "precision": "fp32",
    "threads": 2,
    "memory_bytes": 8 * 10**9,
    "network": {"base": 16},
    "patch": 256,
    "batch": 4,
    "seconds_per_step": 0.5,
    "seconds_per_empty_step": 0.01,
    "train_multiply_adds_per_second": 7e10,
    "predict_pixels_per_second": 1e6,
}


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the figures are kept, in a folder that is not there yet."""
    monkeypatch.setenv(home.VARIABLE, str(tmp_path / "größe 神経"))
    return home.machine_file()


@pytest.fixture
def child(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let a script be what is asked: ``child("print(1)")``."""

    def function(script: str) -> None:
        monkeypatch.setattr(machine, "_command", lambda python: [python, "-c", script])

    return function


def printing(text: str) -> str:
    return f"print({text!r})"


def test_the_child_is_the_command_line() -> None:
    command = machine._command("/opt/python")
    assert command == ["/opt/python", "-P", "-m", "napari_unetseg", "check", "--json"]


def test_the_preferred_device_is_the_one_that_is_measured(
    child: Callable[[str], None],
) -> None:
    preferences.settle(device="cpu")
    assert machine._command("/opt/python")[-2:] == ["--device", "cpu"]
    child(printing(json.dumps(FIGURES)))
    machine.measure()
    assert machine.known() is not None
    preferences.settle(device="auto")
    assert machine.known() is None


def test_the_preferred_interpreter_is_the_one_that_measures(
    child: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = tmp_path / "python"
    other.symlink_to(sys.executable)
    monkeypatch.setattr(preferences, "check_python", lambda _: None)
    child(printing(json.dumps(FIGURES)))
    machine.measure()
    preferences.settle(python=str(other))
    assert machine.known() is None
    measured = machine.measure()
    assert measured is not None
    assert measured.python == str(other)
    assert machine.known() == measured


def test_what_was_measured_is_known(file: Path, child: Callable[[str], None]) -> None:
    assert machine.known() is None
    child("print('a library says hello')\n" + printing(json.dumps(FIGURES)))
    measured = machine.measure()
    assert measured is not None
    assert measured.seconds_per_step == FIGURES["seconds_per_step"]
    assert measured.network.base == 16
    assert machine.known() == machine.known(sys.executable) == measured
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_newer_program_may_say_more(child: Callable[[str], None]) -> None:
    child(printing(json.dumps({**FIGURES, "moons": 3})))
    assert machine.measure() == machine.known() is not None


@pytest.mark.parametrize(
    "change",
    [
        {"measured": (datetime.now(UTC) - timedelta(days=31)).isoformat()},
        {"measured": (datetime.now(UTC) + timedelta(days=1)).isoformat()},
        {"measured": "yesterday"},
        {"python": "/somewhere/else/python"},
        {"versions": {**programs(), "torch": "0.1"}},
        {"versions": {**programs(), "napari-unetseg": "0.0.1"}},
        {"versions": {"python": "3.11"}},
        {"seconds_per_step": 0},
        {"network": {"base": "wide"}},
    ],
)
def test_what_no_longer_holds_is_not_known(
    file: Path, child: Callable[[str], None], change: dict[str, Any]
) -> None:
    child(printing(json.dumps(FIGURES)))
    machine.measure()
    values = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(values | {"versions": {**programs(), "zarr": "0.1"}}))
    assert machine.known() is not None
    file.write_text(json.dumps(values | change))
    assert machine.known() is None


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"device": "cpu"}'])
def test_a_damaged_file_is_not_known(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True)
    file.write_text(text)
    assert machine.known() is None


def test_the_versions_of_another_environment_are_taken_on_trust(
    file: Path, child: Callable[[str], None]
) -> None:
    child(printing(json.dumps({**FIGURES, "versions": {"torch": "99"}})))
    machine.measure()
    values = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(values | {"python": "/opt/gpu/bin/python"}))
    assert machine.known("/opt/gpu/bin/python") is not None
    assert machine.known() is None


def test_an_error_of_the_child_is_told_as_it_is(
    file: Path, child: Callable[[str], None]
) -> None:
    sentence = "PyTorch cannot be loaded: no such file. Install it anew."
    event = Failed(message=sentence, mendable=True, error="DeviceError")
    child(printing(to_json(event)))
    with pytest.raises(RunError) as caught:
        machine.measure()
    assert str(caught.value) == sentence
    assert not file.exists()


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("import sys; sys.exit('No module named napari_unetseg')", "No module named"),
        (
            "import sys; sys.exit('Error: No such option: --json\\nSee: --help')",
            "measured: No such option: --json. Type",
        ),
        ("import os; os._exit(3)", "it ended without a word"),
        ("print('{')", "it ended without a word"),
        ("print('{\"device\": 3}')", "it ended without a word"),
    ],
)
def test_a_child_that_knows_nothing_is_told_in_one_sentence(
    child: Callable[[str], None], script: str, why: str
) -> None:
    child(script)
    with pytest.raises(RunError, match="could not be measured") as caught:
        machine.measure()
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_interpreter_that_is_not_there_is_named(tmp_path: Path) -> None:
    missing = str(tmp_path / "python")
    with pytest.raises(RunError, match="cannot be started") as caught:
        machine.measure(missing)
    assert missing in str(caught.value)


def test_stopping_kills_the_child(
    tmp_path: Path, file: Path, child: Callable[[str], None]
) -> None:
    note = tmp_path / "pid"
    child(
        "import os, pathlib, time\n"
        f"note = pathlib.Path({str(note)!r})\n"
        "new = note.with_name('new')\n"
        "new.write_text(str(os.getpid())), new.rename(note)\n"
        "time.sleep(600)"
    )
    assert machine.measure(should_stop=note.exists) is None
    assert not psutil.pid_exists(int(note.read_text()))
    assert not file.exists()


def test_nothing_is_started_if_it_is_stopped_at_once(
    child: Callable[[str], None],
) -> None:
    child("raise AssertionError")
    assert machine.measure(should_stop=lambda: True) is None


@pytest.mark.skipif(os.name != "posix", reason="POSIX priorities and sessions")
def test_the_child_gives_way_and_has_a_session_of_its_own(
    child: Callable[[str], None],
) -> None:
    # It begins at our priority; the parent lowers it at once.
    child(
        "import json, os, time\n"
        "end = time.monotonic() + 30\n"
        "while os.nice(0) < 10 and time.monotonic() < end: time.sleep(0.01)\n"
        f"figures = {FIGURES!r}\n"
        "figures['threads'] = os.nice(0)\n"
        "figures['patch'] = os.getsid(0)\n"
        "print(json.dumps(figures))"
    )
    measured = machine.measure()
    assert measured is not None
    assert measured.threads >= 10
    assert measured.patch != os.getsid(0)


def test_a_folder_that_cannot_be_written_does_not_spoil_the_answer(
    file: Path, child: Callable[[str], None]
) -> None:
    file.parent.write_text("a file where the folder should be")
    child(printing(json.dumps(FIGURES)))
    assert machine.measure() is not None
    assert machine.known() is None
