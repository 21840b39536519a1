"""What a segmentation is asked, and what is refused before any work."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from napari.components import Dims
from napari.layers import Image

from napari_unetseg.core.config import NetworkConfig, SegmentConfig
from napari_unetseg.core.errors import InputError
from napari_unetseg.core.network.card import ModelCard
from napari_unetseg.gui.segment.question import ask, plan

pytestmark = pytest.mark.gui


def asked(*layers):
    network = NetworkConfig(channels=len(layers), classes=2)
    card = ModelCard(
        network=network,
        classes=(1, 2),
        halo=(9, 9),
        channels=tuple("abc"[: len(layers)]),
    )
    return ask(layers, Path("m"), card, SegmentConfig())


def volume_asked(layer):
    network = NetworkConfig(dimensions=3)
    card = ModelCard(network=network, classes=(1, 2), halo=(9, 9, 9))
    return ask([layer], Path("m"), card, SegmentConfig())


def test_a_plane_is_refused_by_a_model_that_sees_volumes():
    with pytest.raises(InputError, match="sees volumes"):
        volume_asked(Image(np.zeros((4, 5))))


def test_a_slice_is_refused_by_a_model_that_sees_volumes():
    question = volume_asked(Image(np.zeros((3, 4, 5)), axis_labels=("z", "y", "x")))

    with pytest.raises(InputError, match="Choose all slices"):
        plan(question, Dims(ndim=3))
    assert plan(question).inputs["image"].image.shape == (3, 4, 5)


def test_a_layer_for_two_channels_is_refused():
    one, two = (Image(np.zeros((4, 5)), name=name) for name in ("one", "two"))

    with pytest.raises(InputError, match="'one' is chosen for two channels") as refused:
        asked(one, two, one)

    assert str(refused.value).count(". ") == 1
    assert asked(one, two).image.image.channels == ("a", "b")
