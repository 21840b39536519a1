"""The built-in samples in a real viewer."""

import pytest

pytestmark = pytest.mark.gui


def test_samples_open_with_scale_units_and_axes(make_napari_viewer):
    viewer = make_napari_viewer()
    for key in ("em", "cells", "em-scribbles"):
        image, labels = viewer.open_sample("napari-unetseg", key)
        assert tuple(image.scale) == tuple(labels.scale) != (1, 1, 1)
        assert image.units == labels.units
        assert image.axis_labels == labels.axis_labels
        assert image.axis_labels[1:] == ("y", "x")
        assert image.data.shape == labels.data.shape
        viewer.layers.clear()
