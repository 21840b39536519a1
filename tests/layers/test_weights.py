"""Weights of pixels are shown on the labels that they were worked out from."""

from __future__ import annotations

import numpy as np
import pytest

from napari_unetseg.layers.weights import weights_layer

layers = pytest.importorskip("napari.layers")


def test_they_lie_on_the_labels_and_end_at_the_largest() -> None:
    labels = layers.Labels(
        np.zeros((3, 20, 30), int),
        scale=(50, 4, 4),
        translate=(7, 8, 9),
        units=("nm", "nm", "nm"),
        axis_labels=("z", "y", "x"),
    )
    weights = np.linspace(0, 51, 1800, dtype=np.float32).reshape(3, 20, 30)

    made = weights_layer(weights, labels.as_layer_data_tuple()[1], "ZYX")
    layer = layers.Layer.create(*made)

    assert layer.data is weights
    assert tuple(layer.contrast_limits) == (0, 51)
    for name in ("scale", "translate", "units", "axis_labels"):
        assert np.all(getattr(layer, name) == getattr(labels, name))


def test_weights_of_nothing_can_be_shown() -> None:
    made = weights_layer(np.zeros((4, 5), np.float32), {}, "YX")

    assert tuple(layers.Layer.create(*made).contrast_limits) == (0, 1)
