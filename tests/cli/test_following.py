"""From the command to the end of its run, whose engine is scripted in ``child.py``."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from napari_unetseg.cli import following
from napari_unetseg.core.events import Failed, Finished, Started, Stopped, from_json
from napari_unetseg.runs import client, journal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TRAIN = ["train", "--image", "a.tif", "--labels", "a-lab.tif", "--model", "m"]

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX signals")


@pytest.fixture(autouse=True)
def _hears_ctrl_c() -> Iterator[None]:
    """Undo what shell scripts do to their background jobs: they ignore SIGINT."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def send_after_the_start(folder: Path, *numbers: int) -> threading.Thread:
    """Send signals to this process once the run in `folder` has begun."""

    def send() -> None:
        while not _has_begun(folder):
            time.sleep(0.05)
        for number in numbers:
            os.kill(os.getpid(), number)
            time.sleep(0.2)

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    return thread


def _has_begun(folder: Path) -> bool:
    events = journal.read(folder, 0) if folder.is_dir() else []
    return any(type(entry.event).__name__ == "Step" for entry in events)


def test_a_run_that_finishes(
    here: Path, unetseg: Callable[..., Any], engine: Callable[[str], None]
) -> None:
    engine("fine")
    answer = unetseg(*TRAIN)
    assert answer.code == 0
    assert "All is well.\n" in answer.err
    assert "Warning: Or nearly.\n" in answer.err
    assert "Training on cpu in fp32.\n" in answer.err
    assert "1/3 steps, 33 %, loss 1.000\n" in answer.err
    assert "3/3 steps, 100 %, loss 0.333\n" in answer.err
    assert "mean IoU 0.625" in answer.err
    assert "| 2     | 0.7500 |" in answer.out
    assert "| mean  | 0.6250 |" in answer.out
    assert "Pixel error: 0.1250" in answer.out
    assert "also chose the weights" in answer.out
    assert f"Model: {here / 'm'}\n" in answer.out
    assert f"Run: {here / 'm.run'}\n" in answer.out
    assert client.status(here / "m.run").state == "finished"

    again = unetseg(*TRAIN)
    assert again.code == 2
    assert "--resume" in again.err
    assert "--overwrite" in again.err

    resumed = unetseg("train", "--model", "m", "--resume")
    assert resumed.code == 0
    assert "finished" in resumed.err
    assert f"Model: {here / 'm'}\n" in resumed.out


def test_json_is_all_that_is_on_standard_output(
    here: Path, unetseg: Callable[..., Any], engine: Callable[[str], None]
) -> None:
    engine("fine")
    answer = unetseg(*TRAIN, "--json")
    assert answer.code == 0
    assert answer.err == ""
    events = [from_json(line) for line in answer.out.splitlines()]
    assert isinstance(events[2], Started)
    assert isinstance(events[-1], Finished)
    resumed = unetseg("train", "--model", "m", "--resume", "--json")
    assert from_json(resumed.out) == events[-1]


@pytest.mark.parametrize("as_json", [False, True])
def test_a_refusal_is_one_line_and_leaves_no_folder(
    here: Path,
    unetseg: Callable[..., Any],
    engine: Callable[[str], None],
    as_json: bool,
) -> None:
    engine("refused")
    before = sorted(here.iterdir())
    answer = unetseg(*TRAIN, *(["--json"] if as_json else []))
    assert answer.code == 2
    assert answer.err.endswith("Error: the image is empty. Choose another.\n")
    if as_json:
        end = from_json(answer.out.splitlines()[-1])
        assert isinstance(end, Failed)
        assert end.mendable
    assert sorted(here.iterdir()) == before
    engine("fine")
    assert unetseg(*TRAIN).code == 0, "the corrected command can simply be repeated"


def test_a_bug_keeps_its_log(
    here: Path, unetseg: Callable[..., Any], engine: Callable[[str], None]
) -> None:
    engine("bug")
    answer = unetseg(*TRAIN)
    assert answer.code == 1
    assert "a very particular bug" in answer.err
    assert "Traceback" not in answer.err
    log = here / "m.run" / "log.txt"
    assert f"The log is in {log}\n" in answer.err
    assert "Traceback" in log.read_text()


@posix
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_a_signal_saves_and_tells_how_to_go_on(
    here: Path,
    unetseg: Callable[..., Any],
    engine: Callable[[str], None],
    number: int,
    code: int,
) -> None:
    engine("endless")
    before = signal.getsignal(number)
    sender = send_after_the_start(here / "m.run", number)
    answer = unetseg(*TRAIN, "--json")
    sender.join()
    assert answer.code == code
    events = [from_json(line) for line in answer.out.splitlines()]
    assert events[-1] == Stopped(reason="cancelled")
    last = json.loads(answer.out.splitlines()[-2])["step"]
    assert f"Stopped after step {last}; everything is kept." in answer.err
    assert "Continue with: unetseg train --model m --resume\n" in answer.err
    assert signal.getsignal(number) is before

    engine("fine")
    resumed = unetseg("train", "--model", "m", "--resume", "--seed", "3")
    assert resumed.code == 0
    assert "as it was asked; these are not used: --seed\n" in resumed.err


@posix
def test_a_second_signal_is_an_order(
    here: Path,
    unetseg: Callable[..., Any],
    engine: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(following, "IMPATIENCE", 0.1)
    engine("deaf")
    sender = send_after_the_start(here / "m.run", signal.SIGINT, signal.SIGINT)
    answer = unetseg(*TRAIN)
    sender.join()
    assert answer.code == 130
    assert "Stopped by force; what was saved is kept." in answer.err
    assert "--resume" in answer.err
    assert client.status(here / "m.run").state == "interrupted"


@posix
def test_nothing_is_promised_while_the_speed_is_measured(
    here: Path, unetseg: Callable[..., Any], engine: Callable[[str], None]
) -> None:
    engine("measuring")
    sender = send_after_the_start(here / "m.run", signal.SIGINT)
    answer = unetseg(*TRAIN)
    sender.join()
    assert answer.code == 130
    assert "?" in answer.err
    assert (
        "before anything was kept. Continue with: unetseg train --model m --resume"
        in answer.err
    )


def test_a_cancel_from_elsewhere_ends_the_command_too(
    here: Path, unetseg: Callable[..., Any], engine: Callable[[str], None]
) -> None:
    engine("endless")

    def cancel() -> None:
        while not _has_begun(here / "m.run"):
            time.sleep(0.05)
        client.command(here / "m.run", "cancel")

    thread = threading.Thread(target=cancel, daemon=True)
    thread.start()
    answer = unetseg(*TRAIN)
    thread.join()
    assert answer.code == 3
    assert "everything is kept" in answer.err


@pytest.mark.parametrize("scenario", ["endless", "measuring"])
def test_a_run_that_somebody_keeps_is_told_with_its_model(
    here: Path,
    unetseg: Callable[..., Any],
    engine: Callable[[str], None],
    scenario: str,
) -> None:
    engine(scenario)

    def keep() -> None:
        while not _has_begun(here / "m.run"):
            time.sleep(0.05)
        client.keep(here / "m.run")

    thread = threading.Thread(target=keep, daemon=True)
    thread.start()
    answer = unetseg(*TRAIN, "--json")
    thread.join()
    assert answer.code == 3
    end = from_json(answer.out.splitlines()[-1])
    assert isinstance(end, Stopped)
    steps, kept = end.result["steps"], end.result["kept_step"]
    assert f"Stopped after step {steps}; the model 'm' holds the" in answer.err
    assert f"weights of step {kept}." in answer.err
    assert ("begins anew" in answer.err) == (scenario == "measuring")
    assert "Continue with: unetseg train --model m --resume\n" in answer.err


def test_a_run_that_nobody_watched_is_told_so(
    here: Path, unetseg: Callable[..., Any], engine: Callable[[str], None]
) -> None:
    """As when the command was suspended for a while."""
    engine("unwatched")
    answer = unetseg(*TRAIN)
    assert answer.code == 3
    assert "Nobody watched the run: it stopped after step " in answer.err


def test_overwrite_begins_anew(
    here: Path, unetseg: Callable[..., Any], engine: Callable[[str], None]
) -> None:
    engine("fine")
    assert unetseg(*TRAIN).code == 0
    (here / "m").write_text("an older model")
    assert unetseg(*TRAIN).code == 2
    assert unetseg(*TRAIN, "--overwrite").code == 0
    starts = [
        entry.event
        for entry in journal.read(here / "m.run", 0)
        if isinstance(entry.event, Started)
    ]
    assert len(starts) == 1


def test_segment_tells_what_it_wrote(
    here: Path, unetseg: Callable[..., Any], engine: Callable[[str], None]
) -> None:
    engine("fine")
    line = "segment a.tif --model old.safetensors --out o.tif --scores p.tif"
    answer = unetseg(*line.split(), "--run", "r")
    assert answer.code == 0
    assert f"Labels: {here / 'o.tif'}\n" in answer.out
    assert f"Scores: {here / 'p.tif'}\n" in answer.out
    assert f"Run: {here / 'r'}\n" in answer.out
    resumed = unetseg("segment", "--run", "r", "--resume")
    assert resumed.code == 0
    assert f"Labels: {here / 'o.tif'}\n" in resumed.out
