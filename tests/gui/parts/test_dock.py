"""What every dock has: a message, and room for its neighbours."""

from __future__ import annotations

import numpy as np
import pytest
from napari._qt.qt_resources import get_stylesheet
from napari.utils.theme import get_theme
from qtpy.QtCore import QPoint
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QWidget

from napari_unetseg.gui.parts import dock as module
from napari_unetseg.gui.parts.colours import colour
from napari_unetseg.gui.parts.dock import COLOURS, Dock
from napari_unetseg.gui.parts.form import sentence

pytestmark = pytest.mark.gui

# What WCAG 2.1 asks of graphics (1.4.11).
LEAST = 3.0


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
