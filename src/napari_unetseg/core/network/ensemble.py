"""Several models as one, whose probabilities are averaged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_unetseg.core.network.joint import check_together, joint_card
from napari_unetseg.core.network.member import Member

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_unetseg.core.network.card import ModelCard
    from napari_unetseg.core.network.modelfile import Model


@dataclass(frozen=True, slots=True, eq=False)
class Ensemble:
    """Models of the same classes, to be used in place of one.

    Each is shown the image as if it were alone: in its own pixel size, its own channels
    by their names, and in planes if it is one of planes.

    Attributes
    ----------
    card : ModelCard
        As from `joint_card`.
    models : tuple of Model
        Two or more.
    """

    card: ModelCard
    models: tuple[Model, ...]

    @classmethod
    def of(cls, models: Sequence[Model], names: Sequence[str] = ()) -> Ensemble:
        """Put models together.

        Parameters
        ----------
        models : sequence of Model
            Two or more.
        names : sequence of str
            What to call them where they do not fit.

        Raises
        ------
        InputError
            As `check_together` does.
        """
        cards = [one.card for one in models]
        called = names or [f"model {number + 1}" for number in range(len(models))]
        check_together(cards, called)
        return cls(joint_card(cards), tuple(models))

    @property
    def cards(self) -> tuple[ModelCard, ...]:
        """What each of them says about itself."""
        return tuple(one.card for one in self.models)

    def members(self) -> tuple[Member, ...]:
        """Build their networks, on the CPU, in evaluation mode."""
        return tuple(
            Member.of(one.card, one.network(), self.card) for one in self.models
        )
