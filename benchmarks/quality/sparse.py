"""How much has to be painted?

Of the ISBI 2012 EM stack, slices 0-14, a share of the pixels is painted in strokes
(strokes.py) and the rest is not annotated; 15-19 are annotated densely, validate and
are scored, as in minutes.py. All trainings get the same processor time.

    python benchmarks/quality/sparse.py [--shares 0.01 0.05 1] [--seconds 120]
        [--seeds 0 1 2] [--jobs 2 --threads 1] [--cache FILE]
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from clock import trained_for
from isbi import TAUGHT, VALIDATION, scored_both, stack
from report import report
from strokes import painted
from tables import medians
from tasks import answer_or_ask, task_options

if TYPE_CHECKING:
    import argparse

    from tasks import Result, Task

# Of the mean IoU with all pixels painted, what 5 % of them should reach.
SHARE, TARGET = 0.05, 0.9


def main() -> None:
    parser = task_options(__doc__)
    parser.add_argument("--shares", type=float, nargs="+", default=[0.01, 0.05, 1.0])
    parser.add_argument("--seconds", type=float, default=120.0)
    answer_or_ask(parser, answer, tasks, tell)


def tasks(options: argparse.Namespace) -> list[Task]:
    """A training for each share and seed."""
    return [
        {"share": share, "seconds": options.seconds, "seed": seed}
        for seed in options.seeds
        for share in options.shares
    ]


def answer(task: Task) -> Result:
    """Paint, train and score."""
    image, dense = stack()
    truth = np.asarray(dense.array)
    strokes = painted(truth[:TAUGHT], task["share"], task["seed"])
    labels = replace(dense, array=np.concatenate([strokes, truth[TAUGHT:]]))
    trained = trained_for(
        task["seconds"],
        [image],
        [labels],
        network="unet-bn",
        unannotated="0",
        validation=VALIDATION,
        seed=task["seed"],
        device="cpu",
    )
    return {
        "painted": float(np.mean(strokes != 0)),
        **scored_both(trained.training),
        **trained.figures(),
    }


def tell(options: argparse.Namespace, done: list[tuple[Task, Result]]) -> None:
    """Medians of the seeds for each share, and how much of the densest they reach."""
    name = "mean IoU"
    found = {
        share: medians([r for t, r in done if t["share"] == share])
        for share in options.shares
    }
    dense = found.get(1.0, {}).get(name)
    figures: dict[str, Any] = {"CPU seconds": options.seconds}
    for share, scores in found.items():
        of_dense = scores[name] / dense if dense and scores else None
        figures[f"{share:.0%} painted"] = scores | {"of dense": of_dense}
        if share == SHARE and of_dense is not None:
            figures["target of dense, 5 % painted"] = TARGET
            figures["target reached"] = of_dense >= TARGET
    figures["trainings"] = [task | result for task, result in done]
    report(figures, {})


if __name__ == "__main__":
    main()
