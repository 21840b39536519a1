"""A network, and how an image is shown to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from napari_unetseg.core.network.planewise import Planewise

if TYPE_CHECKING:
    from torch import nn

    from napari_unetseg.core.network.card import ModelCard


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """One of the networks whose probabilities are averaged, or the only one.

    Attributes
    ----------
    card : ModelCard
        What its model says.
    network : nn.Module
        As it was trained; plane by plane if the image is shown in
        volumes and the model is one of planes.
    order : tuple of int
        Its place of each of the classes that are asked for.
    channels : tuple of int, optional
        Which channels of the image it sees, in its order; all if not given.
    """

    card: ModelCard
    network: nn.Module
    order: tuple[int, ...]
    channels: tuple[int, ...] | None = None

    @classmethod
    def of(
        cls, card: ModelCard, network: nn.Module, together: ModelCard | None = None
    ) -> Self:
        """Make a network a member, whatever image it will see.

        Parameters
        ----------
        card : ModelCard
            What its model says.
        network : nn.Module
            As it was trained.
        together : ModelCard, optional
            What all that are averaged say, as from `joint_card`.
        """
        whole = together or card
        if card.network.dimensions < whole.network.dimensions:
            network = Planewise(network)
        order = tuple(card.classes.index(label) for label in whole.classes)
        return cls(card, network, order)
