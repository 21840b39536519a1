"""Unpooling: as torch does it, whatever the tiles are, also where values are equal."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from napari_unetseg.core.network.switches import Switches, Unpool
from oracles.networks import small, trained
from oracles.tiles import assert_exact, predict


@pytest.mark.parametrize("size", [(8, 8), (7, 9)])
def test_unpooling_is_that_of_torch(size):
    torch.manual_seed(0)
    x = torch.randn(2, 3, *size)
    pool = nn.MaxPool2d(2, ceil_mode=True, return_indices=True)
    pooled, places = pool(x)
    features = torch.randn_like(pooled)
    wanted = nn.functional.max_unpool2d(features, places, 2, output_size=size)
    assert torch.equal(Unpool()(Switches()(x), features), wanted)


def test_a_window_of_equal_values_has_one_switch():
    switches = Switches()(torch.zeros(1, 1, 4, 5))
    assert switches.sum() == 6
    assert switches[0, 0, 0, 0]


def flat(shape):
    """A black ground with something on it, as a camera that clips shows it."""
    image = np.random.default_rng(1).normal(size=(1, *shape)).clip(0)
    image[:, 12:] = 0
    return image


def few_values(shape):
    """Noise of three values, so that many windows hold equal ones."""
    return np.random.default_rng(2).integers(-1, 2, (1, *shape))


def repeated(shape):
    """Mirrored it repeats itself every 16 pixels: windows of the fifth pooling too."""
    return np.random.default_rng(3).normal(size=(1, *(9 for _ in shape)))


@pytest.mark.parametrize("image", [flat, few_values, repeated])
@pytest.mark.parametrize("precision", [torch.float32, torch.float64])
def test_equal_values_are_taken_the_same_way_in_every_tile(image, precision):
    network = trained(small("segnet", 2), dtype=precision)
    assert_exact(network, image((70, 45)), (1, "whole"))


def test_the_first_of_equal_values_matters(monkeypatch):
    """The test above can fail: the last ones in place of the first are noticed."""
    network = trained(small("segnet", 2))
    image = few_values((20, 20)).astype(np.float32)
    first = predict(network, image, "whole")
    forward = Switches.forward
    monkeypatch.setattr(
        Switches, "forward", lambda self, x: forward(self, x.flip((2, 3))).flip((2, 3))
    )
    assert np.abs(predict(network, image, "whole") - first).max() > 1e-2
