"""Progress in words and as a bar."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from napari_unetseg.cli.display import Bar, Lines, progress_line, validated_line
from napari_unetseg.core.events import (
    Block,
    Edited,
    Event,
    Note,
    Paused,
    Planned,
    Resumed,
    Saved,
    Started,
    Step,
    Tile,
    Validated,
    Waiting,
)
from napari_unetseg.runs.story import Story, duration


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


def step(number: int, total: int = 100) -> Step:
    return Step(step=number, total=total, loss=0.5, learning_rate=1e-3)


def validated(iou: float | None) -> Validated:
    return Validated(step=3, iou={}, mean_iou=iou, pixel_error=iou, best=bool(iou))


def test_the_time_left_follows_the_speed() -> None:
    clock = Clock()
    story = Story(clock)
    assert story.seconds_left() is None
    story.hear(Planned(total=100, unit="step", seconds=500.0))
    clock.time = 20.0
    assert story.seconds_left() == 480.0, "the plan's word, before the first step"
    # A resumed run begins in the middle; the time until its first step does not count.
    for number in range(40, 51):
        story.hear(step(number))
        clock.time += 2.0
    clock.time -= 2.0
    assert story.seconds_left() == pytest.approx(100.0)


def test_a_story_of_tiles() -> None:
    story = Story()
    for done in range(1, 4):
        story.hear(Tile(done=done, total=3))
    assert progress_line(story) == "3/3 tiles, 100 %"


def test_what_comes_after_the_tiles_is_told() -> None:
    story = Story()
    for event in (Tile(done=3, total=3), Block(done=2, total=0)):
        story.hear(event)
    assert progress_line(story) == "block 2 of what comes after the tiles"


def test_what_is_waited_for_is_told_until_it_is_there(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = Clock()
    story = Story(clock)
    lines = Lines(clock)
    told: list[Event] = [Waiting(what="workers of the cluster at x")] * 30
    for event in [*told, Tile(done=1, total=4)]:
        story.hear(event)
        lines.show(event, story)
        clock.time += 0.5
    assert capsys.readouterr().err.splitlines() == [
        "waiting for workers of the cluster at x",
        "waiting for workers of the cluster at x",
    ]
    assert progress_line(story).startswith("1/4 tiles, 25 %")
    # In the midst both are told, and a next image that waits says so now and then.
    for event in (Tile(done=4, total=4), *told):
        story.hear(event)
        lines.show(event, story)
        clock.time += 0.5
    assert progress_line(story).endswith(", waiting for workers of the cluster at x")
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_a_pause_is_told_and_does_not_count(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = Clock()
    story = Story(clock)
    lines = Lines(clock)
    story.hear(Planned(total=100, unit="step", seconds=500.0))
    for number in range(1, 12):
        story.hear(step(number))
        clock.time += 2.0
    clock.time -= 2.0
    assert story.seconds_left() == pytest.approx(178.0)
    for event in (Paused(step=11), Saved(step=11), Paused(step=11)):
        story.hear(event)
        clock.time += 1000.0
    assert story.paused
    assert story.seconds_left() == pytest.approx(178.0)
    assert (
        progress_line(story)
        == "11/100 steps, 11 %, 2 min 58 s left, loss 0.500, paused"
    )
    for event in (Resumed(step=11), Edited(number=2, step=11, pixels=1)):
        story.hear(event)
        lines.show(event, story)
    assert not story.paused
    clock.time += 2.0
    story.hear(step(12))
    assert story.seconds_left() == pytest.approx(176.0)
    assert progress_line(story).endswith("loss 0.500")
    lines.show(Paused(step=12), story)
    assert capsys.readouterr().err.splitlines() == [
        "Going on after step 11.",
        "Painted change 2 (1 pixel) counts after step 11.",
        "Paused after step 12.",
    ]


@pytest.mark.parametrize("end", [Started(job="train"), step(2), Resumed(step=1)])
def test_a_plan_is_put_off_by_a_pause(end: Event) -> None:
    clock = Clock()
    story = Story(clock)
    story.hear(Planned(total=100, unit="step", seconds=500.0))
    story.hear(Paused(step=0))
    clock.time = 400.0
    story.hear(end)
    assert not story.paused
    assert story.seconds_left() == pytest.approx(500.0)


def test_a_line_of_progress() -> None:
    story = Story(Clock())
    story.hear(step(2, total=0))
    assert progress_line(story) == "2/? steps, measuring the speed, loss 0.500"
    story.hear(Planned(total=8, unit="step", seconds=90.0))
    story.hear(validated(0.75))
    expected = "2/8 steps, 25 %, 1 min 30 s left, loss 0.500, mean IoU 0.750"
    assert progress_line(story) == expected


def test_a_validation_without_scores() -> None:
    assert validated_line(validated(None)) == "Validation after step 3: none"
    assert validated_line(validated(0.5)) == (
        "Validation after step 3: mean IoU 0.500, pixel error 0.500, the best so far"
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0 s"),
        (0.4, "0 s"),
        (59.6, "1 min"),
        (75, "1 min 15 s"),
        (660, "11 min"),
        (4800, "1 h 20 min"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_log_gets_a_line_every_ten_seconds(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = Clock()
    story = Story(clock)
    lines = Lines(clock)
    for number in range(1, 101):
        clock.time += 0.5
        story.hear(step(number))
        lines.show(step(number), story)
    printed = capsys.readouterr().err.splitlines()
    assert len(printed) == 6
    assert printed[-1].startswith("100/100 steps, 100 %")


def test_a_bar_moves_and_notes_go_by() -> None:
    out = io.StringIO()
    console = Console(
        file=out, force_terminal=True, width=100, color_system=None, markup=False
    )
    story = Story(Clock())
    bar = Bar(console)
    events: list[Event] = [
        Note(text="A [red] note.", level="warning"),
        Started(job="train", device="cpu", precision="fp32"),
        Planned(total=2, unit="step"),
        step(1, 2),
        step(2, 2),
        validated(0.5),
        Paused(step=2),
    ]
    for event in events:
        story.hear(event)
        bar.show(event, story)
    bar.line("Stopping.")
    bar.close()
    text = out.getvalue()
    for part in (
        "Checking the inputs",
        "Warning: A [red] note.\n",
        "Training on cpu in fp32.\n",
        "Stopping.\n",
        "2/2 steps, loss 0.500, mean IoU 0.500, paused",
    ):
        assert part in text
