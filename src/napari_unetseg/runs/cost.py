"""What a training costs on this computer, in one sentence, before it is started."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_unetseg.core.config.base import share_of
from napari_unetseg.core.network.cost import parameters, step_work, training_memory
from napari_unetseg.core.prepare.sampling import patch_shape
from napari_unetseg.core.presets import sizes
from napari_unetseg.core.train.architecture import architecture
from napari_unetseg.core.train.schedule import steps_within

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_unetseg.core.config import NetworkConfig, TrainConfig
    from napari_unetseg.core.sizes import Sizes
    from napari_unetseg.runs.machine import Machine

FEW_STEPS = 100
USABLE = 0.8
# Of a process that has loaded torch and has not trained yet, measured on Linux.
PROGRAM_BYTES = 350_000_000


# A step is never all floor: some of it grows with the network.
_LARGEST_FLOOR = 0.8


@dataclass(frozen=True, slots=True)
class Cost:
    """What a training costs.

    Attributes
    ----------
    config : TrainConfig
        The training.
    device, precision : str
        Where and how it would compute.
    machine : Machine or None
        The figures of the computer; None if they are unknown, or of another device.
    parameters : int
        Learnt numbers.
    memory : int
        Largest memory of the training's process while it trains, in bytes; images and
        validation are left out.
    seconds_per_step : float or None
        None if the device or the precision is not what was measured.
    steps : int or None
        Those asked for, or those that fit into the minutes if no time goes into
        validation; None if their speed is not known.
    """

    config: TrainConfig
    device: str
    precision: str
    machine: Machine | None
    parameters: int
    memory: int
    seconds_per_step: float | None
    steps: int | None

    @property
    def fits(self) -> bool:
        """Whether four fifths of the memory suffice, or nobody knows how much it is."""
        return self.machine is None or self.memory < USABLE * self._allowed

    @property
    def _allowed(self) -> int:
        """Bytes that may be used of all memory; 0 if nobody knows how much it is."""
        whole = 0 if self.machine is None else self.machine.memory_bytes
        return share_of(whole, self.config.memory)

    @property
    def suffices(self) -> bool:
        """Whether there are enough steps to learn from, or nobody knows."""
        return self.steps is None or self.steps >= FEW_STEPS

    def sentence(self) -> str:
        """Say it to a person, and what to do if the training cannot succeed."""
        needs = f"{_count(self.parameters)} weights, {_size(self.memory)} of memory"
        return " ".join(filter(None, (f"{needs}; {self._time()}.", self._advice())))

    def _time(self) -> str:
        if self.machine is None:
            return "how fast it trains here is not measured yet"
        if self.seconds_per_step is None or self.steps is None:
            return f"how fast it trains in {self.precision} is not measured"
        threads = f", {self.machine.threads} threads" if self.device == "cpu" else ""
        speed = _duration(self.seconds_per_step)
        where = f"here ({self.device}{threads}) about {speed} a step"
        minutes = self.config.minutes
        if minutes is None:
            whole = _duration(self.steps * self.seconds_per_step)
            return f"{where}: {self.steps} steps take {whole}, and validation"
        steps = _rounded(self.steps)
        return f"{where}: {steps} steps in {_minutes(minutes)}, fewer with validation"

    def _advice(self) -> str:
        or_fast = "" if self.config.preset == "fast" else "preset fast, or "
        if not self.fits:
            there = "there are" if self.config.memory is None else "that may be used"
            return (
                f"That is too much for the {_size(self._allowed)} {there}: choose "
                f"{or_fast}a smaller patch, batch or base."
            )
        if not self.suffices:
            more = "steps" if self.config.minutes is None else "minutes"
            return f"That is too few steps to learn: choose {or_fast}more {more}."
        return ""


def training_cost(
    config: TrainConfig,
    *,
    channels: int,
    classes: int,
    machine: Machine | None,
    shapes: Sequence[tuple[int, ...]] = (),
    spacing: tuple[float, ...] = (),
) -> Cost:
    """Reckon what a training costs. Loads no torch and takes no time.

    Parameters
    ----------
    config : TrainConfig
        The training.
    channels, classes : int
        Of the images and of the labels.
    machine : Machine or None
        This computer, as `runs.machine.known` or `measure` returned it. Without it a
        training whose device is not said is reckoned for a CPU in float32.
    shapes : sequence of tuple of int
        ([Z,] Y, X) of what the network may see at once, of each image, in pixels of the
        model; no patch is larger than the largest. Empty if they are large enough.
    spacing : tuple of float
        Pixel size along the same axes; empty if all alike.

    Raises
    ------
    InputError
        If there is no such network, or it is too deep for the images.
    """
    device, precision = _engine(config, machine)
    if machine is not None and machine.device != device:
        machine = None
    size = sizes(config, device)
    network = architecture(
        config,
        size,
        channels=channels,
        classes=classes,
        shapes=shapes,
        spacing=spacing,
    )
    patch = _patch(config, size, shapes, spacing)
    memory = training_memory(
        network, patch, size.batch, optimiser=config.optimiser, precision=precision
    )
    seconds, steps = None, config.steps
    if machine is not None and machine.precision == precision:
        seconds = seconds_per_step(network, patch, size.batch, machine)
        if config.minutes is not None:
            steps = steps_within(60 * config.minutes, seconds, 0.0)
    return Cost(
        config=config,
        device=device,
        precision=precision,
        machine=machine,
        parameters=parameters(network),
        memory=PROGRAM_BYTES + memory,
        seconds_per_step=seconds,
        steps=steps,
    )


def _patch(
    config: TrainConfig,
    size: Sizes,
    shapes: Sequence[tuple[int, ...]],
    spacing: tuple[float, ...],
) -> int | tuple[int, ...]:
    """Sides of what a patch teaches, as the training will choose them."""
    if not shapes:
        return size.patch
    if config.dimensions == 2:
        return min(size.patch, max(map(max, shapes)))
    return patch_shape(size.patch, spacing or (1.0,) * 3, shapes)


def seconds_per_step(
    network: NetworkConfig, patch: int | Sequence[int], batch: int, machine: Machine
) -> float:
    """Seconds of one training step: what every step takes, and its share of work.

    Parameters
    ----------
    network : NetworkConfig
        The architecture.
    patch : int or sequence of int
        Side of what a patch teaches, in pixels; or its sides, ([Z,] Y, X).
    batch : int
        Patches per step.
    machine : Machine
        Where, on its device and in its precision.
    """
    whole = machine.seconds_per_step
    floor = min(machine.seconds_per_empty_step, _LARGEST_FLOOR * whole)
    measured = step_work(machine.network, machine.patch, machine.batch)
    return floor + (whole - floor) * step_work(network, patch, batch) / measured


def _engine(config: TrainConfig, machine: Machine | None) -> tuple[str, str]:
    """Device and precision of a training, as far as they are known here."""
    if config.device != "auto":
        device: str = config.device
    else:
        device = "cpu" if machine is None else machine.device
    if config.precision != "auto":
        return device, config.precision
    if machine is not None and machine.device == device:
        return device, machine.precision
    return device, "fp32"


def _count(number: int) -> str:
    """Write a number as in "1.9 M" or "120 k"."""
    return f"{number / 1e6:.1f} M" if number >= 1e6 else f"{max(1, number // 1000)} k"


def _size(count: int) -> str:
    """Write a number of bytes as in "1.4 GB" or "380 MB"."""
    tens = round(count / 1e7)
    return f"{count / 1e9:.1f} GB" if tens >= 100 else f"{tens}0 MB"


def _rounded(number: int) -> str:
    """Write what is only reckoned with two digits."""
    return f"{int(float(f'{number:.2g}')):,}"


def _minutes(minutes: float) -> str:
    return "1 minute" if minutes == 1 else f"{minutes:g} minutes"


def _duration(seconds: float) -> str:
    """Write a duration as in "0.9 s", "12 s", "8 minutes" or "2.5 hours"."""
    if seconds < 10:
        return f"{seconds:.2g} s"
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 100 * 60:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.2g} hours"
