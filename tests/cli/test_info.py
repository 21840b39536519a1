"""``unetseg info``: how a file was made, and the command that makes it again."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_unetseg.core.config import SegmentConfig, Size
from napari_unetseg.core.image import Image
from napari_unetseg.core.presets import train_config
from napari_unetseg.core.read import read_image
from napari_unetseg.core.read.annotations import read_annotations
from napari_unetseg.core.write.ome_tiff import write_ome_tiff
from napari_unetseg.runs import client, engine
from napari_unetseg.runs.folder import read_question
from napari_unetseg.runs.made import (
    asked_of,
    how_file_was_made,
    how_model_was_made,
    provenance,
)
from napari_unetseg.runs.questions import (
    PairsFolder,
    PixelSize,
    SegmentQuestion,
    TrainQuestion,
)
from napari_unetseg.runs.recipe import command_line
from oracles.models import random_model

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MODEL = "m.unetseg.safetensors"


def command(text: str) -> list[str]:
    """Return the words of the command that is told."""
    [line] = [one for one in text.splitlines() if one.startswith("unetseg ")]
    return shlex.split(line)[1:]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make files of every kind in a folder that nobody shall read about."""
    folder = tmp_path_factory.mktemp("secret-person")
    random_model().save(folder / MODEL)
    array = np.random.default_rng(0).integers(0, 255, (2, 40, 50)).astype("u1")
    write_ome_tiff(folder / "img.tif", Image(array=array, axes="ZYX"))
    for ending in (".ome.tif", ".imagej.tif", ".zarr"):
        asked = SegmentQuestion(
            image=str(folder / "img.tif"),
            model=str(folder / MODEL),
            out=str(folder / f"out{ending}"),
            scores=str(folder / f"scores{ending}"),
            pixel_size=PixelSize(spacing=(2.0, 1.0, 1.0), unit="um"),
            config=SegmentConfig(tile=16, smallest={3: Size(value=4.0, unit="pixel")}),
        )
        client.create(folder / f"run{ending}", asked)
        assert engine.execute(folder / f"run{ending}") == engine.FINISHED
    return folder


def test_a_result_tells_how_it_was_made_and_how_to_make_it_again(
    made: Path, unetseg: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(made)
    for name in ("out.ome.tif", "out.imagej.tif", "out.zarr"):
        answer = unetseg("info", name)
        assert answer.code == 0, answer.err
        for part in (
            "img.tif was segmented with napari-unetseg ",
            f"by the model {MODEL} (SHA-256 ",
            "Objects of class 3 smaller than 4 pixel were left out.",
            "date: ",
            "model sha256: ",
        ):
            assert part in answer.out
        assert "secret-person" not in answer.out
        words = command(answer.out)
        assert words[: words.index("--model")] == ["segment", "img.tif"]
        assert words[words.index("--out") + 1] == name
        # It asks the same question, of files in the current folder.
        question = read_question(made / f"run{name.removeprefix('out')}")
        assert isinstance(question, SegmentQuestion)
        asked = question.model_copy(update={"scores": None})
        assert words == shlex.split(command_line(asked)[0])[1:]


def test_scores_are_made_again_as_scores(
    made: Path, unetseg: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(made)
    for name in ("scores.ome.tif", "scores.imagej.tif", "scores.zarr"):
        image = read_image(made / name)
        assert image.channels == ("class 0", "class 3", "class 7")
        words = command(unetseg("info", name).out)
        assert words[words.index("--scores") + 1] == name
        assert words[words.index("--out") + 1] != name


def test_a_run_folder_tells_its_state_and_how(
    made: Path, unetseg: Callable[..., Any]
) -> None:
    answer = unetseg("info", made / "run.ome.tif")
    assert answer.code == 0, answer.err
    for part in ("finished", "img.tif", MODEL, "out.ome.tif, scores.ome.tif"):
        assert part in answer.out
    assert "secret-person" not in answer.out
    assert command(answer.out)[0] == "segment"


def test_a_model_tells_how_it_was_trained(
    tmp_path: Path, unetseg: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    for name in ("img.tif", "lab.tif"):
        array = rng.integers(1, 3, (2, 32, 40)).astype("u1")
        write_ome_tiff(name, Image(array=array, axes="ZYX", name=name))
    question = TrainQuestion(
        images=(str(tmp_path / "img.tif"),),
        labels=(str(tmp_path / "lab.tif"),),
        model=str(tmp_path / MODEL),
        config=train_config(
            validation="1", steps=2, base=2, depth=1, patch=16, batch=1, seed=7
        ),
    )
    client.create(tmp_path / "run", question)
    assert engine.execute(tmp_path / "run") == engine.FINISHED
    answer = unetseg("info", MODEL)
    assert "was trained with napari-unetseg" in answer.out
    assert "on img.tif, annotated in lab.tif, for 2 steps" in answer.out
    assert command(answer.out) == shlex.split(command_line(question)[0])[1:]


@pytest.mark.parametrize(
    "notes",
    [
        {},
        {"network": "{}"},
        {"network": '{"name": "unet"}', "question": "[]"},
        {"network": "{}", "question": '{"image": "a"}'},
        {"network": "[" * 99999, "question": "{}"},
        {"network": "{}", "question": '{"image": "a", "model": "b"}', "versions": "3"},
    ],
)
def test_notes_of_others_tell_nothing(notes: dict[str, str]) -> None:
    assert how_file_was_made(notes, "a.tif") == ""


def test_a_model_that_does_not_tell_is_left() -> None:
    assert how_model_was_made(random_model().card, "m") == ""


def test_notes_hold_no_path(made: Path) -> None:
    notes = read_annotations(made / "out.ome.tif")
    assert {"date", "versions", "question", "model_sha256"} <= notes.keys()
    assert not any("secret-person" in text for text in notes.values())
    assert read_annotations(made / "out.imagej.tif") == notes


def test_what_was_segmented_inside_a_mask_says_so() -> None:
    question = SegmentQuestion(
        image="/home/x/img.tif", model=MODEL, out="o.tif", mask="/home/x/outline.csv"
    )
    notes = provenance("img.tif", random_model().cards, question, "2026-01-31")
    assert notes["inside"] == "outline.csv"
    text = how_file_was_made(notes, "o.tif")
    assert "Only what lies inside of outline.csv was segmented." in text
    words = command(text)
    assert words[words.index("--mask") + 1] == "outline.csv"
    assert "/home" not in "".join(notes.values())


def test_a_model_tells_of_pairs_outlines_and_its_start() -> None:
    question = TrainQuestion(
        images=("/home/x/a.tif", "/home/x/p/images/b.tif"),
        labels=("/home/x/a-labels.tif", "/home/x/p/labels/b.tif"),
        regions=("/home/x/outline.csv",),
        channels=("DAPI/405",),
        pixel_size=PixelSize(spacing=(2.0, 2.0), unit="nm"),
        start_from="/home/x/old.unetseg.safetensors",
        pairs=PairsFolder(path="/home/x/p", count=1),
        model=MODEL,
        config=train_config(steps=9, batch=1, patch=16),
    )
    asked = asked_of(question)
    assert "/home" not in repr(asked)
    training = {
        "config": question.config.model_dump(mode="json"),
        "steps": 9,
        "asked": asked,
        **{key: asked[key] for key in ("images", "labels")},
    }
    card = random_model().card.model_copy(
        update={"training": training, "class_names": {}, "class_colors": {}}
    )
    text = how_model_was_made(card, MODEL)
    assert command(text) == shlex.split(command_line(question)[0])[1:]
    assert "and on the pair of image and labels in the folder p" in text
