"""When and by what a file was saved, noted in it and told by ``unetseg info``."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

from napari_unetseg.contributions.reader import read_layers
from napari_unetseg.contributions.writer import write_image, write_labels, write_pair
from napari_unetseg.core.read.opening import open_images
from napari_unetseg.runs.made import how_file_was_made
from napari_unetseg.runs.saved import how_it_was_saved, saved

PAINTED = np.eye(8, dtype=np.uint8)
TODAY = datetime.now(UTC).date().isoformat()
BY = f"napari {version('napari')} with napari-unetseg {version('napari-unetseg')}"
OURS = {"saved": "2026-01-31", "saved_by": '{"napari-unetseg": "1"}'}
THEIRS = OURS | {"saved_by": '{"napari-unetseg": "1", "napari": "2"}'}


@pytest.mark.parametrize("name", ["a.ome.tif", "a.imagej.tif", "a.zarr"])
@pytest.mark.parametrize("write", [write_labels, write_image])
def test_what_is_saved_by_hand_tells_when_and_by_what(tmp_path, name, write):
    (file,) = write(str(tmp_path / name), PAINTED, {"name": "painted"})
    notes = open_images(file)[0].notes
    assert notes["saved"] >= TODAY
    versions = json.loads(notes["saved_by"])
    assert versions["napari"] == version("napari")
    assert not {"made_by", "date"} & notes.keys(), "nobody knows who painted it"
    told = how_file_was_made(notes, name)
    assert re.fullmatch(rf"{name} was saved from {re.escape(BY)} on [-\d]+\.", told)


def test_both_files_of_a_pair_tell_it(tmp_path):
    image = (PAINTED, {"name": "image"}, "image")
    files = write_pair(str(tmp_path / "a.pairs"), [image, (PAINTED, {}, "labels")])
    for file in files:
        (opened,) = open_images(file)
        assert Path(file).name in how_file_was_made(opened.notes, Path(file).name)


def test_saved_again_it_tells_the_last_time(tmp_path):
    about = {"metadata": {"napari-unetseg": THEIRS | {"model": "m"}}}
    (file,) = write_labels(str(tmp_path / "a.ome.tif"), PAINTED, about)
    ((_, again, _),) = read_layers(file)
    notes = again["metadata"]["napari-unetseg"]
    assert notes["model"] == "m"
    assert notes["saved"] != THEIRS["saved"]
    assert json.loads(notes["saved_by"])["napari-unetseg"] != "1"


def test_a_result_that_was_saved_may_have_been_corrected():
    result = {
        "network": '{"name": "unet-bn"}',
        "question": '{"image": "a.tif", "model": "m.unetseg.safetensors"}',
    }
    told, line, _ = re.split(r"\n+", how_file_was_made(result | THEIRS, "b.ome.tif"))
    assert told.startswith("a.tif was segmented")
    assert told.endswith(
        "It was saved from napari 2 with napari-unetseg 1 on 2026-01-31, and may have "
        "been corrected by hand before."
    )
    assert line.startswith("unetseg segment")
    assert "saved" not in how_file_was_made(result, "b.ome.tif")


def test_without_napari_it_is_not_named():
    assert "napari" not in json.loads(saved()["saved_by"])
    told = "a.tif was saved with napari-unetseg 1 on 2026-01-31."
    assert how_it_was_saved(OURS, "a.tif", made=False) == told


@pytest.mark.parametrize(
    "notes",
    [
        {},
        {"saved": "2026-01-31"},
        {"saved_by": '{"napari-unetseg": "1"}'},
        OURS | {"saved": "yesterday"},
        OURS | {"saved_by": "napari"},
        OURS | {"saved_by": "[" * 99_999},
        OURS | {"saved_by": '{"napari-unetseg": 1}'},
    ],
)
def test_notes_of_others_tell_nothing(notes):
    assert how_it_was_saved(notes, "a.tif", made=False) == ""


def test_it_holds_no_path_and_no_name_of_anybody(tmp_path):
    (file,) = write_labels(str(tmp_path / "a.ome.tif"), PAINTED, {"name": "painted"})
    notes = open_images(file)[0].notes
    assert set(notes) == {"kind", "saved", "saved_by"}
    assert set(json.loads(notes["saved_by"])) == {"napari-unetseg", "napari", "python"}
