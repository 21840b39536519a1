"""``unetseg check``: whether this computer does what it should, and how fast."""

from __future__ import annotations

import time
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from napari_unetseg.cli import options

if TYPE_CHECKING:
    from collections.abc import Generator

    from napari_unetseg.core.config import TrainConfig
    from napari_unetseg.core.events import Event
    from napari_unetseg.core.image import Image
    from napari_unetseg.core.network.modelfile import Model
    from napari_unetseg.runs.machine import Figures

    Facts = list[tuple[str, str]]

STEPS = 6
SIDE = 512

# In the first steps memory and kernels are prepared.
_SLOW = 2
_EMPTY = {"base": 1, "patch": 32}

T = TypeVar("T")


def check(
    device: options.Device = None,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print one JSON object in place of the table."),
    ] = False,
) -> None:
    """Look at the computer, then train some steps and predict one plane."""
    from napari_unetseg.cli.starting import errors_as_events
    from napari_unetseg.runs import preferences

    with errors_as_events(as_json):
        wish = options.one_of("device", device, options.DEVICES)
        wish = wish or preferences.read().device
        if as_json:
            typer.echo(measure_speed(wish=wish).model_dump_json())
            return
        from napari_unetseg.cli.computer import computer_facts, torch_facts
        from napari_unetseg.cli.info import tell

        tell(computer_facts())
        tell(torch_facts(wish))
        tell(speed_facts(wish=wish))


def speed_facts(steps: int = STEPS, side: int = SIDE, wish: str = "auto") -> Facts:
    """How long a step takes and how fast a prediction is, as `measure_speed` finds."""
    figures = measure_speed(steps, side, wish)
    network = figures.network
    pixels = figures.batch * figures.patch**2 / figures.seconds_per_step
    products = figures.train_multiply_adds_per_second
    return [
        (
            "one training step",
            f"{figures.seconds_per_step:.2f} s, {pixels / 1e6:.2f} Mpx/s "
            f"({network.name}, base {network.base}, {figures.batch} patches of "
            f"{figures.patch} x {figures.patch})",
        ),
        ("multiply-adds", f"{products / 1e9:.3g} billion per second of training"),
        (
            "one prediction",
            f"{figures.predict_pixels_per_second / 1e6:.2f} Mpx/s "
            f"({side} x {side} pixels)",
        ),
    ]


def measure_speed(steps: int = STEPS, side: int = SIDE, wish: str = "auto") -> Figures:
    """Train and predict for real, on random numbers.

    Parameters
    ----------
    steps : int
        Training steps, at least two. The first, which are slow, do not count if there
        are more.
    side : int
        Side of the plane to train on and to predict, in pixels.
    wish : {"auto", "cpu", "cuda", "mps"}
        The device.

    Raises
    ------
    DeviceError
        If torch cannot be loaded, or has no such device.
    """
    import numpy as np

    from napari_unetseg.cli.computer import engine_facts
    from napari_unetseg.core.image import Image
    from napari_unetseg.core.network.cost import multiply_adds
    from napari_unetseg.core.presets import sizes, train_config
    from napari_unetseg.runs.folder import programs
    from napari_unetseg.runs.machine import Figures

    engine = engine_facts(wish)
    random = np.random.default_rng(0)
    grey = random.integers(0, 256, (side, side), dtype=np.uint8)
    image = Image(array=grey, axes="YX", name="noise")
    labels = Image(array=grey // 128 + 1, axes="YX", name="noise-labels")
    config = train_config(steps=steps, validation="0", device=wish)
    _, empty = _train(image, labels, config.model_copy(update=_EMPTY))
    model, times = _train(image, labels, config)
    each = median(times)
    network = model.card.network
    stated = sizes(config, engine["device"])
    patch = min(stated.patch, side)
    products = 3 * stated.batch * multiply_adds(network, patch)
    return Figures(
        versions=programs(),
        **engine,
        network=network,
        patch=patch,
        batch=stated.batch,
        seconds_per_step=each,
        seconds_per_empty_step=min(*empty, each),
        train_multiply_adds_per_second=products / each,
        predict_pixels_per_second=side**2 / _predict(image, model, wish),
    )


def _train(
    image: Image, labels: Image, config: TrainConfig
) -> tuple[Model, list[float]]:
    """Train; return the model and the seconds of its steps."""
    from napari_unetseg.core import jobs
    from napari_unetseg.core.events import Step

    training, times = _timed(jobs.train([image], [labels], config), Step)
    each = [after - before for before, after in pairwise(times)]
    return training.model, each[_SLOW - 1 :] or each


def _predict(image: Image, model: Model, wish: str) -> float:
    """Seconds of the prediction of an image."""
    from napari_unetseg.core import jobs
    from napari_unetseg.core.config import SegmentConfig
    from napari_unetseg.core.events import Planned, Tile

    config = SegmentConfig.check(device=wish)
    _, times = _timed(jobs.segment(image, model, config), Planned, Tile)
    return max(1e-9, times[-1] - times[0])


def _timed(
    job: Generator[Event, None, T], *kinds: type[Event]
) -> tuple[T, list[float]]:
    """Run a job to its end; return its result and when the events of a kind came."""
    times: list[float] = []
    while True:
        try:
            event = next(job)
        except StopIteration as end:
            result: T = end.value
            return result, times
        if isinstance(event, kinds):
            times.append(time.perf_counter())
