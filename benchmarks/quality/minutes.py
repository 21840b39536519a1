"""How good is a model of the ISBI 2012 EM stack after so much training?

Trains on slices 0-14 and validates on 15-19 of the 20 slices with our defaults, beside
a plain loop of the same network (plain.py). What is given is processor time of a
training's steps, of all threads; validation and evaluation do not count on either side.
Our schedule depends on how long the training is, so that each time is a training of its
own; the plain loop is one training that is looked at on its way.

Scored is what a user gets, the weights of the best validation, by segmenting slices
15-19. These slices also chose them; "last" is the score without that choice.

    python benchmarks/quality/minutes.py [--seconds 15 30 60 120 300 600]
        [--seeds 0 1 2] [--jobs 2 --threads 1] [--cache FILE] [--minutes 5]

--minutes also trains as the command line does, for minutes of the clock.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from clock import TOLERANCE, off, trained_for, watched
from isbi import CELL, TAUGHT, VALIDATION, scored, scored_both, stack
from plain import plain_loop
from report import report
from tables import medians
from tasks import answer_or_ask, task_options

from napari_unetseg.core.jobs import train
from napari_unetseg.core.presets import train_config

if TYPE_CHECKING:
    import argparse

    from tasks import Result, Task

    Done = list[tuple[Task, Result]]

SECONDS = [15.0, 30.0, 60.0, 120.0, 300.0, 600.0]
# Pixel error, median of the seeds.
TARGETS = {60.0: 0.095, 300.0: 0.083}
# Whether more is better.
MEASURES = {"pixel error": False, "membrane IoU": True, "V-Rand": True}


def main() -> None:
    parser = task_options(__doc__)
    parser.add_argument("--seconds", type=float, nargs="+", default=SECONDS)
    parser.add_argument("--minutes", type=float, nargs="+", default=[])
    answer_or_ask(parser, answer, tasks, tell)


def tasks(options: argparse.Namespace) -> list[Task]:
    """The trainings: the long ones first, so that none is left for the end."""
    budgets = sorted(options.seconds, reverse=True)
    found: list[Task] = []
    for seed in options.seeds:
        found += [{"ours": s, "seed": seed} for s in budgets]
        found.append({"plain": sorted(budgets), "seed": seed})
        found += [{"minutes": m, "seed": seed} for m in options.minutes]
    return found


def answer(task: Task) -> Result:
    """Train and score."""
    if "plain" in task:
        return plain(task["plain"], task["seed"])
    image, labels = stack()
    wishes = {
        "network": "unet-bn",
        "validation": VALIDATION,
        "seed": task["seed"],
        "device": "cpu",
    }
    if "ours" in task:
        trained = trained_for(task["ours"], [image], [labels], **wishes)
    else:
        config = train_config(**wishes, minutes=task["minutes"])
        trained = watched(train([image], [labels], config))
    return scored_both(trained.training) | trained.figures()


def plain(marks: list[float], seed: int) -> Result:
    """Scores of the plain loop at each mark."""
    loop = plain_loop(*stack(), TAUGHT, marks, seed)
    return {
        str(mark): {**scored(model), "CPU seconds used": round(used, 2), "steps": steps}
        for mark, (used, steps, model) in zip(marks, loop, strict=True)
    }


def tell(options: argparse.Namespace, done: Done) -> None:
    """Medians of the seeds at each time, beside the plain loop and the target."""
    figures: dict[str, Any] = {}
    ratios = {}
    for seconds in sorted(options.seconds):
        mine = [r for t, r in done if t.get("ours") == seconds]
        peers = [r[str(seconds)] for t, r in done if seconds in t.get("plain", ())]
        ours, peer = medians(mine), medians(peers)
        name = f"{seconds:g} CPU seconds"
        missed = sum(off(r["CPU seconds used"], seconds) > TOLERANCE for r in mine)
        figures[name] = {
            "ours": ours,
            "plain loop": peer,
            **judged(seconds, ours, peer),
            "trainings off their time by more than 5 %": missed,
        }
        if ours and peer:
            ratio = peer["pixel error"] / ours["pixel error"]
            ratios[f"pixel error of the plain loop, {name}"] = round(ratio, 3)
    for minutes in options.minutes:
        clocked = [r for t, r in done if t.get("minutes") == minutes]
        figures[f"{minutes:g} minutes"] = {"ours": medians(clocked)}
    truth = np.asarray(stack()[1].array)[TAUGHT:]
    figures["pixel error of the answer 'all cell'"] = float(np.mean(truth != CELL))
    figures["trainings"] = [task | result for task, result in done]
    report(figures, ratios)


def judged(
    seconds: float, ours: dict[str, float], peer: dict[str, float]
) -> dict[str, Any]:
    """Whether the target is reached, and what the plain loop does no better."""
    found: dict[str, Any] = {}
    target = TARGETS.get(seconds)
    if target is not None and ours:
        found["target, pixel error"] = target
        found["target reached"] = ours["pixel error"] <= target
    for name, more in MEASURES.items():
        if name in ours and name in peer:
            worse = ours[name] < peer[name] if more else ours[name] > peer[name]
            found[f"{name} not worse than plain"] = not worse
    return found


if __name__ == "__main__":
    main()
