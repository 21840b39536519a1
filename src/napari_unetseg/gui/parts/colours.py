"""Colours that stand out from napari's backgrounds, dark or light."""

from __future__ import annotations

from typing import Literal

from napari.utils.theme import get_theme
from qtpy.QtGui import QColor

Name = Literal["grey", "blue", "yellow", "red"]

# On a dark and on a light background: at least 3:1, as WCAG 2.1 asks of graphics
# (1.4.11). The themes' own colours of errors and warnings are as low as 1.5:1.
_COLOURS: dict[Name, tuple[str, str]] = {
    "grey": ("#8f98a5", "#6b6966"),
    "blue": ("#7aa2ff", "#1d4ed8"),
    "yellow": ("#e3b617", "#8a6100"),
    "red": ("#ff6b6b", "#c4121f"),
}
_HALF = 127


def colour(name: Name, theme: str) -> str:
    """A colour as in "#7aa2ff", to be seen on the background of a napari theme."""
    on_dark, on_light = _COLOURS[name]
    return on_light if is_light(theme) else on_dark


def is_light(theme: str) -> bool:
    """Whether a napari theme has a light background."""
    return QColor(get_theme(theme).background.as_hex()).lightness() > _HALF


def contrast(first: QColor, second: QColor) -> float:
    """Contrast ratio of two colours, from 1 to 21, as WCAG 2.1 defines it."""
    darker, lighter = sorted((_luminance(first), _luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def mixed(first: QColor, second: QColor, share: float) -> QColor:
    """So much of the first colour over the second."""
    pairs = zip(first.getRgb()[:3], second.getRgb()[:3], strict=True)
    return QColor(*(round(share * a + (1 - share) * b) for a, b in pairs))


def _luminance(color: QColor) -> float:
    red, green, blue = map(_linear, color.getRgb()[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: int) -> float:
    share = part / 255
    if share <= 0.04045:
        return share / 12.92
    return float(((share + 0.055) / 1.055) ** 2.4)
