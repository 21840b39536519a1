"""How large a network and what it is taught with are, as the presets state it."""

from __future__ import annotations

from typing import NamedTuple


class Sizes(NamedTuple):
    """How large a network and what it is taught with are.

    Attributes
    ----------
    base : int
        Channels of the network's first level.
    depth : int
        Number of poolings.
    patch : int
        Side of what one patch teaches (the network's output), in pixels; in volumes
        along the finest axis, the coarser ones get as much in physical units.
    batch : int
        Patches per step.
    """

    base: int
    depth: int
    patch: int
    batch: int


# What the presets state, for a CPU and for a GPU. "paper" in three dimensions: 44 x 44
# x 28 pixels of Cicek 2016, of which Z was cut shorter by the memory of the time.
STATED: dict[tuple[str, int], tuple[Sizes, Sizes]] = {
    ("default", 2): (Sizes(16, 4, 256, 4), Sizes(32, 4, 256, 4)),
    ("fast", 2): (Sizes(8, 3, 256, 4), Sizes(8, 3, 256, 4)),
    ("paper", 2): (Sizes(64, 4, 388, 1), Sizes(64, 4, 388, 1)),
    ("default", 3): (Sizes(8, 3, 64, 2), Sizes(32, 4, 128, 2)),
    ("fast", 3): (Sizes(4, 2, 48, 2), Sizes(8, 3, 64, 2)),
    ("paper", 3): (Sizes(32, 3, 44, 1), Sizes(32, 3, 44, 1)),
}
