"""The models that can be chosen: with their scores, and what the chosen one says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from magicgui.widgets import ComboBox, PushButton
from psygnal import Signal
from qtpy.QtCore import Qt
from qtpy.QtGui import QIcon
from qtpy.QtWidgets import QFileDialog, QWidget

from napari_unetseg.core.errors import InputError, UnetsegError
from napari_unetseg.core.network.card import ModelCard
from napari_unetseg.core.network.joint import joint_card
from napari_unetseg.gui.parts.form import plain_tip, sentence
from napari_unetseg.gui.segment.besides import Besides
from napari_unetseg.gui.segment.model import card_of, describe, gone, score_of
from napari_unetseg.gui.train.form import restore
from napari_unetseg.runs import listing
from napari_unetseg.runs.library import entry
from napari_unetseg.runs.model_words import in_words
from napari_unetseg.runs.preferences import models_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

TRAIN_ONE = "Press Other model… to open one, or train one with Train U-Net"


class Library:
    """A box to choose a model from, a button for others, and a sentence about it.

    Parameters
    ----------
    owner : QWidget
        Above which a dialog opens.

    Attributes
    ----------
    model : ComboBox
        Path of the chosen one, as text; None while there is none.
    browse : PushButton
        Opens a dialog.
    besides : Besides
        Another model that is averaged with the chosen one.
    about : Label
        What the chosen one says about itself.
    changed : Signal
        Another one was chosen.
    """

    changed = Signal()

    def __init__(self, owner: QWidget) -> None:
        self._owner = owner
        self._opened: list[str] = []
        self._offered: list[tuple[str, str]] = []
        self._found: ModelCard | UnetsegError | None = None
        # Tells the chosen file from all others even when it is renamed.
        self._identity: tuple[int, int] | None = None
        # Scores of files by what tells that they are still the same.
        self._scores: dict[tuple[str, int, int], str] = {}
        self.model = ComboBox(
            name="model",
            label="Model",
            choices=[],
            tooltip="Trained model, with its mean IoU in validation. Listed are those "
            "of the models' folder and those that were opened from elsewhere. The dock "
            "'U-Net models' renames, deletes and imports them.",
        )
        self.browse = PushButton(
            name="browse",
            text="Other model…",
            tooltip="Choose a model file (*.unetseg.safetensors) from a folder",
        )
        self.about = sentence("about")
        self.besides = Besides()
        self.model.changed.connect(lambda _: self.changed.emit())
        self.besides.model.changed.connect(lambda _: self.changed.emit())
        self.browse.changed.connect(self._browse)

    @property
    def path(self) -> Path:
        """The chosen file."""
        return Path(self.model.value)

    @property
    def card(self) -> ModelCard | None:
        """What the chosen model says about itself; None if there is none to be used."""
        return self._found if isinstance(self._found, ModelCard) else None

    @property
    def together(self) -> ModelCard | None:
        """What it says together with the model that it is averaged with, if any."""
        card, other = self.card, self.besides.card
        return card if card is None or other is None else joint_card([card, other])

    def checked(self) -> ModelCard:
        """What the chosen model says, together with the one it is averaged with.

        Raises
        ------
        UnetsegError
            If there is none, or it cannot be used.
        """
        if self._found is None:
            raise InputError("There is no model yet", TRAIN_ONE)
        if isinstance(self._found, UnetsegError):
            raise self._found
        return self.together or self._found

    def choose(self, path: Path) -> None:
        """Choose a model file, from whatever folder.

        Raises
        ------
        ModelError
            If it has gone.
        """
        if not path.exists():
            raise gone(path)
        if path.parent != models_folder() and str(path) not in self._opened:
            self._opened.append(str(path))
        self.offer()
        self.model.value = str(path)
        self.changed.emit()

    def read(self) -> None:
        """Read what the chosen file says now."""
        self._found = None
        if self.model.value:
            try:
                self._found = card_of(self.path)
            except UnetsegError as error:
                self._found = error
            self._identity = _identity(self.path)
        self.about.value = "" if self.card is None else describe(self.card)
        self._offer_besides()

    def offer(self) -> None:
        """Offer the models that there are now, and keep to the chosen one."""
        paths = [str(path) for path in listing.models()]
        others = [path for path in self._opened if path not in paths]
        offered = [(self._text(Path(path)), path) for path in (*paths, *others)]
        if offered == self._offered:
            return
        self._offered = offered
        chosen = self.model.value
        with self.model.changed.blocked():
            self.model.choices = offered
            self._illustrate()
            # magicgui keeps to the text, which may be another by now.
            if chosen in self.model.choices:
                self.model.value = chosen
            elif chosen:
                self._follow_renamed()
        self._offer_besides()
        if self.model.value != chosen:
            self.changed.emit()

    def values(self) -> dict[str, Any]:
        """What is to be remembered."""
        besides = self.besides.model.value
        return {
            "model": self.model.value,
            "opened": self._opened,
            "besides": besides,
        }

    def restore(self, values: Mapping[str, Any]) -> None:
        """Show what was remembered, as far as it is still there."""
        opened = values.get("opened")
        if isinstance(opened, list):
            self._opened = [path for path in opened if Path(path).is_file()]
        self.offer()
        restore(self.model, values)
        self.read()
        restore(self.besides.model, values)

    def _offer_besides(self) -> None:
        self.besides.offer(self.model.value or "", self.card, self._offered)

    def _follow_renamed(self) -> None:
        """Keep to the chosen file if it has another name now."""
        for path in self.model.choices:
            if self._identity and _identity(Path(str(path))) == self._identity:
                self.model.value = path
                return

    def _text(self, path: Path) -> str:
        """Name of a model, and its score; read once while the file stays the same."""
        name = listing.model_name(path)
        try:
            about = path.stat()
        except OSError:
            return name
        key = (str(path), about.st_mtime_ns, about.st_size)
        if key not in self._scores:
            self._scores[key] = score_of(path)
        score = self._scores[key]
        return f"{name}, {score}" if score else name

    def _illustrate(self) -> None:
        """Show the picture of each model, and tell of it where the pointer rests."""
        box = self.model.native
        for index in range(box.count()):
            about = entry(Path(box.itemData(index)))
            if about is None:
                continue
            tip = f"{about.date}; {in_words(about)}"
            box.setItemData(index, plain_tip(tip), Qt.ItemDataRole.ToolTipRole)
            if about.thumbnail is not None:
                box.setItemIcon(index, QIcon(str(about.thumbnail)))

    def _browse(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self._owner,
            "Choose a model",
            str(models_folder()),
            f"U-Net models (*{listing.MODEL_ENDING})",
        )
        if name:
            self.choose(Path(name))


def _identity(path: Path) -> tuple[int, int] | None:
    """What stays when a file is renamed; None if it has gone."""
    try:
        about = path.stat()
    except OSError:
        return None
    return about.st_dev, about.st_ino
