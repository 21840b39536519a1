"""What a segmentation is asked, and what is refused before any work."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from napari.layers import Image

from napari_unetseg.core.config import NetworkConfig, SegmentConfig
from napari_unetseg.core.errors import InputError
from napari_unetseg.core.network.card import ModelCard
from napari_unetseg.gui.segment.question import ask

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


def test_a_layer_for_two_channels_is_refused():
    one, two = (Image(np.zeros((4, 5)), name=name) for name in ("one", "two"))

    with pytest.raises(InputError, match="'one' is chosen for two channels") as refused:
        asked(one, two, one)

    assert str(refused.value).count(". ") == 1
    assert asked(one, two).image.image.channels == ("a", "b")
