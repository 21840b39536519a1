"""What does it cost to score a plane full of objects, and do others score it alike?

Ten thousand cells of 4096 x 4096 pixels; of the prediction most are shifted, some are
missing, split, merged or too many. SEG, DET, F1, AP, PQ, splits and merges, with the
table of all objects and how far their pixels agree, beside `stardist.matching` (F1, AP
and PQ at the same ten thresholds) and py-ctcmetrics (SEG and DET, from files as it
reads them). Then the volume `gonuclear-3d` and the cells of `dic-hela`, and classes
pixel by pixel. CPU seconds of this process, of all its threads, the median.

    python benchmarks/speed/evaluate.py [--side 4096] [--objects 10000] [--repeat 3]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
import tifffile
from scipy import ndimage

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from report import DATA, report

import napari_unetseg as us
from napari_unetseg.core.evaluate.object_scores import THRESHOLDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Sides = tuple[NDArray[np.int32], NDArray[np.int32]]

SEED = 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=4096)
    parser.add_argument("--objects", type=int, default=10_000)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    figures: dict[str, object] = {"load average before": round(os.getloadavg()[0], 2)}
    ratios: dict[str, float] = {}
    plane = cells(options.side, options.objects)
    name = f"{options.side} x {options.side}, {len(np.unique(plane[1])) - 1} objects"
    sets: dict[str, Sides] = {name: plane}
    for name, loaded in (("gonuclear-3d", volume), ("dic-hela", hela)):
        if (DATA / name).exists():
            sets[name] = loaded(DATA / name)
    for name, sides in sets.items():
        compared(name, sides, options.repeat, figures, ratios)
    kinds = tuple((side % 4).astype(np.uint8) for side in plane)
    classes = cost(lambda: us.evaluate(*kinds), options.repeat)
    figures[f"{options.side} x {options.side}, 4 classes (CPU s)"] = classes
    report(figures, ratios)


def compared(
    name: str,
    sides: Sides,
    repeat: int,
    figures: dict[str, object],
    ratios: dict[str, float],
) -> None:
    """Score one pair with every program, and check that the scores are the same."""
    prediction, truth = sides
    dimensions = truth.ndim
    found: dict[str, Any] = {}

    def ours() -> None:
        one = us.evaluate(
            prediction, truth, task="instances", dimensions=dimensions
        ).objects
        assert one is not None
        found["ours"] = one.scores

    own = cost(ours, repeat)
    figures[f"{name}: napari-unetseg (CPU s)"] = own
    for peer, asked in (("stardist", by_stardist), ("py-ctcmetrics", by_challenge)):
        taken = cost(lambda a=asked, p=peer: found.update({p: a(*sides)}), repeat)
        figures[f"{name}: {peer} (CPU s)"] = taken
        ratios[f"{peer}, {name}"] = round(taken / own, 2)
    scores = found["ours"]
    same = np.allclose([*scores.f1.values()], found["stardist"], atol=1e-6)
    figures[f"{name}: F1 as stardist has it"] = bool(same)
    challenge = [scores.seg, scores.det]
    figures[f"{name}: SEG and DET as py-ctcmetrics has them"] = bool(
        np.allclose(challenge, found["py-ctcmetrics"], atol=1e-6)
    )


def by_stardist(prediction: NDArray[Any], truth: NDArray[Any]) -> list[float]:
    """F1 at the ten thresholds."""
    from stardist.matching import matching

    # It takes an IoU that equals the threshold for a match, and we do not.
    just = [float(np.nextafter(np.float32(t), np.float32(1))) for t in THRESHOLDS]
    return [float(one.f1) for one in matching(truth, prediction, just)]


def by_challenge(prediction: NDArray[Any], truth: NDArray[Any]) -> list[float]:
    """SEG and DET, from files as the challenge has them."""
    from ctc_metrics.metrics import det, seg
    from ctc_metrics.utils.representations import (
        count_acyclic_graph_correction_operations,
        match,
    )

    with tempfile.TemporaryDirectory() as folder:
        paths = [str(Path(folder, f"{side}.tif")) for side in "tp"]
        for path, side in zip(paths, (truth, prediction), strict=True):
            tifffile.imwrite(path, side)
        labels, others, mapped, mapped_others, ious = ([one] for one in match(*paths))
    counts = count_acyclic_graph_correction_operations(
        None, None, labels, others, mapped, mapped_others
    )
    return [float(seg(labels, ious)), float(det(**counts))]


def cost(function: Callable[[], object], repeat: int) -> float:
    """CPU seconds of a call, after one that loads what it needs."""
    function()
    taken = []
    for _ in range(repeat):
        start = time.process_time()
        function()
        taken.append(time.process_time() - start)
    return round(median(taken), 3)


def cells(side: int, count: int) -> Sides:
    """Discs on a jittered grid, and a prediction with every kind of error."""
    rng = np.random.default_rng(SEED)
    across = int(np.ceil(np.sqrt(count)))
    step = side / across
    radius = 0.36 * step
    truth = np.zeros((side, side), np.int32)
    found = np.zeros((side, side), np.int32)
    names = rng.permutation(count) + 1
    for number in range(count):
        row, column = divmod(number, across)
        centre = (np.array([row, column]) + 0.5) * step + rng.uniform(-2, 2, 2)
        disc(truth, centre, radius, number + 1)
        fate = rng.random()
        if fate < 0.05:
            continue  # Missed.
        name = int(names[number])
        if 0.05 <= fate < 0.08 and number:
            name = int(names[number - 1])  # Merged with its neighbour.
        disc(
            found, centre + rng.normal(0, 1.5, 2), radius * rng.uniform(0.8, 1.1), name
        )
        if 0.08 <= fate < 0.11:
            top, left = (centre - radius).astype(int)
            part = found[max(0, top) : int(centre[0]), max(0, left) : left + int(step)]
            part[part == name] = count + number + 1  # Split.
    return found, truth


def disc(
    image: NDArray[np.int32], centre: NDArray[np.float64], radius: float, name: int
) -> None:
    """Draw a disc into a plane."""
    low = np.maximum(0, np.floor(centre - radius)).astype(int)
    high = np.minimum(image.shape, np.ceil(centre + radius) + 1).astype(int)
    part = image[low[0] : high[0], low[1] : high[1]]
    y, x = np.ogrid[low[0] : high[0], low[1] : high[1]]
    inside = (y - centre[0]) ** 2 + (x - centre[1]) ** 2 <= radius**2
    part[inside & (part == 0)] = name


def volume(folder: Path) -> Sides:
    """Nuclei, and connected pixels above a threshold of their image."""
    from skimage.filters import threshold_otsu

    truth = tifffile.imread(folder / "1135_labels.tif").astype(np.int32)
    image = tifffile.imread(folder / "1135_raw.tif").astype(np.float32)
    smooth = ndimage.gaussian_filter(image, 1)
    found, _ = ndimage.label(smooth > threshold_otsu(smooth))
    return found.astype(np.int32), truth


def hela(folder: Path) -> Sides:
    """The last frame of touching cells, and the same cells one by one eroded."""
    truth = tifffile.imread(folder / "01_gold_labels.tif")[-1].astype(np.int32)
    found = ndimage.grey_erosion(ndimage.median_filter(truth, 9), 5)
    return found.astype(np.int32), truth


if __name__ == "__main__":
    main()
