"""Several models in one segmentation: averaged, named in all that tells of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import napari_unetseg as us
from napari_unetseg.core.config import SegmentConfig
from napari_unetseg.core.errors import InputError, RunError
from napari_unetseg.core.events import Tile
from napari_unetseg.core.image import Image
from napari_unetseg.core.network.modelfile import load_model
from napari_unetseg.core.prepare.channels import select_channels
from napari_unetseg.core.prepare.trace import trace
from napari_unetseg.core.read import read_image
from napari_unetseg.core.read.annotations import read_annotations
from napari_unetseg.core.write.ome_tiff import write_ome_tiff
from napari_unetseg.runs import client, engine, journal
from napari_unetseg.runs.answer import answer
from napari_unetseg.runs.made import how_file_was_made
from napari_unetseg.runs.methods import how_made
from napari_unetseg.runs.questions import SegmentQuestion
from oracles.models import random_model

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_unetseg.core.events import Event

A, B = "a.unetseg.safetensors", "b.unetseg.safetensors"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Segment an image with two networks, as the command line asks it."""
    folder = tmp_path_factory.mktemp("made")
    random_model().save(folder / A)
    random_model("unet", depth=2).save(folder / B)
    array = np.random.default_rng(0).integers(0, 255, (40, 50)).astype(np.uint8)
    write_ome_tiff(
        folder / "em.ome.tif",
        Image(array=array, axes="YX", spacing=(1.0, 1.0), unit="um"),
    )
    client.create(folder / "run", asked(folder))
    assert engine.execute(folder / "run") == engine.FINISHED
    return folder


def asked(folder: Path, **options: object) -> SegmentQuestion:
    values = {
        "image": str(folder / "em.ome.tif"),
        "model": str(folder / A),
        "models_besides": (str(folder / B),),
        "out": str(folder / "labels.ome.tif"),
        "scores": str(folder / "scores.ome.tif"),
        "config": SegmentConfig(tile=16, device="cpu"),
    }
    return SegmentQuestion.model_validate(values | options)


def test_the_scores_are_the_mean_of_those_of_each(made: Path) -> None:
    image = read_image(made / "em.ome.tif")
    each = [
        us.segment(image, made / name, scores=True, device="cpu")[1].array
        for name in (A, B)
    ]
    found = read_image(made / "scores.ome.tif").array
    assert np.abs(found - np.mean(each, axis=0)).max() < 1e-4
    assert np.abs(found - each[0]).max() > 1e-2
    ids = np.array(random_model().card.classes)
    labels = np.asarray(read_image(made / "labels.ome.tif").array)
    assert (labels == ids[np.asarray(found).argmax(0)]).mean() > 0.999


def test_the_files_name_all_models_and_their_hashes(made: Path) -> None:
    notes = read_annotations(made / "scores.ome.tif")
    hashes = [load_model(made / name).card.sha256 for name in (A, B)]
    assert notes["model"] == A
    assert notes["model_sha256"] == hashes[0]
    assert notes["averaged_with"] == B
    assert notes["averaged_with_sha256"] == hashes[1]
    assert json.loads(notes["question"])["models_besides"] == [B]
    assert not any(str(made) in text for text in notes.values())


def test_how_it_was_made_tells_all_models(made: Path) -> None:
    notes = read_annotations(made / "labels.ome.tif")
    hashed = load_model(made / A).card.sha256[:16]
    for text in (how_made(made / "run"), how_file_was_made(notes, "labels.ome.tif")):
        assert f"{A} (SHA-256 {hashed}), a U-Net (unet-bn" in text
        assert f"Its probabilities were averaged with those of {B}." in text
        assert f"--model {A} --model {B}" in text


def test_a_run_does_not_go_on_with_another_second_model(made: Path) -> None:
    # Of the first image nothing is left to do: what it says is the first thing done.
    other = load_model(made / B)
    halved = {name: values / 2 for name, values in other.tensors.items()}
    folder = made / "again"
    client.create(folder, asked(made, overwrite=True))
    job = answer(client.read_question(folder), folder)
    for _ in range(8):
        next(job)
    job.close()
    type(other)(other.card, halved).save(made / B, overwrite=True)
    try:
        with pytest.raises(RunError, match="another model"):
            list(answer(client.read_question(folder), folder))
    finally:
        other.save(made / B, overwrite=True)


@pytest.fixture
def unlike(tmp_path: Path) -> Path:
    """A volume, a model of volumes, and one of planes of twice the pixel size."""
    random_model(volumes=True).save(tmp_path / A)
    plane = random_model()
    twice = plane.card.model_copy(update={"spacing": (2.0, 2.0)})
    type(plane)(twice, plane.tensors).save(tmp_path / B)
    array = np.random.default_rng(0).integers(0, 255, (3, 40, 50)).astype(np.uint8)
    image = Image(array=array, axes="ZYX", spacing=(1.0, 1.0, 1.0), unit="um")
    write_ome_tiff(tmp_path / "em.ome.tif", image)
    return tmp_path


def answered(folder: Path, name: str, **options: object) -> np.ndarray:
    """Scores that a run gives, its last tiles after it was broken off."""
    scores = folder / f"{name}.ome.tif"
    labels = folder / f"{name} labels.ome.tif"
    question = asked(folder, scores=str(scores), out=str(labels), **options)
    client.create(folder / name, question)

    def broken_off(*given: Any) -> Iterator[Event]:
        for event in answer(*given):
            yield event
            if isinstance(event, Tile) and event.done == 3:
                raise KeyError("pulled the plug")

    if name == "parted":
        engine.execute(folder / name, broken_off)
        begun = journal.end(folder / name)
    assert engine.execute(folder / name) == engine.FINISHED
    if name == "parted":
        events = [entry.event for entry in journal.read(folder / name, begun)]
        assert min(e.done for e in events if isinstance(e, Tile)) == 4
    return np.asarray(read_image(scores).array)


def test_a_run_of_unlike_models_goes_on_to_the_same_bytes(unlike: Path) -> None:
    whole = answered(unlike, "whole")
    assert whole.shape == (3, 3, 40, 50)
    assert np.array_equal(answered(unlike, "parted"), whole)


def test_what_any_of_them_has_learnt_from_is_noted(tmp_path: Path) -> None:
    """Each model knows planes by its own channels."""
    array = np.random.default_rng(0).integers(0, 255, (2, 3, 20, 24)).astype(np.uint8)
    image = Image(array=array, axes="CZYX", channels=("DAPI", "GFP"))
    write_ome_tiff(tmp_path / "em.ome.tif", image)
    for name, channels, plane in ((A, ("GFP",), 0), (B, ("DAPI", "GFP"), 2)):
        model = random_model(channels=len(channels))
        box = {"start": [plane, 0, 0], "stop": [plane + 1, 20, 24]}
        shown = select_channels(image, channels)
        [note] = trace([shown], [{"image": 0, "name": "train", **box}])
        card = model.card.model_copy(
            update={"channels": channels, "training": {"seen": [note]}}
        )
        type(model)(card, model.tensors).save(tmp_path / name)
    answered(tmp_path, "run")
    seen = json.loads(read_annotations(tmp_path / "run.ome.tif")["seen"])
    assert sorted(one["index"] for one in seen) == [[0], [2]]


def test_what_an_earlier_version_has_begun_is_refused(unlike: Path) -> None:
    """Its plan knows one grid, since it showed all models the same pixels."""
    answered(unlike, "run")
    path = unlike / "run" / "result" / "plan.json"
    values = json.loads(path.read_text(encoding="utf-8"))
    assert len(values["plan"].pop("besides")) == 1
    path.write_text(json.dumps(values), encoding="utf-8")
    question = client.read_question(unlike / "run")
    question = question.model_copy(update={"overwrite": True})
    with pytest.raises(RunError, match="begun by an earlier version"):
        list(answer(question, unlike / "run"))


def test_a_cluster_averages_them_too(unlike: Path) -> None:
    pytest.importorskip("distributed")
    here, there = answered(unlike, "here"), answered(unlike, "there", dask="local:1")
    assert np.abs(here - there).max() < 1e-6


def test_models_that_do_not_fit_are_named(made: Path) -> None:
    random_model(classes=(0, 1)).save(made / "c.unetseg.safetensors")
    wrong = asked(made, models_besides=(str(made / "c.unetseg.safetensors"),))
    with pytest.raises(InputError, match=rf"'c\..*' and '{A}' have other classes"):
        list(answer(wrong.model_copy(update={"overwrite": True}), made))
