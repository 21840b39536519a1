"""The state of a training: what follows the weights, and how fast."""

from __future__ import annotations

import pytest
import torch

from napari_unetseg.core.presets import train_config
from napari_unetseg.core.sizes import Sizes
from napari_unetseg.core.train.state import TrainingState

SIZE = Sizes(base=4, depth=1, patch=16, batch=2)


def network_with_norm() -> torch.nn.Sequential:
    return torch.nn.Sequential(torch.nn.BatchNorm2d(1))


def steps_until_followed(averaging: float) -> int:
    """Passes until the statistics have gone nine tenths of a sudden way."""
    network = network_with_norm()
    TrainingState(network, train_config(steps=1, averaging=averaging), SIZE)
    norm, batch = network[0], torch.full((2, 1, 4, 4), 10.0)
    assert isinstance(norm, torch.nn.BatchNorm2d)
    for step in range(100):
        if norm.running_mean is not None and norm.running_mean.item() >= 9:
            return step
        network(batch)
    return 100


def test_statistics_follow_averaged_weights_within_a_few_steps() -> None:
    assert steps_until_followed(0.99) <= 8


def test_statistics_are_averaged_themselves_where_weights_are_not() -> None:
    assert steps_until_followed(0.0) == 22  # 1 - 0.9 ** 22 > 0.9: as PyTorch has it


def test_the_average_takes_the_statistics_over() -> None:
    network = network_with_norm()
    state = TrainingState(network, train_config(steps=1), SIZE)
    for _ in range(60):
        network(torch.full((2, 1, 4, 4), 10.0))
        state.step += 1
        state.update_average()
    averaged = state.average.state_dict()["0.running_mean"]
    assert averaged.item() == pytest.approx(10, abs=0.5)
