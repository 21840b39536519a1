"""What a GPU makes of a large network, and of an image that is on the disk.

Run by `predict.py`, where torch finds CUDA; wall seconds, since the GPU works alone.
"""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
from inputs import em_image, random_model, write_em_zarr

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_unetseg.core.events import Event

REPEATS = 3
# A GPU is through with a small image before it is measured.
LARGER = 8


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
