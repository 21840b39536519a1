"""The loop learns, resumes to the bit, and depends on nothing but steps."""

import numpy as np
import pytest
import torch

from napari_unetseg.core.config import NetworkConfig, TrainConfig
from napari_unetseg.core.evaluate.overlap import Overlap
from napari_unetseg.core.events import Planned, Saved, Step, Validated
from napari_unetseg.core.network.build import network_of
from napari_unetseg.core.prepare.samples import Sample
from napari_unetseg.core.prepare.teaching import Teaching
from napari_unetseg.core.train import loop
from napari_unetseg.core.train.checkpoint import Checkpoints
from napari_unetseg.core.train.data import TrainingData
from napari_unetseg.core.train.loop import train_network
from napari_unetseg.core.train.schedule import (
    WARM_UP,
    is_validated,
    learning_rate,
    steps_within,
)
from napari_unetseg.core.train.score import Score
from napari_unetseg.core.train.wishes import Wishes

TWO = Teaching((0, 1))
CONFIG = TrainConfig(steps=8, minutes=None, patch=32, batch=2, depth=2, seed=1)


def discs(count=3, side=48):
    """Noisy discs: values and targets of a task a small network learns at once."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:side, :side]
    found = []
    for number in range(count):
        cy, cx = rng.uniform(15, side - 15, 2)
        target = ((y - cy) ** 2 + (x - cx) ** 2 < 13**2).astype(np.int16)
        values = target * 2.0 - 1 + rng.normal(0, 0.5, target.shape)
        found.append(Sample(values[None].astype(np.float32), target, number))
    return TrainingData(found[:-1], found[-1:], TWO)


def balls(shape=(10, 14, 16)):
    """Volumes of one noisy ball each, whose pixels are twice as long along Z."""
    rng = np.random.default_rng(0)
    z, y, x = np.ogrid[tuple(map(slice, shape))]
    target = (4 * (z - 4) ** 2 + (y - 6) ** 2 + (x - 7) ** 2 < 36).astype(np.int16)
    found = [
        Sample((target + rng.normal(0, 0.5, (1, *shape))).astype("f4"), target, i)
        for i in range(2)
    ]
    return TrainingData(found[:1], found[1:], TWO, spacing=(2, 1, 1))


def network(config=CONFIG, **options):
    return network_of(
        NetworkConfig(
            name=config.network,
            base=4,
            depth=config.depth,
            dimensions=config.dimensions,
            deep_supervision=config.deep_supervision,
            **options,
        ),
        config.seed,
    )


def run(config=CONFIG, data=None, folder=None, stop_after=None, keep_after=None):
    """Drain a training; return its events and result, None if it was closed."""
    events = []
    done = 0

    def stop():
        return keep_after is not None and done >= keep_after

    job = train_network(
        network(config, dropout=config.dropout),
        data or discs(),
        config,
        checkpoints=Checkpoints(folder) if folder else None,
        wishes=Wishes(stop=stop),
    )
    while True:
        try:
            event = next(job)
        except StopIteration as end:
            return events, end.value
        events.append(event)
        done = event.step if isinstance(event, Step) else done
        if isinstance(event, Step) and event.step == stop_after:
            job.close()
            return events, None


def test_it_learns():
    config = CONFIG.model_copy(update={"steps": 60})
    _, trained = run(config)
    assert trained.score.overlap.iou[1] > 0.8


def test_events_tell_every_step_and_the_score_before_the_first():
    events, trained = run()
    assert isinstance(events[0], Planned)
    assert events[0].total == 8
    assert isinstance(events[1], Validated)
    assert events[1].step == 0
    assert [e.step for e in events if isinstance(e, Step)] == list(range(1, 9))
    assert [e.step for e in events if isinstance(e, Validated)][-1] == 8
    assert trained.total == 8


@pytest.mark.parametrize("name", ["unet", "unet-bn"])
@pytest.mark.parametrize("optimiser", ["adamw", "sgd"])
def test_a_resumed_training_equals_an_uninterrupted_one_bit_for_bit(
    tmp_path, name, optimiser
):
    config = CONFIG.model_copy(
        update={"network": name, "optimiser": optimiser, "dropout": 0.5}
    )
    _, whole = run(config)
    for stop_after in (3, 6):
        _, stopped = run(config, folder=tmp_path / "state", stop_after=stop_after)
        assert stopped is None
    events, resumed = run(config, folder=tmp_path / "state")
    assert next(e.step for e in events if isinstance(e, Step)) == 7
    assert same(resumed, whole)


@pytest.mark.parametrize(
    "wishes",
    [
        {"network": "unet-bn", "deep_supervision": True, "loss": "cross-entropy+dice"},
        {"network": "unet", "class_weights": "median-frequency", "depth": 1},
    ],
    ids=lambda wishes: wishes["network"],
)
def test_so_does_one_on_volumes(tmp_path, wishes):
    config = CONFIG.model_copy(
        update={"dimensions": 3, "patch": 8, "steps": 4} | wishes
    )
    data = balls()
    _, whole = run(config, data)
    run(config, data, folder=tmp_path, stop_after=2)
    events, resumed = run(config, data, folder=tmp_path)
    assert [e.step for e in events if isinstance(e, Step)] == [3, 4]
    assert same(resumed, whole)


def test_deep_supervision_teaches_the_heads_of_the_coarser_levels():
    config = CONFIG.model_copy(update={"steps": 1, "deep_supervision": True})
    before = network(config).state_dict()
    _, trained = run(config, TrainingData(discs().train, [], TWO))
    heads = [name for name in before if name.startswith("auxiliary.")]
    assert heads
    for name in heads:
        assert not torch.equal(before[name], trained.weights[name])


def same(one, other):
    """Whether two outcomes are the same to the bit."""
    assert (one.step, one.total) == (other.step, other.total)
    assert (one.score.overlap.matrix == other.score.overlap.matrix).all()
    return all(torch.equal(one.weights[k], other.weights[k]) for k in other.weights)


# 3 is not validated by itself, 4 and 6 are: two and three quarters of the steps.
@pytest.mark.parametrize("keep_after", [1, 4, 7])
def test_a_kept_training_scores_its_last_weights_and_can_go_on(tmp_path, keep_after):
    _, whole = run()
    events, kept = run(folder=tmp_path, keep_after=keep_after)
    assert kept.total == keep_after
    scored = [e for e in events if isinstance(e, Validated)]
    assert [e.step for e in scored].count(keep_after) == 1
    assert scored[-1].step == keep_after
    best = max(scored, key=lambda e: (e.mean_iou, e.step))
    assert (kept.step, kept.score.overlap.mean_iou) == (best.step, best.mean_iou)

    again, resumed = run(folder=tmp_path)
    assert next(e.step for e in again if isinstance(e, Step)) == keep_after + 1
    assert same(resumed, whole)


@pytest.mark.parametrize("steps", [3, 4])
def test_the_checkpoint_of_a_kept_training_knows_nothing_of_that(tmp_path, steps):
    """Else weights that an uninterrupted training never scores could be its best."""
    run(folder=tmp_path / "kept", keep_after=steps)
    run(folder=tmp_path / "cancelled", stop_after=steps)
    (kept,), (cancelled,) = (list(path.iterdir()) for path in tmp_path.iterdir())
    assert kept.name == cancelled.name
    assert kept.read_bytes() == cancelled.read_bytes()


def test_keeping_again_what_was_kept_trains_no_further(tmp_path):
    _, kept = run(folder=tmp_path, keep_after=3)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    events, again = run(folder=tmp_path, keep_after=0)
    assert not [e for e in events if isinstance(e, Step)]
    assert same(again, kept)
    assert before == {path.name: path.read_bytes() for path in tmp_path.iterdir()}


def test_keeping_what_was_cancelled_is_keeping_it_then(tmp_path):
    _, kept = run(keep_after=3)
    run(folder=tmp_path, stop_after=3)
    _, late = run(folder=tmp_path, keep_after=0)
    assert same(late, kept)


def test_a_kept_training_can_be_broken_off_while_it_is_scored(tmp_path):
    _, whole = run()
    job = train_network(
        network(),
        discs(),
        CONFIG,
        checkpoints=Checkpoints(tmp_path),
        wishes=Wishes(stop=iter([False] * 3 + [True]).__next__),
    )
    for event in job:
        if isinstance(event, Validated) and event.step == 3:
            job.close()
    _, resumed = run(folder=tmp_path)
    assert same(resumed, whole)


def test_before_the_plan_a_kept_training_leaves_weights_but_no_checkpoint(tmp_path):
    config = CONFIG.model_copy(update={"steps": None, "minutes": 60.0})
    events, kept = run(config, folder=tmp_path, keep_after=2)
    assert kept.total == 2
    assert [e.step for e in events if isinstance(e, Validated)] == [0, 2]
    assert not list(tmp_path.iterdir())


def test_before_the_first_step_there_is_nothing_to_score(tmp_path):
    events, kept = run(folder=tmp_path, keep_after=0)
    assert [type(e) for e in events] == [Planned]
    assert (kept.total, kept.score) == (0, None)


def test_without_validation_a_kept_training_returns_its_last_weights(tmp_path):
    data = discs()
    data = TrainingData(data.train, [], TWO)
    _, whole = run(data=data)
    _, kept = run(data=data, folder=tmp_path, keep_after=3)
    assert (kept.step, kept.total, kept.score) == (3, 3, None)
    _, resumed = run(data=data, folder=tmp_path)
    for key, tensor in whole.weights.items():
        assert torch.equal(tensor, resumed.weights[key]), key


def test_a_training_at_its_end_is_not_asked():
    asked = []

    def stop():
        asked.append(True)
        return False

    for _ in train_network(network(), discs(), CONFIG, wishes=Wishes(stop=stop)):
        pass
    assert len(asked) == CONFIG.steps


def test_of_equal_scores_the_later_weights_are_kept(monkeypatch):
    score = Score(Overlap((0, 1), np.array([[9, 0], [3, 0]])))
    monkeypatch.setattr(loop, "validate", lambda *_: score)
    events, kept = run(keep_after=2)
    assert all(e.best for e in events if isinstance(e, Validated) and e.step)
    assert kept.step == 2


def test_only_the_newest_complete_checkpoint_stays(tmp_path):
    run(folder=tmp_path, stop_after=2)
    run(folder=tmp_path, stop_after=5)
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000005.safetensors"]


def test_checkpoints_are_written_in_time_and_told(tmp_path, monkeypatch):
    monkeypatch.setattr(Checkpoints, "due", lambda self: True)
    events, _ = run(folder=tmp_path)
    assert [e.step for e in events if isinstance(e, Saved)] == list(range(1, 9))


def test_minutes_become_steps_which_then_decide_alone(monkeypatch):
    config = CONFIG.model_copy(update={"steps": None, "minutes": 0.02})
    events, timed = run(config)
    total = next(e.total for e in events if isinstance(e, Planned))
    assert total >= WARM_UP
    assert [e.step for e in events if isinstance(e, Step)][-1] == total
    _, counted = run(config.model_copy(update={"steps": total, "minutes": None}))
    # How often they are scored depends on the time, the weights themselves do not.
    for key, tensor in timed.last.items():
        assert torch.equal(tensor, counted.last[key]), key


def test_without_validation_the_last_weights_are_kept():
    data = discs()
    events, trained = run(data=TrainingData(data.train, [], TWO))
    assert not [e for e in events if isinstance(e, Validated)]
    assert trained.score is None
    assert trained.step == 8


def test_learning_rate_rises_then_falls_to_zero():
    rates = [learning_rate(step, 100, 1.0) for step in range(100)]
    assert rates[0] == pytest.approx(1 / WARM_UP)
    assert rates[WARM_UP - 1] == rates[WARM_UP] == 1
    assert all(
        a >= b for a, b in zip(rates[WARM_UP:], rates[WARM_UP + 1 :], strict=False)
    )
    assert rates[-1] < 0.001
    unknown = [learning_rate(step, None, 1.0) for step in range(WARM_UP)]
    assert unknown == rates[:WARM_UP]


@pytest.mark.parametrize("total", [1, 2, 7, 8, 9, 333, 1000])
def test_validations_are_few_and_include_the_first_and_the_last(total):
    steps = [step for step in range(total + 1) if is_validated(step, total)]
    assert steps[0] == 0
    assert steps[-1] == total
    assert len(steps) <= 8


def test_the_second_half_is_validated_twice_as_often():
    steps = [step for step in range(801) if is_validated(step, 800)]
    assert steps == [0, 200, 400, 500, 600, 700, 800]
    assert not is_validated(5, None)


def test_steps_fill_the_time():
    assert steps_within(300, 0.5, 2) == (300 - 6 * 2) / 0.5
    assert steps_within(0.1, 1, 1) == WARM_UP
