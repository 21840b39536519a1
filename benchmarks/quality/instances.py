"""Which way of teaching single objects is best?

Trains on frames of two sets of the Cell Tracking Challenge whose cells touch, and
segments a block of frames in the middle that nothing was learnt from, nor from the five
frames before and after it. Scored are SEG and F1 on the block's gold frames, which are
drawn by hand; two of those of dic-hela lack one cell each, which costs all the same.

Taught are the gold frames outside of the block, few and in part incomplete, or the
silver ones, which are computed for all frames. No score chooses the weights: they are
those of the last step.

    python benchmarks/quality/instances.py [--sets dic-hela phc-u373]
        [--variants NAME ...] [--annotations silver gold] [--steps 1500] [--base 32]
        [--device auto] [--seeds 0] [--jobs 4 --threads 4] [--deadline S] [--cache FILE]

With --deadline no training begins after so many seconds; what matters most comes first.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from clock import drained
from report import DATA, report
from tables import medians
from tasks import answer_or_ask, task_options

from napari_unetseg.core.config import SegmentConfig
from napari_unetseg.core.device import choose_device, import_torch
from napari_unetseg.core.evaluate.instances import InstanceScore, instance_score
from napari_unetseg.core.jobs import segment, train
from napari_unetseg.core.presets import train_config
from napari_unetseg.core.read import read_image

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from tasks import Result, Task

    from napari_unetseg.core.image import Image


class Series(NamedTuple):
    """A set: its files, the numbers of its gold frames, the block that is scored."""

    sequence: str
    gold: tuple[int, ...]
    block: range


SETS = {
    "dic-hela": Series("01", (2, 5, 21, 31, 33, 34, 39, 54, 67), range(31, 40)),
    "phc-u373": Series("02", (10, 17, 19, 20, 22, 26, 35, 36, 41, 49), range(35, 50)),
}
GUARD = 5
# The first ones come first.
VARIANTS: dict[str, dict[str, Any]] = {
    "border of 2": {"apart": "border", "border": 2.0},
    "gap, paper": {"apart": "gap", "weights": "paper"},
    "gap": {"apart": "gap"},
    "border of 2, paper": {"apart": "border", "border": 2.0, "weights": "paper"},
    "border of 3": {"apart": "border", "border": 3.0},
    "border of 4": {"apart": "border", "border": 4.0},
    "gap, fiji": {"apart": "gap", "weights": "fiji"},
    "border of 1": {"apart": "border", "border": 1.0},
}
ANNOTATIONS = ("silver", "gold")


def main() -> None:
    parser = task_options(__doc__, seeds=[0])
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument(
        "--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS)
    )
    parser.add_argument(
        "--annotations", nargs="+", choices=ANNOTATIONS, default=list(ANNOTATIONS)
    )
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--base", type=int, help="channels of the first level")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--deadline", type=float, metavar="S")
    answer_or_ask(parser, answer, tasks, tell)


def tasks(options: argparse.Namespace) -> list[Task]:
    """The trainings, in the order of what they tell."""
    return [
        {
            "set": name,
            "annotation": annotation,
            "variant": variant,
            "seed": seed,
            "steps": options.steps,
            "base": options.base,
            "device": options.device,
        }
        for seed in options.seeds
        for annotation in options.annotations
        for variant in options.variants
        for name in options.sets
    ]


def answer(task: Task) -> Result:
    """Train, segment the block's gold frames, and score them."""
    series = SETS[task["set"]]
    image, labels = taught(task["set"], task["annotation"])
    config = train_config(
        task="instances",
        instances=VARIANTS[task["variant"]],
        steps=task["steps"],
        base=task["base"],
        seed=task["seed"],
        device=task["device"],
        validation="0",
    )
    begun = time.monotonic()
    model = drained(train([image], [labels], config)).model
    trained = time.monotonic()
    gold, truth = pair(task["set"], "gold")
    held_out = [i for i, frame in enumerate(series.gold) if frame in series.block]
    asked = SegmentConfig(device=task["device"])
    found = drained(segment(frames(gold, held_out), model, asked)).labels
    pairs = zip(np.asarray(truth.array)[held_out], np.asarray(found.array), strict=True)
    score = sum((instance_score(*planes) for planes in pairs), InstanceScore())
    return {
        "SEG": score.seg,
        "F1": score.f1,
        "cells": score.references,
        "found": score.predictions,
        "frames taught": len(labels.array),
        "computed on": device_name(task["device"]),
        "training (s)": round(trained - begun, 1),
        "segmenting and scoring (s)": round(time.monotonic() - trained, 1),
    }


def device_name(wish: str) -> str:
    """What computes, by its maker's name."""
    device, torch = choose_device(wish), import_torch()
    return torch.cuda.get_device_name() if device == "cuda" else device


def taught(name: str, annotation: str) -> tuple[Image, Image]:
    """Frames that are neither in the block nor near it."""
    series = SETS[name]
    image, labels = pair(name, annotation)
    numbers: Sequence[int] = range(len(image.array))
    if annotation == "gold":
        numbers = series.gold
    first, last = series.block[0] - GUARD, series.block[-1] + GUARD
    far = [i for i, frame in enumerate(numbers) if not first <= frame <= last]
    return frames(image, far), frames(labels, far)


def pair(name: str, annotation: str) -> tuple[Image, Image]:
    """Images and labels of one kind, over time."""
    sequence = SETS[name].sequence
    images = f"{sequence}_gold_images" if annotation == "gold" else f"{sequence}_images"
    files = (f"{images}.tif", f"{sequence}_{annotation}_labels.tif")
    image, labels = (read_image(DATA / name / file, axes="TYX") for file in files)
    return image, labels


def frames(image: Image, numbers: Sequence[int]) -> Image:
    """Some frames of a series."""
    return replace(image, array=np.asarray(image.array)[list(numbers)])


def tell(options: argparse.Namespace, done: list[tuple[Task, Result]]) -> None:
    """Medians of the seeds by set, annotation and variant, and which is the best."""
    figures: dict[str, Any] = {"steps": options.steps, "base": options.base}
    for name in options.sets:
        for annotation in options.annotations:
            table = {
                variant: medians(
                    [
                        result
                        for task, result in done
                        if (task["set"], task["annotation"], task["variant"])
                        == (name, annotation, variant)
                    ]
                )
                for variant in options.variants
            }
            found = {variant: scores for variant, scores in table.items() if scores}
            figures[f"{name}, {annotation}"] = found
    figures["mean SEG of the sets"] = {
        f"{annotation}, {variant}": round(sum(scores) / len(scores), 4)
        for annotation in options.annotations
        for variant in options.variants
        if len(scores := segs(figures, options.sets, annotation, variant))
        == len(options.sets)
    }
    figures["trainings"] = [task | result for task, result in done]
    report(figures, {})


def segs(
    figures: dict[str, Any], sets: list[str], annotation: str, variant: str
) -> list[float]:
    """SEG of a variant in each set that has it."""
    tables = [figures[f"{name}, {annotation}"] for name in sets]
    return [
        table[variant]["SEG"] for table in tables if "SEG" in table.get(variant, {})
    ]


if __name__ == "__main__":
    main()
