"""Is a training's cost foretold: seconds per step, and the growth of its process?

Measures the computer as the docks do, then trains for some steps, each time in a
process of its own below normal priority, and compares. Best on an idle computer.

    python benchmarks/speed/cost.py [--repeats 3] [--steps 8]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from report import report

from napari_unetseg.core.presets import train_config
from napari_unetseg.runs import home, machine
from napari_unetseg.runs.cost import PROGRAM_BYTES, training_cost

SIDE = 512
TRAININGS: dict[str, dict[str, object]] = {
    "default": {},
    "fast": {"preset": "fast"},
    "paper, base 16": {"preset": "paper", "base": 16},
    "paper, base 32": {"preset": "paper", "base": 32},
    "base 32, batch 2": {"base": 32, "batch": 2},
    "base 64, patch 64, batch 1": {"base": 64, "patch": 64, "batch": 1},
}

# Prints the median seconds of a step and the growth of the process's peak in bytes. The
# first, tiny trainings load what every training needs.
MEASURE = """
import json, os, resource, sys, time
from statistics import median
import numpy as np
from napari_unetseg.core import jobs
from napari_unetseg.core.presets import train_config
from napari_unetseg.core.events import Step
from napari_unetseg.core.image import Image

def train(side, **wishes):
    grey = np.random.default_rng(0).integers(0, 256, (side, side), dtype=np.uint8)
    image = Image(array=grey, axes="YX", name="noise")
    labels = Image(array=grey // 128 + 1, axes="YX", name="labels")
    config = train_config(validation="0", **wishes)
    job = jobs.train([image], [labels], config)
    times = [time.perf_counter() for event in job if isinstance(event, Step)]
    return median(np.diff(times)[1:])

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

os.nice(10)
for network in ("unet", "unet-bn"):
    train(64, network=network, base=2, depth=1, patch=32, steps=3)
before = peak()
seconds = train(int(sys.argv[1]), **json.loads(sys.argv[2]))
print(seconds, peak() - before)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--steps", type=int, default=8)
    options = parser.parse_args()
    figures: dict[str, object] = {}
    for name, wishes in TRAININGS.items():
        pairs = [compare(wishes, options.steps) for _ in range(options.repeats)]
        for what in pairs[0]:
            values = [pair[what] for pair in pairs]
            figures[f"{name}: {what}"] = float(f"{median(values):.3g}")
            if what.endswith("/ measured"):
                spread = [float(f"{value:.3g}") for value in sorted(values)]
                figures[f"{name}: {what}, each time"] = spread
    report(figures, {})


def compare(wishes: dict[str, object], steps: int) -> dict[str, float]:
    """Foretell a training's cost and measure it, close in time."""
    with tempfile.TemporaryDirectory() as scratch:
        os.environ[home.VARIABLE] = scratch
        here = machine.measure()
    cost = training_cost(
        train_config(**wishes),  # type: ignore[arg-type]
        channels=1,
        classes=2,
        machine=here,
        shapes=[(SIDE, SIDE)],
    )
    assert cost.seconds_per_step is not None
    values = json.dumps({**wishes, "steps": steps})
    environment = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE"}
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(SIDE), values],
        check=True,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    seconds, growth = map(float, done.stdout.split())
    foretold = cost.memory - PROGRAM_BYTES
    return {
        "step foretold (s)": cost.seconds_per_step,
        "step measured (s)": seconds,
        "step foretold / measured": cost.seconds_per_step / seconds,
        "memory foretold (MB)": foretold / 1e6,
        "memory measured (MB)": growth / 1e6,
        "memory foretold / measured": foretold / growth,
    }


if __name__ == "__main__":
    main()
