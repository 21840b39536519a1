"""The scores in the report dock: current or of the past, and how they look."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

pytest.importorskip("napari")

from napari.components import ViewerModel
from napari.layers import Labels
from napari.utils.theme import get_theme
from qtpy.QtCore import QObject, Qt
from qtpy.QtGui import QColor, QGuiApplication, QPalette
from qtpy.QtWidgets import QWidget

from napari_unetseg.gui.parts.looks import EXAMPLE
from napari_unetseg.gui.report.dock import WIDTH, ReportDock
from napari_unetseg.gui.report.table import COLUMNS
from napari_unetseg.gui.report.watch import Watch

pytestmark = pytest.mark.gui

RNG = np.random.default_rng(0)
TRUTH = RNG.integers(1, 4, (3, 20, 30), dtype=np.uint8)
PREDICTION = np.where(RNG.random(TRUTH.shape) < 0.2, 1, TRUTH)
NAMES = {"index": [1, 2, 3], "class": ["cell interior", "membrane", "mitochondrion"]}
EARLIER = (
    "Scores of the earlier comparison: 'mine' against 'truth'. Press Compare for new "
    "ones."
)


def fill(viewer):
    """Add two layers to compare, and above them two that are not chosen."""
    viewer.add_labels(PREDICTION.copy(), name="mine")
    viewer.add_labels(TRUTH.copy(), name="truth", features=NAMES)
    viewer.add_labels(TRUTH.copy(), name="other")
    viewer.add_labels(TRUTH[0].copy(), name="flat")
    return viewer


def choose(dock, prediction="mine", truth="truth"):
    dock.prediction.value = dock.viewer.layers[prediction]
    dock.truth.value = dock.viewer.layers[truth]


def press(dock, qtbot):
    """Compare, and wait for the end."""
    dock.buttons.compare.click()
    qtbot.waitUntil(lambda: not dock.buttons.compare.isHidden(), timeout=20_000)


@pytest.fixture
def dock(qapp, qtbot):
    """A dock that has compared 'mine' with 'truth'."""
    dock = ReportDock(napari_viewer=fill(ViewerModel()))
    qtbot.addWidget(dock)
    choose(dock)
    press(dock, qtbot)
    return dock


@pytest.fixture
def shown(make_napari_viewer, qtbot):
    """The same in a real window."""
    viewer = fill(make_napari_viewer(show=True))
    dock = ReportDock(napari_viewer=viewer)
    viewer.window.add_dock_widget(dock, name="IoU report")
    choose(dock)
    press(dock, qtbot)
    return dock


def is_dimmed(dock):
    return dock.scores.table.parentWidget().graphicsEffect().isEnabled()


def paint(layer):
    """Give one pixel another label, with the brush."""
    before = int(layer.data[0, 0, 0])
    layer.data_setitem((np.array([0]), np.array([0]), np.array([0])), before % 3 + 1)
    assert layer.data[0, 0, 0] != before


def undo_a_stroke(layer):
    """Take a stroke back of which nothing was told."""
    with layer.events.blocker_all():
        layer.paint((0, 0, 0), 1)
    layer.undo()


OUTDATING = {
    "not annotated": lambda dock: setattr(dock.ignore, "value", "1"),
    "no label": lambda dock: setattr(dock.ignore, "value", "x"),
    "prediction": lambda dock: choose(dock, prediction="other"),
    "truth": lambda dock: choose(dock, truth="other"),
    "painted": lambda dock: paint(dock.truth.value),
    "undone": lambda dock: undo_a_stroke(dock.truth.value),
    "other pixels": lambda dock: setattr(dock.prediction.value, "data", TRUTH),
    "moved": lambda dock: setattr(dock.prediction.value, "translate", (1, 0, 0)),
    "scaled": lambda dock: setattr(dock.truth.value, "scale", (1, 2, 2)),
    "removed": lambda dock: dock.viewer.layers.remove("mine"),
    "emptied": lambda dock: dock.viewer.layers.clear(),
}


@pytest.mark.parametrize("what", OUTDATING)
def test_scores_of_what_has_changed_are_of_the_past(dock, what):
    assert dock.scores.current
    assert dock.scores.caption.text() == "'mine' against 'truth'"
    assert not is_dimmed(dock)

    OUTDATING[what](dock)

    assert dock.scores.caption.text() == EARLIER
    assert is_dimmed(dock)
    assert "Mean IoU" not in dock.said


HARMLESS = {
    "another slice": lambda viewer: viewer.dims.set_current_step(0, 2),
    "another name": lambda viewer: setattr(viewer.layers["truth"], "name", "mine too"),
    "another brush": lambda viewer: setattr(viewer.layers[0], "selected_label", 3),
    "another image": lambda viewer: viewer.add_image(TRUTH),
    "paint elsewhere": lambda viewer: paint(viewer.layers["other"]),
    "another order": lambda viewer: viewer.layers.move(0, 3),
}


@pytest.mark.parametrize("what", HARMLESS)
def test_what_has_not_changed_stays_current(dock, what):
    HARMLESS[what](dock.viewer)

    assert dock.scores.current
    assert not is_dimmed(dock)


def test_after_a_failed_comparison_the_scores_are_of_the_past(dock, qtbot):
    dock.truth.value = dock.viewer.layers["flat"]
    press(dock, qtbot)

    assert "dimensions" in dock.said
    assert dock.scores.caption.text() == EARLIER
    assert is_dimmed(dock)


def test_compared_anew_they_are_current_again(dock, qtbot):
    dock.truth.value = dock.viewer.layers["other"]
    press(dock, qtbot)

    assert dock.scores.caption.text() == "'mine' against 'other'"
    assert not is_dimmed(dock)
    # Only the layers of the latest comparison matter.
    paint(dock.viewer.layers["truth"])
    assert not is_dimmed(dock)
    paint(dock.viewer.layers["other"])
    assert is_dimmed(dock)


def test_what_is_painted_while_it_is_compared_is_not_in_the_scores(dock, qtbot):
    dock.buttons.compare.click()
    paint(dock.truth.value)
    qtbot.waitUntil(lambda: not dock.buttons.compare.isHidden())

    assert is_dimmed(dock)


def test_scores_of_a_cancelled_comparison_stay_of_the_past(dock):
    dock.buttons.compare.click()
    dock.buttons.cancel.click()

    assert dock.scores.caption.text() == EARLIER


def test_a_watch_keeps_no_layer_alive(qapp):
    owner = QObject()
    watch, layer = Watch(owner), Labels(TRUTH)
    watch.at(layer)
    gone = weakref.ref(layer)
    del layer
    gc.collect()

    assert gone() is None


def test_a_watch_ends_with_its_owner(qapp, qtbot):
    owner, layer = QWidget(), Labels(TRUTH.copy())
    watch = Watch(owner)
    watch.at(layer)
    with qtbot.waitSignal(owner.destroyed):
        owner.deleteLater()

    with qtbot.captureExceptions() as raised:
        paint(layer)
    assert not raised


# -- how they look --------------------------------------------------------------------


def at_width(dock, qtbot, width):
    """Give the dock a width, out of napari's window, in napari's style."""
    holder = dock.viewer.window._qt_window
    dock.parentWidget().setFloating(True)
    dock.parentWidget().resize(width, 600)
    qtbot.waitUntil(lambda: abs(dock.width() - width) < 24)
    # The frame around it is as wide as napari's version draws it.
    frame = dock.parentWidget().width() - dock.width()
    dock.parentWidget().resize(width + frame, 600)
    qtbot.waitUntil(lambda: abs(dock.width() - width) < 2)
    assert holder.styleSheet() or dock.palette()
    return dock.scores.table


def test_no_row_is_wrapped_and_no_column_is_out_of_sight(shown, qtbot):
    for width in (420, 360):
        table = at_width(shown, qtbot, width)

        assert table.horizontalScrollBar().maximum() == 0
        assert len({table.rowHeight(row) for row in range(table.rowCount())}) == 1
        first = table.item(2, 0)
        assert first.text() == first.toolTip() == "3 mitochondrion"
        if width == WIDTH:
            assert table.columnWidth(0) >= table.sizeHintForColumn(0)


def test_nothing_is_cut_off_once_the_caption_is_longer(shown, qtbot):
    table = at_width(shown, qtbot, WIDTH)
    caption = shown.scores.caption
    # What is laid out again because the message goes would hide the fault.
    shown.say("")
    qtbot.wait(50)
    before = caption.height()
    paint(shown.truth.value)

    qtbot.waitUntil(lambda: caption.height() > before)
    assert caption.height() >= caption.heightForWidth(caption.width())
    qtbot.waitUntil(
        lambda: table.viewport().height() >= table.verticalHeader().length()
    )


def test_a_long_name_is_cut_and_whole_in_the_tooltip(shown, qtbot):
    name = "endoplasmic reticulum, rough and smooth, with what is bound to it"
    shown.truth.value.features = {"index": [3], "class": [name]}
    press(shown, qtbot)
    table = at_width(shown, qtbot, WIDTH)

    assert table.columnWidth(0) < table.sizeHintForColumn(0)
    assert len({table.rowHeight(row) for row in range(table.rowCount())}) == 1
    assert table.item(2, 0).toolTip() == f"3 {name}"
    assert table.horizontalScrollBar().maximum() == 0


def test_the_dock_opens_wide_enough_beside_a_narrow_one(make_napari_viewer, qtbot):
    viewer = make_napari_viewer(show=True)
    viewer.window._qt_window.resize(1366, 768)
    narrow = QWidget()
    narrow.setMinimumWidth(200)
    viewer.window.add_dock_widget(narrow, name="narrow")
    dock = ReportDock(napari_viewer=viewer)
    viewer.window.add_dock_widget(dock, name="IoU report")

    qtbot.waitUntil(lambda: dock.width() >= WIDTH - 12)


def luminance(colour):
    """Relative luminance of WCAG 2.1, from 0 to 1, of red, green and blue to 255."""
    parts = np.array(colour) / 255
    linear = np.where(parts <= 0.03928, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def test_the_example_says_what_goes_in_and_is_legible(shown):
    for theme in ("dark", "light"):
        shown.viewer.theme = theme
        field = shown.ignore.native
        palette = field.palette()
        text, ground = (
            np.array(palette.color(role).getRgb())
            for role in (QPalette.ColorRole.PlaceholderText, QPalette.ColorRole.Base)
        )
        share = text[3] / 255
        drawn = share * text[:3] + (1 - share) * ground[:3]
        bright, dark = sorted((luminance(drawn), luminance(ground[:3])), reverse=True)

        assert field.placeholderText().startswith("e.g. 0, 255")
        assert share == pytest.approx(EXAMPLE, abs=0.01)
        assert (bright + 0.05) / (dark + 0.05) >= 4.5


def test_scores_of_the_past_are_dimmed_and_legible(shown):
    for theme in ("dark", "light"):
        shown.viewer.theme = theme
        choose(shown, truth="other")
        colours = get_theme(theme)
        text, table, window = (
            np.array(QColor(getattr(colours, name).as_hex()).getRgb()[:3])
            for name in ("text", "foreground", "background")
        )
        share = shown.scores.table.parentWidget().graphicsEffect().opacity()
        drawn, ground = (share * one + (1 - share) * window for one in (text, table))
        bright, dark = sorted((luminance(drawn), luminance(ground)), reverse=True)

        assert is_dimmed(shown)
        assert share <= 0.9
        assert (bright + 0.05) / (dark + 0.05) >= 4.5


def test_all_buttons_are_as_high_and_cancel_takes_the_place_of_compare(shown):
    buttons = shown.buttons
    row = [buttons.compare, buttons.copy, buttons.save]
    assert len({button.height() for button in row}) == 1
    place = buttons.compare.geometry()

    buttons.show_state(running=True, has_report=True)
    assert buttons.cancel.geometry().left() == place.left()
    assert buttons.cancel.width() == place.width()

    buttons.show_state(running=False, has_report=True)
    assert buttons.compare.width() == place.width()


# -- the keyboard ---------------------------------------------------------------------


def test_tab_goes_from_top_to_bottom_and_leaves_the_table(shown, qtbot):
    window = shown.window()
    boxes = (shown.prediction, shown.truth, shown.rival, shown.ignore)
    fields = [box.native for box in boxes]
    buttons = shown.buttons
    fields += [shown.kind.native, shown.fields.borders, shown.correcting.box]
    fields += [shown.correcting.row.classes, shown.correcting.row.button]
    tables = [shown.scores.measures, shown.scores.table, shown.guide.table]
    order = [*fields, *tables, buttons.compare, buttons.copy, buttons.save]
    order[0].setFocus()
    for widget in order:
        assert window.focusWidget() is widget
        qtbot.keyClick(widget, Qt.Key.Key_Tab)


def test_enter_in_the_field_starts_and_closes_nothing(shown, qtbot):
    shown.ignore.native.setFocus()
    shown.ignore.value = "1"
    qtbot.keyClick(shown.ignore.native, Qt.Key.Key_Return)

    assert shown.isVisible()
    assert shown.said == ""
    assert shown.ignore.value == "1"
    assert not shown.scores.current
    assert len(shown.viewer.layers) == 4


def test_napari_does_not_take_the_keys_that_copy(shown, qtbot):
    shown.scores.table.setFocus()
    keys = Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier
    qtbot.keyClick(shown.scores.table, *keys)

    table = QGuiApplication.clipboard().text().split("\n")
    assert len(table) == 5
    assert table[0].count("\t") == len(COLUMNS)
