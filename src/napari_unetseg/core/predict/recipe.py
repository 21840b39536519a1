"""What a worker of a cluster is asked, and told once, and what it computes by that.

A recipe travels to each worker once, tasks are a few numbers each, and pixels are read
where they are needed. The network is built when a worker's process first sees a recipe,
and kept until the recipe is forgotten. A process computes one tile at a time, with all
the threads it may use, however many tasks Dask would let it work on.
"""

from __future__ import annotations

import signal
import socket
import threading
import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psutil

from napari_unetseg.core.predict.ahead import Behind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari_unetseg.core.image import Image
    from napari_unetseg.core.predict.plan import Plan
    from napari_unetseg.core.predict.result import Result, Wanted
    from napari_unetseg.core.predict.sent import Sent
    from napari_unetseg.core.predict.whole import Local
    from napari_unetseg.core.predict.work import Task


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recipe:
    """How a worker predicts tiles.

    Attributes
    ----------
    token : str
        Its name among all recipes.
    open_image : callable
        Opens the image where it is called; with the networks' channels.
    members : tuple of Sent
        The networks.
    plan : Plan
        With the image's statistics.
    wanted : Wanted
        What is made of the scores.
    threads : int, optional
        Threads that torch computes with; by default as many as the worker was given.
    share : bool
        Whether the workers are numbered, and share the GPUs of one computer.
    """

    token: str
    open_image: Callable[[], Image]
    members: tuple[Sent, ...]
    plan: Plan
    wanted: Wanted
    threads: int | None = None
    share: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What became of a group of tasks.

    Attributes
    ----------
    results : list of Result
        One for each task.
    parts : tuple of int or None
        Longest sides that the worker computes at once, if its memory was too small.
    seconds : float
        How long it took, without what is done only once.
    """

    results: list[Result]
    parts: tuple[int, ...] | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Room:
    """What a worker has to compute with.

    Attributes
    ----------
    device : str
        As `device.choose_device` gives it.
    place : str
        The computer or the GPU whose memory it shares with others of the same place.
    free : int
        Bytes that are free there.
    own : int or None
        Bytes of the computer's memory that Dask leaves it, if there is a limit.
    """

    device: str
    place: str
    free: int
    own: int | None


# Dask lets a worker rest that has filled so much of its memory.
_FILLED = 0.8

# Who forgets to forget, as a program that was killed, leaves no more than this.
_KEPT = 2
_kept: dict[str, Local] = {}
_one_at_a_time = threading.Lock()


def compute(recipe: Recipe, tasks: Sequence[Task]) -> Answer:
    """Predict some tasks in a worker.

    Parameters
    ----------
    recipe : Recipe
        How.
    tasks : sequence of Task
        What.

    Raises
    ------
    UnetsegError
        As `whole.Local` does, or if the worker lacks the device of the plan.
    """
    with _one_at_a_time:
        local = _local(recipe)
        begun = time.perf_counter()
        results: list[Result] = []
        behind: Behind[Result]
        works: Any = local.results(tasks)
        with Behind() as behind, closing(works):
            for work in works:
                results += behind.put(work)
            results += behind.rest()
        return Answer(results, local.parts, time.perf_counter() - begun)


def room(wish: str, share: bool, dask_worker: Any = None) -> Room:
    """Tell what a worker has; called in it, beside what it computes.

    Parameters
    ----------
    wish : str
        As for `device.choose_device`.
    share : bool
        As in a recipe.
    dask_worker : Worker
        Filled in by Dask.

    Raises
    ------
    DeviceError
        If the wished device is not there.
    """
    from napari_unetseg.core.device import import_torch
    from napari_unetseg.core.predict.planning import available

    kind = _choose(wish, dask_worker.name if share else None).partition(":")[0]
    place = socket.gethostname()
    if kind == "cuda":
        found = import_torch().cuda.get_device_properties()
        place += f" {getattr(found, 'uuid', found.name)}"
        return Room(kind, place, available(kind), None)
    limit = dask_worker.memory_manager.memory_limit
    used = psutil.Process().memory_info().rss
    own = max(0, int(_FILLED * limit) - used) if limit else None
    return Room(kind, place, available(kind), own)


def trial(
    members: Sequence[Sent], plan: Plan, shape: Sequence[int], threads: int | None
) -> float:
    """Seconds that a tile takes in a worker; its networks have no weights yet.

    Parameters
    ----------
    members, plan, threads
        As in a recipe.
    shape : sequence of int
        ([Z,] Y, X) of a frame, in pixels.
    """
    from napari_unetseg.core.predict.whole import Here

    with _one_at_a_time:
        _take_threads(threads)
        return Here().seconds([one.member() for one in members], plan, shape)


def dask_setup(worker: object) -> None:
    """Leave Ctrl+C to the program that started this process and will end it.

    Dask calls this in each worker that has this module among its preloads.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def forget(token: str) -> None:
    """Let go of what a worker's process has built by a recipe."""
    _kept.pop(token, None)


def device_of(planned: str, place: object, count: int) -> str:
    """The device that a worker computes on.

    Parameters
    ----------
    planned : str
        The plan's.
    place : object
        The worker's number among those that share a computer; anything else than a
        number for one that knows its device by itself, for example by
        ``CUDA_VISIBLE_DEVICES``.
    count : int
        CUDA devices that the worker sees.

    Returns
    -------
    str
        "cuda:1" for the second of several GPUs; otherwise the plan's.
    """
    if planned != "cuda" or not isinstance(place, int) or count < 2:
        return planned
    return f"cuda:{place % count}"


def _local(recipe: Recipe) -> Local:
    """What predicts by a recipe in this process, on the calling thread."""
    local = _kept.pop(recipe.token, None)
    device = _settle(recipe)
    if local is None:
        while len(_kept) >= _KEPT:
            _kept.pop(next(iter(_kept)))
        local = _build(recipe, device)
    _kept[recipe.token] = local
    return local


def _settle(recipe: Recipe) -> str:
    """Give torch its threads and its device, which it keeps for each thread."""
    from distributed import get_worker

    _take_threads(recipe.threads)
    return _choose(recipe.plan.device, get_worker().name if recipe.share else None)


def _take_threads(count: int | None) -> None:
    from distributed import get_worker

    from napari_unetseg.core.device import import_torch

    import_torch().set_num_threads(count or get_worker().state.nthreads)


def _choose(wish: str, place: object) -> str:
    """Find the device of a worker, and make it the one that torch uses."""
    from napari_unetseg.core.device import choose_device, import_torch

    torch = import_torch()
    device = device_of(choose_device(wish), place, torch.cuda.device_count())
    if device.startswith("cuda:"):
        torch.cuda.set_device(device)
    return device


def _build(recipe: Recipe, device: str) -> Local:
    """Open the image and build the networks."""
    from dataclasses import replace

    from napari_unetseg.core.predict.whole import Local

    members = [one.member() for one in recipe.members]
    plan = replace(recipe.plan, device=device)
    return Local.of(recipe.open_image(), members, plan, recipe.wanted)
