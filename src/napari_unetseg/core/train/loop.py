"""The loop. Nothing of the training is hidden elsewhere."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn.utils import clip_grad_norm_

from napari_unetseg.core.events import Event, Planned, Saved, Step, Validated
from napari_unetseg.core.network.geometry import axis_geometries, padded
from napari_unetseg.core.network.twin import channels_last
from napari_unetseg.core.prepare.sampling import patch_shape
from napari_unetseg.core.presets import sizes
from napari_unetseg.core.train.batches import Batches
from napari_unetseg.core.train.checkpoint import Checkpoints
from napari_unetseg.core.train.losses import loss_function
from napari_unetseg.core.train.schedule import Pace, is_validated, learning_rate
from napari_unetseg.core.train.state import TrainingState, weights
from napari_unetseg.core.train.validate import validate

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from torch import Tensor, nn

    from napari_unetseg.core.config import TrainConfig
    from napari_unetseg.core.evaluate.overlap import Overlap
    from napari_unetseg.core.prepare.samples import Sample


@dataclass(frozen=True, slots=True, eq=False)
class TrainingData:
    """What a network is trained and validated on.

    Attributes
    ----------
    train, validation : sequence of Sample
        `validation` may be empty.
    ids : tuple of int
        Painted id of each class index.
    spacing : tuple of float
        Pixel size of volumes along (Z, Y, X); empty if they are cubes.
    """

    train: Sequence[Sample]
    validation: Sequence[Sample]
    ids: tuple[int, ...]
    spacing: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """The outcome: the weights to keep, and how they scored.

    Attributes
    ----------
    weights : dict of str to Tensor
        The averaged weights of the best validation; of the last step without one.
    step, total : int
        Steps behind these weights, and steps done in all.
    score : Overlap or None
        Agreement on the validation samples; None without such samples.
    """

    weights: dict[str, Tensor]
    step: int
    total: int
    score: Overlap | None


def train_network(  # noqa: C901 - the loop stays in one piece, to be read top to bottom
    network: nn.Module,
    data: TrainingData,
    config: TrainConfig,
    *,
    device: str = "cpu",
    precision: str = "fp32",
    checkpoints: Checkpoints | None = None,
    begun: float | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Generator[Event, None, Trained]:
    """Train a network; closing the generator saves a checkpoint.

    A training that is asked to stop saves one too, scores its latest weights and
    returns. Resumed from the checkpoint, it is as if it had never stopped.

    Parameters
    ----------
    network : nn.Module
        Changed in place.
    data : TrainingData
        Normalised planes or volumes, and class indices.
    config : TrainConfig
        Steps or minutes, patches, loss, augmentation, optimiser, seed.
    device, precision : str
        Where and how to compute.
    checkpoints : Checkpoints, optional
        Where the state is kept, and from where it is resumed.
    begun : float, optional
        `time.monotonic()` from which the minutes count; now, by default.
    stop : callable
        Asked before each step whether to end early.

    Yields
    ------
    Event
        `Planned`, `Step`, `Validated` and `Saved`.
    """
    network = channels_last(network.to(device))
    state = TrainingState(network, config)
    kept = checkpoints or Checkpoints()
    kept.load(state)
    batches = _batches(network, data, config, device)
    taught = (one.target for one in data.train)
    loss_of = loss_function(config, taught, len(data.ids), device)
    pace = Pace(config.minutes, begun)
    if state.total is not None:
        yield Planned(total=state.total, unit="step")

    try:
        while True:
            # 1. Asked to stop: the checkpoint first, which knows nothing of that.
            if state.step != state.total and stop():
                if state.total is not None:
                    kept.save(state)
                if data.validation and 0 <= state.validated < state.step:
                    yield _validate(state, data, device)
                break

            # 2. Score the averaged weights, before the first step too.
            if is_validated(state.step, state.total) and state.validated < state.step:
                start = time.monotonic()
                if data.validation:
                    yield _validate(state, data, device)
                state.validated = state.step
                pace.validation = time.monotonic() - start
            if state.step == state.total:
                break

            # 3. One step: a batch, its loss, its gradient.
            start = time.monotonic()
            rate = learning_rate(
                state.step, state.total, config.learning_rate, config.schedule
            )
            for group in state.optimiser.param_groups:
                group["lr"] = rate
            torch.manual_seed(config.seed * 1_000_003 + state.step)  # for dropout
            images, targets = batches.draw(state.step)
            scores = _scores(network.train(), images, config, precision)
            loss = loss_of(scores, targets)
            state.optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            if config.clip:
                clip_grad_norm_(network.parameters(), config.clip)
            state.optimiser.step()
            state.step += 1
            state.update_average()
            pace.steps.append(time.monotonic() - start)

            # 4. Tell, plan, and keep.
            total = state.total or 0
            yield Step(
                step=state.step, total=total, loss=loss.item(), learning_rate=rate
            )
            more = pace.more_steps() if state.total is None else None
            if more is not None:
                state.total = state.step + more
                yield Planned(total=state.total, unit="step", seconds=pace.left())
            if kept.due():
                kept.save(state)
                yield Saved(step=state.step)
    finally:
        if state.total is not None:
            kept.save(state)

    if state.best:
        return Trained(state.best, state.best_step, state.step, state.best_score)
    return Trained(weights(state.average), state.step, state.step, None)


def _validate(state: TrainingState, data: TrainingData, device: str) -> Validated:
    """Score the average and keep it if it is the best so far.

    Of equals the later is kept: one that predicts a single class everywhere scores like
    the untrained network did.
    """
    score = validate(state.average, data.validation, data.ids, device)
    best = state.best_score
    better = best is None or (score.mean_iou or 0) >= (best.mean_iou or 0)
    if better:
        state.keep_best(score)
    return Validated(
        step=state.step,
        iou={str(label): value for label, value in score.iou.items()},
        mean_iou=score.mean_iou,
        pixel_error=score.pixel_error,
        best=better,
    )


def _scores(
    network: nn.Module, images: Tensor, config: TrainConfig, precision: str
) -> Sequence[Tensor]:
    """Scores of a batch, and those of the coarser levels where they teach too."""
    bf16 = precision == "bf16"
    with torch.autocast(images.device.type, torch.bfloat16, enabled=bf16):
        if not config.deep_supervision:
            return [network(images)]
        all_scores: Sequence[Tensor] = network.forward_all(images)  # type: ignore[operator]
        return all_scores


def _batches(
    network: nn.Module, data: TrainingData, config: TrainConfig, device: str
) -> Batches:
    """Batches whose patches teach what is wished, or all of a small image."""
    chosen = sizes(config, device)
    axes = axis_geometries(network)
    shapes = [one.target.shape for one in data.train]
    wished = patch_shape(chosen.patch, data.spacing or (1.0,) * len(axes), shapes)
    if padded(network):
        output = tuple(
            -(-side // axis.stride) * axis.stride
            for side, axis in zip(wished, axes, strict=True)
        )
        given = output
    else:
        output = tuple(a.output_size(n) for n, a in zip(wished, axes, strict=True))
        given = tuple(a.input_size(n) for n, a in zip(output, axes, strict=True))
    return Batches(
        data.train,
        len(data.ids),
        config,
        batch=chosen.batch,
        input_shape=given,
        output_shape=output,
        spacing=data.spacing,
        device=device,
    )
