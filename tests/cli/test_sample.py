"""``unetseg sample``: samples as a folder of pairs, and those that are downloaded."""

from __future__ import annotations

import numpy as np
import pytest

from napari_unetseg.core import samples
from napari_unetseg.core.image import Image
from napari_unetseg.core.read.folders import pairs_in
from napari_unetseg.core.read.opening import open_images
from napari_unetseg.runs import home
from publisher import FRAMES, SHAPE, challenge, membranes, published


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv(home.VARIABLE, str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def server(monkeypatch):
    with published() as publisher:
        publisher.publish(monkeypatch, "phc-u373", challenge())
        publisher.publish(monkeypatch, "isbi2012", membranes())
        yield publisher


def test_without_a_name_they_are_listed(unetseg, server):
    before = unetseg("sample")
    assert "em:           an EM-like stack, fully labelled; made on" in before.out
    assert "phc-u373:     PhC-U373; download, 40 MB" in before.out
    assert server.asked == []
    assert unetseg("sample", "phc-u373").code == 0
    assert f"PhC-U373; in {home.samples_folder() / 'phc-u373'}" in unetseg("sample").out


def test_outlines_become_a_pair_with_their_terms(unetseg, server, tmp_path):
    answer = unetseg("sample", "phc-u373", "--out", "cells")

    assert answer.code == 0
    assert "PhC-U373: Please cite Ulman" in answer.err
    assert "Free to download" in answer.err
    line = "unetseg train --pairs cells --task instances --model phc-u373.unetseg"
    assert line in answer.out
    (pair,) = pairs_in(tmp_path / "cells").pairs
    (image,), (labels,) = open_images(pair.image), open_images(pair.labels)
    assert image.image.shape == labels.image.shape == (FRAMES, *SHAPE)
    assert image.image.axes == "TYX"
    assert image.image.spacing == (0.65, 0.65)
    assert "nmeth.4473" in image.notes["citation"]
    assert labels.notes["annotated_frames"] == "2"
    told = unetseg("info", pair.labels)
    assert "licence:" in told.out
    assert "Cell Tracking Challenge" in told.out
    assert "phc-u373.ome.tif was saved with napari-unetseg" in told.out


def test_a_second_time_needs_no_network(unetseg, server):
    unetseg("sample", "isbi2012")
    server.files.clear()
    again = unetseg("sample", "isbi2012")
    assert again.code == 2
    assert "isbi2012.ome.tif' exists" in again.err
    assert unetseg("sample", "isbi2012", "--overwrite").code == 0
    assert len(server.asked) == 1


def test_a_built_in_sample_is_written_with_its_classes(unetseg, tmp_path, monkeypatch):
    painted = np.arange(1, 4, dtype=np.uint8).repeat(4).reshape(1, 3, 4)
    pair = tuple(Image(array=one, axes="ZYX") for one in (painted * 9, painted))
    made = dict.fromkeys(("em", "em-scribbles"), pair)
    monkeypatch.setattr(samples, "sample_data", made.__getitem__)
    answer = unetseg("sample", "em")
    assert answer.code == 0
    assert "unetseg train --pairs em --model em.unetseg.safetensors" in answer.out
    (labels,) = open_images(tmp_path / "em" / "labels" / "em.ome.tif")
    assert "membrane" in labels.notes["class_names"]
    assert np.unique(labels.image.array).tolist() == [1, 2, 3]
    assert labels.image.unannotated == ""
    unetseg("sample", "em-scribbles", "--out", "painted")
    (labels,) = open_images(tmp_path / "painted/labels/em-scribbles.ome.tif")
    assert labels.image.unannotated == "0"


def test_what_is_not_there_is_a_sentence(unetseg, server):
    server.files.clear()
    answer = unetseg("sample", "phc-u373")
    assert answer.code == 2
    assert "does not give PhC-U373 away (it answers 404 Not Found)" in answer.err
    assert "Traceback" not in answer.err
    unknown = unetseg("sample", "u373")
    assert unknown.code == 2
    assert "Choose one of em, cells, em-scribbles, isbi2012, phc-u373" in unknown.err
