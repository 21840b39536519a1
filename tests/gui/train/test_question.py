"""What the dock says of a question is what the training will do."""

import numpy as np

from napari_unetseg.core.image import Image
from napari_unetseg.core.prepare.split import neighbours, split
from napari_unetseg.core.presets import train_config
from napari_unetseg.gui.train.validated import validated


def test_neighbours_in_time_are_left_out_in_the_dock_as_in_the_training():
    stacks = Image(array=np.zeros((5, 10, 8, 8), np.uint8), axes="TZYX")
    beside = neighbours([(0, index) for index in np.ndindex(5, 10)])
    wanted = split("0.2", [True] * 50, [0] * 50, beside=beside).note
    assert "Slices 30-39 are left out" in wanted
    assert validated(train_config(), [True] * 50, [stacks]) == wanted
