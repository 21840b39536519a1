"""What somebody looks at is predicted while it is learnt, and changes nothing of it."""

from math import prod
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core import jobs
from napari_unetseg.core.config import SegmentConfig
from napari_unetseg.core.draining import result_of
from napari_unetseg.core.errors import DeviceError
from napari_unetseg.core.events import Note, Paused, Previewed, Step
from napari_unetseg.core.train import live
from napari_unetseg.core.train.live import EVERY, MOST, Live, bounded
from napari_unetseg.core.train.wishes import Predicted, View, Wishes
from oracles.trainings import ask, drained, of, same_model, stack

VIEW = View(0, {"Z": (2, 3), "Y": (4, 30), "X": (-5, 20)})


@pytest.fixture
def often(monkeypatch):
    """Predict after every step."""
    monkeypatch.setattr(live, "EVERY", 0.0)
    monkeypatch.setattr(live, "_PAUSE", 0.0)


class Looker:
    """Looks somewhere, and keeps what is shown."""

    def __init__(self, view=VIEW):
        self.view = view
        self.shown = []

    def wishes(self, **others):
        return Wishes(view=lambda: self.view, show=self.show, **others)

    def show(self, predicted):
        self.shown.append(predicted)
        return len(self.shown)


@pytest.mark.parametrize(
    "how",
    [{}, {"network": "unet"}, {"task": "instances"}, {"dimensions": 3}],
    ids=str,
)
def test_a_training_that_is_looked_at_learns_the_same_and_shows_what_it_segments(
    often, how
):
    image, labels = stack()
    looker = Looker()

    events, looked_at = drained(ask(image, labels, wishes=looker.wishes(), **how))
    _, alone = drained(ask(image, labels, **how))

    assert same_model(looked_at.model, alone.model)
    assert same_model(looked_at.last, alone.last)
    assert [one.step for one in looker.shown] == list(range(1, 9))
    told = of(Previewed, events)
    assert [one.number for one in told] == list(range(1, 9))
    assert told[0].start == [2, 4, 0]
    assert told[0].stop == [3, 30, 20]
    region = {"Z": (2, 3), "Y": (4, 30), "X": (0, 20)}
    segmented = result_of(
        jobs.segment(
            image, looked_at.last, SegmentConfig(region=region, uncertainty="entropy")
        )
    )
    expected = segmented.labels.array[2:3, 4:30, 0:20]
    unsure = segmented.uncertainty.array[2:3, 4:30, 0:20]
    np.testing.assert_allclose(looker.shown[-1].uncertainty, unsure, atol=1e-5)
    assert looker.shown[-1].uncertainty.max() > 0
    if "task" in how:
        # The same objects; their numbers may be counted from another corner.
        assert np.array_equal(looker.shown[-1].labels > 0, expected > 0)
    else:
        assert np.array_equal(looker.shown[-1].labels, expected)
    assert (looker.shown[-1].axes, looker.shown[-1].start) == ("ZYX", (2, 4, 0))


def test_nothing_is_told_of_what_cannot_be_shown_or_lies_outside(often):
    image, labels = stack()
    looker = Looker()
    nowhere = Looker(View(0, {"Z": (7, 9)}))
    another = Looker(View(3, {}))
    blind = Wishes(view=lambda: VIEW, show=lambda _: 0)

    for wishes in (blind, nowhere.wishes(), another.wishes()):
        events, _ = drained(ask(image, labels, steps=2, wishes=wishes))
        assert not of(Previewed, events)
    assert not looker.shown


def test_who_looks_elsewhere_while_it_rests_is_shown_what_is_there(often):
    image, labels = stack()
    looker = Looker()
    rest = {"looks": 0}

    def paused():
        if not looker.shown:
            return False
        rest["looks"] += 1
        if rest["looks"] == 3:
            looker.view = View(0, {"Z": (0, 1)})
        return rest["looks"] < 6

    events, _ = drained(
        ask(image, labels, steps=2, wishes=looker.wishes(paused=paused))
    )

    kinds = [type(e) for e in events if isinstance(e, Step | Paused | Previewed)]
    assert kinds == [Step, Previewed, Paused, Previewed, Step, Previewed]
    assert [one.start for one in looker.shown] == [(2, 4, 0), (0, 0, 0), (0, 0, 0)]


def test_it_takes_a_tenth_of_the_time_at_most(monkeypatch):
    clock = SimpleNamespace(time=0.0)
    card = SimpleNamespace(network=SimpleNamespace(dimensions=2))
    material = SimpleNamespace(images=[], samples=[])
    looks = Live(material, card, "cpu", now=lambda: clock.time)
    at, sizes = [], []

    def predicted(network, view, step):
        at.append(clock.time)
        sizes.append(looks._most)
        clock.time += looks._most / 10**5
        return Predicted(step, 0, "X", (0,), np.zeros(looks._most, np.uint8))

    monkeypatch.setattr(looks, "predicted", predicted)
    looker = Looker()
    state = SimpleNamespace(average=None, step=0)
    while clock.time < 300:
        state.step += 1
        list(looks.look(state, looker.wishes()))
        clock.time += 0.1

    assert sizes[0] < sizes[1]
    assert sizes[1] == pytest.approx(2 * 10**5, abs=2)
    for start, after, size in zip(at, at[1:], sizes, strict=False):
        assert after - start >= max(EVERY, 10 * size / 10**5) - 1e-6
    assert max(sizes) <= MOST


def test_a_prediction_that_fails_is_told_once_and_ends_no_training(often, monkeypatch):
    def too_large(*_, **__):
        raise DeviceError("The smallest tile needs 9 GB", "Close other programs")

    monkeypatch.setattr(live, "make_plan", too_large)
    image, labels = stack()

    events, made = drained(ask(image, labels, steps=3, wishes=Looker().wishes()))

    [told] = [one for one in of(Note, events) if "shown meanwhile" in one.text]
    assert "needs 9 GB" in told.text
    assert made.model.card.training["steps"] == 3


ENDS = st.tuples(st.integers(-20, 40), st.integers(-20, 40)).map(sorted).map(tuple)


@given(
    st.dictionaries(st.sampled_from("TZYX"), ENDS),
    st.dictionaries(st.sampled_from("ZYX"), st.integers(1, 30), min_size=1),
    st.integers(1, 2000),
)
def test_a_view_is_cut_to_the_image_and_to_so_many_pixels(region, lengths, most):
    found = bounded(region, lengths, most)

    inside = {
        axis: set(range(length)) & set(range(*region.get(axis, (0, length))))
        for axis, length in lengths.items()
    }
    if not all(inside.values()):
        assert found is None
        return
    assert found.keys() == lengths.keys()
    sizes = {axis: stop - start for axis, (start, stop) in found.items()}
    assert 1 <= prod(sizes.values()) <= most
    for axis, (start, stop) in found.items():
        assert set(range(start, stop)) <= inside[axis]
        # What is left is the middle.
        assert abs((start + stop) - (min(inside[axis]) + max(inside[axis]) + 1)) <= 22
    if prod(map(len, inside.values())) <= most:
        assert {a: set(range(*ends)) for a, ends in found.items()} == inside
