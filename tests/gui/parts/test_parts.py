"""The parts that docks are made of."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from magicgui.widgets import LineEdit
from qtpy.QtWidgets import QWidget

from napari_unetseg.core.events import Planned, Step, Validated
from napari_unetseg.gui.parts.channels import FurtherChannels
from napari_unetseg.gui.parts.choices import LayerBox, follow_layers
from napari_unetseg.gui.parts.dock import Dock
from napari_unetseg.gui.parts.form import Folded, Form, sentence
from napari_unetseg.gui.parts.worker import start_worker
from napari_unetseg.gui.run.curves import Curves, thinned

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
    assert [box.text for box in further.boxes] == ["b"]
    assert not further.offer(None)


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


@pytest.mark.parametrize("count", [0, 1, 999, 1000, 1001, 12_345])
def test_thinned_curves_keep_their_mean_and_their_end(count):
    points = [(step, float(step)) for step in range(count)]

    found = thinned(points, 1000)

    assert len(found) <= 1000
    if count <= 1000:
        assert found == points
    else:
        assert found[-1][0] == count - 1
        assert all(a[1] < b[1] for a, b in pairwise(found))
