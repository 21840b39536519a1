"""The layer of errors lies where the truth lies."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from napari.layers import Labels

from napari_unetseg.core.image import Image
from napari_unetseg.layers.align import aligned
from napari_unetseg.layers.errors import errors_layer
from napari_unetseg.layers.place import place

TRUTH = np.random.default_rng(0).integers(0, 3, (3, 6, 8), dtype=np.uint8)


def shown(prediction, truth, **more):
    """The layer of errors of two layers, as napari makes it."""
    parts = [
        place(
            Image(array=one.data, axes="ZYX", name=one.name),
            one.as_layer_data_tuple()[1],
        )
        for one in (prediction, truth)
    ]
    data, attributes, kind = errors_layer(
        aligned(*parts), truth.as_layer_data_tuple()[1], **more
    )
    assert kind == "labels"
    del attributes["colormap"]
    return Labels(data, **attributes)


@settings(max_examples=25)
@given(st.integers(0, 2), st.integers(0, 3), st.floats(-1, 1), st.floats(0.5, 3))
def test_it_lies_on_the_compared_pixels_of_the_truth(z, x, angle, size):
    turn = np.eye(3)
    turn[1:, 1:] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    where = {"scale": (2, size, size), "rotate": turn, "translate": (3, 1, 4)}
    truth = Labels(TRUTH, name="truth", **where)
    part = {**where, "translate": truth.data_to_world((z, 1, x))}
    prediction = Labels(TRUTH[z:, 1:, x:], name="mine", **part)
    errors = shown(prediction, truth)
    assert errors.data.shape == (3 - z, 5, 8 - x)
    for index in ((0, 0, 0), (0, 2, 1)):
        there = truth.data_to_world(np.add(index, (z, 1, x)))
        assert errors.data_to_world(index) == pytest.approx(there, abs=1e-6)
    assert set(np.unique(errors.data)) <= {0, 1}


def test_units_and_axes_are_those_of_the_truth():
    about = {"units": ("um", "nm", "nm"), "axis_labels": ("z", "y", "x")}
    truth = Labels(TRUTH, name="truth", scale=(0.05, 4, 4), **about)
    errors = shown(Labels(TRUTH, name="mine"), truth, identity=1)
    assert errors.units == truth.units
    assert errors.axis_labels == truth.axis_labels
    assert errors.scale.tolist() == truth.scale.tolist()
    assert errors.name == "Errors of mine (class 1)"


def test_the_pointer_tells_the_error():
    prediction = TRUTH.copy()
    prediction[0, 0, 0], prediction[0, 0, 1] = 1 + TRUTH[0, 0, 0], 0
    truth = TRUTH.copy()
    truth[0, 0, :2] = 0, 2
    prediction[0, 0, 0] = 1
    errors = shown(
        Labels(prediction, name="mine"), Labels(truth, name="truth"), ignore=(7,)
    )
    assert errors.name == "Errors of mine (all classes)"
    status = [errors.get_status((0, 0, x))["value"] for x in (0, 1)]
    assert "error: false positive" in status[0]
    assert "error: false negative" in status[1]
    assert "both background, or not annotated" in errors.features["error"].tolist()
