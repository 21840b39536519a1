"""What every dock has: a message, and room for its neighbours."""

from __future__ import annotations

import numpy as np
import pytest
from magicgui.widgets import CheckBox, ComboBox, FloatSpinBox, LineEdit, PushButton
from napari._qt.qt_resources import get_stylesheet
from napari.utils.theme import get_theme
from qtpy import QT6
from qtpy.QtCore import QPoint
from qtpy.QtGui import QColor, QPalette
from qtpy.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QMainWindow,
    QPushButton,
    QStyle,
    QWidget,
)

from napari_unetseg.gui.parts import dock as module
from napari_unetseg.gui.parts.colours import colour
from napari_unetseg.gui.parts.cut import as_drawn
from napari_unetseg.gui.parts.dock import COLOURS, Dock
from napari_unetseg.gui.parts.form import sentence

pytestmark = pytest.mark.gui

# What WCAG 2.1 asks of graphics (1.4.11) and of text (1.4.3).
LEAST = 3.0
LEAST_OF_TEXT = 4.5


@pytest.fixture
def dock(model, qtbot):
    dock = Dock(model)
    qtbot.addWidget(dock)
    return dock


def luminance(colour):
    """Relative luminance of a colour, as WCAG 2.1 defines it."""
    parts = np.array(QColor(colour).getRgb()[:3]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def contrast(first, second):
    darker, lighter = sorted((luminance(first), luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_what_wcag_says():
    assert contrast("white", "black") == pytest.approx(21)
    assert contrast("#777777", "white") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("kind", COLOURS)
def test_the_bar_of_every_message_stands_out(theme, kind):
    background = get_theme(theme).background.as_hex()

    assert contrast(colour(COLOURS[kind], theme), background) >= LEAST


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("kind", COLOURS)
def test_the_bar_is_drawn_in_the_colour_of_its_kind(dock, model, qtbot, theme, kind):
    model.theme = theme
    # Qt draws no border in the style of the system.
    dock.setStyleSheet(get_stylesheet(theme))
    dock.say("A sentence.", kind)
    dock.resize(360, 300)
    dock.show()
    qtbot.waitExposed(dock)

    message = dock.message
    middle = message.mapTo(dock, QPoint(1, message.height() // 2))
    found = dock.grab().toImage().pixelColor(middle)

    assert found == QColor(colour(COLOURS[kind], theme))


@pytest.fixture
def fields(dock, model, qtbot):
    """One of each, in a window of a napari theme; and how to choose the theme."""
    unset = LineEdit(label="Unset")
    unset.native.setPlaceholderText("auto")
    fields = [
        ComboBox(label="Box", choices=["one"]),
        LineEdit(label="Line", value="one"),
        FloatSpinBox(label="Number", value=1),
        CheckBox(label="Tick"),
        PushButton(text="Press"),
        unset,
    ]
    dock.form.extend(fields)
    window = QMainWindow()
    qtbot.addWidget(window)
    window.setCentralWidget(dock)

    def function(theme):
        model.theme = theme
        window.setStyleSheet(get_stylesheet(theme))
        window.resize(360, 300)
        window.show()
        qtbot.waitExposed(window)
        return [field.native for field in fields]

    return function


def drawn(color, ground):
    """What a colour that lets some of the ground through looks like."""
    share = color.alpha() / 255
    pairs = zip(color.getRgb()[:3], QColor(ground).getRgb()[:3], strict=True)
    return QColor(*(round(share * a + (1 - share) * b) for a, b in pairs))


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_what_cannot_be_set_is_faint_and_legible(dock, fields, theme):
    shown = fields(theme)
    dock.form.lock(True)
    window = get_theme(theme).background.as_hex()
    full = QColor(get_theme(theme).text.as_hex())
    labels = [one for one in dock.form.findChildren(QLabel) if one.text()]

    for widget in (*shown, *labels):
        palette = widget.palette()
        roles = ["WindowText"]
        if QT6 and isinstance(widget, QLineEdit):
            roles.append("PlaceholderText")
        ground = window
        if isinstance(widget, QComboBox | QLineEdit | QAbstractSpinBox):
            ground = drawn(palette.color(QPalette.ColorRole.Base), window)
        for role in roles:
            text = palette.color(getattr(QPalette.ColorRole, role))
            assert contrast(drawn(text, ground), ground) >= LEAST_OF_TEXT
            assert text.alpha() < full.alpha()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_button_is_as_high_whether_it_can_be_pressed_or_not(dock, fields, theme):
    first, second = QPushButton("one"), QPushButton("two")
    second.setEnabled(False)
    for button in (first, second):
        dock.footer.addWidget(button)
    fields(theme)

    assert first.height() == second.height()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_no_text_moves_when_it_cannot_be_changed(dock, fields, theme):
    box = fields(theme)[0]
    part = QStyle.SubControl.SC_ComboBoxEditField

    def room():
        control = QStyle.ComplexControl.CC_ComboBox
        return box.style().subControlRect(control, as_drawn(box), part, box)

    before = room()
    dock.form.lock(True)

    assert room() == before


def test_the_tooltip_says_what_the_sentence_leaves_out(dock):
    dock.say("Done.", "done", "In the file /a/b.")
    assert (dock.said, dock.message.toolTip()) == ("Done.", "In the file /a/b.")

    dock.say("Failed.", "error")
    assert dock.message.toolTip() == ""


def test_an_error_speaks_of_the_dock(dock):
    dock.say("Free some space and go on (on the command line: --resume).", "error")

    assert dock.said == "Free some space and press Go on."


def test_a_long_message_is_seen_whole(dock, qtbot):
    dock.resize(module.LEAST_WIDTH, module.HEIGHT)
    dock.show()
    qtbot.waitExposed(dock)
    dock.say("Short.")

    dock.say("The layers do not fit one another: " * 5, "error")

    message = dock.message
    qtbot.waitUntil(
        lambda: message.height() >= message.heightForWidth(message.width()),
        timeout=2000,
    )


def test_three_docks_above_one_another_fit_a_small_screen(dock):
    assert 3 * dock.minimumSizeHint().height() <= 480


def test_nothing_is_scrolled_while_there_is_room(dock, qtbot):
    for name in ("one", "two", "three"):
        text = sentence(name)
        text.value = "What is said here is long. " * 7
        dock.form.append(text)
    below = QWidget()
    below.setFixedHeight(9)
    dock.add_below_form(below)
    dock.resize(360, 640)
    dock.show()
    qtbot.waitExposed(dock)
    inside, area = dock._area.widget(), dock._area.viewport()
    room = area.height() - inside.heightForWidth(inside.width())

    below.setFixedHeight(9 + room)
    qtbot.wait(50)

    assert not dock._area.verticalScrollBar().isVisible()
    below.setFixedHeight(9 + room + 5)
    qtbot.waitUntil(dock._area.verticalScrollBar().isVisible)


def test_what_is_to_be_shown_may_be_deleted_before(dock, qtbot, capsys):
    widget = QWidget()
    dock.add_below_form(widget)

    dock.reveal(widget)
    with qtbot.waitSignal(widget.destroyed):
        widget.setParent(None)
        widget.deleteLater()
    with qtbot.captureExceptions() as errors:
        qtbot.wait(50)

    assert not errors


def test_what_is_below_is_shown(dock, qtbot):
    widget = QWidget()
    widget.setFixedHeight(1000)
    dock.add_below_form(widget)
    last = QWidget()
    last.setFixedHeight(20)
    dock.add_below_form(last)
    dock.resize(360, 300)
    dock.show()
    qtbot.waitExposed(dock)
    assert last.visibleRegion().isEmpty()

    dock.reveal(last)

    qtbot.waitUntil(lambda: not last.visibleRegion().isEmpty(), timeout=2000)
