"""What somebody wishes while a training goes on: to rest, to stop, to paint."""

import shutil
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from napari_unetseg.core.events import (
    Edited,
    Paused,
    Planned,
    Resumed,
    Step,
    Validated,
)
from napari_unetseg.core.prepare.edits import Edit
from napari_unetseg.core.train import loop, rest, schedule, training
from napari_unetseg.core.train.batches import Batches
from napari_unetseg.core.train.checkpoint import Checkpoints
from napari_unetseg.core.train.wishes import Wishes
from napari_unetseg.runs import edits as run_edits
from napari_unetseg.runs.edits import Edits, write_edit
from oracles.trainings import Painter, ask, drained, notes, of, same_model, stack

# Nobody has painted the first slice, and the last validates; the one before is left
# out, as a gap between both parts.
HOW = {"validation": "0.2", "unannotated": "0", "batch": 8}
BRIGHT = 5000


@pytest.fixture(scope="module")
def pair():
    """A stack whose first slice is not painted, and far brighter than the others."""
    image, labels = stack()
    image.array[0] += BRIGHT
    labels.array[0] = 0
    return image, labels


@pytest.fixture(scope="module")
def whole(pair):
    """A training in which nobody wishes for anything."""
    return train(pair)


def train(pair, until=None, **options):
    """A training of a pair, with labels of its own to be painted over."""
    image, labels = pair
    labels = replace(labels, array=labels.array.copy())
    return drained(ask(image, labels, **HOW | options), until)


def painted(pair, *edits):
    """The pair as it is when all changes are made."""
    image, labels = pair
    array = labels.array.copy()
    for edit in edits:
        array[edit.box] = edit.values
    return image, replace(labels, array=array)


def box(number, plane, value):
    """A change of the middle of a slice."""
    return Edit(number, 0, (plane, 4, 4), np.full((1, 20, 20), value, np.uint8))


def turned(number, pair, plane):
    """A change of all of a slice: each class becomes the other."""
    return Edit(number, 0, (plane, 0, 0), 3 - pair[1].array[plane : plane + 1])


def erased(number, pair, edit):
    """What undoes a change."""
    return Edit(number, 0, edit.start, pair[1].array[edit.box].copy())


def after(steps):
    """Close a training after some steps."""
    return lambda events: isinstance(events[-1], Step) and events[-1].step == steps


def losses(events):
    return [event.loss for event in of(Step, events)]


class Person:
    """Wishes things, by the number of steps that are done.

    Parameters
    ----------
    edits : callable
        As of `Wishes`.
    rest_at, looks : int
        When to rest, and how often that is asked for.
    stop_at, patience : int
        When to stop, and how often that is refused before.
    """

    def __init__(self, edits=None, rest_at=None, looks=0, stop_at=None, patience=0):
        self._edits, self._rest_at, self.looks = edits, rest_at, looks
        self._stop_at, self._patience = stop_at, patience
        self._step = 0

    def _new(self, step):
        self._step = step
        return self._edits(step) if self._edits else ()

    def _paused(self):
        rests = self._step == self._rest_at and self.looks > 0
        self.looks -= rests
        return rests

    def _stop(self):
        if self._step != self._stop_at:
            return False
        self._patience -= 1
        return self._patience < 0

    @property
    def wishes(self):
        return Wishes(stop=self._stop, paused=self._paused, edits=self._new)


# To rest.


class Clock(SimpleNamespace):
    """A clock that goes on when one looks at it, and when one sleeps."""

    def __init__(self, tick):
        super().__init__(now=1000.0, tick=tick)

    def monotonic(self):
        self.now += self.tick
        return self.now

    def sleep(self, seconds):
        self.now += seconds


@pytest.fixture
def quick(monkeypatch):
    """Look, and tell of it, as often as can be."""
    monkeypatch.setattr(rest, "_LOOK_EVERY", 0)
    monkeypatch.setattr(rest, "_TELL_EVERY", 0)


def test_a_rest_has_its_state_on_the_disk_and_changes_nothing(
    quick, tmp_path, pair, whole
):
    on_disk = []

    def look(events):
        if isinstance(events[-1], Paused):
            on_disk.extend(path.name for path in tmp_path.iterdir())
        return False

    person = Person(rest_at=3, looks=4)
    events, trained = train(pair, look, state=tmp_path, wishes=person.wishes)
    told = [type(e) for e in events if isinstance(e, Step | Paused | Resumed)]
    assert told == [Step] * 3 + [Paused] * 3 + [Resumed] + [Step] * 5
    assert {e.step for e in of(Paused | Resumed, events)} == {3}
    assert on_disk == ["step-00000003.safetensors"] * 3
    assert losses(events) == losses(whole[0])
    assert same_model(trained.model, whole[1].model)
    assert same_model(trained.last, whole[1].last)


def test_a_long_rest_is_told_every_five_seconds(monkeypatch, pair):
    clock = Clock(0)
    for module in (loop, rest):
        monkeypatch.setattr(module, "time", clock)
    person = Person(rest_at=2, looks=1 + 10 * 12)
    events, _ = train(pair, after(3), wishes=person.wishes)
    assert len(of(Paused, events)) in (2, 3)  # In 12 s: sums of 0.1 are rounded.


def test_a_rest_can_be_left_by_closing_and_the_state_is_there(quick, tmp_path, pair):
    person = Person(rest_at=3, looks=10**6)
    train(
        pair,
        lambda events: isinstance(events[-1], Paused),
        state=tmp_path,
        wishes=person.wishes,
    )
    events, _ = train(pair, state=tmp_path)
    assert of(Step, events)[0].step == 4


def planned(monkeypatch, pair, person):
    """How many steps are planned for a minute, by a clock that ticks as it is asked."""
    clock = Clock(0.05)
    for module in (loop, rest, schedule, training):
        monkeypatch.setattr(module, "time", clock)
    options = {"steps": None, "minutes": 1.0, "wishes": person.wishes}
    events, _ = train(pair, lambda e: isinstance(e[-1], Planned), **options)
    return events[-1].total


def test_minutes_do_not_pass_while_it_rests(monkeypatch, pair):
    usual = planned(monkeypatch, pair, Person())
    monkeypatch.setattr(rest, "_LOOK_EVERY", 600)
    person = Person(rest_at=5, looks=7)
    rested = planned(monkeypatch, pair, person)
    assert person.looks == 0
    assert usual > 10 * schedule.WARM_UP
    assert rested == pytest.approx(usual, rel=0.05)


def test_before_the_plan_a_rest_leaves_nothing_on_the_disk(quick, tmp_path, pair):
    person = Person(rest_at=1, looks=3)
    options = {"steps": None, "minutes": 60.0, "state": tmp_path}
    events, _ = train(pair, after(2), wishes=person.wishes, **options)
    assert len(of(Paused, events)) == 2
    assert not list(tmp_path.iterdir())


def test_who_rests_may_be_stopped_and_can_go_on(quick, tmp_path, pair, whole):
    person = Person(rest_at=3, looks=10**6, stop_at=3, patience=2)
    events, stopped = train(pair, state=tmp_path, wishes=person.wishes)
    assert len(of(Paused, events)) == 2
    assert [e.step for e in of(Step, events)] == [1, 2, 3]
    assert of(Validated, events)[-1].step == 3
    card = stopped.model.card
    assert (card.training["steps"], card.training["config"]["steps"]) == (3, 8)
    events, resumed = train(pair, state=tmp_path)
    assert [e.step for e in of(Step, events)] == [4, 5, 6, 7, 8]
    assert same_model(resumed.model, whole[1].model)


def test_what_is_painted_in_a_rest_counts_at_the_next_batch(quick, pair):
    at = {3: [box(1, 2, 2)]}
    wanted, _ = train(pair, wishes=Wishes(edits=Painter(at)))
    painter = Painter(at)
    person = Person(
        edits=lambda step: painter(step) if person.looks < 2 else (),
        rest_at=3,
        looks=4,
    )
    events, _ = train(pair, wishes=person.wishes)
    told = [type(e) for e in events if isinstance(e, Paused | Resumed | Edited)]
    assert told == [Paused] * 3 + [Resumed, Edited]
    assert losses(events) == losses(wanted)


# To paint.


@pytest.fixture
def drawn(monkeypatch):
    """All batches that are learnt from: images and targets."""
    found = []
    real = Batches.draw

    def draw(self, step):
        batch = real(self, step)
        found.append((batch.images, batch.targets))
        return batch

    monkeypatch.setattr(Batches, "draw", draw)
    return found


def test_a_change_is_told_and_counts_from_the_very_next_batch(tmp_path, pair, whole):
    """From there on all is as if the labels had been painted so in the first place."""
    edit = box(1, 2, 2)
    events, found = train(pair, wishes=Wishes(edits=Painter({3: [edit]})))
    told = [e for e in events if isinstance(e, Step | Edited)]
    pixels = np.count_nonzero(pair[1].array[edit.box] != 2)
    assert told[3] == Edited(number=1, step=3, pixels=pixels)
    assert losses(events)[:3] == losses(whole[0])[:3]
    assert losses(events)[3] != losses(whole[0])[3]

    train(pair, after(3), state=tmp_path)
    events, wanted = train(painted(pair, edit), state=tmp_path)
    assert [e.step for e in of(Step, events)] == [4, 5, 6, 7, 8]
    assert same_model(found.model, wanted.model)


def test_what_is_undone_was_never_there(drawn, pair, whole):
    first, second = box(1, 2, 2), turned(2, pair, 1)
    at = {
        2: [first, erased(3, pair, first)],
        3: [second],
        5: [erased(4, pair, second)],
    }
    events, _ = train(pair, wishes=Wishes(edits=Painter(at)))
    painted_over, drawn[:] = list(drawn), []
    train(pair)
    same = [
        torch.equal(one[1], other[1])
        for one, other in zip(painted_over, drawn, strict=True)
    ]
    assert same == [True, True, True, False, False, True, True, True]
    assert losses(events)[:3] == losses(whole[0])[:3]
    assert [e.number for e in of(Edited, events)] == [1, 3, 2, 4]


def test_a_slice_that_is_painted_later_joins(drawn, pair):
    train(pair)
    assert not any(sees_the_bright_slice(images) for images, _ in drawn)
    drawn.clear()
    edit = Edit(1, 0, (0, 0, 0), pair[1].array[1:2])
    events, _ = train(pair, wishes=Wishes(edits=Painter({2: [edit]})))
    seen = [sees_the_bright_slice(images) for images, _ in drawn]
    assert not any(seen[:2])
    assert any(seen[2:])
    assert of(Edited, events)[0].pixels == 32 * 32


def sees_the_bright_slice(images):
    """Whether one of some patches is of it: none else is far from the others."""
    return bool((images.amax((1, 2, 3)) > 1.3).any())


def test_the_first_slice_that_is_painted_beside_validation_is_warned_of(pair):
    how = {"validation": "1"}
    beside = Edit(1, 0, (0, 0, 0), pair[1].array[1:2])
    events, _ = train(pair, wishes=Wishes(edits=Painter({1: [beside]})), **how)
    assert any("beside a validation slice" in text for text in notes(events, "warning"))
    events, _ = train(pair, wishes=Wishes(edits=Painter({1: [beside]})))
    assert not any("beside a validation slice" in text for text in notes(events))


def test_a_change_of_what_is_scored_forgets_the_best_score(pair, whole):
    edit = turned(1, pair, 4)
    events, trained = train(pair, wishes=Wishes(edits=Painter({5: [edit]})))
    # What teaches is as before.
    assert losses(events) == losses(whole[0])
    scores = {e.step: e for e in of(Validated, events)}
    before = {e.step: e for e in of(Validated, whole[0])}
    assert scores[4] == before[4]
    assert scores[5].best
    assert scores[5].pixel_error == pytest.approx(1 - before[5].pixel_error)
    card = trained.model.card
    assert card.training["kept_step"] >= 5
    assert card.validation["pixel_error"] == min(
        e.pixel_error for step, e in scores.items() if step >= 5
    )


def test_a_change_elsewhere_keeps_the_best_score(monkeypatch, pair):
    """Also one of a slice of the gap, or one that changes no pixel."""
    forgotten = []
    monkeypatch.setattr(
        loop.TrainingState, "forget_best", lambda self: forgotten.append(self.step)
    )
    same = Edit(4, 0, (4, 0, 0), pair[1].array[4:5])
    at = {2: [box(1, 2, 2), box(2, 0, 1)], 3: [box(3, 3, 1)], 4: [same]}
    events, _ = train(pair, wishes=Wishes(edits=Painter(at)))
    assert [e.number for e in of(Edited, events)] == [1, 2, 3, 4]
    assert forgotten == []


# To go on another day.


def changes(pair):
    """Of what teaches, of what is scored, of a slice that joins; and an undoing."""
    first = box(1, 2, 2)
    return {
        1: [first],
        2: [turned(2, pair, 4), erased(3, pair, first)],
        3: [Edit(4, 0, (0, 0, 0), pair[1].array[1:2])],
        4: [turned(5, pair, 1), box(6, 4, 1)],
    }


SHORT = {"steps": 6, "patience": 2, "dropout": 0.3}


@pytest.fixture(scope="module")
def painted_whole(pair):
    """A training that was painted for, and never broken off."""
    return train(pair, wishes=Wishes(edits=Painter(changes(pair))), **SHORT)


@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.slow)])
def test_wherever_it_is_broken_off_it_goes_on_as_if_it_were_not(
    tmp_path, pair, painted_whole, every
):
    """At each third event; what was told before is told again, or nothing else."""
    events, wanted = painted_whole
    first = next(i for i, e in enumerate(events) if isinstance(e, Planned))
    for number in range(first + 1, len(events), every):
        state = tmp_path / str(number)
        options = SHORT | {"state": state}
        told, _ = train(
            pair,
            lambda found, last=number: len(found) > last,
            wishes=Wishes(edits=Painter(changes(pair))),
            **options,
        )
        more, resumed = train(
            pair, wishes=Wishes(edits=Painter(changes(pair))), **options
        )
        where = f"broken off at {events[number]}"
        assert told == events[: number + 1]
        assert resumed is not None, where
        assert same_model(resumed.model, wanted.model), where
        assert same_model(resumed.last, wanted.last), where
        assert all(e in events for e in more if isinstance(e, Step | Validated)), where


def test_a_training_that_died_learns_from_each_change_at_its_step(
    monkeypatch, tmp_path, pair, painted_whole
):
    """Nothing of what it does on its way out is kept, but for the record of changes."""
    monkeypatch.setattr(run_edits, "LOOK_EVERY", 0)
    run, state, kept = tmp_path / "run", tmp_path / "state", tmp_path / "kept"
    run.mkdir()
    at = changes(pair)

    def paint(events):
        last = events[-1]
        if isinstance(last, Step):
            for edit in at.get(last.step, ()):
                number = write_edit(run, edit.image, edit.start, edit.values)
                assert number == edit.number
        if isinstance(last, Step) and last.step == 5:
            shutil.copytree(state, kept)
            return True
        return False

    with monkeypatch.context() as patch:
        # Nothing is saved after the second step.
        patch.setattr(Checkpoints, "due", lambda self: self._step < 2)
        told, _ = train(
            pair, paint, state=state, wishes=Wishes(edits=Edits(run).new), **SHORT
        )
    assert [path.name for path in kept.iterdir()] == ["step-00000002.safetensors"]
    events, resumed = train(
        pair, state=kept, wishes=Wishes(edits=Edits(run).new), **SHORT
    )
    assert of(Step, events)[0].step == 3
    wanted_events, wanted = painted_whole
    assert losses(told)[:2] + losses(events) == losses(wanted_events)
    assert same_model(resumed.model, wanted.model)
    assert same_model(resumed.last, wanted.last)
