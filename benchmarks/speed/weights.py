"""What does the weight map of a frame full of objects cost, and is it the formula's?

Beside it one distance transform of the frame per object, as the formula is mostly
written down: of some of the objects, and its cost multiplied. Then the classes of a
batch of patches. CPU seconds, the median of some runs.

    python benchmarks/speed/weights.py [--side 2048] [--objects 1000] [--repeats 5]
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy.ndimage import distance_transform_edt

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from report import report

from napari_unetseg.core.config import InstancesConfig
from napari_unetseg.core.prepare.objects import to_classes
from napari_unetseg.core.prepare.weights import separation

if TYPE_CHECKING:
    from collections.abc import Callable

TRANSFORMED = 5
CHECKED = 384
VOLUME = (32, 256, 256)
COARSE = (3.3, 1, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=2048)
    parser.add_argument("--objects", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(1)
    side, repeats = options.side, options.repeats
    frame = objects((side, side), options.objects)
    paper, fiji = (InstancesConfig(weights=kind) for kind in ("paper", "fiji"))
    name = f"{side} x {side}, {options.objects} objects"
    before = os.getloadavg()[0]
    ours = timed(lambda: separation(frame, paper), repeats)
    one_each = timed(lambda: transformed(frame), 1)
    figures: dict[str, object] = {
        "load average before": round(before, 2),
        "share of pixels in objects": round(float((frame > 0).mean()), 2),
        f"{name}, paper (CPU s)": ours["cpu"],
        f"{name}, paper (wall s)": ours["wall"],
        f"{name}, fiji (CPU s)": timed(lambda: separation(frame, fiji), repeats)["cpu"],
        f"{CHECKED} x {CHECKED}: largest error / largest weight": error(frame, paper),
    }
    volume = objects(VOLUME, 200)
    shape = " x ".join(map(str, VOLUME))
    figures[f"{shape}, 200 objects, paper (CPU s)"] = timed(
        lambda: separation(volume, paper, COARSE), repeats
    )["cpu"]
    tiles = [frame[start : start + 256, :256] for start in range(0, 1024, 256)]
    batch = np.stack(tiles)
    tensor = torch.from_numpy(batch)
    shape = " x ".join(map(str, batch.shape))
    for apart in ("gap", "border"):
        config = InstancesConfig(apart=apart)
        for kind, ids in (("NumPy", batch), ("torch", tensor)):
            cost = timed(lambda ids=ids, config=config: classes(ids, config), repeats)
            figures[f"{shape}, classes with {apart}, {kind} (CPU ms)"] = round(
                1000 * cost["cpu"], 2
            )
    each = one_each["cpu"] / TRANSFORMED * options.objects
    ratios = {f"{name}: a distance transform per object": round(each / ours["cpu"])}
    report(figures, ratios)


def objects(shape: tuple[int, ...], count: int) -> np.ndarray:
    """Ids of discs or balls; those painted later are cut by the earlier ones."""
    rng = np.random.default_rng(0)
    ids = np.zeros(shape, np.int32)
    for number in range(1, count + 1):
        centre = [int(rng.integers(size)) for size in shape]
        radius = int(rng.integers(15, 35))
        box = tuple(
            slice(max(0, place - radius), place + radius + 1) for place in centre
        )
        part = ids[box]
        away = np.indices(part.shape) + np.reshape(
            [side.start - place for side, place in zip(box, centre, strict=True)],
            (-1, *(1,) * len(shape)),
        )
        part[((away**2).sum(axis=0) <= radius**2) & (part == 0)] = number
    return ids


def transformed(frame: np.ndarray) -> None:
    """Measure the distance of every pixel to each of a few objects."""
    for number in range(1, TRANSFORMED + 1):
        distance_transform_edt(frame != number)


def classes(ids: np.ndarray | torch.Tensor, config: InstancesConfig) -> None:
    to_classes(ids, config, rank=2)


def error(frame: np.ndarray, config: InstancesConfig) -> float:
    """How far a crop's map is from its formula, in parts of the largest weight."""
    crop = frame[:CHECKED, :CHECKED]
    numbers = np.unique(crop)
    far = np.full(crop.shape, np.inf)
    found = [distance_transform_edt(crop != number) for number in numbers[numbers > 0]]
    first, second = np.sort([far, far, *found], axis=0)[:2]
    formula = np.exp(-((first + second) ** 2) / 50)
    difference = np.abs(separation(crop, config) / 10 - formula).max()
    return float(f"{difference:.2g}")


def timed(work: Callable[[], None], repeats: int) -> dict[str, float]:
    """CPU and wall seconds of some work, each the median of some runs."""
    cpu, wall = [], []
    for _ in range(repeats):
        start, begun = time.process_time(), time.perf_counter()
        work()
        cpu.append(time.process_time() - start)
        wall.append(time.perf_counter() - begun)
    return {"cpu": round(median(cpu), 4), "wall": round(median(wall), 4)}


if __name__ == "__main__":
    main()
