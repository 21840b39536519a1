"""A report as one HTML file."""

from __future__ import annotations

from html.parser import HTMLParser

import numpy as np
import pytest

import napari_unetseg as us
from napari_unetseg.core.errors import WriteError
from napari_unetseg.core.evaluate import svg
from napari_unetseg.core.evaluate.judge import Asked, judge
from napari_unetseg.core.evaluate.page import Shot, page, write_page
from napari_unetseg.core.evaluate.seen import Seen
from napari_unetseg.core.evaluate.uncertain import compared
from napari_unetseg.core.image import Image

RNG = np.random.default_rng(0)
TRUTH = RNG.integers(0, 3, (5, 12, 15))
PREDICTION = np.where(RNG.random(TRUTH.shape) < 0.8, TRUTH, 1)


class Reader(HTMLParser):
    """Which tags are opened and not closed, and what a browser would fetch."""

    def __init__(self):
        super().__init__()
        self.open, self.fetched, self.text = [], [], ""

    def handle_starttag(self, tag, attributes):
        if tag not in {"meta", "img", "line", "polyline", "br", "circle"}:
            self.open.append(tag)
        self.fetched += [v for k, v in attributes if k in {"src", "href"}]

    def handle_endtag(self, tag):
        if self.open and self.open[-1] == tag:
            self.open.pop()

    def handle_data(self, data):
        self.text += data


def read(text):
    reader = Reader()
    reader.feed(text)
    return reader


@pytest.mark.parametrize("task", ["classes", "instances", "neurites"])
def test_needs_nothing_else(task):
    asked = {} if task == "classes" else {"objects": 1}
    report = us.evaluate(PREDICTION, TRUTH, task=task, borders=True, **asked)
    picture = np.zeros((4, 5, 3), np.uint8)
    found = read(page(report, shots=[Shot("Z 1: <worst>", picture)], made="a & b"))
    assert [one for one in found.fetched if not one.startswith("data:")] == []
    assert "<script" not in page(report)
    assert found.open == []
    for words in ("Z 1: <worst>", "a & b", "Methods", "It is not known"):
        assert words in found.text


def test_scores_and_intervals_are_in_it():
    report = us.evaluate(PREDICTION, TRUTH)
    text = page(report, against=compared(report, report), other="other.tif")
    assert f"{report.overlap.mean_iou:.4f}" in text
    assert "95 % interval over 5 slices" in text
    assert "other.tif" in text
    assert "n/a" not in text


def test_unseen_pixels_lead():
    boxes = [["train", 0, 0, 12, 15]]
    seen = Seen.of([{"index": [z], "boxes": boxes} for z in (0, 1)])
    sides = (Image(array=one, axes="ZYX") for one in (PREDICTION, TRUTH))
    report = judge(*sides, Asked(), seen=seen)
    score = report.parts["unseen"].overlap.mean_iou
    text = page(report)
    first = text.index(f"{score:.4f}")
    assert text.index("unseen pixels") < first < text.index("Can I believe it?")
    assert f"{report.overlap.mean_iou:.4f}" not in text


def test_names_are_escaped():
    report = us.evaluate(PREDICTION, TRUTH)
    from dataclasses import replace

    named = replace(report, prediction="<b>", names={1: "<i>"})
    assert "<b>" not in page(named).replace("<body>", "")
    assert "<i>" not in page(named)


def test_curves_have_gaps():
    drawn = svg.curves([0, 1, 2, 3], {"a": [0.5, None, 1, 0]}, across="x", up="y")
    assert drawn.count("<polyline") == 2
    assert drawn.count("<circle") == 3
    assert svg.curves([], {"a": []}, across="x", up="y").startswith("<svg")


def test_files_are_not_replaced(tmp_path):
    path = tmp_path / "r.html"
    write_page(path, "one")
    with pytest.raises(WriteError):
        write_page(path, "two")
    write_page(path, "two", overwrite=True)
    assert path.read_text(encoding="utf-8") == "two"
