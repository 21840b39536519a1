"""Accompanies a run to its end: shows its events, passes on the wish to stop."""

from __future__ import annotations

import shutil
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import typer

from napari_unetseg.cli.codes import BUG, ENDED_EARLY, MENDABLE, SIGNAL, TERMINATED
from napari_unetseg.cli.display import Display, display_for
from napari_unetseg.cli.signals import Signals
from napari_unetseg.core.events import Failed, Finished, Stopped
from napari_unetseg.runs import client
from napari_unetseg.runs.folder import LOG
from napari_unetseg.runs.story import Story

if TYPE_CHECKING:
    from pathlib import Path

POLL = 0.1
PATIENCE = 30.0
IMPATIENCE = 1.0


def follow(folder: Path, *, again: str, fresh: bool, as_json: bool) -> dict[str, Any]:
    """Start the run in a process of its own and stay with it until it ends.

    Parameters
    ----------
    folder : Path
        The run folder.
    again : str
        How to go on, as a sentence that ends in a command: told if it is stopped.
    fresh : bool
        Whether this command made the folder; it then goes if no work was begun.
    as_json : bool
        Whether the events are printed as JSON.

    Returns
    -------
    dict
        The result of the finished run.

    Raises
    ------
    typer.Exit
        If the run did not finish; why is told.
    """
    story = Story()
    with Signals() as signals:
        try:
            process = client.start(folder, attached=True)
            with closing(display_for(as_json=as_json)) as display:
                _accompany(folder, process, story, display, signals)
            client.let_end(process)
        finally:
            if fresh and not story.started and _is_blameless(story):
                shutil.rmtree(folder, ignore_errors=True)
    if isinstance(story.end, Finished):
        return story.end.result
    number = signals.received[0] if signals.received else 0
    raise typer.Exit(_tell_end(folder, story, number, again if story.started else ""))


def _accompany(
    folder: Path,
    process: client.RunProcess,
    story: Story,
    display: Display,
    signals: Signals,
) -> None:
    """Show events until the last; each signal makes the wish to stop more urgent."""
    watcher = client.Watcher(folder, process)
    heard = 0
    while not watcher.ended:
        for event in watcher.look():
            story.hear(event)
            display.show(event, story)
        if len(signals.received) > heard and not watcher.ended:
            heard = len(signals.received)
            patience = PATIENCE if heard == 1 else IMPATIENCE
            display.line("Stopping: what is done is being saved.")
            # It waits for the end, whose events are to be shown meanwhile.
            threading.Thread(
                target=client.cancel, args=(folder, process, patience), daemon=True
            ).start()
        time.sleep(POLL)


def _is_blameless(story: Story) -> bool:
    """Whether no log needs to be kept: nothing has gone wrong that is a bug."""
    return not isinstance(story.end, Failed) or story.end.mendable


def _tell_end(folder: Path, story: Story, signal_number: int, again: str) -> int:
    """Tell why the run did not finish; return the exit code."""
    end = story.end
    if isinstance(end, Failed) and not signal_number:
        typer.echo(f"Error: {end.message}", err=True)
        if end.mendable:
            return MENDABLE
        typer.echo(f"The log is in {folder / LOG}", err=True)
        return BUG
    typer.echo(_stopped(story, again), err=True)
    if signal_number:
        return SIGNAL + signal_number
    terminated = isinstance(end, Stopped) and end.reason == "terminated"
    return TERMINATED if terminated else ENDED_EARLY


def _stopped(story: Story, again: str) -> str:
    """Say what became of a run that was stopped."""
    if not again:
        return "Stopped before the work began."
    if isinstance(story.end, Stopped) and story.end.result.get("model"):
        return f"{_kept(story.end)} {again}"
    if not story.planned:
        return (
            "Stopped while the speed was still being measured, before anything was "
            f"kept. {again}"
        )
    if isinstance(story.end, Failed):
        return f"Stopped by force; what was saved is kept. {again}"
    where = f" after {story.unit} {story.done}" if story.done else ""
    return f"Stopped{where}; everything is kept. {again}"


def _kept(end: Stopped) -> str:
    """Say what a training left that somebody else stopped, or that nobody watched."""
    result = end.result
    alone = end.reason == "abandoned"
    sentences = [
        f"{'Nobody watched the run: it stopped' if alone else 'Stopped'} after step "
        f"{result['steps']}; the model '{result['model']}' holds the weights of step "
        f"{result['kept_step']}."
    ]
    if not result.get("resumable"):
        sentences.append(
            "The speed was still being measured: a training that is continued begins "
            "anew."
        )
    return " ".join(sentences)
