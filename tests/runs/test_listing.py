"""Runs and models of the docks: named, found again, discarded."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.events import Finished, Planned, Step
from napari_unetseg.runs import client, home, listing
from napari_unetseg.runs.journal import Journal
from napari_unetseg.runs.lock import RunLock

if TYPE_CHECKING:
    from napari_unetseg.runs.questions import TrainQuestion


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(home.VARIABLE, str(tmp_path / "home"))


@pytest.fixture
def run(question: TrainQuestion):
    """Make a run that was stopped at a step, or not even started."""

    def function(name: str, step: int | None = 3) -> Path:
        folder = home.runs_folder() / name
        client.create(folder, question)
        if step is not None:
            with Journal(folder) as journal:
                journal.append(Planned(total=9, unit="step"))
                journal.append(Step(step=step, total=9, loss=1.0, learning_rate=0.1))
        return folder

    return function


def test_runs_are_found_the_newest_first(run):
    old, new = run("2026-01-01-train-a", 1), run("2026-01-02-train-b", 2)

    found = listing.found("train")

    assert [folder for folder, _ in found] == [new, old]
    assert [(where.done, where.total) for _, where in found] == [(2, 9), (1, 9)]
    assert not listing.found("segment")


def test_what_is_no_run_is_passed_over(run):
    folder = run("2026-01-01-train-a")
    (home.runs_folder() / "empty").mkdir()
    (home.runs_folder() / "damaged").mkdir()
    (home.runs_folder() / "damaged" / "run.json").write_text("{")

    assert [folder] == [found for found, _ in listing.found("train")]


def test_without_any_run_none_is_found_and_nothing_is_made():
    assert listing.found("train") == []
    assert listing.models() == []
    assert not home.runs_folder().exists()


def test_what_was_never_started_goes_after_an_hour(run):
    fresh, old, held = run("a", None), run("b", None), run("c", None)
    for folder in (old, held):
        os.utime(folder / "run.json", (0, time.time() - 2 * 3600))

    with RunLock(held):
        found = listing.found("train")
    assert [(folder, where.state) for folder, where in found] == [(held, "running")]

    assert fresh.exists()
    assert held.exists()
    assert not old.exists()


def test_a_run_that_is_worked_on_is_not_discarded(run):
    folder = run("a")

    with RunLock(folder):
        listing.discard(folder)
    assert folder.exists()
    listing.discard(folder)
    assert not folder.exists()


def test_what_the_user_has_seen_is_remembered(run):
    folder = run("a")

    assert not listing.is_seen(folder)
    listing.mark_seen(folder)
    assert listing.is_seen(folder)


def test_no_name_is_given_twice():
    first = listing.new_model("em")
    assert first.name == "em.unetseg.safetensors"
    first.parent.mkdir(parents=True)
    first.touch()

    second = listing.new_model("em")

    assert second.name == "em-2.unetseg.safetensors"
    assert listing.new_folder("train", "em") != listing.new_folder("train", "em")


def test_a_model_that_a_run_will_write_is_not_the_one_for_another(run, question):
    folder = home.runs_folder() / "a"
    asked = question.model_copy(update={"model": str(listing.new_model("em"))})
    client.create(folder, asked)
    assert listing.new_model("em").name == "em-2.unetseg.safetensors"
    with Journal(folder) as journal:
        journal.append(Planned(total=9, unit="step"))
    assert listing.new_model("em").name == "em-2.unetseg.safetensors"

    with Journal(folder) as journal:
        journal.append(Finished(result={}))

    assert listing.new_model("em").name == "em.unetseg.safetensors"


def test_models_are_listed_the_newest_first():
    home.usual_models_folder().mkdir(parents=True)
    for age, name in enumerate(("new", "old", "oldest")):
        path = listing.new_model(name)
        path.touch()
        os.utime(path, (0, 1e9 - age))
    (home.usual_models_folder() / "notes.txt").touch()

    names = [listing.model_name(path) for path in listing.models()]

    assert names == ["new", "old", "oldest"]


def test_what_is_no_model_does_not_disturb_the_list():
    home.usual_models_folder().mkdir(parents=True)
    path = listing.new_model("em")
    path.touch()
    (home.usual_models_folder() / ".unfinished-1.unetseg.safetensors").touch()
    (home.usual_models_folder() / "gone.unetseg.safetensors").symlink_to("/nowhere")

    assert listing.models() == [path]


@given(st.text())
def test_every_name_of_a_layer_becomes_a_name_of_a_file(text):
    name = listing.file_name(text)

    assert name
    assert not set(name) & set('/\\:*?"<>|\0\n')
    assert name == name.strip(" .")
    assert len(name.encode()) <= 60
    assert Path(name).name == name
