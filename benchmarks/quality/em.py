"""How good is a model of the ISBI 2012 EM stack after some minutes of training?

Trains on slices 0-14 and validates on 15-19 of the 20 slices, through the command line,
then segments and evaluates slices 15-19. These slices also chose the kept weights.

    python benchmarks/quality/em.py [--minutes 5] [--seeds 0 1 2]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
import tifffile

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from report import DATA, report


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    options = parser.parse_args()
    folder = DATA / "isbi2012-em"
    with tempfile.TemporaryDirectory() as scratch:
        runs = [
            one_run(folder, Path(scratch) / str(seed), seed, options.minutes)
            for seed in options.seeds
        ]
    truth = tifffile.imread(folder / "labels.tif")[15:20]
    figures = {
        "mean IoU (median)": median(run["mean IoU"] for run in runs),
        "pixel error (median)": median(run["pixel error"] for run in runs),
        "pixel error of the answer 'all cell'": float(np.mean(truth != 1)),
        "training (minutes asked)": options.minutes,
        "runs": runs,
    }
    report(figures, {})


def one_run(data: Path, folder: Path, seed: int, minutes: float) -> dict[str, float]:
    """Train, segment and evaluate with one seed."""
    folder.mkdir()
    for name in ("images", "labels"):
        stack = tifffile.imread(data / f"{name}.tif")[15:20]
        tifffile.imwrite(folder / f"{name}.tif", stack, metadata={"axes": "ZYX"})
    model, out = folder / "em.unetseg.safetensors", folder / "segmented.ome.tif"
    start = time.monotonic()
    unetseg(
        f"train --image {data / 'images.tif'} --labels {data / 'labels.tif'} "
        f"--model {model} --validation 15-19 --minutes {minutes} --seed {seed}"
    )
    trained = time.monotonic()
    unetseg(f"segment {folder / 'images.tif'} --model {model} --out {out}")
    segmented = time.monotonic()
    scores = folder / "scores.json"
    unetseg(f"evaluate {out} {folder / 'labels.tif'} --json {scores}")
    found = json.loads(scores.read_text())
    return {
        "seed": seed,
        "mean IoU": found["mean_iou"],
        "IoU cell": found["classes"]["1"]["iou"],
        "IoU membrane": found["classes"]["2"]["iou"],
        "pixel error": found["pixel_error"],
        "training (s)": round(trained - start, 1),
        "segmenting 5 slices (s)": round(segmented - trained, 1),
    }


def unetseg(command: str) -> None:
    """Run a command line; what it prints goes to standard error."""
    subprocess.run(
        [sys.executable, "-m", "napari_unetseg", *command.split()],
        check=True,
        stdout=sys.stderr,
    )


if __name__ == "__main__":
    main()
