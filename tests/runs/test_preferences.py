"""What holds for all work: kept, checked, and said in every question."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import pytest

from napari_unetseg.core.config import SegmentConfig, TrainConfig
from napari_unetseg.core.errors import InputError, RunError, WriteError
from napari_unetseg.runs import client, home, preferences, settings
from napari_unetseg.runs.folder import RUN, read_question
from napari_unetseg.runs.preferences import Preferences
from napari_unetseg.runs.questions import SegmentQuestion, TrainQuestion

if TYPE_CHECKING:
    from pathlib import Path

USUAL = Preferences()
OTHERS = {"device": "cpu", "memory": 40}


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where they are kept, in a folder that is not there yet."""
    monkeypatch.setenv(home.VARIABLE, str(tmp_path / "größe 神経"))
    return home.settings_file()


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    """Keep the file where it is, with no variable that says where all lies."""
    monkeypatch.setattr(home, "_home", lambda: None)
    monkeypatch.setattr(home, "_config", lambda: file.parent)


def held(**values: object) -> None:
    """Let the settings file have these preferences, right or wrong."""
    settings.remember(preferences.SECTION, values)


def test_without_a_file_all_is_as_usual(file: Path) -> None:
    assert preferences.read() == USUAL
    assert not file.parent.exists()
    assert preferences.doubts() == []


def test_what_is_kept_is_read_and_what_is_usual_is_not_written(file: Path) -> None:
    settings.remember("train", {"preset": "fast"})
    kept = preferences.settle(**OTHERS)
    assert preferences.read() == kept == Preferences(device="cpu", memory=40)
    written = json.loads(file.read_text(encoding="utf-8"))
    assert written == {"train": {"preset": "fast"}, "preferences": OTHERS}
    preferences.settle(memory=100)
    assert settings.recall(preferences.SECTION) == {"device": "cpu"}


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"device": "gpu"}, "device = 'gpu' does not fit"),
        ({"memory": 4}, "greater than or equal to 5"),
        ({"memory": 101}, "less than or equal to 100"),
        ({"memory": "half"}, "memory = 'half' does not fit"),
        ({"memory": 50.5}, "memory = 50.5 does not fit"),
        ({"models": "models"}, "Give a whole path"),
        ({"python": "python3"}, "Give a whole path"),
        ({"python": "/a\0b"}, "Give a whole path"),
        ({"moons": 3}, "moons = 3 does not fit"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(
    file: Path, values: dict[str, object], why: str
) -> None:
    with pytest.raises(InputError) as caught:
        preferences.settle(**values)
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not file.exists()


def test_of_a_file_mended_by_hand_the_rest_counts() -> None:
    held(device="gpu", memory=40, moons=3)
    assert preferences.read() == Preferences(memory=40)
    first, second = preferences.doubts()
    assert "device = 'gpu'" in first
    assert "moons = 3" in second


@pytest.mark.parametrize("text", ["", "{", "[]", '{"preferences": 3}'])
def test_a_damaged_file_is_as_none(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True)
    file.write_text(text)
    assert preferences.read() == USUAL


def test_the_users_folder_may_be_written_short() -> None:
    assert preferences.changed(USUAL, models="~/models").models == os.path.expanduser(
        "~/models"
    )
    assert preferences.changed(USUAL, models="  ").models == ""


def test_a_file_is_no_folder_of_models(tmp_path: Path) -> None:
    (tmp_path / "notes").touch()
    with pytest.raises(InputError, match="notes' is a file"):
        preferences.settle(models=str(tmp_path / "notes"))


def test_settings_that_cannot_be_written_are_told(file: Path) -> None:
    file.parent.parent.mkdir(parents=True, exist_ok=True)
    file.parent.write_text("no folder")
    with pytest.raises(WriteError, match=r"settings\.json"):
        preferences.settle(memory=50)
    settings.remember("train", {})  # This is worth no word.


@pytest.mark.usefixtures("elsewhere")
def test_models_lie_in_the_preferred_folder(tmp_path: Path) -> None:
    assert preferences.models_folder() == home.usual_models_folder()
    preferences.settle(models=str(tmp_path / "mine"))
    assert preferences.models_folder() == tmp_path / "mine"


def test_the_variable_counts_before_the_preferred_folder(tmp_path: Path) -> None:
    preferences.settle(models=str(tmp_path / "mine"))
    assert preferences.models_folder() == home.usual_models_folder()


def segmentation(dask: str | None = None, **config: object) -> SegmentQuestion:
    asked = SegmentConfig.check(**config)
    return SegmentQuestion(image="a", model="m", out="o", dask=dask, config=asked)


def training(**config: object) -> TrainQuestion:
    asked = TrainConfig.check(**config)
    return TrainQuestion(images=("a",), labels=("b",), model="m", config=asked)


@pytest.mark.parametrize("make", [segmentation, training])
def test_a_question_says_what_it_leaves_to_the_preferences(make) -> None:
    assert preferences.preferred(make()) == make()
    preferences.settle(**OTHERS)
    assert preferences.preferred(make()) == make(**OTHERS)
    said = make(device="mps", memory=100)
    assert preferences.preferred(said) == said


def test_a_clusters_devices_are_not_those_of_this_computer() -> None:
    preferences.settle(**OTHERS)
    asked = segmentation(dask="tcp://scheduler:8786")
    assert preferences.preferred(asked) == asked


def test_the_run_folder_records_them(tmp_path: Path) -> None:
    preferences.settle(**OTHERS)
    client.create(tmp_path / "run", training())
    assert read_question(tmp_path / "run") == training(**OTHERS)
    # What was asked stays so, whatever is preferred later.
    preferences.settle(device="auto", memory=100)
    assert read_question(tmp_path / "run") == training(**OTHERS)
    assert str(home.settings_file()) not in (tmp_path / "run" / RUN).read_text()


def test_this_interpreter_works_if_no_other_is_preferred() -> None:
    assert preferences.engine_python() == sys.executable
    assert preferences.engine_python("/opt/any") == "/opt/any"


def test_an_interpreter_that_is_of_no_use_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="cannot be used"):
        preferences.settle(python=str(tmp_path / "python"))
    assert preferences.read() == USUAL


def test_a_preferred_interpreter_that_went_is_told_before_any_work(
    tmp_path: Path,
) -> None:
    held(python=str(tmp_path / "python"))
    client.create(tmp_path / "run", training())
    with pytest.raises(RunError, match="cannot be used"):
        client.start(tmp_path / "run")
