"""The built-in samples in a real viewer."""

import pytest

pytestmark = pytest.mark.gui


@pytest.mark.parametrize("key", ["em", "cells", "em-scribbles"])
def test_samples_open_with_scale_units_and_axes(make_napari_viewer, key):
    viewer = make_napari_viewer()
    image, labels = viewer.open_sample("napari-unetseg", key)
    assert tuple(image.scale) == tuple(labels.scale) != (1, 1, 1)
    assert image.units == labels.units
    assert image.axis_labels == labels.axis_labels
    assert image.axis_labels[1:] == ("y", "x")
    assert image.data.shape == labels.data.shape
