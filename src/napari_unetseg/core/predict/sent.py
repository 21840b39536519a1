"""A network on its way to a worker of a cluster, as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_unetseg.core.network.card import ModelCard
    from napari_unetseg.core.network.member import Member


@dataclass(frozen=True, slots=True, eq=False)
class Sent:
    """A `Member` on its way to a worker.

    Attributes
    ----------
    card : ModelCard
        What its model says.
    weights : dict of str to ndarray
        The network's state; empty if it is not needed.
    is_planewise : bool
        Whether it sees volumes plane by plane.
    order, channels : tuple of int
        As the member's.
    """

    card: ModelCard
    weights: dict[str, NDArray[Any]]
    is_planewise: bool
    order: tuple[int, ...]
    channels: tuple[int, ...] | None

    @classmethod
    def of(cls, member: Member, *, weights: bool = True) -> Sent:
        """Take a network apart."""
        from napari_unetseg.core.network.planewise import Planewise

        state = member.network.state_dict() if weights else {}
        arrays = {name: tensor.cpu().numpy() for name, tensor in state.items()}
        is_planewise = isinstance(member.network, Planewise)
        return cls(member.card, arrays, is_planewise, member.order, member.channels)

    def member(self) -> Member:
        """Put it together again."""
        from napari_unetseg.core.device import import_torch
        from napari_unetseg.core.network.build import network_of
        from napari_unetseg.core.network.member import Member
        from napari_unetseg.core.network.planewise import Planewise

        network = network_of(self.card.network)
        if self.is_planewise:
            network = Planewise(network)
        torch = import_torch()
        if self.weights:
            state = {name: torch.tensor(one) for name, one in self.weights.items()}
            network.load_state_dict(state)
        return Member(self.card, network.eval(), self.order, self.channels)
