"""What the progress bar of a run says."""

import pytest

from napari_unetseg.core.events import (
    Block,
    Paused,
    Planned,
    Resumed,
    Step,
    Tile,
    Waiting,
)
from napari_unetseg.gui.run.controls import CONTINUE, PAUSE, PAUSING, Controls
from napari_unetseg.gui.run.words import Words
from napari_unetseg.runs.story import Story

pytestmark = pytest.mark.gui

STEP = Step(step=3, total=0, loss=0.5, learning_rate=1e-3)


def made(qtbot, *, rests=False):
    controls = Controls(
        Words("Work", "Start", "Stop and keep", "all", rests=rests),
        **dict.fromkeys(("start", "go_on", "stop", "pause", "discard"), print),
    )
    qtbot.addWidget(controls)
    return controls


@pytest.mark.parametrize(
    ("events", "words", "share"),
    [
        ([], "starting", 0),
        ([Waiting(what="a disk: free some space")], "waiting for a disk", 0),
        ([STEP], "step 3, measuring the speed", 0),
        ([Planned(total=9, unit="step"), STEP], "step 3 of 9", 1 / 3),
        ([STEP, Paused(step=3)], "paused at step 3", 0),
        (
            [Planned(total=9, unit="step"), STEP, Paused(step=3)],
            "paused at step 3 of 9",
            1 / 3,
        ),
        (
            [Planned(total=9, unit="step"), STEP, Paused(step=3), Resumed(step=3)],
            "step 3 of 9",
            1 / 3,
        ),
        ([Tile(done=1, total=4)], "tile 1 of 4", 1 / 4),
        ([Tile(done=4, total=4)], "tile 4 of 4", 1),
        (
            [Tile(done=4, total=4), Block(done=2, total=0)],
            "all tiles done, finishing: block 2",
            1,
        ),
    ],
)
def test_how_far_a_run_is(qtbot, events, words, share):
    controls = made(qtbot)
    story = Story()
    for event in events:
        story.hear(event)

    controls.show_progress(story)

    assert controls.progress.format() == words
    assert controls.progress.value() / controls.progress.maximum() == share


def test_only_what_can_rest_has_a_button_to_pause(qtbot):
    for rests in (False, True):
        controls = made(qtbot, rests=rests)

        controls.show_state(running=True, stopping=False, resumable=False, pause=PAUSE)

        assert controls.pause.isHidden() is not rests


def test_no_button_moves_when_a_run_pauses(qtbot):
    controls = made(qtbot, rests=True)
    controls.resize(348, 60)
    controls.show()
    places = set()

    for pause in ("", PAUSE, PAUSING, CONTINUE):
        controls.show_state(running=True, stopping=False, resumable=False, pause=pause)
        qtbot.wait(0)
        row = (controls.stop, controls.pause, controls.discard)
        places.add(tuple(button.geometry().getRect() for button in row))
        assert controls.minimumSizeHint().width() <= 348

    assert len(places) == 1


def test_the_keyboard_goes_through_the_buttons_as_they_stand(qtbot):
    controls = made(qtbot, rests=True)
    row = [controls.stop, controls.pause, controls.discard]
    found, widget = [], controls.stop
    while len(found) < len(row):
        if widget in row:
            found.append(widget)
        widget = widget.nextInFocusChain()

    assert found == row
