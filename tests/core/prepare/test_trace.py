"""Which pixels a model has learnt from."""

from __future__ import annotations

import numpy as np

from napari_unetseg.core.image import Image
from napari_unetseg.core.prepare import trace as module
from napari_unetseg.core.prepare.trace import plane_key, trace, traced

STACK = np.random.default_rng(0).integers(0, 255, (4, 20, 30), dtype=np.uint8)


def image(array, axes="ZYX", **more):
    return Image(array=array, axes=axes, **more)


def part(name, start, stop, number=0):
    return {"image": number, "name": name, "start": start, "stop": stop}


PARTS = [
    part("train", [0, 0, 0], [2, 20, 30]),
    part("gap", [1, 0, 0], [2, 20, 15]),
    part("validation", [3, 0, 0], [4, 20, 30]),
]


def test_planes_are_found_again():
    notes = trace([image(STACK)], PARTS)
    found = traced(image(STACK), notes)
    assert [one["index"] for one in found] == [[0], [1], [3]]
    assert found[0]["boxes"] == [["train", 0, 0, 20, 30]]
    assert found[1]["boxes"] == [["train", 0, 0, 20, 30], ["gap", 0, 0, 20, 15]]
    assert found[2]["boxes"] == [["validation", 0, 0, 20, 30]]


def test_wherever_they_are():
    notes = trace([image(STACK)], PARTS)
    plane = image(STACK[3], "YX", spacing=(4, 4), unit="nm")
    assert [one["index"] for one in traced(plane, notes)] == [[]]
    series = image(STACK[::-1], "TYX")
    assert [one["index"] for one in traced(series, notes)] == [[0], [2], [3]]
    other = STACK.copy()
    other[3, 10, 10] += 1
    assert [one["index"] for one in traced(image(other), notes)] == [[0], [1]]
    assert traced(image(STACK), []) == []


def test_large_planes_are_known_by_their_middle():
    large = np.zeros((600, 700), np.uint16)
    key = plane_key(image(large, "YX"), ())
    large[0, 0] = 1
    assert plane_key(image(large, "YX"), ()) == key
    large[300, 300] = 1
    assert plane_key(image(large, "YX"), ()) != key


def test_what_an_earlier_model_has_learnt_stays():
    before = trace([image(STACK)], PARTS)
    after = trace([image(STACK)], [part("validation", [0, 0, 0], [1, 20, 30])], before)
    found = [one["boxes"] for one in traced(image(STACK[:1]), after)]
    assert found == [[["train", 0, 0, 20, 30]], [["validation", 0, 0, 20, 30]]]
    # Of an older model nobody knows.
    assert trace([image(STACK)], PARTS, None) is None


def test_too_many_planes_are_not_noted(monkeypatch):
    monkeypatch.setattr(module, "MOST_PLANES", 2)
    assert trace([image(STACK)], PARTS) is None
