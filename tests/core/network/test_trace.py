"""A network is followed once, but for as long as it stays what it is."""

from __future__ import annotations

import gc
import weakref

import pytest
from torch import fx, nn

from napari_unetseg.core.config import NetworkConfig
from napari_unetseg.core.network import trace
from napari_unetseg.core.network.build import network_of
from napari_unetseg.core.network.trace import calls_of
from napari_unetseg.core.network.twin import valid_twin


@pytest.fixture
def followed(monkeypatch):
    """What was recorded by torch, network by network."""
    found = []
    record = fx.Tracer.trace

    def follow(self, root, *args, **options):
        found.append(root)
        return record(self, root, *args, **options)

    monkeypatch.setattr(trace._Tracer, "trace", follow)
    return found


def test_the_same_network_is_followed_once(followed):
    network = network_of(NetworkConfig(base=2, depth=1))

    assert calls_of(network) == calls_of(network)
    assert followed == [network]


def test_its_valid_twins_are_not_followed_anew(followed):
    network = network_of(NetworkConfig(name="unet-bn", base=2, depth=1))

    for _ in range(2):
        valid_twin(network)

    assert followed == [network]


def test_a_network_that_has_grown_is_followed_anew(followed):
    network = nn.Sequential(nn.Conv2d(1, 1, 3), nn.ReLU())
    assert len(calls_of(network)) == 2

    network.append(nn.Conv2d(1, 1, 3))

    assert [call.name for call in calls_of(network)] == ["0", "1", "2"]
    assert len(followed) == 2


def test_a_layer_in_place_of_another_is_the_one_that_is_found():
    network = nn.Sequential(nn.Conv2d(1, 1, 3), nn.ReLU())
    calls_of(network)

    network[0] = other = nn.Conv2d(1, 1, 5)

    assert calls_of(network)[0].layer is other


def test_a_network_is_not_kept_because_it_was_followed():
    network = nn.Sequential(nn.Conv2d(1, 1, 3))
    calls_of(network)
    gone = weakref.ref(network)
    del network
    gc.collect()

    assert gone() is None
