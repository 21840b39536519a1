"""What is wrong with a command is said in one line, before a folder is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from napari_unetseg.core.events import Failed, from_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TRAIN = "train --image a.tif --labels a-lab.tif --model m"
SEGMENT = "segment a.tif --model old.safetensors --out o.tif"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("train", "--image, --labels, --model are missing"),
        ("train --image a.tif --labels a-lab.tif", "--model is missing"),
        (TRAIN + " --image b.tif", "2 images but 1 labels"),
        (TRAIN + " --network resnet", "Choose one of: unet-bn, unet, unet-res"),
        (TRAIN + " --preset slow", "Choose one of: default, fast, paper"),
        (TRAIN + " --task all", "Choose one of: classes, instances"),
        (TRAIN + " --unannotated 1", "Choose one of: auto, 0, none"),
        (TRAIN + " --device tpu", "Choose one of: auto, cpu, cuda, mps"),
        (TRAIN + " --precision fp8", "Choose one of: auto, fp32, bf16"),
        (TRAIN + " --dimensions 4", "dimensions = 4 does not fit"),
        (TRAIN + " --base 0", "base = 0 does not fit"),
        (TRAIN + " --depth 0", "depth = 0 does not fit"),
        (TRAIN + " --depth 8", "depth = 8 does not fit"),
        (TRAIN + " --loss l2", "Choose one of: cross-entropy, dice"),
        (TRAIN + " --upsampling nearest", "Choose one of: transposed, linear"),
        (TRAIN + " --class-weights many", "Choose one of: equal, median-frequency"),
        (TRAIN + " --augment wobble=1", "'wobble=1' is no change of the patches"),
        (TRAIN + " --augment noise", "Write NAME=VALUE with one of: bent, elastic"),
        (TRAIN + " --augment noise=-1", "noise = '-1' does not fit"),
        (TRAIN + " --schedule step", "Choose one of: cosine, poly, constant"),
        (TRAIN + " --optimiser lion", "Choose one of: adamw, adam, sgd"),
        (TRAIN + " --apart hope", "Choose one of: border, gap"),
        (TRAIN + " --object-weights heavy", "Choose one of: none, paper, fiji"),
        (TRAIN + " --border 0", "border = 0.0 does not fit"),
        (TRAIN + " --ring -1", "ring = -1.0 does not fit"),
        (TRAIN + " --patience 0", "patience = 0 does not fit"),
        (TRAIN + " --learning-rate 0", "learning_rate = 0.0 does not fit"),
        (TRAIN + " --annotated gone", "'gone' does not exist"),
        (TRAIN + " --annotated b.tif b.tif", "--annotated names 2 files, but there"),
        (TRAIN + " --minutes 1 --steps 2", "--minutes and --steps"),
        (TRAIN + " --steps 0", "steps = 0 does not fit"),
        (TRAIN + " --minutes -1", "minutes = -1.0 does not fit"),
        (TRAIN + " --seed -1", "seed = -1 does not fit"),
        (TRAIN + " --pixel-size big", "'big' is no pixel size"),
        (TRAIN + " --from gone", "'gone' does not exist"),
        (TRAIN + " --resume --overwrite", "Give one of the two"),
        ("train --image gone --labels a-lab.tif --model m", "'gone' does not exist"),
        ("train --image a.tif --labels gone --model m", "'gone' does not exist"),
        ("train --image a.tif --labels a-lab.tif --model a.tif", "another file"),
        ("train --image a.tif --labels a-lab.tif --model b.tif", "'b.tif' exists"),
        ("train --image a.tif --labels a-lab.tif --model .", "is a folder"),
        ("train --resume", "Give --model or --run"),
        ("train --resume --model m", "Leave out --resume to begin"),
        ("segment", "The image is missing"),
        ("segment a.tif", "--model, --out are missing"),
        ("segment gone --model old.safetensors --out o.tif", "'gone' does not exist"),
        ("segment a.tif --model gone --out o.tif", "'gone' does not exist"),
        ("segment a.tif --model old.safetensors --out o.png", "End it in .ome.tif"),
        (SEGMENT + " --scores p.npy", "End it in .ome.tif"),
        (SEGMENT + " --scores b.tif", "'b.tif' exists"),
        (SEGMENT + " --scores o.tif", "another file"),
        (SEGMENT + " --tile big", "'big' is no tile size"),
        (SEGMENT + " --dask here", "'here' is no address of a Dask cluster"),
        ("segment --resume", "Give --out or --run"),
        ("evaluate a.tif gone", "'gone' does not exist"),
        ("evaluate a.tif b.tif --json a-lab.tif", "'a-lab.tif' exists"),
        ("evaluate a.tif b.tif --csv a-lab.tif", "'a-lab.tif' exists"),
        ("info gone", "'gone' does not exist"),
        ("demo --out a.tif", "is a file"),
        ("demo --out .", "is not empty"),
    ],
)
def test_one_line_and_no_trace(
    here: Path, unetseg: Callable[..., Any], line: str, said: str
) -> None:
    before = sorted(here.iterdir())
    answer = unetseg(*line.split())
    assert answer.code == 2
    assert answer.out == ""
    assert answer.err.startswith("Error: ")
    assert answer.err.count("\n") == 1
    assert answer.err.endswith(".\n")
    assert said in answer.err
    assert sorted(here.iterdir()) == before


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("train --imgae a.tif", "No such option: --imgae"),
        ("trian", "No such command 'trian'"),
        ("evaluate", "Missing argument 'PREDICTION ... TRUTH'"),
        ("train --steps many", "--steps"),
    ],
)
def test_a_usage_error_names_the_help(
    here: Path, unetseg: Callable[..., Any], line: str, said: str
) -> None:
    answer = unetseg(*line.split())
    assert answer.code == 2
    assert answer.out == ""
    first, second = answer.err.splitlines()
    assert first.startswith("Error: ")
    assert said in first
    assert second.startswith("See: unetseg")
    assert second.endswith("--help")


def test_who_reads_json_gets_the_error_as_an_event(
    here: Path, unetseg: Callable[..., Any]
) -> None:
    answer = unetseg(*f"{TRAIN} --network resnet --json".split())
    assert answer.code == 2
    event = from_json(answer.out)
    assert isinstance(event, Failed)
    assert event.mendable
    assert event.error == "InputError"
    assert answer.err == f"Error: {event.message}\n"


def test_an_unwritable_folder_is_told(here: Path, unetseg: Callable[..., Any]) -> None:
    answer = unetseg(*TRAIN.replace("--model m", "--model a.tif/m").split())
    assert answer.code == 2
    assert "cannot be written" in answer.err
