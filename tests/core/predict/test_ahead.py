"""What is done in a thread comes in order, is bounded, and ends with its user."""

import gc
import threading
import time
from contextlib import closing
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_unetseg.core import jobs
from napari_unetseg.core.config import SegmentConfig
from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.core.events import Planned, Tile
from napari_unetseg.core.image import Image
from napari_unetseg.core.network.modelfile import Model
from napari_unetseg.core.predict.ahead import Behind, ahead
from oracles.doubles import Kept, threads, until
from oracles.models import random_model

COUNTS = st.integers(1, 4)


class Trouble(Exception):
    """Something that goes wrong in a thread."""


def counted(count, fails_at=None, seen=None):
    for number in range(count):
        if number == fails_at:
            raise Trouble(number)
        if seen is not None:
            seen.append((number, threading.current_thread().name))
        yield number


@settings(max_examples=30)
@given(st.integers(0, 12), COUNTS)
def test_all_items_come_in_their_order_from_a_thread(total, count):
    seen = []
    assert list(ahead(counted(total, seen=seen), count)) == list(range(total))
    assert {name for _, name in seen} <= {"unetseg-ahead"}
    assert threads() == []


@settings(max_examples=30)
@given(st.integers(1, 8), COUNTS, st.data())
def test_what_goes_wrong_ahead_is_raised_after_the_items_before_it(total, count, data):
    fails_at = data.draw(st.integers(0, total - 1))
    found = []
    with pytest.raises(Trouble) as error:
        found.extend(ahead(counted(total, fails_at), count))
    assert error.value.args == (fails_at,)
    # Where it was raised is told too.
    assert error.traceback[-1].name == "counted"
    assert found == list(range(fails_at))
    assert threads() == []


@pytest.mark.parametrize("count", [1, 2, 3])
def test_no_more_is_read_ahead_than_may_wait(count):
    seen = []
    with closing(ahead(counted(20, seen=seen), count)) as items:
        for number in range(5):
            assert next(items) == number
            # Those that wait, and one that waits to wait.
            most = number + 1 + count + 1
            until(lambda most=most: len(seen) == most)
            time.sleep(0.01)
            assert len(seen) == most
    assert threads() == []
    assert len(seen) < 20


@pytest.mark.parametrize("taken", [0, 1, 3])
def test_the_thread_has_ended_when_its_reader_is_closed(taken):
    ended = []

    def items():
        try:
            yield from counted(10**9)
        finally:
            ended.append(True)

    reader = ahead(items())
    for _ in range(taken):
        next(reader)
    reader.close()
    assert threads() == []
    gc.collect()
    assert ended == [True] * (taken > 0)


def test_nothing_is_read_before_the_first_item_is_asked_for():
    seen = []
    reader = ahead(counted(3, seen=seen))
    assert (seen, threads()) == ([], [])
    reader.close()


def test_a_slow_item_is_waited_for_when_its_reader_is_closed():
    let_go, begun = threading.Event(), threading.Event()

    def items():
        yield 0
        begun.set()
        let_go.wait()
        yield 1

    reader = ahead(items())
    next(reader)
    begun.wait()
    threading.Timer(0.05, let_go.set).start()
    reader.close()
    assert let_go.is_set()
    assert threads() == []


@settings(max_examples=30)
@given(st.integers(0, 12), COUNTS)
def test_work_behind_is_done_in_order(total, count):
    done, found = [], []
    with Behind(count) as behind:
        for number in range(total):
            work = partial(lambda n: done.append(n) or n, number)
            found += behind.put(work)
            assert len(found) >= number + 1 - count
        found += behind.rest()
    assert found == done == list(range(total))
    assert threads() == []


@pytest.mark.parametrize("count", [1, 2, 3])
def test_no_more_work_is_unfinished_than_may_be(count):
    let_go = threading.Semaphore(0)
    with Behind(count) as behind:
        for _ in range(count):
            assert list(behind.put(let_go.acquire)) == []
        # The next one has to wait for the first.
        threading.Timer(0.05, let_go.release).start()
        assert list(behind.put(let_go.acquire)) == [True]
        let_go.release(count)
        assert list(behind.rest()) == [True] * count


def test_what_goes_wrong_behind_is_raised_in_its_place():
    found = []

    def work(number):
        if number == 2:
            raise Trouble(number)
        return number

    def give_all():
        with Behind(5) as behind:
            for number in range(4):
                found.extend(behind.put(partial(work, number)))
            found.extend(behind.rest())

    with pytest.raises(Trouble):
        give_all()
    assert found == [0, 1]
    assert threads() == []


def test_who_leaves_waits_for_what_is_begun_and_drops_the_rest():
    begun, dropped, done = threading.Event(), threading.Event(), []

    def work(number):
        begun.set()
        assert dropped.wait(20)
        done.append(number)

    def give_and_fail():
        with Behind(3) as behind:
            for number in range(3):
                list(behind.put(partial(work, number)))
            begun.wait()
            behind._left[-1].add_done_callback(lambda future: dropped.set())
            raise Trouble

    with pytest.raises(Trouble):
        give_and_fail()
    assert done == [0]
    assert threads() == []


def image():
    return Image(array=np.random.default_rng(0).normal(size=(90, 90)), axes="YX")


@pytest.mark.parametrize("after", [Planned, Tile])
@pytest.mark.parametrize("leave", ["close", "throw"])
def test_no_thread_is_left_when_a_job_is_left(after, leave):
    job = jobs.segment(image(), random_model(), SegmentConfig(tile=16))
    while not isinstance(next(job), after):
        pass
    if leave == "close":
        job.close()
    else:
        with pytest.raises(KeyboardInterrupt):
            job.throw(KeyboardInterrupt)
    assert threads() == []


class Full(Kept):
    """A disk that is full."""

    def array(self, name, spec, *, anew=False):
        return self

    def __setitem__(self, place, values):
        raise OSError("No space left on device")


def fails(error, sentence, model=None, **options):
    job = jobs.segment(
        image(), model or random_model(), SegmentConfig(tile=16), **options
    )
    with pytest.raises(error, match=sentence):
        list(job)
    assert threads() == []


def test_no_thread_is_left_when_nothing_can_be_written():
    fails(OSError, "No space left", store=Full())


def test_no_thread_is_left_when_a_focus_fails():
    def focus():
        raise Trouble("focus")

    fails(Trouble, "focus", focus=focus)


def test_no_thread_is_left_when_a_network_is_broken():
    model = random_model()
    bias = model.tensors["head.bias"] * float("nan")
    broken = Model(model.card, model.tensors | {"head.bias": bias})
    fails(UnetsegError, "in the tile at y 0, x 0", broken)
