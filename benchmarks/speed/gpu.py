"""What a GPU makes of a large network, of an image on the disk, and of a training.

The first two are also asked by `predict.py`, where torch finds CUDA. Wall seconds,
since the GPU works alone.

    python benchmarks/speed/gpu.py [--base 16 32 64] [--size 1024] [--steps 60]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from inputs import em_image, random_model, write_em_zarr
from report import report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from napari_unetseg.core.events import Event
    from napari_unetseg.core.network.modelfile import Model

    Figures = dict[str, object]

REPEATS = 3
PRECISIONS = ("fp32", "bf16", "fp16")
# The sizes that the presets state for a GPU, but for the channels.
PATCH, BATCH, DEPTH = 256, 4, 4
# A GPU is through with a small image before it is measured.
LARGER = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=int, nargs="+", default=[16, 32, 64])
    parser.add_argument("--size", type=int, default=1024, help="an eighth of the side")
    parser.add_argument("--steps", type=int, default=60)
    options = parser.parse_args()
    from napari_unetseg.core.device import choose_device
    from napari_unetseg.core.errors import DeviceError

    try:
        choose_device("cuda")
    except DeviceError as error:
        sys.exit(f"Error: {error}")
    figures: Figures = {}
    home = Path.cwd()
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)
        figures |= told(gpu_figures(max(options.base), options.size))
        os.chdir(home)
    for base in options.base:
        model = random_model(base, DEPTH)
        figures |= told(prediction_figures(model, LARGER // 2 * options.size))
        figures |= told(training_figures(base, options.steps))
        figures |= told(difference_figures(model, 512))
    report(figures, {})


def told(figures: Figures) -> Figures:
    """Tell what there is at once: a GPU is lent for minutes."""
    for name, value in figures.items():
        print(f"{name}: {value}", file=sys.stderr, flush=True)
    return figures


def prediction_figures(model: Model, side: int) -> Figures:
    """Speed of a prediction in each precision, and the memory that it takes."""
    import torch

    from napari_unetseg.core.config import SegmentConfig
    from napari_unetseg.core.image import Image
    from napari_unetseg.core.predict.segmentation import segment

    image = Image(array=em_image(side), axes="YX", name="em")
    figures: Figures = {}
    for precision in PRECISIONS:
        config = SegmentConfig(device="cuda", precision=precision)
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        times = [tile_seconds(segment(image, model, config)) for _ in range(REPEATS)]
        name = f"GPU, base {model.card.network.base}, {precision}: prediction"
        figures[f"{name} (Mpx/s)"] = short(side**2 / min(times) / 1e6)
        figures[f"{name}, memory (GB)"] = short(torch.cuda.max_memory_reserved() / 1e9)
    return figures


def training_figures(base: int, steps: int) -> Figures:
    """A step of a training as it is, and of its network alone on one batch."""
    from napari_unetseg.core.events import Step
    from napari_unetseg.core.jobs import train
    from napari_unetseg.core.presets import train_config
    from napari_unetseg.core.samples import sample_data

    image, labels = sample_data("em")[:2]
    figures: Figures = {}
    for precision in PRECISIONS[:2]:
        config = train_config(
            steps=steps,
            base=base,
            depth=DEPTH,
            patch=PATCH,
            batch=BATCH,
            device="cuda",
            precision=precision,
        )
        times, losses = [], []
        for event in train([image], [labels], config):
            if isinstance(event, Step):
                times.append(time.perf_counter())
                losses.append(event.loss)
        # The first steps set everything up; validations lie between few of them.
        whole = median(b - a for a, b in pairwise(times[5:]))
        alone = network_step(base, precision)
        name = f"GPU, base {base}, {precision}: training step"
        figures[f"{name} (ms)"] = short(1e3 * whole)
        figures[f"{name}, network alone (ms)"] = short(1e3 * alone)
        figures[f"{name} (Mpx/s)"] = short(BATCH * PATCH**2 / whole / 1e6)
        figures[f"{name}, loss at first and at last"] = [
            short(float(np.mean(part))) for part in (losses[:5], losses[-5:])
        ]
    return figures


def network_step(base: int, precision: str) -> float:
    """Seconds of a step's forward and backward pass and AdamW, on a batch of noise."""
    import torch

    from napari_unetseg.core.config import NetworkConfig
    from napari_unetseg.core.network.build import network_of
    from napari_unetseg.core.network.twin import channels_last

    plan = NetworkConfig(base=base, depth=DEPTH, classes=2)
    network = channels_last(network_of(plan, 0).to("cuda")).train()
    optimiser = torch.optim.AdamW(network.parameters())
    images = torch.randn(BATCH, 1, PATCH, PATCH, device="cuda")
    images = images.contiguous(memory_format=torch.channels_last)
    targets = (images[:, 0] > 0).long()

    def step() -> None:
        optimiser.zero_grad(set_to_none=True)
        with torch.autocast("cuda", torch.bfloat16, enabled=precision == "bf16"):
            scores = network(images)
        torch.nn.functional.cross_entropy(scores.float(), targets).backward()
        optimiser.step()

    return median(seconds_of(step) for _ in range(25))


def difference_figures(model: Model, side: int) -> Figures:
    """How far the probabilities are from those of the CPU in float32."""
    from napari_unetseg.core.config import SegmentConfig
    from napari_unetseg.core.image import Image
    from napari_unetseg.core.predict.segmentation import segment

    image = Image(array=em_image(side), axes="YX", name="em")

    def scores(device: str, precision: str) -> Any:
        config = SegmentConfig(device=device, precision=precision, scores=True)
        found = outcome(segment(image, model, config))
        return np.asarray(found.scores.array)

    wanted = scores("cpu", "fp32")
    figures: Figures = {}
    for precision in PRECISIONS:
        found = scores("cuda", precision)
        name = f"GPU, base {model.card.network.base}, {precision}: against the CPU"
        figures[f"{name}, largest difference"] = short(np.abs(found - wanted).max())
        same = found.argmax(axis=0) == wanted.argmax(axis=0)
        figures[f"{name}, pixels of the same class"] = float(same.mean())
    return figures


def gpu_figures(base: int, size: int) -> dict[str, Any]:
    """Measure the GPU with an image of eight times the side; nothing without one.

    Writes into the working directory.
    """
    from napari_unetseg.core.device import import_torch

    torch = import_torch()
    if not torch.cuda.is_available():
        return {}
    from napari_unetseg.core.config import SegmentConfig
    from napari_unetseg.core.image import Image
    from napari_unetseg.core.network.measure import network_geometry
    from napari_unetseg.core.predict.segmentation import segment
    from napari_unetseg.core.read import read_image
    from napari_unetseg.runs.store import RunStore

    size *= LARGER
    model = random_model(base, depth=4)
    config = SegmentConfig(device="cuda", precision="bf16")
    write_em_zarr(Path("em.zarr"), size)
    arrays = Image(array=em_image(size), axes="YX", name="em")
    stored = read_image(Path("em.zarr"))
    runs = [0]

    def in_memory() -> float:
        return tile_seconds(segment(arrays, model, config))

    def streaming() -> float:
        runs[0] += 1
        store = RunStore(Path(f"run-{runs[0]}"), stored, model.card, config)
        return tile_seconds(segment(stored, model, config, store=store))

    peak = matrix_peak()
    spent = {
        # The first time also sets everything up.
        name: median([work() for _ in range(REPEATS + 1)][1:])
        for name, work in (("memory", in_memory), ("zarr", streaming))
    }
    # What a tile costs beyond what it writes is not counted as work.
    whole = 2.0 * network_geometry(model.network(), (size, size)).multiply_adds
    return {
        "GPU": torch.cuda.get_device_name(),
        f"GPU, base {base}: bf16 matrix peak (TFLOP/s)": peak / 1e12,
        f"GPU, base {base}: in memory (s)": spent["memory"],
        f"GPU, base {base}: in memory, share of the peak": whole
        / spent["memory"]
        / peak,
        f"GPU, base {base}: from zarr to zarr (s)": spent["zarr"],
        f"GPU, base {base}: from zarr to zarr / in memory": spent["zarr"]
        / spent["memory"],
    }


def outcome(job: Any) -> Any:
    """What a job returns in the end."""
    while True:
        try:
            next(job)
        except StopIteration as end:
            return end.value


def seconds_of(work: Callable[[], None]) -> float:
    """Wall seconds until the GPU is through with some work."""
    import torch

    torch.cuda.synchronize()
    begun = time.perf_counter()
    work()
    torch.cuda.synchronize()
    return time.perf_counter() - begun


def short(value: float) -> float:
    """Four digits."""
    return float(f"{value:.4g}")


def tile_seconds(job: Iterator[Event]) -> float:
    """Wall seconds of a segmentation from its plan to its last tile."""
    from napari_unetseg.core.events import Planned, Tile

    begun = ended = 0.0
    for event in job:
        if isinstance(event, Planned):
            begun = time.perf_counter()
        elif isinstance(event, Tile):
            ended = time.perf_counter()
    return ended - begun


def matrix_peak() -> float:
    """Largest bf16 matrix product per second, in FLOP/s."""
    import torch

    side, times = 8192, 20
    a = torch.randn(side, side, device="cuda", dtype=torch.bfloat16)
    best = np.inf
    for _ in range(5):
        torch.cuda.synchronize()
        begun = time.perf_counter()
        for _ in range(times):
            a @ a
        torch.cuda.synchronize()
        best = min(best, time.perf_counter() - begun)
    return float(2.0 * side**3 * times / best)


if __name__ == "__main__":
    main()
