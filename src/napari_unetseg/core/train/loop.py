"""The loop. Nothing of the training is hidden elsewhere."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import torch
from torch.nn.utils import clip_grad_norm_

from napari_unetseg.core.events import (
    Event,
    Note,
    Planned,
    Saved,
    Step,
    Validated,
)
from napari_unetseg.core.network.twin import channels_last
from napari_unetseg.core.predict.run import is_out_of_memory
from napari_unetseg.core.presets import sizes
from napari_unetseg.core.train.checkpoint import Checkpoints, save_or_wait
from napari_unetseg.core.train.lessons import Lessons
from napari_unetseg.core.train.rest import rest_while_wished
from napari_unetseg.core.train.schedule import Pace, is_validated, learning_rate
from napari_unetseg.core.train.start import teach
from napari_unetseg.core.train.state import TrainingState, weights
from napari_unetseg.core.train.validate import validate
from napari_unetseg.core.train.wishes import Wishes

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from torch import Tensor, nn

    from napari_unetseg.core.config import TrainConfig
    from napari_unetseg.core.prepare.edits import Edit
    from napari_unetseg.core.sizes import Sizes
    from napari_unetseg.core.train.data import TrainingData
    from napari_unetseg.core.train.live import Live
    from napari_unetseg.core.train.score import Score


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """The outcome: the weights to keep, and how they scored.

    Attributes
    ----------
    weights : dict of str to Tensor
        The averaged weights of the best validation; of the last step without one.
    step, total : int
        Steps behind these weights, and steps done in all.
    score : Score or None
        Agreement on the validation samples; None without such samples.
    last : dict of str to Tensor
        The averaged weights of the last step.
    size : Sizes
        Patch and batch of the last step.
    """

    weights: dict[str, Tensor]
    step: int
    total: int
    score: Score | None
    last: dict[str, Tensor]
    size: Sizes


def train_network(  # noqa: C901 - the loop stays in one piece, to be read top to bottom
    network: nn.Module,
    data: TrainingData,
    config: TrainConfig,
    *,
    device: str = "cpu",
    precision: str = "fp32",
    size: Sizes | None = None,
    checkpoints: Checkpoints | None = None,
    begun: float | None = None,
    wishes: Wishes | None = None,
    live: Live | None = None,
) -> Generator[Event, None, Trained]:
    """Train a network; closing the generator saves a checkpoint.

    A training that is asked to stop saves one too, scores its latest weights and
    returns. Resumed from the checkpoint, it is as if it had never stopped.

    Parameters
    ----------
    network : nn.Module
        Changed in place; parameters without gradient keep their values.
    data : TrainingData
        Normalised planes or volumes, and what is painted on them.
    config : TrainConfig
        Steps or minutes, loss, augmentation, optimiser, seed.
    device, precision : str
        Where and how to compute.
    size : Sizes, optional
        Patch and batch; by default those of the configuration.
    checkpoints : Checkpoints, optional
        Where the state is kept, and from where it is resumed.
    begun : float, optional
        `time.monotonic()` from which the minutes count; now, by default.
    wishes : Wishes, optional
        What somebody may wish between two steps: to stop, to rest, to paint, to look.
    live : Live, optional
        Predicts what is looked at.

    Yields
    ------
    Event
        `Planned`, `Step`, `Validated` and `Saved`; `Edited`, `Paused`, `Resumed`,
        `Previewed`, `Waiting` and `Note` as things happen.
    """
    network = channels_last(network.to(device))
    state = TrainingState(network, config, size or sizes(config, device))
    kept = checkpoints or Checkpoints()
    resumed = kept.load(state)
    if not resumed:
        kept.check_room(state)
    state.held = all(one.is_held for one in data.train)
    asked = wishes or Wishes()
    pace = Pace(config.minutes, begun)
    lessons = Lessons(network, data, config, device)
    lessons.lay(state.size)
    if state.total is not None:
        if not resumed:
            state.parts = lessons.parts(state.total, state.size.batch)
        yield Planned(total=state.total, unit="step")

    try:
        while True:
            # 1. What somebody wishes: to paint, to rest, to stop.
            for step, edits in groupby(asked.edits(state.step), _taken):
                at = state.step if step < 0 else step
                changed, scored = yield from data.change(list(edits), at)
                lessons.repaint(changed)
                # What was painted before the checkpoint is in its best score.
                if scored and at >= state.step:
                    state.forget_best()
            if state.step != state.total and asked.paused():
                rest = time.monotonic()
                yield from rest_while_wished(state, kept, asked, live)
                pace.rested(time.monotonic() - rest)
                continue  # What was painted meanwhile comes first.
            if state.step != state.total and asked.stop():
                # The checkpoint first, which knows nothing of that.
                if state.total is not None:
                    yield from save_or_wait(kept, state, asked.stop)
                kept.close()
                if data.validation and 0 <= state.validated < state.step:
                    yield from _validate(state, data, device)
                break

            # 2. Score the averaged weights, before the first step too.
            due = is_validated(state.step, state.total, state.parts)
            if due and state.validated < state.step:
                start = time.monotonic()
                if data.validation:
                    yield from _validate(state, data, device)
                state.validated = state.step
                pace.validation = time.monotonic() - start
                if _is_enough(state, config):
                    state.total = state.step
                    yield Note(text=_enough(state))
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
            loss = _learn(network, lessons, state, config, precision)
            if loss is None:
                yield from lessons.shrink(state)
                continue
            if config.clip:
                clip_grad_norm_(network.parameters(), config.clip)
            state.optimiser.step()
            state.step += 1
            state.update_average()
            pace.steps.append(time.monotonic() - start)

            # 4. Tell, plan, and keep.
            total = state.total or 0
            yield Step(step=state.step, total=total, loss=loss, learning_rate=rate)
            more = pace.more_steps() if state.total is None else None
            if more is not None:
                state.total, state.parts = state.step + more, pace.parts()
                yield Planned(total=state.total, unit="step", seconds=pace.left())
            if kept.due() and (yield from save_or_wait(kept, state, asked.stop)):
                yield Saved(step=state.step)

            # 5. Predict what somebody looks at. That is no time to learn.
            if live is not None:
                start = time.monotonic()
                yield from live.look(state, asked)
                pace.rested(time.monotonic() - start)
    finally:
        lessons.close()
        if state.total is not None:
            kept.save(state)

    yield from lessons.folds()
    last = weights(state.average)
    best = (state.best, state.best_step) if state.best else (last, state.step)
    return Trained(*best, state.step, state.best_score, last, state.size)


def _taken(edit: Edit) -> int:
    """Number of steps that were done when a change took effect; -1 if it is new."""
    return edit.step


def _learn(
    network: nn.Module,
    lessons: Lessons,
    state: TrainingState,
    config: TrainConfig,
    precision: str,
) -> float | None:
    """Compute the loss of a step and its gradient; None if the memory is too small."""
    state.optimiser.zero_grad(set_to_none=True)
    # The statistics of batch normalisation move when a batch passes; a step that is
    # taken again must find them where they were.
    before = [buffer.clone() for buffer in network.buffers()]
    try:
        batch = lessons.batches.draw(state.step)
        scores = _scores(teach(network), batch.images, config, precision)
        loss = lessons.loss(scores, batch.targets, batch.weights)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.item()
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
    # Here, where the error is gone, nothing holds on to its tensors.
    state.optimiser.zero_grad(set_to_none=True)
    for buffer, value in zip(network.buffers(), before, strict=True):
        buffer.copy_(value)
    return None


def _validate(
    state: TrainingState, data: TrainingData, device: str
) -> Generator[Event, None, None]:
    """Score the averaged weights, and keep them if they are the best so far.

    Whoever breaks off when the score is told finds a state that has none, and scores
    the weights again.
    """
    score = validate(state.average, data.validation, data.teaching, device)
    best = state.is_best(score)
    yield Validated(step=state.step, best=best, **score.summary())
    state.judge(score)


def _is_enough(state: TrainingState, config: TrainConfig) -> bool:
    """Whether the score has stood still for too long, before the end."""
    patience = config.patience
    return bool(patience and state.stale >= patience and state.step != state.total)


def _enough(state: TrainingState) -> str:
    last = "validation" if state.stale == 1 else f"{state.stale} validations"
    return f"The last {last} brought no better score: the training ends here."


def _scores(
    network: nn.Module, images: Tensor, config: TrainConfig, precision: str
) -> Sequence[Tensor]:
    """Scores of a batch, and those of the coarser levels where they teach too."""
    bf16 = precision == "bf16"
    with torch.autocast(images.device.type, torch.bfloat16, enabled=bf16):
        if not (config.deep_supervision or hasattr(network, "lesson")):
            return [network(images)]
        all_scores: Sequence[Tensor] = network.forward_all(images)  # type: ignore[operator]
        return all_scores
