"""A training on several pairs: as on the command line, and corrected meanwhile."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pytest

from napari_unetseg.cli.app import run as unetseg
from napari_unetseg.core.network.card import read_card
from napari_unetseg.gui.train import painting, preview
from napari_unetseg.gui.train.preview_layer import NAME
from napari_unetseg.runs.folder import read_question
from napari_unetseg.runs.recipe import command_line

pytestmark = pytest.mark.gui

SETTINGS = {"base": 4, "depth": 2, "patch": 32, "batch": 1, "steps": 3}


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    for module in (painting, preview):
        monkeypatch.setattr(module, "PAUSE_MS", 20)


def trained(dock, until):
    """Train for some steps; return the run folder."""
    for field, widget in dock.training.widgets.items():
        if field.name in SETTINGS:
            field.show(widget, SETTINGS[field.name])
    until(lambda: dock.run.controls.start.isEnabled())
    dock.run.controls.start.click()
    until(lambda: not dock.run.running, 120)
    assert dock.trained is not None, dock.said
    return dock.run.folder


def test_two_pairs_are_learnt_as_on_the_command_line(of_two, until, monkeypatch):
    folder = trained(of_two, until)
    question = read_question(folder)
    line, missing = command_line(question)
    assert missing == []

    monkeypatch.chdir(folder / "inputs")
    assert unetseg(shlex.split(line)[1:]) == 0

    again = read_question(Path(f"{of_two.trained.name}.run"))
    assert again.config == question.config
    for files in ("images", "labels"):
        names = [
            [Path(path).name for path in getattr(one, files)]
            for one in (question, again)
        ]
        assert names[0] == names[1]
        assert len(names[0]) == 2
    ours, theirs = read_card(of_two.trained), read_card(Path(of_two.trained.name))
    assert ours.sha256 == theirs.sha256
    assert ours.validation == theirs.validation
    assert ours.validation["slices"] == [6]


def test_a_folder_is_asked_about_in_one_word_of_the_command_line(opened, folder, until):
    dock = opened()
    dock.pairs.add_folder(folder)
    until(lambda: dock.run.controls.start.isEnabled())

    line, missing = command_line(dock.plan().ask({}))

    assert missing == []
    assert "--pairs data" in line


@pytest.mark.slow
def test_a_folder_is_learnt_as_on_the_command_line(
    opened, folder, until, monkeypatch, tmp_path
):
    dock = opened()
    dock.pairs.add_folder(folder)
    question = read_question(trained(dock, until))
    line, missing = command_line(question)
    assert missing == []
    assert "--pairs data" in line

    monkeypatch.chdir(tmp_path)
    assert unetseg(shlex.split(line)[1:]) == 0

    again = read_question(Path(f"{dock.trained.name}.run"))
    assert again == question.model_copy(update={"model": again.model})
    cards = read_card(dock.trained), read_card(Path(dock.trained.name))
    assert cards[0] == cards[1]


@pytest.fixture
def training(of_two, scenario, until):
    scenario("live")
    of_two.run.controls.start.click()
    until(lambda: of_two.run._story.done)
    return of_two


def edits(folder):
    """Number of the image, and what was painted, change by change."""
    found = []
    for path in sorted((folder / "edits").glob("0*.npz")):
        with np.load(path) as arrays:
            found.append((int(arrays["image"]), arrays["values"].max()))
    return found


def test_strokes_on_any_pair_are_learnt(training, layers, until):
    layers["second labels"].data_setitem(
        (np.array([1]), np.array([9]), np.array([9])), 5
    )
    until(lambda: edits(training.run.folder) == [(1, 5)])

    layers["first labels"].data_setitem(
        (np.array([4]), np.array([9]), np.array([9])), 6
    )
    until(lambda: edits(training.run.folder) == [(1, 5), (0, 6)])

    layers["second labels"].undo()
    until(lambda: len(edits(training.run.folder)) == 3)
    assert edits(training.run.folder)[-1][0] == 1


def test_strokes_on_both_at_once_are_learnt(training, layers, until):
    for name in ("first labels", "second labels"):
        layers[name].data_setitem((np.array([1]), np.array([9]), np.array([9])), 5)

    until(lambda: sorted(edits(training.run.folder)) == [(0, 5), (1, 5)])


def test_a_layer_that_goes_leaves_the_other(training, layers, until):
    layers.remove("first labels")

    layers["second labels"].data_setitem(
        (np.array([1]), np.array([9]), np.array([9])), 5
    )

    until(lambda: edits(training.run.folder) == [(1, 5)])
    assert training.run.running


def test_a_dock_that_is_opened_again_goes_on_with_all(training, layers, opened, until):
    folder, gone = training.run.folder, []
    training.destroyed.connect(lambda: gone.append(True))
    training.deleteLater()
    until(lambda: gone)
    for name in ("first labels", "second labels"):
        layers[name].data_setitem((np.array([1]), np.array([9]), np.array([9])), 5)

    again = opened()

    until(lambda: again.run.folder == folder)
    until(lambda: sorted(edits(folder)) == [(0, 5), (1, 5)])
    assert again.meanwhile.learn.isEnabled()


def shown(model):
    return next((one for one in model.layers if one.name.startswith(NAME)), None)


def test_what_is_worked_on_is_predicted(training, layers, model, until):
    model.dims.set_current_step(0, 1)
    layers.selection.active = layers["second labels"]

    training.meanwhile.look.click()
    until(lambda: shown(model))
    assert shown(model).data.shape == (1, 40, 64)
    assert layers.index(shown(model)) == layers.index("second labels") - 1

    layers.selection.active = layers["first"]
    until(lambda: shown(model).data.shape == (1, 48, 64))
    assert training.meanwhile.look.isChecked()
    assert sum(one.name.startswith(NAME) for one in model.layers) == 1
    assert layers.index(shown(model)) == layers.index("first labels") - 1

    layers.selection.active = None
    layers["first"].visible = False
    until(lambda: shown(model).data.shape == (1, 40, 64))


def test_where_one_image_shows_nothing_another_is_predicted(
    training, layers, model, until
):
    # Slice 4 is beyond the second stack.
    model.dims.set_current_step(0, 4)
    layers.selection.active = layers["second"]

    training.meanwhile.look.click()

    until(lambda: shown(model))
    assert shown(model).data.shape == (1, 48, 64)
