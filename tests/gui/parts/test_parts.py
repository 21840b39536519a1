"""The parts that docks are made of."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from magicgui.widgets import LineEdit
from qtpy.QtCore import QThreadPool
from qtpy.QtWidgets import QWidget

from napari_unetseg.core.events import Planned, Step, Validated
from napari_unetseg.gui.parts.channels import FurtherChannels, ModelChannels
from napari_unetseg.gui.parts.choices import LayerBox, follow_layers
from napari_unetseg.gui.parts.dock import Dock
from napari_unetseg.gui.parts.form import Folded, Form, sentence
from napari_unetseg.gui.parts.worker import start_worker
from napari_unetseg.gui.run.curves import MOST_POINTS, Curves, Thinned

pytestmark = pytest.mark.gui


# -- worker ---------------------------------------------------------------------------


class Heard:
    def __init__(self):
        self.events, self.results, self.errors = [], [], []

    def listeners(self):
        return {
            "on_event": self.events.append,
            "on_return": self.results.append,
            "on_error": self.errors.append,
        }


@pytest.fixture
def owner(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    return widget


def test_a_worker_tells_what_it_does_and_returns(owner, until):
    def job():
        yield 1
        yield 2
        return 3

    heard = Heard()
    start_worker(job(), owner=owner, name="counting", **heard.listeners())

    until(lambda: heard.results)
    assert (heard.events, heard.results, heard.errors) == ([1, 2], [3], [])


@pytest.mark.parametrize("error", [ValueError("no"), RuntimeError("no")])
def test_every_error_of_a_worker_is_told(owner, until, error):
    def job():
        yield 1
        raise error

    heard = Heard()
    start_worker(job(), owner=owner, name="failing", **heard.listeners())

    until(lambda: heard.errors)
    assert heard.errors == [error]
    assert not heard.results


def endless(ended):
    import threading
    import time

    try:
        while True:
            time.sleep(0.01)
            yield
    finally:
        ended.append(threading.current_thread() is threading.main_thread())


def test_quit_closes_the_generator_at_once_on_its_own_thread(owner, until):
    ended, heard = [], Heard()
    worker = start_worker(
        endless(ended), owner=owner, name="endless", **heard.listeners()
    )
    until(lambda: heard.events)

    worker.quit()

    until(lambda: ended)
    assert ended == [False]
    assert not heard.results
    assert not heard.errors


def test_a_worker_ends_with_its_owner(qapp, until):
    owner, ended, heard = QWidget(), [], Heard()
    start_worker(endless(ended), owner=owner, name="endless", **heard.listeners())
    until(lambda: heard.events)

    owner.deleteLater()

    until(lambda: ended)


def test_a_worker_that_outlives_its_owner_tells_nobody(qapp, until, qtbot):
    owner, ended, heard = QWidget(), [], Heard()
    worker = start_worker(
        endless(ended), owner=owner, name="endless", outlives=True, **heard.listeners()
    )
    until(lambda: heard.events)

    owner.deleteLater()
    qtbot.wait(200)
    count = len(heard.events)
    qtbot.wait(100)

    assert len(heard.events) == count
    assert not ended
    worker.quit()
    until(lambda: ended)


def test_workers_that_wait_leave_threads_to_others(owner, until):
    ended, heard = [], Heard()
    waiting = [
        start_worker(endless(ended), owner=owner, name="waiting", **heard.listeners())
        for _ in range(QThreadPool.globalInstance().maxThreadCount() + 1)
    ]
    until(lambda: len(heard.events) > 10 * len(waiting))

    def job():
        yield 1
        return "done"

    short = Heard()
    start_worker(job(), owner=owner, name="short", **short.listeners())
    until(lambda: short.results)

    for worker in waiting:
        worker.quit()
    until(lambda: len(ended) == len(waiting))


# -- choices --------------------------------------------------------------------------


def test_a_box_offers_the_layers_of_its_kind_the_newest_first(model, qapp):
    model.add_image(np.zeros((4, 4)), name="a")
    model.add_labels(np.zeros((4, 4), int), name="b")
    model.add_image(np.zeros((4, 4)), name="c")
    about = {"name": "x", "label": "X", "tooltip": "t"}

    images = LayerBox(model, "image", **about)
    labels = LayerBox(model, "labels", **about)

    assert [layer.name for layer in images.choices] == ["c", "a"]
    assert labels.value is model.layers["b"]


def test_a_choice_stays_while_its_layer_is_there(model, qtbot):
    first = model.add_image(np.zeros((4, 4)), name="a")
    box = LayerBox(model, "image", name="x", label="X", tooltip="t")

    class Owner(QWidget):
        def changed(self):
            box.reset_choices()

    owner = Owner()
    qtbot.addWidget(owner)
    follow_layers(model, owner, owner.changed)
    second = model.add_image(np.zeros((4, 4)), name="b")
    assert box.value is first
    first.name = "renamed"
    assert box.value is first
    model.layers.remove(first)
    assert box.value is second
    model.layers.clear()
    assert box.value is None


def test_an_owner_that_is_gone_is_not_told(model, qtbot, until):
    told = []

    class Owner(QWidget):
        def changed(self):
            told.append(1)

    owner = Owner()
    follow_layers(model, owner, owner.changed)
    model.add_image(np.zeros((4, 4)))
    assert told
    told.clear()

    with qtbot.waitSignal(owner.destroyed):
        owner.deleteLater()
    model.add_image(np.zeros((4, 4)))

    assert not told


def test_only_layers_of_the_same_shape_can_be_further_channels(model, qtbot):
    first = model.add_image(np.zeros((4, 5)), name="a")
    model.add_image(np.zeros((4, 6)), name="longer")
    model.add_image(np.zeros((4, 5, 3)), name="rgb", rgb=True)
    model.add_image(np.zeros((4, 5)), name="b")
    further = FurtherChannels(model)
    qtbot.addWidget(further)

    assert further.offer(first)
    assert [box.name for box in further.boxes] == ["b"]
    assert not further.offer(None)

    assert further.layers() == []


@pytest.fixture
def further(model, qtbot):
    """Three layers alike, of which the first is the image, and a box for the others."""
    for name in ("image", "b", "c"):
        model.add_image(np.zeros((4, 5)), name=name)
    further = FurtherChannels(model)
    qtbot.addWidget(further)
    further.offer(model.layers["image"])
    return further


@pytest.mark.parametrize("renamed", ["image", "b", "c"])
def test_a_tick_stays_with_its_layer(model, further, renamed):
    first, second, _ = model.layers
    further.boxes[0].setChecked(True)

    model.layers[renamed].name = "another"
    assert further.layers() == [second]
    further.offer(first)

    assert further.layers() == [second]
    assert [box.name for box in further.boxes] == [one.name for one in model.layers[1:]]
    model.layers.move(1, 3)
    further.offer(first)
    assert [box.isChecked() for box in further.boxes] == [False, True]
    assert further.layers() == [second]


def test_a_tick_does_not_go_to_another_layer_of_the_same_name(model, further):
    first, second, third = model.layers
    further.boxes[0].setChecked(True)

    second.name, third.name = "x", "b"
    further.offer(first)
    assert further.layers() == [second]
    model.layers.remove(second)
    further.offer(first)
    assert further.layers() == []


def test_two_layers_of_one_name_have_a_box_each(model, further):
    first, _, third = model.layers
    # napari gives a second layer of a name another one, but not everywhere.
    with third.events.name.blocker():
        third.name = "b"
    further.offer(first)
    further.boxes[1].setChecked(True)

    assert [box.name for box in further.boxes] == ["b", "b"]
    assert further.layers() == [third]


def proposed(model, qtbot, names, first=None):
    asking = ModelChannels(model)
    qtbot.addWidget(asking)
    asking.ask_for(names, first)
    assert [box.label for box in asking.boxes] == list(names)
    return [layer.name for layer in asking.layers()]


@pytest.mark.parametrize(
    ("names", "first", "expected"),
    [
        (("c", "a"), None, ["c", "a"]),
        (("c", "a"), "b", ["c", "a"]),
        (("x", "y"), "b", ["b", "a"]),
        (("x", "y", "z"), "b", ["b", "a", "c"]),
        (("a", "y"), "c", ["a", "c"]),
        (("x", "c"), "c", ["a", "c"]),
        (("x", "a", "y"), "b", ["b", "a", "c"]),
        (("x", "y"), None, ["a", "b"]),
        # Of another shape, and only taken when the others are used up.
        (("x", "y", "z", "w"), "b", ["b", "a", "c", "large"]),
    ],
)
def test_each_channel_of_a_model_gets_a_layer_of_its_own(
    model, qtbot, names, first, expected
):
    for name in "abc":
        model.add_image(np.zeros((4, 5)), name=name)
    model.add_image(np.zeros((6, 5)), name="large")

    first = model.layers[first] if first else None
    assert proposed(model, qtbot, names, first) == expected


def test_one_layer_for_two_channels_is_proposed_twice(model, qtbot):
    first = model.add_image(np.zeros((4, 5)), name="a")

    assert proposed(model, qtbot, ("x", "y"), first) == ["a", "a"]


def test_a_choice_stays_when_the_same_channels_are_asked_for(model, qtbot):
    for name in "abc":
        model.add_image(np.zeros((4, 5)), name=name)
    asking = ModelChannels(model)
    qtbot.addWidget(asking)
    asking.ask_for(("x", "y"), model.layers["a"])
    asking.boxes[0].value = model.layers["c"]

    asking.ask_for(("x", "y"), model.layers["b"])

    assert [layer.name for layer in asking.layers()] == ["c", "b"]


# -- forms ----------------------------------------------------------------------------


def test_a_hidden_row_hides_its_label(qtbot):
    first, second = LineEdit(label="First"), LineEdit(label="Second")
    form = Form([first, second])
    qtbot.addWidget(form)
    high = form.sizeHint().height()

    form.show_row(first.native, False)

    assert form.sizeHint().height() < high
    form.show_row(first.native, True)
    assert form.sizeHint().height() == high


def test_a_folded_form_opens_and_closes(qtbot):
    box = Folded("More", [LineEdit(label="First")])
    qtbot.addWidget(box)

    assert box.form.isHidden()
    box.heading.click()
    assert not box.form.isHidden()
    box.heading.click()
    assert box.form.isHidden()


def test_a_long_sentence_does_not_widen_its_form(qtbot):
    text = sentence("text")
    form = Form([text])
    qtbot.addWidget(form)
    wide = form.minimumSizeHint().width()

    text.value = "word " * 100 + "/a/very/long/path" * 20

    assert form.minimumSizeHint().width() == wide


def test_a_hint_takes_back_only_hints(model, qtbot):
    dock = Dock(model)
    qtbot.addWidget(dock)

    dock.hint("Open an image.")
    dock.hint("")
    assert dock.said == ""
    dock.say("Done.", "done")
    dock.hint("")
    assert dock.said == "Done."
    dock.hint("Open an image.")
    assert dock.said == "Open an image."


def test_a_dock_follows_the_theme_until_it_is_gone(model, qtbot):
    dock = Dock(model)
    dock.say("Failed.", "error")
    before = dock.message.styleSheet()

    model.theme = "light"
    assert dock.message.styleSheet() != before
    with qtbot.waitSignal(dock.destroyed):
        dock.deleteLater()
    model.theme = "dark"


# -- curves ---------------------------------------------------------------------------


def test_curves_draw_what_they_hear(qtbot):
    curves = Curves("dark")
    qtbot.addWidget(curves)
    step = Step(step=1, total=4, loss=0.5, learning_rate=0.1)
    score = Validated(step=0, iou={}, mean_iou=0.25, pixel_error=0.1, best=True)
    nothing = Validated(step=2, iou={}, mean_iou=None, pixel_error=None, best=False)

    curves.hear((score, Planned(total=4, unit="step"), step, nothing))

    assert curves.losses == [(1, 0.5)]
    assert curves.scores == [(0, 0.25)]
    assert curves._loss.getData()[1].tolist() == [0.5]
    assert curves._iou.getData()[1].tolist() == [0.25]


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 15, 16, 20, 21, 39, 1_234])
@pytest.mark.parametrize("most", [2, 9, 10])
def test_thinned_curves_keep_their_mean_and_their_end(count, most):
    curve = Thinned(most)
    for step in range(count):
        curve.add(step, float(step))

    found = curve.points

    assert len(found) <= most
    if count <= most:
        assert found == [(step, float(step)) for step in range(count)]
        return
    assert len(found) >= most // 2
    ends = [step for step, _ in found]
    assert ends[-1] == count - 1
    # Each point is the mean of what lies between its end and the one before.
    assert [mean for _, mean in found] == pytest.approx(
        [(a + 1 + b) / 2 for a, b in pairwise([-1, *ends])]
    )


def test_no_update_of_a_long_run_draws_more_points_than_the_last(qtbot):
    curves = Curves("dark")
    qtbot.addWidget(curves)

    for start in range(0, 5 * MOST_POINTS, 1000):
        curves.hear(
            tuple(
                Step(step=step, total=10**5, loss=0.5, learning_rate=0.1)
                for step in range(start, start + 1000)
            )
        )
        assert len(curves._losses._means) <= MOST_POINTS

    drawn = curves._loss.getData()[0].tolist()
    assert drawn == [step for step, _ in curves.losses]
    assert drawn[-1] == 5 * MOST_POINTS - 1
