"""A run in a dock, from its start to each of its ends; the engine is scripted."""

from __future__ import annotations

import time

import pytest
from qtpy.QtWidgets import QMessageBox

from gui.killing import kill
from napari_unetseg.gui.run import view
from napari_unetseg.gui.train.dock import KEEP_TRAINING, STOP, TrainDock
from napari_unetseg.runs import client, home
from napari_unetseg.runs.lock import RunLock, is_taken
from napari_unetseg.runs.status import status

pytestmark = pytest.mark.gui


@pytest.fixture
def dock(model, stripes, opened):
    image, labels = stripes
    model.add_image(image, name="grey")
    model.add_labels(labels, name="painted")
    return opened()


@pytest.fixture
def opened(model, until):
    docks = []

    def function():
        dock = TrainDock(model)
        docks.append(dock)
        until(lambda: dock.labels.value is None or dock.look.seen is not None)
        return dock

    yield function
    for dock in docks:
        closed(dock, until)


def closed(dock, until):
    if not _is_deleted(dock):
        dock.deleteLater()
        until(lambda: _is_deleted(dock))


@pytest.fixture
def yes(monkeypatch):
    """Answer questions with yes."""
    button = QMessageBox.StandardButton.Yes
    monkeypatch.setattr(QMessageBox, "question", lambda *_: button)


def runs():
    return sorted(home.runs_folder().glob("*"))


def buttons(dock):
    view = dock.run
    shown = (
        ("start", view.controls.start),
        ("go on", view.controls.go_on),
        ("stop", view.controls.stop),
        ("pause", view.controls.pause),
        ("discard", view.controls.discard),
    )
    return [name for name, button in shown if not button.isHidden()]


def started(dock, until):
    dock.run.controls.start.click()
    until(lambda: "step" in dock.run.controls.progress.format())


def test_before_the_start_it_can_only_start(dock):
    assert buttons(dock) == ["start"]
    assert dock.run.controls.progress.isHidden()


def test_a_run_shows_how_far_it_is_and_ends(dock, scenario, until):
    scenario("training")

    dock.run.controls.start.click()
    assert buttons(dock) == ["stop", "pause", "discard"]
    assert not dock.run.controls.pause.isEnabled()
    assert not dock.model.native.isEnabled()
    assert dock.verdict.native.isEnabled()
    until(lambda: not dock.run.running)

    assert [step for step, _ in dock.run.curves.losses] == [1, 2, 3, 4, 5]
    assert dock.run.curves.scores == [(2, 0.5), (4, 0.75)]
    assert dock.said == "Model 'm': mean IoU 0.750 on validation slice 4."
    assert str(home.usual_models_folder() / "m") in dock.message.toolTip()
    assert buttons(dock) == ["start"]
    assert dock.model.native.isEnabled()


def test_stop_and_keep_leaves_a_run_that_can_go_on(dock, scenario, until):
    scenario("endless")
    started(dock, until)

    assert dock.run.controls.stop.toolTip() == (
        "Stop it, and keep the best weights so far"
    )
    dock.run.controls.stop.click()
    assert dock.said == "Stopping: the best weights so far are being kept."
    assert not dock.run.controls.stop.isEnabled()
    until(lambda: not dock.run.running)

    (folder,) = runs()
    assert (folder / "saved").exists()
    assert buttons(dock) == ["start", "go on", "discard"]
    dock.run.controls.go_on.click()
    until(lambda: is_taken(folder))


def test_before_the_work_has_begun_it_can_be_cancelled(dock, scenario, until):
    scenario("slow_to_begin")
    dock.run.controls.start.click()
    until(runs)

    dock.run.controls.stop.click()
    until(lambda: not dock.run.running)

    assert not runs()
    assert dock.said == "Cancelled."
    assert buttons(dock) == ["start"]


def test_what_was_warned_of_is_said_again_at_the_end(dock, scenario, until):
    scenario("warning")

    dock.run.controls.start.click()
    until(lambda: not dock.run.running)

    assert "mean IoU 0.750 on validation slice 4. The" in dock.said
    assert "of another pixel size" in dock.said


def test_discard_asks_first(dock, scenario, until, monkeypatch):
    scenario("endless")
    started(dock, until)
    no = QMessageBox.StandardButton.No
    monkeypatch.setattr(QMessageBox, "question", lambda *_: no)

    dock.run.controls.discard.click()

    assert dock.run.running
    assert runs()


def test_discard_ends_the_run_and_deletes_it(dock, scenario, until, yes):
    scenario("endless")
    started(dock, until)

    dock.run.controls.discard.click()
    until(lambda: not dock.run.running)

    assert not runs()
    assert buttons(dock) == ["start"]
    assert dock.said == "Discarded."


def test_a_stopped_run_can_be_discarded(dock, scenario, until, yes):
    scenario("endless")
    started(dock, until)
    dock.run.controls.stop.click()
    until(lambda: not dock.run.running)

    dock.run.controls.discard.click()

    assert not runs()
    assert buttons(dock) == ["start"]


def test_a_killed_engine_is_told_and_can_go_on(dock, scenario, until):
    scenario("endless")
    started(dock, until)

    kill(runs()[0])
    until(lambda: not dock.run.running)

    assert "ended unexpectedly" in dock.said
    assert "SIGKILL" in dock.said
    assert "press Go on" in dock.said
    assert "--" not in dock.said
    assert buttons(dock) == ["start", "go on", "discard"]


def test_what_the_user_can_mend_is_one_sentence(dock, scenario, until):
    scenario("mendable")

    dock.run.controls.start.click()
    until(lambda: not dock.run.running)

    assert dock.said == "the image is empty. Choose another."
    assert not runs()


def test_a_bug_names_the_log(dock, scenario, until):
    scenario("bug")

    dock.run.controls.start.click()
    until(lambda: not dock.run.running)

    assert "a very particular bug" in dock.said
    assert "log.txt" in dock.said


def test_layers_may_go_and_be_painted_on_while_it_runs(dock, model, scenario, until):
    scenario("endless")
    started(dock, until)

    model.layers["painted"].data[:] = 0
    model.layers.clear()
    before = dock.run.controls.progress.format()
    until(lambda: dock.run.controls.progress.format() != before)

    assert dock.run.running
    dock.run.controls.stop.click()
    until(lambda: not dock.run.running)
    assert "kept" in dock.said or "Stopped" in dock.said


def test_a_dock_that_is_closed_leaves_the_run_to_the_next_one(
    dock, opened, scenario, until
):
    scenario("endless")
    started(dock, until)
    (folder,) = runs()

    closed(dock, until)
    again = opened()
    until(lambda: again.run.running)

    assert is_taken(folder)
    until(lambda: "step" in again.run.controls.progress.format())
    assert again.run.folder == folder
    again.run.controls.stop.click()
    until(lambda: not again.run.running)
    assert client.status(folder).state == "stopped"


def _is_deleted(widget):
    try:
        widget.isVisible()
    except RuntimeError:
        return True
    return False


def test_two_docks_show_the_same_run(dock, opened, scenario, until):
    scenario("endless")
    started(dock, until)

    other = opened()
    until(lambda: "step" in other.run.controls.progress.format())
    other.run.controls.stop.click()

    until(lambda: not dock.run.running and not other.run.running)
    assert len(runs()) == 1


def test_the_next_start_finds_a_run_that_was_stopped(dock, opened, scenario, until):
    scenario("endless")
    dock.closing.value = KEEP_TRAINING
    started(dock, until)
    dock.run.controls.stop.click()
    until(lambda: not dock.run.running)

    again = opened()

    until(lambda: "go on" in buttons(again))
    assert "can go on" in again.said


def test_the_next_start_tells_of_a_run_that_has_ended_meanwhile(
    dock, opened, scenario, until
):
    scenario("endless")
    started(dock, until)
    (folder,) = runs()
    closed(dock, until)
    kill(folder)
    until(lambda: not is_taken(folder))

    again = opened()

    until(lambda: "was broken off" in again.said)
    assert "go on" in buttons(again)


def test_a_second_start_is_a_second_run(dock, scenario, until):
    scenario("training")
    for _ in range(2):
        dock.run.controls.start.click()
        until(lambda: not dock.run.running)

    assert len(runs()) == 2


def stopped(dock, scenario, until):
    scenario("endless")
    started(dock, until)
    dock.run.controls.stop.click()
    until(lambda: not dock.run.running)
    (folder,) = runs()
    return folder


def test_a_run_that_cannot_go_on_for_now_is_kept(dock, scenario, until):
    folder = stopped(dock, scenario, until)
    scenario("mendable")

    dock.run.controls.go_on.click()
    until(lambda: not dock.run.running)

    assert dock.said == "the image is empty. Choose another."
    assert (folder / "saved").exists()
    assert buttons(dock) == ["start", "go on", "discard"]


def test_a_run_that_another_works_on_stays_on_offer(dock, scenario, until):
    folder = stopped(dock, scenario, until)

    with RunLock(folder):
        dock.run.controls.go_on.click()
        until(lambda: not dock.run.running)

    assert "being worked on by another process" in dock.said
    assert buttons(dock) == ["start", "go on", "discard"]


@pytest.mark.parametrize(("closing", "stays"), [(STOP, False), (KEEP_TRAINING, True)])
def test_going_on_heeds_the_choice_on_closing(
    dock, scenario, until, monkeypatch, closing, stays
):
    stopped(dock, scenario, until)
    asked = []

    def resume(folder, *, stays):
        asked.append(stays)
        yield ()

    monkeypatch.setattr(view, "resume", resume)
    dock.closing.value = closing

    dock.run.controls.go_on.click()
    until(lambda: not dock.run.running)

    assert asked == [stays]


@pytest.mark.parametrize("button", ["stop", "discard"])
def test_a_wish_is_not_lost_while_the_work_begins(dock, scenario, until, yes, button):
    scenario("endless")
    dock.run.controls.start.click()
    until(runs)
    # The window hears nothing of the beginning, and the button is pressed.
    while not (runs()[0] / "events.jsonl").exists() or status(runs()[0]).done < 1:
        time.sleep(0.02)

    getattr(dock.run.controls, button).click()
    until(lambda: not dock.run.running)

    assert dock.said in {"Cancelled.", "Discarded."}
    assert not runs()


def test_stop_is_heard_by_a_run_that_is_just_going_on(dock, scenario, until):
    stopped(dock, scenario, until)

    dock.run.controls.go_on.click()
    dock.run.controls.stop.click()
    until(lambda: not dock.run.running)

    assert buttons(dock) == ["start", "go on", "discard"]


def test_a_stopped_run_behind_a_finished_one_is_found(dock, opened, scenario, until):
    folder = stopped(dock, scenario, until)
    scenario("training")
    dock.run.controls.start.click()
    until(lambda: not dock.run.running)

    again = opened()

    until(lambda: "go on" in buttons(again))
    assert again.run.folder == folder


def test_a_training_rests_and_goes_on(dock, scenario, until):
    scenario("live")
    started(dock, until)
    (folder,) = runs()
    pause, story = dock.run.controls.pause, dock.run._story
    assert pause.isEnabled()
    assert pause.text() == "Pause"

    pause.click()
    assert (pause.text(), dock.said) == ("Pausing…", "Pausing…")
    until(lambda: pause.text() == "Continue")

    step = story.done
    assert dock.said == f"Paused after step {step}; its state is on the disk."
    assert f"paused at step {step}" in dock.run.controls.progress.format()
    assert client.status(folder).paused
    assert buttons(dock) == ["stop", "pause", "discard"]
    pause.click()
    assert pause.text() == "Pause"
    until(lambda: story.done > step)
    assert pause.text() == "Pause"
    assert dock.said == f"Going on after step {step}."


def test_a_pause_can_be_taken_back_before_it_has_begun(dock, scenario, until):
    scenario("live")
    started(dock, until)

    dock.run.controls.pause.click()
    dock.run.controls.pause.click()
    before = dock.run._story.done
    until(lambda: dock.run._story.done > before + 20)

    assert dock.run.controls.pause.text() == "Pause"
    assert not client.status(runs()[0]).paused


def test_a_training_that_rests_is_found_and_goes_on(dock, opened, scenario, until):
    scenario("live")
    started(dock, until)
    dock.run.controls.pause.click()
    until(lambda: dock.run._story.paused)

    other = opened()
    until(lambda: other.run.controls.pause.text() == "Continue")
    assert other.said.startswith("Paused after step")
    other.run.controls.pause.click()

    until(lambda: not dock.run._story.paused and not other.run._story.paused)
    until(lambda: dock.run.controls.pause.text() == "Pause")


def test_a_training_that_rests_can_be_stopped_and_kept(dock, scenario, until):
    scenario("live")
    started(dock, until)
    dock.run.controls.pause.click()
    until(lambda: dock.run._story.paused)

    dock.run.controls.stop.click()
    assert not dock.run.controls.pause.isEnabled()
    until(lambda: not dock.run.running)

    assert buttons(dock) == ["start", "go on", "discard"]
