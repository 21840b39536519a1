"""From layers to a run: copied, started, followed; without any window."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from napari_unetseg.core.errors import RunError, WriteError
from napari_unetseg.core.events import Failed, Finished, Step, Stopped
from napari_unetseg.core.image import Image
from napari_unetseg.core.read import read_image
from napari_unetseg.core.write import ome_tiff
from napari_unetseg.core.write.ome_tiff import write_ome_tiff
from napari_unetseg.gui.parts.sources import Input
from napari_unetseg.gui.run import copies as launching
from napari_unetseg.gui.run.copies import Copying, file_names, is_stored_in
from napari_unetseg.gui.run.launch import launch
from napari_unetseg.gui.run.plan import Plan
from napari_unetseg.runs import client, process
from napari_unetseg.runs.folder import read_question
from napari_unetseg.runs.lock import is_taken
from napari_unetseg.runs.questions import TrainQuestion


@pytest.fixture
def grey():
    array = np.arange(2 * 3 * 4 * 5, dtype=np.uint16).reshape(2, 3, 4, 5)
    return Image(
        array=array,
        axes="CZYX",
        spacing=(50, 8, 8),
        unit="nm",
        channels=("red", "green"),
        name="my grey",
    )


@pytest.fixture
def plan(own_home, grey):
    labels = Image(array=np.ones((3, 4, 5), np.uint8), axes="ZYX", name="my grey")
    return Plan(
        folder=own_home / "runs" / "run",
        inputs={"image": Input(grey), "labels": Input(labels)},
        ask=lambda paths: TrainQuestion(
            images=(paths["image"],), labels=(paths["labels"],), model="m"
        ),
        layer={"name": "my grey segmented"},
    )


def events(story):
    return [event for news in story if isinstance(news, tuple) for event in news]


def test_layers_are_copied_whole_into_the_run_folder(plan, grey, scenario):
    scenario("training")

    news = list(launch(plan))

    question = read_question(plan.folder)
    (image,), (labels,) = question.images, question.labels
    assert not Path(image).is_absolute()
    stored = read_image(plan.folder / image)
    for name in ("shape", "dtype", "axes", "spacing", "unit", "channels"):
        assert getattr(stored, name) == getattr(grey, name)
    assert np.array_equal(stored.array, grey.array)
    assert read_image(plan.folder / labels).shape == (3, 4, 5)
    assert news[0] == Copying(grey.array.nbytes + 3 * 4 * 5)
    assert json.loads((plan.folder / "layer.json").read_text()) == plan.layer


def test_copies_are_called_as_their_layers(plan, scenario):
    scenario("training")

    list(launch(plan))

    question = read_question(plan.folder)
    assert question.images == ("inputs/my grey-image.ome.tif",)
    assert question.labels == ("inputs/my grey-labels.ome.tif",)


@given(st.dictionaries(st.text("a-2", min_size=1), st.text("aA-2", max_size=4)))
@example({"image": "a", "image-2": "A", "labels": "a-image-2"})
def test_no_two_copies_are_called_alike(layers):
    names = file_names(layers)

    assert names.keys() == layers.keys()
    assert len({name.lower() for name in names.values()}) == len(layers)


def test_the_story_is_told_to_its_end(plan, scenario):
    scenario("training")

    told = events(launch(plan))

    assert [e.step for e in told if isinstance(e, Step)] == [1, 2, 3, 4, 5]
    assert isinstance(told[-1], Finished)


def test_a_killed_engine_is_told(plan, scenario):
    scenario("endless")
    told = []
    for news in launch(plan):
        told += news if isinstance(news, tuple) else ()
        if isinstance(news, tuple) and len(told) > 2:
            pid = _pid(plan.folder)
            if pid:
                os.kill(pid, signal.SIGKILL)

    assert isinstance(told[-1], Failed)
    assert "SIGKILL" in told[-1].message


def _pid(folder):
    import psutil

    for one in psutil.process_iter(["cmdline"]):
        if str(folder) in (one.info["cmdline"] or []):
            return one.pid
    return None


def test_closed_the_follower_makes_the_run_keep_and_end(plan, scenario, patience):
    scenario("endless")
    story = launch(plan)
    while not any(isinstance(e, Step) for e in events([next(story)])):
        pass

    story.close()

    patience(lambda: not is_taken(plan.folder))
    assert client.status(plan.folder).state == "stopped"
    assert isinstance(list(client.watch(plan.folder))[-1], Stopped)


def test_a_run_that_stays_goes_on_without_its_follower(plan, scenario, patience):
    scenario("endless")
    story = launch(replace(plan, stays=True))
    while not any(isinstance(e, Step) for e in events([next(story)])):
        pass

    story.close()

    done = client.status(plan.folder).done
    patience(lambda: client.status(plan.folder).done > done + 10)
    assert client.status(plan.folder).state == "running"


@pytest.fixture
def patience():
    def function(true, seconds=20.0):
        deadline = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < deadline
            time.sleep(0.02)

    return function


def test_a_full_disk_is_told_before_anything_is_written(plan, monkeypatch):
    usage = SimpleNamespace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)

    with pytest.raises(RunError, match="Free some space"):
        list(launch(plan))

    assert not plan.folder.exists()


def test_a_copy_that_fails_leaves_nothing(plan, monkeypatch):
    def full(*args, **kwargs):
        raise WriteError("'x' cannot be written: No space left on device")

    monkeypatch.setattr(ome_tiff, "write_ome_tiff", full)

    with pytest.raises(WriteError, match="No space"):
        list(launch(plan))

    assert not plan.folder.exists()


def test_an_engine_that_cannot_start_leaves_nothing(plan, monkeypatch):
    monkeypatch.setattr(
        process, "engine_command", lambda folder, python: ["/nowhere/python"]
    )

    with pytest.raises(RunError, match="cannot be started"):
        list(launch(plan))

    assert not plan.folder.exists()


def test_a_folder_of_another_run_is_not_touched(plan, scenario):
    scenario("training")
    list(launch(plan))
    before = sorted(plan.folder.rglob("*"))

    with pytest.raises(RunError, match="holds a run already"):
        list(launch(plan))

    assert sorted(plan.folder.rglob("*")) == before


def test_cancelled_between_two_copies_it_starts_nothing(plan, scenario, monkeypatch):
    scenario("endless")
    written = []
    write = ome_tiff.write_ome_tiff
    monkeypatch.setattr(
        ome_tiff,
        "write_ome_tiff",
        lambda path, *args, **kwargs: (
            written.append(path) or write(path, *args, **kwargs)
        ),
    )

    assert events(launch(plan, cancelled=lambda: bool(written))) == []

    assert len(written) == 1
    assert not plan.folder.exists()


# -- images that lie in a file already ------------------------------------------------


def test_a_large_image_is_read_where_it_lies(
    plan, grey, tmp_path, scenario, monkeypatch
):
    scenario("training")
    monkeypatch.setattr(launching, "COPIED_BELOW", 0)
    path = tmp_path / "grey.ome.tif"
    write_ome_tiff(path, grey, compress=False)
    plan = replace(plan, inputs={**plan.inputs, "image": Input(grey, path)})

    list(launch(plan))

    assert read_question(plan.folder).images == (str(path),)


@pytest.mark.parametrize(
    "change",
    [
        {"spacing": (50, 4, 4)},
        {"unit": "um"},
        {"channels": ("a", "b")},
        {"array": np.zeros((2, 3, 4, 5), np.uint16)},
        {"array": np.zeros((2, 3, 4, 5), np.uint8)},
    ],
    ids=["spacing", "unit", "channels", "pixels", "type"],
)
def test_a_file_that_says_something_else_is_not_it(grey, tmp_path, change):
    path = tmp_path / "grey.ome.tif"
    write_ome_tiff(path, grey)

    assert is_stored_in(grey, path)
    assert not is_stored_in(replace(grey, **change), path)
    path.write_bytes(b"no tiff")
    assert not is_stored_in(grey, path)


def test_what_lies_in_no_file_as_it_is_shown_is_asked_about_a_smaller_copy(
    plan, grey, monkeypatch, tmp_path
):
    monkeypatch.setattr(launching, "COPIED_BELOW", 0)
    first = replace(grey, array=grey.array[:, :1])
    small = replace(plan, inputs={**plan.inputs, "image": Input(first)})
    write_ome_tiff(tmp_path / "other.ome.tif", first)
    elsewhere = Input(grey, tmp_path / "other.ome.tif")
    whole = replace(plan, inputs={**plan.inputs, "image": elsewhere}, copied=small)

    story = launch(whole, cancelled=lambda: True)
    copying = next(story)
    assert copying.bytes == small.inputs["image"].bytes + plan.inputs["labels"].bytes
    story.close()


def test_what_lies_in_a_file_is_asked_about_as_a_whole(
    plan, grey, monkeypatch, tmp_path
):
    monkeypatch.setattr(launching, "COPIED_BELOW", 0)
    inputs = {}
    for name, one in plan.inputs.items():
        path = tmp_path / f"{name}.ome.tif"
        write_ome_tiff(path, one.image)
        inputs[name] = Input(one.image, path)

    story = launch(replace(plan, inputs=inputs, copied=plan), cancelled=lambda: True)

    assert next(story).bytes == 0
    story.close()
