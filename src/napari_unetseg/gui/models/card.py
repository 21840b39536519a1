"""What the chosen model says about itself, beside a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtGui import QPixmap
from qtpy.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from napari_unetseg.gui.parts.form import plain_tip
from napari_unetseg.runs.model_words import in_words

if TYPE_CHECKING:
    from napari_unetseg.runs.library import Entry

SIDE = 96


class CardView(QWidget):
    """A picture and some sentences, always of one height, so that nothing jumps."""

    def __init__(self) -> None:
        super().__init__()
        self.picture = QLabel()
        self.picture.setFixedSize(SIDE, SIDE)
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.picture.setToolTip(
            "Part of an image that the model was trained on. It lies beside the model, "
            "and is no part of its file."
        )
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        # A long word, such as a class's name, must not widen the dock.
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.picture)
        row.addWidget(self.text, 1)
        self.setFixedHeight(SIDE)

    def show_entry(self, entry: Entry | None) -> None:
        """Show a model, or nothing."""
        words = "" if entry is None else in_words(entry)
        self.text.setText(words.replace("; ", "\n"))
        tip = "" if entry is None else f"{entry.path}\n{words}"
        self.text.setToolTip(plain_tip(tip))
        file = None if entry is None else entry.thumbnail
        picture = QPixmap() if file is None else QPixmap(str(file))
        self.picture.setVisible(not picture.isNull())
        if not picture.isNull():
            self.picture.setPixmap(
                picture.scaled(
                    SIDE,
                    SIDE,
                    Qt.AspectRatioMode.KeepAspectRatio,
                    Qt.TransformationMode.SmoothTransformation,
                )
            )
