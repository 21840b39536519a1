"""The models that can be chosen, each with its score."""

from __future__ import annotations

import os

import numpy as np
import pytest
from qtpy.QtCore import Qt

from gui.segmenting import model_file
from napari_unetseg.core.image import Image
from napari_unetseg.gui.segment import library as library_module
from napari_unetseg.runs.library import entry, rename
from napari_unetseg.runs.model_words import in_words
from napari_unetseg.runs.preferences import models_folder
from napari_unetseg.runs.thumbnails import draw_thumbnail

pytestmark = pytest.mark.gui


def texts(dock):
    box = dock.model.native
    return [box.itemText(i) for i in range(box.count())]


def add(name, iou=None, **values):
    validation = {} if iou is None else {"mean_iou": iou}
    path = models_folder() / f"{name}.unetseg.safetensors"
    return model_file(path, validation=validation, **values)


def test_models_are_listed_with_their_scores(dock):
    add("good", 0.91234)
    add("poor", 0.5)

    dock.enterEvent(None)

    assert sorted(texts(dock)) == ["first", "good, IoU 0.912", "poor, IoU 0.500"]


def test_a_model_that_was_trained_anew_stays_chosen_and_has_its_new_score(dock):
    path = add("good", 0.5)
    dock.enterEvent(None)
    dock.choose_model(path)

    add("good", 0.75)
    os.utime(path, (1, 1))
    dock.enterEvent(None)

    assert "good, IoU 0.750" in texts(dock)
    assert dock.model.value == str(path)
    assert dock.model.current_choice == "good, IoU 0.750"


def test_each_file_is_read_once(dock, monkeypatch):
    add("good", 0.5)
    read = []
    monkeypatch.setattr(library_module, "score_of", lambda path: read.append(path))

    for _ in range(3):
        dock.enterEvent(None)

    assert len(read) == 1


def test_a_damaged_model_is_listed_by_its_name(dock):
    (models_folder() / "bad.unetseg.safetensors").write_bytes(b"\x80\x04pickle")

    dock.enterEvent(None)

    assert sorted(texts(dock)) == ["bad", "first"]


def test_a_model_that_goes_gives_its_place_to_another(dock, network):
    other = add("other", 0.5)
    dock.enterEvent(None)
    network.unlink()

    dock.enterEvent(None)

    assert dock.model.value == str(other)
    assert "IoU 0.500" in dock.about.value


def test_a_model_that_is_renamed_stays_chosen(dock):
    old = add("old", 0.5)
    add("newest", 0.75)
    dock.enterEvent(None)
    dock.choose_model(old)

    new = rename("old", "new")
    dock.enterEvent(None)

    assert dock.model.value == str(new)
    assert "IoU 0.500" in dock.about.value


def test_a_model_has_its_picture_and_tells_of_itself(dock):
    path = add("good", 0.5)
    draw_thumbnail(path, Image(array=np.eye(40), axes="YX"))

    dock.enterEvent(None)

    box = dock.model.native
    index = box.findText("good, IoU 0.500")
    assert not box.itemIcon(index).isNull()
    assert box.itemIcon(box.findText("first")).isNull()
    told = box.itemData(index, Qt.ItemDataRole.ToolTipRole)
    assert told == f"{entry(path).date}; {in_words(entry(path))}"
    assert "mean IoU 0.500" in told


def test_names_in_a_card_are_shown_as_they_are_written(dock):
    """As HTML they would load pictures, from other computers too."""
    name = "<img src='//server/x.png'>"
    path = add("odd", class_names={"1": name})

    dock.enterEvent(None)
    dock.choose_model(path)

    assert name in dock.about.value
    assert dock.about.native.textFormat() == Qt.TextFormat.PlainText
    box = dock.model.native
    tip = box.itemData(box.findText("odd"), Qt.ItemDataRole.ToolTipRole)
    assert "&lt;img src=" in tip
    assert "<img" not in tip
