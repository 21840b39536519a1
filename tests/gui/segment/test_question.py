"""What a segmentation is asked, and what is refused before any work."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
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
    card = ModelCard(network=network, classes=(1, 2), halo=(9, 9, 9), spacing=(1, 1, 1))
    return ask([layer], Path("m"), card, SegmentConfig())


def test_a_plane_is_refused_by_a_model_that_sees_volumes():
    with pytest.raises(InputError, match="sees volumes"):
        volume_asked(Image(np.zeros((4, 5))))


def test_of_a_slice_a_model_that_sees_volumes_is_given_the_volume():
    question = volume_asked(Image(np.zeros((3, 4, 5)), axis_labels=("z", "y", "x")))

    found = plan(question, {"Z": (1, 2)})

    assert found.inputs["image"].image.shape == (3, 4, 5)
    assert region(found) == {"Z": (1, 2)}
    assert found.layer["box"] == {"Z": (1, 2), "Y": (0, 4), "X": (0, 5)}


# -- large images ---------------------------------------------------------------------


class Large:
    """An array that is too large to be copied, and remembers how it was cut."""

    dtype = np.dtype(np.uint16)

    def __init__(self, shape=(9, 4000, 30000, 40000)):
        self.shape, self.ndim = shape, len(shape)

    def __getitem__(self, place):
        sizes = zip(place, self.shape, strict=True)
        return Large(tuple(len(range(*part.indices(n))) for part, n in sizes))


def large(path=None, shape=(9, 4000, 30000, 40000)):
    layer = SimpleNamespace(
        name="large", ndim=4, source=SimpleNamespace(path=path), data=Large(shape)
    )
    layer.as_layer_data_tuple = lambda: (layer.data, {"name": "large"}, "image")
    return asked(layer)


PART = {"T": (3, 4), "Z": (7, 8), "Y": (5, 90)}


def test_of_what_is_too_large_to_be_copied_only_the_slices_are_given():
    found = plan(large(), PART)

    assert found.inputs["image"].image.shape == (1, 1, 30000, 40000)
    assert region(found) == {"Y": (5, 90)}
    assert found.layer["cut"] == {"T": 3, "Z": 7}
    assert found.layer["placement"]["translate"] == [3, 7, 5, 0]


def test_slices_that_are_normalised_together_are_given_together():
    found = plan(large(shape=(9, 40, 3000, 4000)), PART)

    assert found.inputs["image"].image.shape == (1, 40, 3000, 4000)
    assert region(found) == {"Z": (7, 8), "Y": (5, 90)}


def test_what_lies_in_a_file_is_read_there_and_cut_only_if_it_must_be_copied():
    found = plan(large("/there/large.zarr"), PART)

    assert found.inputs["image"].image.shape == (9, 4000, 30000, 40000)
    assert region(found) == PART
    assert found.copied is not None
    assert found.copied.inputs["image"].image.shape == (1, 1, 30000, 40000)


def region(found):
    return found.ask({"image": "image"}).config.region


def test_a_layer_for_two_channels_is_refused():
    one, two = (Image(np.zeros((4, 5)), name=name) for name in ("one", "two"))

    with pytest.raises(InputError, match="'one' is chosen for two channels") as refused:
        asked(one, two, one)

    assert str(refused.value).count(". ") == 1
    assert asked(one, two).image.image.channels == ("a", "b")
