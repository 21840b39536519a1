"""Forms in napari's own style, in both of its themes."""

from __future__ import annotations

from importlib.metadata import version

import pytest
from magicgui.widgets import CheckBox, ComboBox, LineEdit
from napari._qt.qt_resources import get_stylesheet
from napari.utils.theme import get_theme
from packaging.version import Version
from qtpy.QtCore import QPoint, QRect
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from napari_unetseg.gui.parts.channels import LayerTick
from napari_unetseg.gui.parts.cut import as_drawn, cut
from napari_unetseg.gui.parts.form import Folded, Form, sentence

pytestmark = pytest.mark.gui

LONG = "an image of " * 10
assert len(LONG) == 120


@pytest.fixture(params=["dark", "light"])
def styled(request, qtbot):
    """Show a widget in the style of a napari theme; return the theme."""

    windows = []

    def function(widget, width=360):
        window = QWidget()
        windows.append(window)
        qtbot.addWidget(window)
        window.setStyleSheet(get_stylesheet(request.param))
        layout = QVBoxLayout(window)
        layout.addWidget(widget)
        layout.addStretch(1)
        window.resize(width, 500)
        window.show()
        qtbot.waitExposed(window)
        return get_theme(request.param)

    return function


def seen(widget):
    """What is seen of a widget, its window's background included."""
    corner = widget.mapTo(widget.window(), QPoint(0, 0))
    return widget.window().grab(QRect(corner, widget.size())).toImage()


def ground(widget):
    """Colour of a widget beside its text."""
    image = seen(widget)
    return image.pixelColor(image.width() - 9, image.height() // 2)


def start_of_text(widget):
    """How far from the left the first column of a text's colour is."""
    image, empty = seen(widget), ground(widget).lightness()
    return next(
        x
        for x in range(image.width())
        for y in range(6, image.height() - 6)
        if abs(image.pixelColor(x, y).lightness() - empty) > 60
    )


@pytest.mark.parametrize("width", [220, 280, 360])
def test_a_sentence_that_grows_is_seen_whole(styled, qtbot, width):
    text = sentence("text")
    form = Form([LineEdit(label="First"), text, LineEdit(label="Second")])
    text.value = "Short."
    styled(form, width)
    label = text.native
    before = label.height()

    text.value = "Every pixel is annotated: no label is 0. " * 4

    qtbot.waitUntil(lambda: label.height() > before, timeout=2000)
    assert label.height() >= label.heightForWidth(label.width())


def test_an_open_fold_is_a_heading_and_no_selected_button(styled):
    box = Folded("More", [LineEdit(label="First")])
    theme = styled(box)
    height = box.heading.height()
    closed = ground(box.heading)
    assert closed != QColor(theme.background.as_hex())
    if Version(version("napari")) >= Version("0.7"):
        assert closed == QColor(theme.primary.as_hex())

    box.heading.click()

    assert ground(box.heading) == QColor(theme.background.as_hex())
    assert box.heading.height() == height


def test_texts_of_lines_and_of_combo_boxes_begin_in_one_column(styled):
    line = LineEdit(label="Line", value="HHH")
    combo = ComboBox(label="Combo", choices=["HHH"])
    styled(Form([line, combo]))

    assert abs(start_of_text(line.native) - start_of_text(combo.native)) <= 1


def test_a_long_name_in_a_combo_box_is_cut_in_the_middle(styled):
    name = f"first {LONG} last"
    combo = ComboBox(label="Combo", choices=[name])
    styled(Form([combo]))
    box = combo.native

    text = as_drawn(box).currentText

    assert text.startswith("first")
    assert text.endswith("last")
    assert "…" in text
    assert box.fontMetrics().horizontalAdvance(text) <= box.width()
    assert combo.value == name


def test_a_long_name_in_a_combo_box_leaves_the_arrow_free(styled):
    short, long = (ComboBox(label="Combo", choices=[name]) for name in ("H", "H" * 80))
    styled(Form([short, long]))
    free, full = (seen(box.native) for box in (short, long))

    for x in range(free.width() - 26, free.width()):
        for y in range(free.height()):
            assert full.pixelColor(x, y) == free.pixelColor(x, y)


def test_a_short_name_in_a_combo_box_is_whole(styled):
    combo = ComboBox(label="Combo", choices=["cells & walls"])
    styled(Form([combo]))

    assert as_drawn(combo.native).currentText == "cells & walls"


def test_a_hidden_row_leaves_no_gap(qtbot):
    first, second, third = (LineEdit(label=name) for name in "abc")
    form, shorter = Form([first, second, third]), Form([LineEdit(), LineEdit()])
    for one in (form, shorter):
        qtbot.addWidget(one)

    form.show_row(second.native, False)

    assert form.sizeHint().height() == shorter.sizeHint().height()


# -- rows that cannot be set ----------------------------------------------------------


@pytest.fixture
def rows(qtbot):
    """A form of a row, a sentence, and a row that is wide."""
    first, text = LineEdit(label="First", tooltip="What it is"), sentence("text")
    form, inside = Form([first, text]), Form([CheckBox(label="Inside")])
    form.add_whole_row(inside)
    qtbot.addWidget(form)
    return form, first.native, text.native, inside


def label_of(form, text):
    return next(one for one in form.findChildren(QLabel) if one.text() == text)


def test_a_locked_form_can_be_read(rows):
    form, first, text, inside = rows
    text.setText("No label is 0.")

    form.lock(True)
    assert not first.isEnabled()
    assert not label_of(form, "First").isEnabled()
    assert not inside.isEnabled()
    assert text.isEnabled()

    form.lock(False)
    assert all(one.isEnabled() for one in form.findChildren(QWidget))


def test_a_refused_row_says_why_and_stays_so_when_the_form_is_unlocked(rows):
    form, first, _, inside = rows
    label = label_of(form, "First")

    form.refuse(first, "The other decides")
    form.refuse(first, "The other decides still")
    form.lock(True)
    form.lock(False)

    assert (first.isEnabled(), label.isEnabled(), inside.isEnabled()) == (0, 0, 1)
    assert first.toolTip() == label.toolTip() == "The other decides still"
    form.refuse(first, "")
    assert first.isEnabled()
    assert first.toolTip() == label.toolTip() == "What it is"


def test_a_row_is_not_set_free_while_its_form_is_locked(rows):
    form, first, *_ = rows
    form.refuse(first, "The other decides")

    form.lock(True)
    form.refuse(first, "")

    assert not first.isEnabled()


# -- ticks for layers -----------------------------------------------------------------


def test_a_long_name_is_cut_in_the_middle_and_told_by_the_tooltip(styled):
    tick = LayerTick(f"first {LONG} last")
    styled(tick)

    assert tick.text().startswith("first")
    assert tick.text().endswith("last")
    assert "…" in tick.text()
    assert tick.fontMetrics().horizontalAdvance(tick.text()) <= tick.width()
    assert tick.name in tick.toolTip()


def test_what_is_left_of_a_long_name_has_room(styled):
    name = "a second stain with a rather long name that does not fit into the row"
    tick = LayerTick(name)
    styled(tick)
    metrics = tick.fontMetrics()

    # Without room, Qt leaves nothing or three dots.
    assert len(cut(name, metrics, 0)) <= 1
    for room in range(100, metrics.horizontalAdvance(name) + 3):
        left = cut(name, metrics, room)
        assert metrics.horizontalAdvance(left) <= room
    assert left == name


def test_a_name_with_room_is_whole(styled):
    tick = LayerTick("cells & walls")
    styled(tick)

    assert tick.text().replace("&&", "&") == tick.name


def test_long_names_do_not_widen_a_form(qtbot):
    widths = []
    for name in ("a", LONG):
        form = Form()
        qtbot.addWidget(form)
        form.add_row("With", "", LayerTick(name))
        widths.append(form.minimumSizeHint().width())

    assert widths[1] <= widths[0]
