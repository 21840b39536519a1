"""``unetseg settings``: shown, changed, taken back."""

from __future__ import annotations

import sys

import pytest

from napari_unetseg.runs import home, interpreter, preferences, settings
from napari_unetseg.runs.preferences import Preferences


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv(home.VARIABLE, str(tmp_path / "home"))


@pytest.mark.parametrize("words", [(), ("show",)])
def test_they_are_shown_with_where_they_lie(unetseg, words):
    answer = unetseg("settings", *words)
    assert answer.code == 0
    lines = dict(line.split(":", 1) for line in answer.out.splitlines())
    assert lines["device"].strip() == "auto"
    assert lines["memory"].strip() == "100 % of what is free"
    assert "UNETSEG_HOME says so" in lines["models"]
    assert sys.executable in lines["python"]
    assert str(home.settings_file()) in lines["file"]
    assert not home.settings_file().exists()


def test_some_are_changed_and_one_is_taken_back(unetseg):
    answer = unetseg("settings", "set", "memory=50%", "device = cpu".replace(" ", ""))
    assert answer.code == 0
    assert "50 % of what is free" in answer.out
    assert preferences.read() == Preferences(device="cpu", memory=50)
    assert unetseg("settings", "reset", "device").code == 0
    assert preferences.read() == Preferences(memory=50)
    assert unetseg("settings", "reset").code == 0
    assert preferences.read() == Preferences()


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("set", "memory=3"), "memory = '3' does not fit"),
        (("set", "device=gpu"), "device = 'gpu' does not fit"),
        (("set", "colour=red"), "There is no setting 'colour'"),
        (("set", "memory"), "'memory' says no value"),
        (("set", "memory=50", "device=gpu"), "device = 'gpu' does not fit"),
        (("reset", "colour"), "There is no setting 'colour'"),
    ],
)
def test_what_does_not_fit_changes_nothing(unetseg, words, error):
    answer = unetseg("settings", *words)
    assert answer.code == 2
    assert answer.err.splitlines()[-1].startswith(f"Error: {error}")
    assert preferences.read() == Preferences()


def test_an_interpreter_is_tried_before_it_is_kept(unetseg, tmp_path, monkeypatch):
    tried = []
    monkeypatch.setattr(preferences, "check_python", tried.append)
    path = str(tmp_path / "python")
    answer = unetseg("settings", "set", f"python={path}")
    assert answer.code == 0
    assert answer.err == f"Trying {path}, which takes seconds.\n"
    assert tried == [path]
    assert preferences.read().python == path


def test_one_that_cannot_do_the_work_is_not_kept(unetseg, tmp_path):
    assert interpreter.check_python is preferences.check_python
    answer = unetseg("settings", "set", f"python={tmp_path / 'python'}")
    assert answer.code == 2
    assert "cannot be used as Python interpreter" in answer.err
    assert preferences.read() == Preferences()


def test_what_was_mended_by_hand_and_does_not_fit_is_told(unetseg):
    settings.remember(preferences.SECTION, {"memory": 500})
    answer = unetseg("settings")
    assert "100 % of what is free" in answer.out
    assert "memory = 500 does not fit and does not count" in answer.err


def test_a_training_is_asked_by_them(unetseg, here, engine):
    engine("fine")
    unetseg("settings", "set", "memory=50", "device=cpu")
    files = ("--image", "a.tif", "--labels", "a-lab.tif", "--model", "m.safetensors")
    assert unetseg("train", *files, "--steps", 3).code == 0
    from napari_unetseg.runs.folder import read_question

    config = read_question(here / "m.safetensors.run").config
    assert (config.device, config.memory) == ("cpu", 50)
