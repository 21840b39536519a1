"""How the docks look beside napari's own parts: what is faint stays legible."""

from __future__ import annotations

from napari.utils.theme import get_theme
from qtpy import QT6
from qtpy.QtGui import QColor

from napari_unetseg.gui.parts.colours import contrast, mixed

# Shares of the text's colour. What is locked, or out of date, has the least of some at
# which it can be read (4.5:1, as WCAG 2.1 asks of text; napari takes a third, Qt a
# half); an example in an empty field has mostly more.
_FAINT = (0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
_LEGIBLE = 4.5
EXAMPLE = 0.85
# napari's share of a field's colour where a box or a button cannot be used.
_FADED = 75 / 255


def style(theme: str) -> str:
    """Style sheet of a dock for a napari theme."""
    colours = get_theme(theme)
    text, field, ground = (
        QColor(one.as_hex())
        for one in (colours.text, colours.primary, colours.background)
    )
    faint = faintness(theme)
    locked = _faint(text, faint)
    faded = mixed(field, ground, _FADED).name()
    rules = [
        f"QWidget:disabled {{ color: {locked}; }}",
        # napari fades only boxes and buttons.
        "QLineEdit:disabled, QAbstractSpinBox:disabled "
        f"{{ background-color: {faded}; }}",
        # napari draws a border only around what cannot be used: such a button would be
        # higher than its neighbours, and the text in a box would move by the border.
        "QPushButton:enabled { border: 1px solid transparent; }",
        "QComboBox:disabled { border: 0px; }",
    ]
    if QT6:  # Qt 5 knows no such colour.
        example = _faint(text, max(faint, EXAMPLE))
        rules += [
            f"QLineEdit {{ placeholder-text-color: {example}; }}",
            f"QLineEdit:disabled {{ placeholder-text-color: {locked}; }}",
        ]
    return "\n".join(rules)


def faintness(theme: str) -> float:
    """How much of a text's colour is left in what is faint, to be read in a theme."""
    colours = get_theme(theme)
    text, table, field, ground = (
        QColor(one.as_hex())
        for one in (
            colours.text,
            colours.foreground,
            colours.primary,
            colours.background,
        )
    )
    faded = mixed(field, ground, _FADED)
    for share in _FAINT:
        # On the dock, in a field, and in a table that fades as a whole.
        pairs = [
            (mixed(text, ground, share), ground),
            (mixed(text, faded, share), faded),
            (mixed(text, ground, share), mixed(table, ground, share)),
        ]
        if all(contrast(*pair) >= _LEGIBLE for pair in pairs):
            return share
    return 1.0


def _faint(text: QColor, share: float) -> str:
    return f"rgba({text.red()}, {text.green()}, {text.blue()}, {share:.0%})"
