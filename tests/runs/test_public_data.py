"""Downloaded data sets as images and labels."""

from __future__ import annotations

import numpy as np
import pytest

from napari_unetseg.core.draining import result_of
from napari_unetseg.core.errors import ReadError
from napari_unetseg.core.samples.public import PUBLIC
from napari_unetseg.layers.to_layer import layers_of_opened
from napari_unetseg.runs.public_data import is_to_learn_from, open_public
from napari_unetseg.runs.unpacking import unpack
from publisher import FRAMES, SHAPE, challenge, membranes, tiff


def opened(folder, key, data):
    file = folder / "a.zip"
    file.write_bytes(data)
    result_of(unpack(file, folder / key))
    return open_public(PUBLIC[key], folder / key)


def test_a_sequence_of_the_challenge_has_its_pixel_size_and_terms(tmp_path):
    image, computed, drawn = opened(tmp_path, "phc-u373", challenge())

    for one in (image, computed, drawn):
        assert one.image.shape == (FRAMES, *SHAPE)
        assert (one.image.axes, one.image.spacing) == ("TYX", (0.65, 0.65))
        assert one.image.unit == "um"
        assert one.notes["source"].endswith("PhC-C2DH-U373.zip")
        assert "Cell Tracking Challenge" in one.notes["licence"]
        assert "nmeth.4473" in one.notes["citation"]
        assert not one.others
    assert [image.labels, computed.labels, drawn.labels] == [False, True, True]
    assert image.image.name == "PhC-U373"
    assert drawn.image.name == "PhC-U373 outlines (by hand)"
    assert not is_to_learn_from(computed)
    assert is_to_learn_from(drawn)


def test_the_outlines_tell_which_frames_were_drawn(tmp_path):
    _, computed, drawn = opened(tmp_path, "dic-hela", challenge("DIC-C2DH-HeLa"))
    assert drawn.notes["annotated_frames"] == "2"
    assert "annotated_frames" not in computed.notes
    ((data, about, kind),) = layers_of_opened(drawn)
    assert kind == "labels"
    assert [bool(frame.any()) for frame in data] == [False, False, True, False]
    assert about["metadata"]["napari-unetseg"]["annotated_frames"] == "2"
    assert about["units"] == ("pixel", "um", "um")


def test_white_and_black_become_named_classes(tmp_path):
    image, labels = opened(tmp_path, "isbi2012", membranes())
    assert (image.image.axes, image.image.spacing) == ("ZYX", (50.0, 4.0, 4.0))
    assert image.image.shape == labels.image.shape == (3, *SHAPE)
    assert np.unique(labels.image.array).tolist() == [1, 2]
    assert (labels.image.array[:, ::8] == 2).all()
    ((_, about, kind),) = layers_of_opened(labels)
    assert kind == "labels"
    assert about["features"]["class"] == ["cell interior", "membrane"]
    assert about["name"] == "ISBI 2012 labels"


@pytest.mark.parametrize(
    ("key", "data", "wanted"),
    [
        ("phc-u373", membranes(), "images called t000.tif"),
        ("isbi2012", challenge(), r"train-volume\.tif and train-labels\.tif"),
        (
            "isbi2012",
            membranes(labels=tiff(np.ones((3, *SHAPE), np.uint8))),
            "white and black",
        ),
        (
            "isbi2012",
            membranes(labels=tiff(np.zeros((2, *SHAPE), np.uint8))),
            "of the images' shape",
        ),
    ],
)
def test_other_files_than_expected_are_named(tmp_path, key, data, wanted):
    with pytest.raises(ReadError, match=wanted):
        opened(tmp_path, key, data)
