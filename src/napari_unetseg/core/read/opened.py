"""An image as a viewer wants it: with its pyramid, its place, its colours and notes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_unetseg.core.image import Image


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Opened:
    """One image of a file and what the file says about showing it.

    Attributes
    ----------
    image : Image
        Its finest level.
    levels : tuple of arrays
        All levels with the axes of the image, the finest first; one if it has no
        pyramid.
    origin : mapping of axis to float
        Where the centre of the first pixel lies along Z, Y and X, in the image's unit;
        without the axes of which nothing is said.
    colours : tuple of str
        "#rrggbb" per channel; empty if they have none.
    notes : mapping of str to str
        What this program noted when it wrote the file.
    labels : bool
        Whether the file says that these are labels.
    series : int
        Which image of the file this is.
    names : tuple of str
        Names of all images in the file.
    """

    image: Image
    levels: tuple[Any, ...]
    origin: Mapping[str, float] = field(default_factory=dict)
    colours: tuple[str, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    labels: bool = False
    series: int = 0
    names: tuple[str, ...] = ()

    @property
    def others(self) -> dict[int, str]:
        """Numbers and names of the other images in the file."""
        return {i: name for i, name in enumerate(self.names) if i != self.series}
