"""How the docks look beside napari's own parts: what is faint stays legible."""

from __future__ import annotations

from napari.utils.theme import get_theme
from qtpy import QT6
from qtpy.QtGui import QColor

# Shares of the text's colour in what cannot be set for now, and in an example in an
# empty field: to be read in every theme (at least 4.5:1, as WCAG 2.1 asks of text).
# napari takes a third, Qt a half.
LOCKED, EXAMPLE = 0.7, 0.85
# napari's share of a field's colour where a box or a button cannot be used.
_FADED = 75 / 255


def style(theme: str) -> str:
    """Style sheet of a dock for a napari theme."""
    colours = get_theme(theme)
    text, field, ground = (
        QColor(one.as_hex())
        for one in (colours.text, colours.primary, colours.background)
    )
    locked, faded = _faint(text, LOCKED), _mixed(field, ground, _FADED)
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
        example = _faint(text, EXAMPLE)
        rules += [
            f"QLineEdit {{ placeholder-text-color: {example}; }}",
            f"QLineEdit:disabled {{ placeholder-text-color: {locked}; }}",
        ]
    return "\n".join(rules)


def _faint(text: QColor, share: float) -> str:
    return f"rgba({text.red()}, {text.green()}, {text.blue()}, {share:.0%})"


def _mixed(first: QColor, second: QColor, share: float) -> str:
    """So much of the first colour over the second, as in "#7aa2ff"."""
    pairs = zip(first.getRgb()[:3], second.getRgb()[:3], strict=True)
    return QColor(*(round(share * a + (1 - share) * b) for a, b in pairs)).name()
