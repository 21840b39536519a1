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
from napari_unetseg.gui.run.controls import Controls
from napari_unetseg.gui.run.words import Words
from napari_unetseg.runs.story import Story

pytestmark = pytest.mark.gui

STEP = Step(step=3, total=0, loss=0.5, learning_rate=1e-3)


@pytest.mark.parametrize(
    ("events", "words", "share"),
    [
        ([], "starting", 0),
        ([Waiting(what="a disk")], "waiting for a disk", 0),
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
    controls = Controls(
        Words("Work", "Start", "Stop", "all"),
        **dict.fromkeys(("start", "go_on", "stop", "discard"), print),
    )
    qtbot.addWidget(controls)
    story = Story()
    for event in events:
        story.hear(event)

    controls.show_progress(story)

    assert controls.progress.format() == words
    assert controls.progress.value() / controls.progress.maximum() == share
