"""The command line as a person uses it: real processes, real files, tiny networks."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
import pytest

from napari_unetseg.core.events import from_json
from napari_unetseg.core.image import Image
from napari_unetseg.core.network.card import read_card
from napari_unetseg.core.read import read_image
from napari_unetseg.core.write.ome_tiff import write_ome_tiff
from napari_unetseg.runs import client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

FAST = ("--preset", "fast", "--device", "cpu", "--precision", "fp32")
TRAIN = ("train", "--image", "img.ome.tif", "--labels", "lab.ome.tif", *FAST)
QUESTION = ("--steps", 40, "--validation", 4, "--seed", 5)
MODEL = "m.unetseg.safetensors"

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX signals")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small stack, its labels, and a model trained on it."""
    folder = tmp_path_factory.mktemp("command line") / "größe 神経"
    stripes = (np.indices((5, 64, 64)).sum(0) // 8 % 2 + 1).astype(np.uint8)
    noise = np.random.default_rng(0).normal(0, 10, stripes.shape)
    write(folder / "lab.ome.tif", stripes)
    write(folder / "img.ome.tif", (60 * stripes + noise).clip(0, 255).astype(np.uint8))
    answer = unetseg(folder, *TRAIN, *QUESTION, "--model", MODEL)
    assert answer.returncode == 0, answer.stderr
    assert "| mean  |" in answer.stdout
    return folder


@pytest.fixture
def folder(data: Path, tmp_path: Path) -> Path:
    """Return a folder of the test's own with links to the files."""
    for path in data.iterdir():
        if path.is_file():
            os.link(path, tmp_path / path.name)
    return tmp_path


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a command in the background; none outlives its test."""
    started = []

    def function(*words: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            command(*words),
            cwd=folder,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        started.append(process)
        return process

    yield function
    for process in started:
        process.kill()
        process.communicate()


def write(path: Path, array: Any, axes: str = "ZYX", **values: Any) -> None:
    write_ome_tiff(path, Image(array=array, axes=axes, **values), overwrite=True)


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "napari_unetseg", *map(str, words)]


def environment() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUTF8": "1"}


def unetseg(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*words),
        cwd=folder,
        env=environment(),
        capture_output=True,
        check=False,
        text=True,
        encoding="utf-8",
        timeout=120,
    )


def refused(folder: Path, *words: object) -> str:
    """Return the one line of a command that refuses and leaves nothing behind."""
    before = sorted(folder.iterdir())
    answer = unetseg(folder, *words, "--json")
    assert answer.returncode == 2, answer.stderr
    assert answer.stderr.startswith("Error: ")
    assert answer.stderr.count("\n") == 1
    events = [json.loads(line) for line in answer.stdout.splitlines()]
    assert events[-1]["event"] == "Failed"
    assert f"Error: {events[-1]['message']}\n" == answer.stderr
    assert not any(event["event"] == "Started" for event in events)
    assert sorted(folder.iterdir()) == before
    return answer.stderr


def wait_for_step(run: Path, number: int) -> None:
    """Wait until a run has done some steps."""
    story = run / "events.jsonl"
    wait_until(
        lambda: (
            story.exists()
            and f'"event": "Step", "step": {number},' in story.read_text("utf-8")
        )
    )


def wait_for_engine(run: Path, other_than: int = 0) -> int:
    """Find the process that works on a run by its command line."""
    found: list[int] = []

    def look() -> bool:
        for process in psutil.process_iter(["cmdline"]):
            words = process.info["cmdline"] or []
            if words[-2:] == ["run", str(run)] and process.pid != other_than:
                found.append(process.pid)
        return bool(found)

    wait_until(look)
    return found[0]


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.01)


def test_the_main_job(folder: Path) -> None:
    answer = unetseg(
        folder,
        *("segment", "img.ome.tif", "--model", MODEL, "--out", "deep/seg.ome.tif"),
        *("--scores", "scores.ome.tif", "--tile", 16, "--device", "cpu"),
    )
    assert answer.returncode == 0, answer.stderr
    labels = read_image(folder / "deep" / "seg.ome.tif")
    scores = read_image(folder / "scores.ome.tif")
    assert (labels.shape, labels.axes) == ((5, 64, 64), "ZYX")
    assert (scores.shape, scores.axes) == ((2, 5, 64, 64), "CZYX")
    assert scores.dtype == np.float32
    np.testing.assert_allclose(np.asarray(scores.array).sum(axis=0), 1, atol=1e-5)
    np.testing.assert_array_equal(
        np.asarray(scores.array).argmax(axis=0) + 1, np.asarray(labels.array)
    )
    files = ("deep/seg.ome.tif", "lab.ome.tif")
    judged = unetseg(folder, "evaluate", *files, "--json", "report.json")
    assert judged.returncode == 0, judged.stderr
    report = json.loads((folder / "report.json").read_text())
    assert {"classes", "mean_iou", "pixel_error"} <= set(report)
    # It knows that slice 4 chose the weights, and that the others taught.
    pixels = {name: one["pixels"] for name, one in report["seen"].items()}
    assert pixels == {"train": 4 * 64**2, "validation": 64**2}
    assert "None of the pixels is unseen" in judged.stdout
    about = unetseg(folder, "info", MODEL)
    assert read_card(folder / MODEL).sha256 in about.stdout


def test_an_image_smaller_than_the_smallest_tile_works(folder: Path) -> None:
    small = np.arange(35, dtype=np.uint8).reshape(5, 7)
    write(folder / "small.ome.tif", small, "YX")
    files = ("--model", MODEL, "--out", "small-seg.ome.tif")
    answer = unetseg(folder, "segment", "small.ome.tif", *files, "--json")
    assert answer.returncode == 0, answer.stderr
    assert read_image(folder / "small-seg.ome.tif").shape == (5, 7)
    last = from_json(answer.stdout.splitlines()[-1])
    assert type(last).__name__ == "Finished"


def _labels(folder: Path, array: Any) -> tuple[object, ...]:
    write(folder / "lab2.ome.tif", array)
    return ("train", "--image", "img.ome.tif", "--labels", "lab2.ome.tif", *FAST)


@pytest.mark.slow
def test_labels_of_another_shape(folder: Path) -> None:
    said = refused(
        folder, *_labels(folder, np.ones((5, 64, 60), np.uint8)), "--model", "x"
    )
    assert "5 x 64 x 64" in said
    assert "5 x 64 x 60" in said


@pytest.mark.parametrize(
    ("values", "options", "said"),
    [
        ([0, 0], [], "no painted pixel"),
        pytest.param(
            *([0, 2], ["--unannotated", "0"], "Only class 2 is painted"),
            marks=pytest.mark.slow,
        ),
        pytest.param([-3, 1], [], "the negative id -3", marks=pytest.mark.slow),
    ],
)
def test_labels_that_teach_nothing(
    folder: Path, values: list[int], options: list[str], said: str
) -> None:
    labels = np.full((5, 64, 64), values[0], np.int16)
    labels[:, :, :32] = values[1]
    assert said in refused(folder, *_labels(folder, labels), *options, "--model", "x")


@pytest.mark.slow
def test_an_image_that_is_not_a_number_somewhere(folder: Path) -> None:
    image = np.zeros((5, 64, 64), np.float32)
    image[3, 2, 1] = np.nan
    write(folder / "nan.ome.tif", image)
    files = ("--image", "nan.ome.tif", "--labels", "lab.ome.tif", "--model", "x")
    assert "1 pixels that are NaN" in refused(folder, "train", *files)


def test_a_model_that_is_none_and_one_for_other_channels(folder: Path) -> None:
    files = ("--model", "lab.ome.tif", "--out", "o.tif")
    assert "is not a model" in refused(folder, "segment", "img.ome.tif", *files)
    write(folder / "two.ome.tif", np.zeros((2, 64, 64), np.uint8), "CYX")
    files = ("--model", MODEL, "--out", "o.tif")
    said = refused(folder, "segment", "two.ome.tif", *files)
    assert "expects 1 channel" in said
    assert "has 2" in said


def test_a_truncated_image(folder: Path) -> None:
    whole = (folder / "img.ome.tif").read_bytes()
    (folder / "cut.ome.tif").write_bytes(whole[: len(whole) // 2])
    files = ("--model", MODEL, "--out", "o.tif")
    assert "cut.ome.tif" in refused(folder, "segment", "cut.ome.tif", *files)


def test_what_is_refused_before_any_process(folder: Path) -> None:
    model = (*TRAIN, "--model")
    assert "exists" in refused(folder, *model, MODEL)
    assert "Choose one of" in refused(folder, *model, "x", "--network", "resnet")
    assert "cannot be written" in refused(folder, *model, f"{MODEL}/x")
    files = ("--image", "gone.tif", "--labels", "lab.ome.tif", "--model", "x")
    assert "does not exist" in refused(folder, "train", *files)


@posix
def test_killed_and_resumed_it_is_the_same_model(
    folder: Path, start: Callable[..., subprocess.Popen[str]]
) -> None:
    """First the command line is killed, then the engine; nothing is lost.

    An engine that nobody watches any more leaves a model of what it has learnt.
    """
    run = folder / "m.run"
    process = start(*TRAIN, *QUESTION, "--model", "m")
    orphan = wait_for_engine(run)
    wait_for_step(run, 3)
    process.kill()
    process.wait()
    wait_until(lambda: client.status(run).message == "abandoned")
    left = client.status(run).result
    assert left["resumable"]
    assert read_card(folder / "m").training["steps"] == left["steps"] < 40

    process = start("train", "--model", "m", "--resume")
    engine = wait_for_engine(run, other_than=orphan)
    wait_for_step(run, 10)
    os.kill(engine, signal.SIGKILL)
    _, said = process.communicate()
    assert process.returncode == 1
    assert "The engine ended unexpectedly" in said
    assert "Traceback" not in said
    assert read_card(folder / "m").training["steps"] == left["steps"]

    answer = unetseg(folder, "train", "--model", "m", "--resume")
    assert answer.returncode == 0, answer.stderr
    assert read_card(folder / "m").sha256 == read_card(folder / MODEL).sha256


def test_run_executes_a_folder_in_its_own_process(data: Path, tmp_path: Path) -> None:
    before = read_card(data / MODEL).sha256
    answer = unetseg(tmp_path, "run", data / f"{MODEL}.run")
    assert answer.returncode == 0, "a finished run only writes its own model again"
    assert read_card(data / MODEL).sha256 == before
    assert unetseg(tmp_path, "run", tmp_path).returncode == 2
    assert not list(tmp_path.iterdir())
