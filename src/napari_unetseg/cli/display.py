"""How the events of a run are shown: as JSON, as a bar, or as lines in a log."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

import typer

from napari_unetseg.core.events import (
    Block,
    Edited,
    Event,
    Forecast,
    Item,
    Note,
    Paused,
    Planned,
    Resumed,
    Started,
    Step,
    Tile,
    Validated,
    Waiting,
    to_json,
)
from napari_unetseg.runs.story import (
    Story,
    duration,
    edited_sentence,
    forecast_sentence,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

LINE_EVERY = 10.0
_ACTIVITIES = {"train": "Training", "segment": "Segmenting"}


class Display(Protocol):
    """Shows events; what is not an event comes as a `line`."""

    def show(self, event: Event, story: Story) -> None:
        """Show an event that `story` has already heard."""

    def line(self, text: str) -> None:
        """Say something beside the events."""

    def close(self) -> None:
        """End: the terminal belongs to others again."""


def display_for(*, as_json: bool) -> Display:
    """Choose the display that fits whoever reads."""
    if as_json:
        return JsonLines()
    from rich.console import Console

    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    if console.is_terminal and not console.is_dumb_terminal:
        return Bar(console)
    return Lines()


class JsonLines:
    """Prints each event as one line of JSON, and nothing else, on standard output."""

    def show(self, event: Event, story: Story) -> None:
        """Print the event, at once."""
        typer.echo(to_json(event))  # which flushes

    def line(self, text: str) -> None:
        """Say it on standard error: only events belong among the events."""
        typer.echo(text, err=True)

    def close(self) -> None:
        """Nothing is left to do."""


class Lines:
    """Prints a line now and then on standard error, for a log.

    Parameters
    ----------
    now : callable
        A clock in seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._printed = -float("inf")

    def show(self, event: Event, story: Story) -> None:
        """Print what matters: notes and validations always, steps every 10 seconds."""
        match event:
            case Step() | Tile() | Block() | Waiting():
                due = self._now() - self._printed >= LINE_EVERY
                is_last = isinstance(event, Step | Tile) and story.done == story.total
                if due or is_last:
                    self._printed = self._now()
                    self.line(progress_line(story))
            case Validated():
                self.line(validated_line(event))
            case _:
                text = sentence(event)
                if text:
                    self.line(text)

    def line(self, text: str) -> None:
        """Print a line."""
        typer.echo(text, err=True)

    def close(self) -> None:
        """Nothing is left to do."""


class Bar:
    """One line with a bar that stays at the bottom; notes go by above it.

    Parameters
    ----------
    console : Console
        A terminal.
    """

    def __init__(self, console: Console) -> None:
        from rich.progress import BarColumn, Progress, TextColumn

        self._console = console
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            TextColumn("{task.fields[words]}"),
            console=console,
        )
        self._task = self._progress.add_task(
            "Checking the inputs", total=None, words=""
        )
        self._progress.start()

    def show(self, event: Event, story: Story) -> None:
        """Move the bar, or print the event's sentence above it."""
        if isinstance(event, Started):
            activity = _ACTIVITIES.get(event.job, "Working")
            self._progress.update(self._task, description=activity)
        if isinstance(
            event,
            Step | Tile | Block | Waiting | Planned | Validated | Paused | Resumed,
        ):
            self._progress.update(
                self._task,
                completed=story.done,
                total=story.total or None,
                words=", ".join(progress_words(story)),
            )
            return
        text = sentence(event)
        if text:
            warning = isinstance(event, Note) and event.level == "warning"
            self._print(text, "yellow" if warning else "")

    def line(self, text: str) -> None:
        """Print a line above the bar."""
        self._print(text, "")

    def close(self) -> None:
        """Leave the bar as it is and give the terminal back."""
        self._progress.stop()

    def _print(self, text: str, style: str) -> None:
        self._console.print(text, style=style, soft_wrap=True)


def progress_words(story: Story) -> list[str]:
    """What stands behind the bar: done of all, time left, loss and mean IoU."""
    waits = [f"waiting for {story.waits_for}"] if story.waits_for else []
    if story.paused:
        waits.insert(0, "paused")
    if waits and not story.total:
        return waits
    if story.unit == "block":
        return [f"block {story.done} of what comes after the tiles"]
    unit = f"{story.unit}s" if story.total != 1 else story.unit
    words = [f"{story.done}/{story.total or '?'} {unit}"]
    left = story.seconds_left()
    if left is not None and story.done < story.total:
        words.append(f"{duration(left)} left")
    elif not story.total:
        words.append("measuring the speed")
    if story.loss is not None:
        words.append(f"loss {story.loss:.3f}")
    if story.mean_iou is not None:
        words.append(f"mean IoU {story.mean_iou:.3f}")
    return words + waits


def progress_line(story: Story) -> str:
    """The same as a line of its own, with the percentage in place of a bar."""
    words = progress_words(story)
    if story.total:
        words.insert(1, f"{100 * story.done / story.total:.0f} %")
    return ", ".join(words)


def validated_line(event: Validated) -> str:
    """How the validation slices were scored."""
    scores = [
        f"{name} {value:.3f}"
        for name, value in (
            ("mean IoU", event.mean_iou),
            ("pixel error", event.pixel_error),
            ("SEG", event.seg),
            ("F1", event.f1),
        )
        if value is not None
    ]
    best = ", the best so far" if event.best else ""
    return f"Validation after step {event.step}: {', '.join(scores) or 'none'}{best}"


def sentence(event: Event) -> str:
    """What a note or a start says; "" for events that are no sentence."""
    match event:
        case Note(text=text, level=level):
            return f"Warning: {text}" if level == "warning" else text
        case Started(job=job, device=device, precision=precision):
            how = f" on {device} in {precision}" if device else ""
            return f"{_ACTIVITIES.get(job, 'Working')}{how}."
        case Forecast():
            return forecast_sentence(event)
        case Item(name=name, number=number, total=total):
            return f"{number} of {total}: {name}"
        case Paused(step=step):
            return f"Paused after step {step}."
        case Resumed(step=step):
            return f"Going on after step {step}."
        case Edited(number=number, step=step, pixels=pixels):
            return edited_sentence(number, step, pixels)
    return ""
