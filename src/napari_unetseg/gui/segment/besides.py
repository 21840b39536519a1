"""Another model, whose probabilities are averaged with those of the chosen one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from magicgui.widgets import ComboBox

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.core.network.joint import difference
from napari_unetseg.gui.segment.model import card_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_unetseg.core.network.card import ModelCard

NONE = ("no other model", "")


class Besides:
    """A box to choose another model from, of those that fit the chosen one.

    Attributes
    ----------
    model : ComboBox
        Path of the other model, as text; empty if there is none.
    """

    def __init__(self) -> None:
        # Cards by what tells that their files are still the same.
        self._cards: dict[tuple[str, int, int], ModelCard | None] = {}
        self.model = ComboBox(
            name="besides",
            label="Average with",
            choices=[NONE],
            tooltip="Another model, whose probabilities are averaged with those of the "
            "chosen one: two networks that err differently are often better than each. "
            "Listed are models of the same classes. It takes as long as both.",
        )

    @property
    def paths(self) -> tuple[Path, ...]:
        """The other model's file, or nothing."""
        return (Path(self.model.value),) if self.model.value else ()

    @property
    def card(self) -> ModelCard | None:
        """What the other model says about itself; None if there is none."""
        return self._card(Path(self.model.value)) if self.model.value else None

    def offer(
        self, chosen: str, card: ModelCard | None, models: Sequence[tuple[str, str]]
    ) -> None:
        """Offer what fits, and keep to the choice if it still does.

        Parameters
        ----------
        chosen : str
            Path of the chosen model, which is not averaged with itself.
        card : ModelCard or None
            What it says about itself; None: nothing fits.
        models : sequence of (str, str)
            Texts and paths of all models that there are.
        """
        fitting = [
            (text, path)
            for text, path in models
            if path != chosen and card is not None and self._fits(card, Path(path))
        ]
        wanted = [NONE, *fitting]
        before = self.model.value
        with self.model.changed.blocked():
            self.model.choices = wanted
            # magicgui keeps to the text, which may be another by now.
            self.model.value = before if before in self.model.choices else ""

    def _fits(self, card: ModelCard, path: Path) -> bool:
        other = self._card(path)
        return other is not None and not difference([card, other])

    def _card(self, path: Path) -> ModelCard | None:
        """What a file says about itself, read once while it stays the same."""
        try:
            about = path.stat()
        except OSError:
            return None
        key = (str(path), about.st_mtime_ns, about.st_size)
        if key not in self._cards:
            try:
                self._cards[key] = card_of(path)
            except (UnetsegError, OSError):
                self._cards[key] = None
        return self._cards[key]
