"""The commands that only look: evaluate, info and check."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from napari_unetseg.cli import computer
from napari_unetseg.cli.check import speed_facts
from napari_unetseg.core.config import NetworkConfig
from napari_unetseg.core.image import Image
from napari_unetseg.core.network.build import network_of
from napari_unetseg.core.network.card import ModelCard
from napari_unetseg.core.network.modelfile import Model
from napari_unetseg.core.write.ome_tiff import write_ome_tiff

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def labels(here: Path) -> tuple[Path, Path]:
    """Prediction and truth that differ in one of 12 pixels; two are not annotated."""
    truth = np.array([[[0, 0, 1, 1], [1, 1, 2, 2], [2, 2, 2, 2]]], dtype=np.uint8)
    prediction = np.maximum(truth, 1)
    prediction[0, 2, 3] = 1
    for name, array in (("p.ome.tif", prediction), ("t.ome.tif", truth)):
        image = Image(array=array, axes="ZYX", spacing=(50, 4, 4), unit="nm")
        write_ome_tiff(here / name, image)
    return here / "p.ome.tif", here / "t.ome.tif"


def test_evaluate_prints_and_writes(
    here: Path, unetseg: Callable[..., Any], labels: tuple[Path, Path]
) -> None:
    line = "evaluate p.ome.tif t.ome.tif --ignore 0 7 --json r.json --csv r.csv"
    answer = unetseg(*line.split())
    assert answer.code == 0, answer.err
    assert "| 2     | 0.8333 |" in answer.out
    assert "Pixel error: 0.1000" in answer.out
    assert answer.out.endswith("Wrote r.json\nWrote r.csv\n")
    report = json.loads((here / "r.json").read_text())
    assert report["pixel_error"] == pytest.approx(0.1)
    assert report["mean_iou"] == pytest.approx((4 / 5 + 5 / 6) / 2)
    assert set(report["classes"]) == {"1", "2"}
    assert {"iou", "dice", "pixels"} <= set(report["classes"]["1"])
    with (here / "r.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["class"] for row in rows] == ["1", "2", "mean"]

    assert unetseg(*line.split()).code == 2
    assert unetseg(*line.split(), "--overwrite").code == 0


def test_evaluate_refuses_other_shapes(
    here: Path, unetseg: Callable[..., Any], labels: tuple[Path, Path]
) -> None:
    other = Image(array=np.ones((1, 5, 4), dtype=np.uint8), axes="ZYX")
    write_ome_tiff(here / "o.ome.tif", other)
    answer = unetseg("evaluate", "p.ome.tif", "o.ome.tif", "--json", "r.json")
    assert answer.code == 2
    assert answer.err.startswith("Error: ")
    assert not (here / "r.json").exists()


def test_info_on_an_image(
    unetseg: Callable[..., Any], labels: tuple[Path, Path]
) -> None:
    answer = unetseg("info", "t.ome.tif")
    assert answer.code == 0
    for part in ("3 x 4", "YX", "uint8", "Y 4 nm, X 4 nm", "0 to 2"):
        assert part in answer.out


def test_info_on_a_model(here: Path, unetseg: Callable[..., Any]) -> None:
    config = NetworkConfig(base=4, depth=2, classes=3)
    network = network_of(config)
    card = ModelCard(
        network=config,
        classes=(0, 1, 5),
        class_names={"0": "background", "5": "cell wall"},
        spacing=(4.0, 4.0),
        unit="nm",
        halo=(20, 20),
        training={"images": ["em.tif"], "steps": 9, "kept_step": 8},
        validation={
            "slices": [4],
            "iou": {"0": 0.5, "1": None, "5": 0.75},
            "mean_iou": 0.625,
            "pixel_error": 0.25,
        },
        versions={"napari-unetseg": "1.2.3"},
    )
    Model(card, network.state_dict()).save(here / "m.unetseg.safetensors")
    learnt = sum(parameter.numel() for parameter in network.parameters())

    answer = unetseg("info", "m.unetseg.safetensors")
    assert answer.code == 0, answer.err
    for part in (
        "unet-bn, 2D, 4 channels at the first level, depth 2",
        f"{learnt:,}\n",
        "0 (background), 1, 5 (cell wall)\n",
        "Y 4 nm, X 4 nm",
        "9 steps, weights of step 8",
        "em.tif",
        "mean IoU 0.6250, pixel error 0.2500; IoU 0 0.500, 5 0.750",
        "napari-unetseg 1.2.3",
        "sha256 ",
        "44 + 4k -> 4 + 4k px",
    ):
        assert part in answer.out


def test_info_does_not_build_what_a_card_claims(
    here: Path, unetseg: Callable[..., Any]
) -> None:
    small = network_of(NetworkConfig(base=1, depth=1)).state_dict()
    huge = NetworkConfig(base=100_000, depth=1)
    card = ModelCard(network=huge, classes=(0, 1), halo=(8, 8))
    Model(card, small).save(here / "m.unetseg.safetensors")

    answer = unetseg("info", "m.unetseg.safetensors")
    assert answer.code == 0, answer.err
    assert "receptive field" in answer.out


def test_info_on_what_is_neither(here: Path, unetseg: Callable[..., Any]) -> None:
    (here / "notes.txt").write_text("The cells of Tuesday look fine.")
    answer = unetseg("info", "notes.txt")
    assert answer.code == 2
    assert "is not a model" in answer.err


def test_check_knows_the_computer() -> None:
    facts = dict(computer.computer_facts())
    assert facts["napari-unetseg"] != "not installed"
    assert "cores" in facts["processor"]
    assert "GB" in facts["memory"]
    text = " ".join(facts.values())
    assert str(Path.home()) not in text


def test_check_tells_what_a_card_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.version, "cuda", None)
    monkeypatch.setattr(computer, "has_nvidia_card", lambda: True)
    facts = dict(computer.torch_facts())
    assert "built without CUDA" in facts["CUDA"]
    assert facts["NVIDIA card"].endswith(
        "pip install --force-reinstall torch "
        "--index-url https://download.pytorch.org/whl/cu126"
    )
    monkeypatch.setattr(torch.version, "cuda", "12.6")
    assert "update the driver" in dict(computer.torch_facts())["NVIDIA card"]
    monkeypatch.setattr(computer, "has_nvidia_card", lambda: False)
    assert "NVIDIA card" not in dict(computer.torch_facts())


def test_check_trains_and_predicts() -> None:
    facts = dict(speed_facts(steps=2, side=32))
    assert "Mpx/s" in facts["one training step"]
    assert "Mpx/s" in facts["one prediction"]
