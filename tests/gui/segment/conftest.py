"""A Segment dock on a small stack, with a model that has no weights."""

from __future__ import annotations

import pytest

from gui.segmenting import model_file, opened
from napari_unetseg.runs.preferences import models_folder


@pytest.fixture
def network():
    return model_file(models_folder() / "first.unetseg.safetensors")


@pytest.fixture
def dock(model, stripes, network, qtbot):
    model.add_image(
        stripes[0],
        name="grey",
        scale=(50, 8, 8),
        translate=(100, 0, 16),
        units=("nm", "nm", "nm"),
        axis_labels=("z", "y", "x"),
    )
    return opened(model, qtbot)
