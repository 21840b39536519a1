"""`unetseg evaluate`: tasks, several pairs, two predictions, pages."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_unetseg.cli.pairing import pairs
from napari_unetseg.core.config import NetworkConfig
from napari_unetseg.core.errors import InputError
from napari_unetseg.core.image import Image
from napari_unetseg.core.network.build import network_of
from napari_unetseg.core.network.card import ModelCard, read_card
from napari_unetseg.core.network.modelfile import Model, load_model
from napari_unetseg.core.write.imagej import write_imagej
from napari_unetseg.core.write.ome_tiff import write_ome_tiff

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RNG = np.random.default_rng(0)
TRUTH = RNG.integers(0, 3, (4, 12, 15)).astype(np.uint8)
PREDICTION = np.where(RNG.random(TRUTH.shape) < 0.8, TRUTH, 1).astype(np.uint8)


@pytest.fixture
def files(here: Path) -> Path:
    seen = json.dumps([{"index": [0], "boxes": [["train", 0, 0, 12, 15]]}])
    stacks = {"p": PREDICTION, "q": TRUTH, "t": TRUTH, "i": TRUTH * 50}
    for name, array in stacks.items():
        notes = {"seen": seen} if name == "p" else {}
        image = Image(array=array, axes="ZYX", spacing=(50, 4, 4), unit="nm")
        write_ome_tiff(here / f"{name}.ome.tif", image, description=notes)
    return here


def test_objects_of_a_class(files: Path, unetseg: Callable[..., Any]) -> None:
    line = "evaluate p.ome.tif t.ome.tif --objects 2 --dimensions 2 --by slice"
    answer = unetseg(*line.split(), "--json", "r.json")
    assert answer.code == 0, answer.err
    told = json.loads((files / "r.json").read_text())
    assert told["task"] == "instances"
    assert f"| {told['seen']['unseen']['seg']:.4f} |" in answer.out
    assert {"det", "pq", "ap", "f1"} <= set(told["instances"])
    assert "Z 3" in answer.out


def test_borders(files: Path, unetseg: Callable[..., Any]) -> None:
    line = "evaluate q.ome.tif t.ome.tif --borders"
    answer = unetseg(*line.split(), "--dimensions", 2)
    assert answer.code == 0, answer.err
    assert "Hausdorff 95 (nm)" in answer.out
    assert "| 1     |       1.0000 |" in answer.out


def test_what_was_learnt_from_comes_first(
    files: Path, unetseg: Callable[..., Any]
) -> None:
    answer = unetseg("evaluate", "p.ome.tif", "t.ome.tif", "--json", "r.json")
    assert answer.code == 0, answer.err
    told = json.loads((files / "r.json").read_text())
    assert told["seen"]["train"]["pixels"] == 180
    assert told["seen"]["unseen"]["pixels"] == 540
    score = told["seen"]["unseen"]["mean_iou"]
    assert answer.out.startswith(f"Mean IoU {score:.3f} on 540 pixels")
    assert "Of unseen pixels" in answer.out
    assert f"| mean  | {score:.4f} |" in answer.out


def test_a_table_of_objects(files: Path, unetseg: Callable[..., Any]) -> None:
    line = "evaluate q.ome.tif t.ome.tif --objects 2 --csv r.csv"
    assert unetseg(*line.split()).code == 0
    with (files / "r.csv").open(newline="", encoding="utf-8") as file:
        rows = {row["score"]: row for row in csv.DictReader(file)}
    assert rows["seg"]["value"] == "1.0"
    assert rows["missed"]["value"] == "0"
    assert int(rows["true_objects"]["value"]) > 1


def test_a_page_with_pictures(files: Path, unetseg: Callable[..., Any]) -> None:
    line = "evaluate p.ome.tif t.ome.tif --image i.ome.tif --html r.html"
    answer = unetseg(*line.split(), "--other", "q.ome.tif")
    assert answer.code == 0, answer.err
    text = (files / "r.html").read_text(encoding="utf-8")
    assert text.count("data:image/png;base64,") == 3
    assert "unetseg evaluate p.ome.tif t.ome.tif" in text
    assert "Against the other prediction" in answer.out


def test_scores_of_one_prediction_are_not_paired(
    files: Path, unetseg: Callable[..., Any]
) -> None:
    line = "evaluate p.ome.tif t.ome.tif --task neurites --objects 2 --other q.ome.tif"
    answer = unetseg(*line.split(), "--scores", "i.ome.tif")
    assert answer.code == 2
    assert "compared by their labels. Leave --scores or --other out" in answer.err


@pytest.fixture
def scored(files: Path) -> Path:
    """Scores of three classes, and a model that knows these."""
    share = np.stack([(i == PREDICTION) * 0.5 + (i == TRUTH) * 0.4 for i in range(3)])
    share[0] += 1 - share.sum(0)
    image = Image(array=share.astype(np.float32), axes="CZYX")
    write_ome_tiff(files / "s.ome.tif", image, description={"classes": "0,1,2"})
    config = NetworkConfig(base=1, depth=1, classes=3)
    card = ModelCard(network=config, classes=(0, 1, 2), halo=(8, 8))
    Model(card, network_of(config, 3).state_dict()).save(files / "m.safetensors")
    return files / "m.safetensors"


def test_the_best_threshold_is_written_into_a_model(
    scored: Path, unetseg: Callable[..., Any]
) -> None:
    weights = load_model(scored).tensors
    line = "evaluate p.ome.tif t.ome.tif --scores s.ome.tif --use-threshold 2"
    answer = unetseg(*line.split(), "--into", scored.name, "--json", "r.json")
    assert answer.code == 0, answer.err
    told = json.loads((scored.parent / "r.json").read_text())["thresholds"]["2"]
    assert told["best_iou"] > told["iou_now"]
    model = load_model(scored)
    assert model.card.thresholds == {2: told["best"]}
    assert all((model.tensors[name] == one).all() for name, one in weights.items())
    assert f"chooses class 2 from {told['best']:g} on" in answer.out
    answer = unetseg("info", scored.name)
    assert f"2 from {told['best']:g}" in answer.out


def test_which_threshold_must_be_clear(
    scored: Path, unetseg: Callable[..., Any]
) -> None:
    before = scored.read_bytes()
    line = "evaluate p.ome.tif t.ome.tif --use-threshold 2"
    assert "both --use-threshold" in unetseg(*line.split()).err
    answer = unetseg(*line.split(), "--into", scored.name)
    assert (answer.code, scored.read_bytes()) == (2, before)
    assert "none without --scores" in answer.err


def test_thresholds_of_a_model(scored: Path, unetseg: Callable[..., Any]) -> None:
    answer = unetseg("models", "threshold", scored.name, "1=0.4,2=0.7")
    assert answer.out.endswith("1 from 0.4, 2 from 0.7\n")
    assert unetseg("models", "threshold", scored.name, "1=0.5").code == 0
    assert read_card(scored).thresholds == {2: 0.7}
    assert unetseg("models", "threshold", scored.name, "3=0.7").code == 2
    assert unetseg("models", "threshold", scored.name, "2=1.5").code == 2
    assert read_card(scored).thresholds == {2: 0.7}


def test_files_that_lie_apart_are_refused(
    files: Path, unetseg: Callable[..., Any]
) -> None:
    image = Image(array=TRUTH, axes="ZYX", spacing=(50, 4, 4), unit="nm")
    for x in (1.0, 400.0):
        write_imagej(files / f"at-{x:g}.tif", image, origin={"X": x})
    near = unetseg("evaluate", "at-1.tif", "at-1.tif")
    assert near.code == 0, near.err
    far = unetseg("evaluate", "at-400.tif", "at-1.tif")
    assert far.code == 2
    assert "Along X, 'at-400.tif' begins at 400 nm" in far.err


def test_several_pairs(files: Path, unetseg: Callable[..., Any]) -> None:
    line = "evaluate p.ome.tif q.ome.tif --truth t.ome.tif t.ome.tif --json r.json"
    assert unetseg(*line.split()).code == 0
    told = json.loads((files / "r.json").read_text())
    assert [one["mean_iou"] == 1 for one in told["images"]] == [False, True]
    assert unetseg("evaluate", "p.ome.tif").code == 2


def test_folders_are_paired_by_name(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        for name in ("x.tif", "y.tif"):
            (tmp_path / folder / name).touch()
    found = pairs([tmp_path / "a", tmp_path / "b"], [])
    assert [(p.parent.name, p.name) for p, _ in found] == [
        ("a", "x.tif"),
        ("a", "y.tif"),
    ]
    (tmp_path / "b" / "z.tif").touch()
    with pytest.raises(InputError, match="different files"):
        pairs([tmp_path / "a", tmp_path / "b"], [])
