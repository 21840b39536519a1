"""Every option reaches the question that is asked."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from napari_unetseg.cli import segment as segment_module
from napari_unetseg.cli import train as train_module
from napari_unetseg.core.config import AugmentConfig, InstancesConfig
from napari_unetseg.core.presets import train_config
from napari_unetseg.runs.folder import read_question
from napari_unetseg.runs.questions import SegmentQuestion, TrainQuestion

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TRAIN = "train --image a.tif --labels a-lab.tif --model m.safetensors"
SEGMENT = "segment a.tif --model old.safetensors --out out.tif"


@pytest.fixture
def asked(
    here: Path, unetseg: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], tuple[Path, Any]]:
    """Return folder and question of a command whose run is not started."""

    def function(line: str) -> tuple[Path, Any]:
        folders = []

        def follow(folder: Path, **_: object) -> dict[str, Any]:
            folders.append(folder)
            return {}

        monkeypatch.setattr(train_module, "follow", follow)
        monkeypatch.setattr(segment_module, "follow", follow)
        answer = unetseg(*line.split())
        assert answer.code == 0, answer.err
        return folders[0], read_question(folders[0])

    return function


def test_a_bare_training(asked: Callable[[str], Any], here: Path) -> None:
    folder, question = asked(TRAIN)
    assert folder == here / "m.safetensors.run"
    assert question == TrainQuestion(
        images=(str(here / "a.tif"),),
        labels=(str(here / "a-lab.tif"),),
        model=str(here / "m.safetensors"),
    )


@pytest.mark.parametrize(
    ("typed", "path", "value"),
    [
        ("--task instances", "config.task", "instances"),
        ("--unannotated 0", "config.unannotated", "0"),
        ("--unannotated none", "config.unannotated", "none"),
        ("--task instances --apart border", "config.instances.apart", "border"),
        ("--task instances --border 3.5", "config.instances.border", 3.5),
        (
            "--task instances --object-weights paper",
            "config.instances.weights",
            "paper",
        ),
        ("--task instances --ring 8", "config.instances.ring", 8),
        ("--task instances --ring 0", "config.instances.ring", 0),
        ("--network unet", "config.network", "unet"),
        ("--network fcn-8s", "config.network", "fcn-8s"),
        ("--network segnet", "config.depth", 5),
        ("--network segnet", "config.upsampling", "unpooling"),
        ("--network segnet --upsampling linear", "config.upsampling", "linear"),
        ("--preset paper --network patch", "config.base", 48),
        ("--centres objects", "config.centres", "objects"),
        ("--preset fast", "config.preset", "fast"),
        ("--preset fast", "config.base", 8),
        ("--preset paper", "config.network", "unet"),
        ("--preset paper --network unet-bn", "config.network", "unet-bn"),
        ("--dimensions 2", "config.dimensions", 2),
        ("--dimensions 3", "config.dimensions", 3),
        ("--base 24", "config.base", 24),
        ("--depth 2", "config.depth", 2),
        ("--upsampling linear", "config.upsampling", "linear"),
        ("--deep-supervision", "config.deep_supervision", True),
        ("--patch 64", "config.patch", 64),
        ("--batch 3", "config.batch", 3),
        ("--loss focal", "config.loss", "focal"),
        ("--class-weights equal", "config.class_weights", "equal"),
        (
            "--class-weights median-frequency",
            "config.class_weights",
            "median-frequency",
        ),
        ("--learning-rate 0.02", "config.learning_rate", 0.02),
        ("--weight-decay 0.1", "config.weight_decay", 0.1),
        ("--clip 0", "config.clip", 0),
        ("--averaging 0.9", "config.averaging", 0.9),
        (
            "--augment elastic_sigma=4 flip=no",
            "config.augment",
            AugmentConfig(elastic_sigma=4, flip=False).model_dump(),
        ),
        (
            "--preset paper --augment noise=0.5",
            "config.augment",
            train_config("paper").augment.model_dump() | {"noise": 0.5},
        ),
        ("--schedule poly", "config.schedule", "poly"),
        ("--schedule constant", "config.schedule", "constant"),
        ("--optimiser sgd", "config.optimiser", "sgd"),
        ("--preset paper --optimiser adam", "config.optimiser", "adam"),
        ("--patience 4", "config.patience", 4),
        ("--freeze --from old.safetensors", "config.freeze", True),
        ("--axes zyx", "axes", "ZYX"),
        ("--pixel-size 50,4,4nm", "pixel_size", {"spacing": [50, 4, 4], "unit": "nm"}),
        ("--channels dna,actin", "channels", ["dna", "actin"]),
        ("--validation 15-19", "config.validation", "15-19"),
        ("--minutes 2.5", "config.minutes", 2.5),
        ("--steps 12", "config.steps", 12),
        ("--steps 12", "config.minutes", None),
        ("--seed 7", "config.seed", 7),
        ("--device cpu", "config.device", "cpu"),
        ("--precision bf16", "config.precision", "bf16"),
        ("--overwrite", "overwrite", True),
    ],
)
def test_an_option_of_train(
    asked: Callable[[str], Any], typed: str, path: str, value: object
) -> None:
    _, question = asked(f"{TRAIN} {typed}")
    assert _at(question, path) == value


def test_several_images_and_a_model_to_start_from(
    asked: Callable[[str], Any], here: Path
) -> None:
    _, question = asked(
        "train --image a.tif b.tif --labels a-lab.tif b-lab.tif --model m "
        "--from old.safetensors"
    )
    assert question.images == (str(here / "a.tif"), str(here / "b.tif"))
    assert question.labels == (str(here / "a-lab.tif"), str(here / "b-lab.tif"))
    assert question.start_from == str(here / "old.safetensors")


def test_weights_of_vgg16_to_start_from(
    asked: Callable[[str], Any], unetseg: Callable[..., Any], here: Path
) -> None:
    _, question = asked(f"{TRAIN} --network fcn-8s --vgg16 b.tif")
    assert question.vgg16 == str(here / "b.tif")
    answer = unetseg(*f"{TRAIN} --vgg16 b.tif --overwrite".split())
    assert answer.code == 2
    assert "'unet-bn' is not built on VGG16" in answer.err


def test_several_models_are_averaged(asked: Callable[[str], Any], here: Path) -> None:
    others = [here / "b.safetensors", here / "c.safetensors"]
    for path in others:
        shutil.copy(here / "old.safetensors", path)
    _, question = asked(f"{SEGMENT} --model b.safetensors --model c.safetensors")
    assert question.model == str(here / "old.safetensors")
    assert question.models_besides == tuple(map(str, others))


def test_options_of_objects_leave_the_others_as_they_are(
    asked: Callable[[str], Any],
) -> None:
    _, question = asked(f"{TRAIN} --task instances --apart border --ring 3")
    wanted = InstancesConfig(apart="border", ring=3)
    assert question.config.instances == wanted
    assert (question.config.task, question.config.freeze) == ("instances", False)


def test_regions_get_absolute_paths_in_their_order(
    asked: Callable[[str], Any], here: Path
) -> None:
    _, question = asked(f"{TRAIN} --annotated b.tif")
    assert question.regions == (str(here / "b.tif"),)
    _, question = asked(
        "train --image a.tif b.tif --labels a-lab.tif b-lab.tif --model n "
        "--annotated b-lab.tif a-lab.tif"
    )
    assert question.regions == (str(here / "b-lab.tif"), str(here / "a-lab.tif"))


def test_a_bare_segmentation(asked: Callable[[str], Any], here: Path) -> None:
    folder, question = asked(SEGMENT)
    assert folder == here / "out.tif.run"
    assert question == SegmentQuestion(
        image=str(here / "a.tif"),
        model=str(here / "old.safetensors"),
        out=str(here / "out.tif"),
    )


@pytest.mark.parametrize(
    ("typed", "path", "value"),
    [
        ("--scores p.tif", "config.scores", True),
        ("--tile 128", "config.tile", 128),
        ("--tile whole", "config.tile", "whole"),
        ("--axes tyx", "axes", "TYX"),
        ("--device cpu", "config.device", "cpu"),
        ("--precision fp16", "config.precision", "fp16"),
        ("--region y=2:9", "config.region", {"Y": [2, 9]}),
        ("--average rotations", "config.average", "rotations"),
        (
            "--average flips --uncertainty-by disagreement",
            "config.uncertainty",
            "disagreement",
        ),
        ("--threshold 2=0.7", "config.thresholds", {"2": 0.7}),
        ("--objects instances", "config.objects", "instances"),
        ("--link", "config.link", True),
        ("--smallest 2=50", "config.smallest.2.value", 50),
        ("--holes 1=0.5um", "config.holes.1.unit", "um"),
        ("--no-rescale", "config.rescale", False),
        ("--pixel-size 4,4nm", "pixel_size.unit", "nm"),
        ("--dask local:2", "dask", "local:2"),
        ("--overwrite", "overwrite", True),
    ],
)
def test_an_option_of_segment(
    asked: Callable[[str], Any], typed: str, path: str, value: object
) -> None:
    _, question = asked(f"{SEGMENT} {typed}")
    assert _at(question, path) == value


def test_scores_get_an_absolute_path(asked: Callable[[str], Any], here: Path) -> None:
    _, question = asked(f"{SEGMENT} --scores deep/p.tif")
    assert question.scores == str(here / "deep" / "p.tif")


@pytest.mark.parametrize("name", ["b.tif", "shapes.csv"])
def test_a_mask_gets_an_absolute_path(
    asked: Callable[[str], Any], here: Path, name: str
) -> None:
    (here / name).touch()

    _, question = asked(f"{SEGMENT} --mask {name}")

    assert question.mask == str(here / name)


def test_a_mask_that_is_not_there_is_refused(
    here: Path, unetseg: Callable[..., Any]
) -> None:
    answer = unetseg(*f"{SEGMENT} --mask gone.csv".split())

    assert answer.code == 2
    assert "gone.csv" in answer.err


def test_the_file_of_a_scheduler_gets_an_absolute_path(
    asked: Callable[[str], Any], here: Path
) -> None:
    _, question = asked(f"{SEGMENT} --dask deep/scheduler.json")
    assert question.dask == str(here / "deep" / "scheduler.json")


@pytest.mark.parametrize("line", [TRAIN, SEGMENT])
def test_a_run_folder_can_be_named(
    asked: Callable[[str], Any], here: Path, line: str
) -> None:
    folder, _ = asked(f"{line} --run elsewhere")
    assert folder == here / "elsewhere"


def _at(question: Any, path: str) -> object:
    value = json.loads(question.model_dump_json())
    for name in path.split("."):
        value = value[name]
    return value
