"""What is asked for of labels, in pixels, or refused before any work."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.config import SegmentConfig
from napari_unetseg.core.errors import InputError
from napari_unetseg.core.image import Image
from napari_unetseg.core.network.card import Objects
from napari_unetseg.core.predict.asked import Finish
from oracles.models import random_model

WATERSHED = Objects(kind="watershed", centre=2, border=1)


def of(config, volumes=False, classes=(0, 1, 2), objects=None, **options):
    """What a configuration asks for."""
    model = random_model(volumes=volumes, classes=classes)
    card = model.card.model_copy(update={"objects": objects})
    options = {"axes": "ZYX", "unit": "um", "spacing": (5, 2, 2)} | options
    image = Image(array=np.zeros((4,) * len(options["axes"])), name="em", **options)
    return Finish.of(image, card, SegmentConfig.check(**config))


@given(st.integers(1, 10**6), st.floats(1e-3, 1e3), st.sampled_from(["nm", "um", "mm"]))
def test_so_many_pixels_are_so_many_in_any_unit(count, side, unit):
    factor = {"nm": 1e3, "um": 1.0, "mm": 1e-3}[unit]
    for volumes in (False, True):
        size = count * (side * factor) ** (2 + volumes)
        asked = {"smallest": {1: {"value": size, "unit": unit}}}
        assert of(asked, volumes, spacing=(side,) * 3).smallest == {1: count}


def test_sizes_are_rounded_up_to_pixels_of_the_image():
    sizes = {1: {"value": 9, "unit": "um"}, 2: {"value": 2.2}}
    asked = {"smallest": sizes, "holes": {0: {"value": 20.1, "unit": "micron"}}}
    assert of(asked).smallest == {1: 3, 2: 3}
    assert of(asked).holes == {0: 6}
    assert of(asked, volumes=True).smallest == {1: 1, 2: 3}
    assert of(asked, volumes=True).holes == {0: 2}


def test_holes_of_objects_are_those_of_their_classes():
    asked = {"holes": {1: {"value": 7}}, "objects": "instances"}
    assert of(asked).holes == {1: 7, 2: 7}
    assert of(asked, classes=(0, 5, 9)).holes == {5: 7, 9: 7}
    # A centre within its border is no hole.
    assert of({"holes": {1: {"value": 7}}}, objects=WATERSHED).holes == {2: 7}
    assert of({"holes": {1: {"value": 7}}}).holes == {1: 7}


@pytest.mark.parametrize(
    ("config", "options", "sentence"),
    [
        ({"smallest": {5: {"value": 3}}}, {}, "no class 5 .*classes are 0, 1, 2"),
        ({"holes": {5: {"value": 3}}}, {}, "no class 5 to give a size"),
        ({"thresholds": {5: 0.3}}, {}, "no class 5 to give a threshold.*are 0, 1, 2"),
        (
            {"smallest": {2: {"value": 3}}, "objects": "instances"},
            {},
            "no class 2 to give a size. Objects are class 1",
        ),
        (
            {"smallest": {2: {"value": 3}}, "thresholds": {2: 0.3}},
            {"objects": Objects()},
            "no class 2 to give a size. Objects are class 1",
        ),
        (
            {"thresholds": {1: 0.3}, "objects": "instances"},
            {"classes": (0, 7)},
            "no class 1 to give a threshold. The model's classes are 0, 7",
        ),
        (
            {"smallest": {1: {"value": 3, "unit": "um"}}},
            {"unit": "pixel"},
            "given in um, but the pixels of 'em' are of unknown size. Give it in",
        ),
        (
            {"smallest": {1: {"value": 3, "unit": "parsec"}}},
            {},
            "'parsec' is no unit of a size. Use pixel or one of: pm, .*um",
        ),
        ({"link": True}, {}, "Only the objects of slices along Z.*instances"),
        ({"link": True}, {"volumes": True, "objects": Objects()}, "slices along Z"),
        (
            {"link": True, "objects": "instances"},
            {"axes": "TYX", "spacing": (1, 1)},
            "Only the objects of slices along Z can be linked",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_sentence(config, options, sentence):
    with pytest.raises(InputError, match=sentence):
        of(config, **options)


def test_what_can_be_done_is_not_refused():
    assert of({"thresholds": {2: 0.3}, "objects": "instances"}).objects == Objects()
    assert of({"link": True}, objects=WATERSHED).link
    assert of({"objects": "classes"}, objects=WATERSHED).objects is None
