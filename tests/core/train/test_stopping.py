"""When a training ends, and which weights it keeps: the best ones and the last ones."""

import numpy as np
import pytest
import torch

from napari_unetseg.core.evaluate.instances import InstanceScore
from napari_unetseg.core.evaluate.overlap import Overlap
from napari_unetseg.core.events import Planned, Step, Validated
from napari_unetseg.core.train import loop
from napari_unetseg.core.train.score import Score
from oracles.trainings import ask, drained, notes, of, same_model, stack

# Batches that are large beside what is scored: it is scored as often as may be.
HOW = {"validation": "0.2", "steps": 8, "batch": 8}


@pytest.fixture(scope="module")
def pair():
    return stack()


@pytest.fixture
def scored(monkeypatch):
    """Let validations score as is said; the rest of them as the last one."""

    def function(*right):
        left = list(right)

        def validate(*_):
            hits = left.pop(0) if len(left) > 1 else left[0]
            return Score(Overlap((1, 2), np.array([[hits, 100 - hits], [0, 100]])))

        monkeypatch.setattr(loop, "validate", validate)

    return function


# Of 8 steps 0, 2, 4, 5, 6, 7 and 8 are scored.
@pytest.mark.parametrize(
    ("scores", "patience", "last", "best"),
    [
        ([10, 50, 40, 30, 20, 10, 5], 1, 4, 2),
        ([10, 50, 40, 30, 20, 10, 5], 2, 5, 2),
        ([10, 50, 40, 30, 20, 10, 5], 4, 7, 2),
        ([10, 50, 40, 30, 20, 10, 5], 9, 8, 2),
        ([10, 50, 40, 60, 20, 10, 5], 2, 7, 5),
        ([10, 20, 30, 40, 50, 60, 70], 1, 8, 8),
        # What is as good as before is not better, but kept.
        ([10, 50, 50, 50, 50, 50, 50], 3, 6, 6),
        # The untrained network is never the best.
        ([90, 20, 30, 40, 30, 20, 10], 2, 7, 5),
        ([10, 50, 40, 30, 20, 10, 5], None, 8, 2),
    ],
)
def test_it_ends_after_so_many_validations_that_were_not_better(
    pair, scored, scores, patience, last, best
):
    scored(*scores)
    events, trained = drained(ask(*pair, **HOW, patience=patience))
    assert of(Step, events)[-1].step == of(Validated, events)[-1].step == last
    card = trained.model.card
    assert (card.training["steps"], card.training["kept_step"]) == (last, best)
    told = [text for text in notes(events) if "the training ends here" in text]
    assert len(told) == (last < 8)
    for text in told:
        times = f"{patience} validations" if patience > 1 else "validation"
        assert text.startswith(f"The last {times} brought no better score")


@pytest.mark.parametrize(
    ("batch", "scored_after"), [(1, [0, 8]), (8, [0, 2, 4, 5, 6, 7, 8])]
)
def test_scoring_takes_a_fifth_of_what_is_computed(pair, batch, scored_after):
    """Counted in pixels, so that equal steps are scored on any computer."""
    events, _ = drained(ask(*pair, **HOW | {"batch": batch}))
    assert [event.step for event in of(Validated, events)] == scored_after


def test_without_validation_patience_has_no_end(pair):
    events, trained = drained(ask(*pair, **HOW | {"validation": "0"}, patience=1))
    assert len(of(Step, events)) == 8
    assert trained.model.card.validation == {}
    assert not of(Validated, events)


def test_an_early_end_is_an_end_for_who_resumes_too(tmp_path, pair, scored):
    scored(10, 50, 40, 30, 20)
    how = HOW | {"patience": 2}
    _, wanted = drained(ask(*pair, **how, state=tmp_path))
    events, again = drained(ask(*pair, **how, state=tmp_path))
    assert not of(Step, events)
    assert same_model(again.model, wanted.model)
    assert same_model(again.last, wanted.last)


def test_patience_goes_on_where_it_was_broken_off(tmp_path, pair, scored):
    how = HOW | {"patience": 3}
    scores = [10, 50, 40, 30, 20, 10, 5]
    scored(*scores)
    wanted, _ = drained(ask(*pair, **how))
    scored(*scores)
    drained(
        ask(*pair, **how, state=tmp_path),
        lambda events: isinstance(events[-1], Step) and events[-1].step == 5,
    )
    scored(*scores[3:])
    events, _ = drained(ask(*pair, **how, state=tmp_path))
    assert of(Step, wanted)[-1].step == of(Step, events)[-1].step == 6


def test_the_best_and_the_last_model_are_both_returned(pair, scored):
    scored(10, 50, 40, 30, 20, 10, 5)
    _, trained = drained(ask(*pair, **HOW))
    scored(10, 50, 40)
    _, half = drained(ask(*pair, **HOW | {"steps": 2, "averaging": 0.99}))
    best, last = trained.model, trained.last
    assert not all(torch.equal(best.tensors[k], last.tensors[k]) for k in best.tensors)
    assert best.card.training["kept_step"] == 2
    # The learning rate of the warm-up does not know how many steps follow.
    for name, tensor in half.last.tensors.items():
        assert torch.equal(best.tensors[name], tensor), name
    assert (last.card.training["kept_step"], last.card.training["steps"]) == (8, 8)
    # The score of the best one would be a lie.
    assert last.card.validation == {}
    assert best.card.validation["pixel_error"] == pytest.approx(0.25)


def test_a_training_that_improves_to_its_end_returns_the_same_twice(pair, scored):
    scored(10, 20, 30, 40, 50, 60, 70)
    _, trained = drained(ask(*pair, **HOW))
    for name, tensor in trained.model.tensors.items():
        assert torch.equal(tensor, trained.last.tensors[name]), name


def test_of_objects_the_best_is_chosen_by_seg_and_f1():
    matrix = np.array([[50, 50], [0, 100]])
    score = Score(Overlap((0, 1), matrix), InstanceScore(4, 6, 3, 2.4))
    assert score.objects.seg == pytest.approx(0.6)
    assert score.objects.f1 == pytest.approx(0.6)
    assert score.value == pytest.approx(0.6)
    assert Score(Overlap((0, 1), matrix)).value == pytest.approx(
        Overlap((0, 1), matrix).mean_iou
    )
    # Nothing found and nothing there is no division by zero.
    assert Score(Overlap((0, 1), matrix), InstanceScore()).value == 0
    again = Score.from_facts(score.facts())
    assert (again.value, again.summary()) == (score.value, score.summary())


def test_seconds_of_a_training_of_minutes(pair):
    """The steps are planned once, after the warm-up, and then all of them are done."""
    how = HOW | {"steps": None, "minutes": 0.02}
    events, trained = drained(ask(*pair, **how))
    [plan] = of(Planned, events)
    assert of(Step, events)[-1].step == plan.total
    assert [e.total for e in of(Step, events)][-1] == plan.total
    assert trained.model.card.training["steps"] == plan.total
    config = trained.model.card.training["config"]
    assert (config["steps"], config["minutes"]) == (None, 0.02)
