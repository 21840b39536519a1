"""A training that validates in boxes: what is told, what is scored, what is refused."""

from __future__ import annotations

import pytest

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.events import Divided
from oracles.trainings import ask, drained, notes, of, stack

BOXES = "z=1:2,y=0:8,x=0:10;z=3:4,y=24:32"


@pytest.mark.parametrize("how", [{}, {"network": "unet"}, {"dimensions": 3}], ids=str)
def test_what_is_scored_lies_in_the_boxes_and_what_teaches_behind_a_band(how):
    image, labels = stack(side=48)

    events, training = drained(ask(image, labels, validation=BOXES, **how))

    [told] = of(Divided, events)
    scored = [part for part in told.parts if part["name"] == "validation"]
    assert [part["start"] for part in scored] == [[1, 0, 0], [3, 24, 0]]
    assert [part["stop"] for part in scored] == [[2, 8, 10], [4, 32, 48]]
    bands = [part for part in told.parts if part["name"] == "gap"]
    assert all(band["stop"][1] > 10 for band in bands)
    assert {band["start"][0] for band in bands} == (
        {0, 1, 2, 3, 4} if how.get("dimensions") != 3 else {0}
    )
    assert any("Validation in the drawn boxes" in note for note in notes(events))
    validation = training.model.card.validation
    assert 0 <= validation["mean_iou"] <= 1
    assert training.model.card.training["config"]["validation"] == BOXES


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ("y=0:32", "leave nothing annotated to train on: a band of"),
        ("y=40:50", "lies beside 'gt'"),
        ("z=0:1", "Nothing in the validation boxes is annotated"),
    ],
)
def test_boxes_that_make_no_sense_are_refused_before_any_work(wish, sentence):
    image, labels = stack()
    labels.array[0] = 0

    with pytest.raises(InputError, match=sentence):
        drained(ask(image, labels, validation=wish, unannotated="0"))
