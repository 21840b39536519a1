"""A button whose text changes, and whose width does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSize
from qtpy.QtWidgets import QPushButton

if TYPE_CHECKING:
    from collections.abc import Sequence


class SteadyButton(QPushButton):
    """As wide as the longest of its texts, so that no other button moves.

    Parameters
    ----------
    texts : sequence of str
        All that it may say; the first is shown.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        super().__init__(texts[0])
        self._texts = tuple(texts)

    def sizeHint(self) -> QSize:
        """Size for the longest text, in the font that the theme gives."""
        return self._for_longest(super().sizeHint())

    def minimumSizeHint(self) -> QSize:
        """Size below which a text would be cut."""
        return self._for_longest(super().minimumSizeHint())

    def _for_longest(self, hint: QSize) -> QSize:
        width = self.fontMetrics().horizontalAdvance
        more = max(map(width, self._texts)) - width(self.text())
        return QSize(hint.width() + more, hint.height())
