"""Will it fit, and how long will it take? Told before a segmentation begins."""

from __future__ import annotations

import time
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.events import Forecast
from napari_unetseg.core.network.geometry import axis_geometries
from napari_unetseg.core.network.measure import network_geometry
from napari_unetseg.core.network.twin import valid_twin
from napari_unetseg.core.predict.planning import tile_memory
from napari_unetseg.core.predict.run import Runner, is_out_of_memory
from napari_unetseg.core.predict.views import views

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import nn

    from napari_unetseg.core.frames import Frames
    from napari_unetseg.core.network.member import Member
    from napari_unetseg.core.predict.plan import Plan

# Side of the output whose time is taken: small enough to be done in a moment.
_PROBE = {2: 96, 3: 24}


def forecast(
    frames: Frames,
    members: Sequence[Member],
    plan: Plan,
    arrays: Mapping[str, Mapping[str, Any]],
    *,
    each: float,
    free: int,
    done: int = 0,
    disk: int = -1,
) -> Forecast:
    """Tell what a segmentation will take.

    Parameters
    ----------
    frames : Frames
        The image.
    members : sequence of Member
        The networks.
    plan : Plan
        Statistics are not needed.
    arrays : mapping of name to {"shape", "dtype", "axes", ...}
        What will be written, of the region alone.
    each : float
        Seconds that a tile takes.
    free : int
        Bytes that are free for a tile.
    done : int
        Tiles that are finished already.
    disk : int
        Free bytes where the result is written, -1 if it is kept in memory.
    """
    networks = [member.network for member in members]
    along = zip(*map(axis_geometries, networks), strict=True)
    work = plan.work(frames)
    total = len(work)
    looks = len(views(plan.views, len(plan.grid), True))
    return Forecast(
        tile=[min(pair) for pair in zip(plan.sides, frames.shape, strict=True)],
        halo=[max(max(one.before, one.after) for one in axis) for axis in along],
        tiles=total,
        memory=max(
            tile_memory(own, frames.shape, network)
            for own, network in zip(plan.of_each(), networks, strict=True)
        ),
        free=free,
        seconds=each * looks * (total - done),
        size=work.pixels
        * sum(
            np.dtype(array["dtype"]).itemsize
            * (array["shape"][0] if "C" in array["axes"] else 1)
            for array in arrays.values()
        ),
        disk=disk,
        resampled=next((list(one) for one in plan.grids if one != frames.shape), []),
    )


def tile_seconds(network: nn.Module, plan: Plan, shape: Sequence[int]) -> float:
    """Seconds that this process takes for a tile; 0 if even a small one does not fit.

    A small tile of noise is sent through the network; the work in both tells the rest.

    Parameters
    ----------
    network : nn.Module
        Trained or not.
    plan : Plan
        Statistics are not needed.
    shape : sequence of int
        ([Z,] Y, X) of a frame, in pixels.
    """
    axes = zip(plan.sides, shape, plan.grid, strict=True)
    sides = [ceil(min(side, size) * n / size) for side, size, n in axes]
    large = network_geometry(network, sides)
    # Not larger than a tile, for which alone there may be memory.
    probe = [min(side, _PROBE[len(sides)]) for side in sides]
    small = network_geometry(network, probe)
    runner = Runner(valid_twin(network, plan.device), plan.device, plan.precision)
    noise = np.random.default_rng(0).normal(size=(small.channels, *small.input_shape))
    values = noise.astype(np.float32)
    keep = (slice(None),) * len(plan.grid)
    times = []
    try:
        for _ in range(2):  # The first one also sets everything up.
            begun = time.perf_counter()
            runner.launch(runner.stage([values]), [keep]).wait()
            times.append(time.perf_counter() - begun)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        return 0.0  # A tile that is predicted is halved until it fits.
    return min(times) * large.multiply_adds / small.multiply_adds
