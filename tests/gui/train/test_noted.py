"""What 0 means, noted with a layer or in the files of a folder: seen by the dock."""

from __future__ import annotations

import numpy as np
import pytest

from napari_unetseg.contributions.reader import read_layers
from napari_unetseg.contributions.writer import write_pair
from napari_unetseg.core.draining import result_of
from napari_unetseg.core.read.folders import pairs_in
from napari_unetseg.gui.parts.sources import labels_of
from napari_unetseg.gui.train.look import look

layers = pytest.importorskip("napari.layers")
pytestmark = pytest.mark.gui

PAINTED = np.zeros((40, 40), np.uint8)
PAINTED[4:30, 4:20], PAINTED[4:30, 24:36] = 1, 2
NOTED = {"napari-unetseg": {"unannotated": "0"}}


def saved(folder):
    """Save a pair whose labels are noted to be painted in part."""
    image = layers.Image(PAINTED * 50, name="cells")
    labels = layers.Labels(PAINTED, name="painted", metadata=NOTED)
    write_pair(str(folder), [one.as_layer_data_tuple() for one in (image, labels)])
    return folder


def test_a_pair_that_was_saved_opens_with_its_note(tmp_path):
    _, made = read_layers(saved(tmp_path / "a.pairs"))
    layer = layers.Layer.create(*made)
    seen = result_of(look([labels_of(layer)], "auto"))
    assert "0 is not annotated, as is noted in 'painted.ome.tif'" in seen.sentence
    assert seen.ids == (1, 2)
    assert "as is noted" not in result_of(look([labels_of(layer)], "none")).sentence


def test_pairs_of_files_are_understood_as_they_note(tmp_path):
    folder = pairs_in(saved(tmp_path / "a.pairs"))
    seen = result_of(look([], "auto", folder=folder))
    assert seen.sentence == (
        "In 1 of 1 slices 0 is not annotated, as is noted in 'painted.ome.tif'."
    )
