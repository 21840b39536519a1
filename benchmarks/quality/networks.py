"""How good is each network after so much training, on two kinds of electron microscopy?

Every network of the package at reduced width, each for the same processor time of its
steps (as `minutes.py` counts it), with the default settings: on slices 0-14 of the ISBI
2012 stack, scored on 15-19, and on axons and myelin, of which a whole image of another
animal is scored. The networks are about as wide as fits a laptop; --base changes that.

    python benchmarks/quality/networks.py [--seconds 120] [--base 8]
        [--networks NAME ...] [--sets isbi2012-em axon-myelin-sem]
        [--jobs 2 --threads 1] [--cache FILE] [--page docs/which-network.md]

Prints a table in Markdown to standard error, and writes it into a page, between the
lines ``<!-- table of SET -->`` and ``<!-- end of SET -->``.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from catalogue import TRAININGS
from clock import drained, trained_for
from isbi import TAUGHT, VALIDATION, stack
from report import DATA, report
from tables import medians
from tasks import answer_or_ask, task_options

from napari_unetseg.core.config import NETWORKS, SegmentConfig
from napari_unetseg.core.evaluate.overlap import Overlap, overlap
from napari_unetseg.core.jobs import segment
from napari_unetseg.core.network.measure import network_geometry
from napari_unetseg.core.read import read_image

if TYPE_CHECKING:
    import argparse

    from tasks import Result, Task

    from napari_unetseg.core.image import Image
    from napari_unetseg.core.network.modelfile import Model

SETS = ("isbi2012-em", "axon-myelin-sem")
COLUMNS = (
    "mean IoU",
    "parameters",
    "multiply-adds per pixel",
    "steps",
    "CPU seconds used",
    "seconds to segment",
)
# Output of which multiply-adds are counted per pixel.
TILE = (1024, 1024)


def main() -> None:
    parser = task_options(__doc__, seeds=[0])
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--base", type=int, default=8)
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=NETWORKS)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS)
    parser.add_argument("--page", type=Path, help="where the tables belong")
    answer_or_ask(parser, answer, tasks, tell)


def tasks(options: argparse.Namespace) -> list[Task]:
    """A training of each network on each set."""
    return [
        {
            "set": name,
            "network": network,
            "seconds": options.seconds,
            "base": options.base,
            "seed": seed,
        }
        for seed in options.seeds
        for name in options.sets
        for network in options.networks
    ]


def answer(task: Task) -> Result:
    """Train, segment and score."""
    images, labels, validation = taught(task["set"])
    trained = trained_for(
        task["seconds"],
        images,
        labels,
        network=task["network"],
        base=task["base"],
        validation=validation,
        seed=task["seed"],
        device="cpu",
    )
    model = trained.training.model
    begun = time.monotonic()
    scores = scored(task["set"], model)
    seconds = time.monotonic() - begun
    geometry = network_geometry(model.network(), TILE)
    return {
        **{f"IoU {k}": v for k, v in scores.iou.items()},
        "mean IoU": scores.mean_iou,
        "parameters": geometry.parameters,
        "multiply-adds per pixel": round(geometry.multiply_adds_per_pixel),
        "seconds to segment": round(seconds, 1),
        **trained.figures(),
    }


def taught(name: str) -> tuple[list[Image], list[Image], str]:
    """What is learnt from, and what validates."""
    if name == "isbi2012-em":
        image, labels = stack()
        return [image], [labels], VALIDATION
    training, folder = TRAININGS[name], DATA / name
    images = [read_image(folder / path) for path in training.images]
    return images, [read_image(folder / path) for path in training.labels], "0.2"


def scored(name: str, model: Model) -> Overlap:
    """Agreement on what taught nothing; of the stack it chose the weights."""
    if name == "isbi2012-em":
        image, labels = stack()
        config = SegmentConfig(region={"Z": (TAUGHT, image.shape[0])}, device="cpu")
        found = drained(segment(image, model, config)).labels
        return overlap(np.asarray(found.array)[TAUGHT:], labels.array[TAUGHT:])
    training, folder = TRAININGS[name], DATA / name
    image = read_image(folder / training.other)
    truth = read_image(folder / training.other_labels)
    found = drained(segment(image, model, SegmentConfig(device="cpu"))).labels
    return overlap(np.asarray(found.array), np.asarray(truth.array))


def tell(options: argparse.Namespace, done: list[tuple[Task, Result]]) -> None:
    """One table for each set: the medians of the seeds."""
    figures: dict[str, Any] = {}
    for name in options.sets:
        rows = {
            network: medians(
                [r for t, r in done if (t["set"], t["network"]) == (name, network)]
            )
            for network in options.networks
        }
        figures[name] = rows
        text = table(rows)
        print(f"\n{name}\n\n{text}", file=sys.stderr)
        if options.page is not None:
            write_into(options.page, name, text)
    figures["trainings"] = [task | result for task, result in done]
    report(figures, {})


def table(rows: dict[str, dict[str, float]]) -> str:
    """Rows in Markdown, the best mean IoU first."""
    known = {name: row for name, row in rows.items() if row}
    if not known:
        return "no result"
    columns = [
        key
        for key in next(iter(known.values()))
        if key.startswith("IoU") or key in COLUMNS
    ]
    lines = [
        "| network | " + " | ".join(columns) + " |",
        "|---|" + "---|" * len(columns),
    ]
    for name, row in sorted(known.items(), key=lambda one: -one[1]["mean IoU"]):
        cells = (
            f"{row[key]:,.3f}" if "IoU" in key else f"{row[key]:,.0f}"
            for key in columns
        )
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def write_into(page: Path, name: str, text: str) -> None:
    """Replace what is between the marks of a set."""
    first, last = f"<!-- table of {name} -->\n", f"<!-- end of {name} -->"
    before, _, rest = page.read_text(encoding="utf-8").partition(first)
    _, mark, after = rest.partition(last)
    if not mark:
        sys.exit(f"{page} has no place for the table of {name}")
    page.write_text(f"{before}{first}\n{text}\n\n{last}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
