"""How single objects are taught, so that those that touch stay apart."""

from __future__ import annotations

from typing import Literal

from napari_unetseg.core.config.base import Config, NonNegative, PositiveFloat

Apart = Literal["border", "gap"]
PixelWeights = Literal["none", "paper", "fiji"]


class InstancesConfig(Config):
    """How single objects are taught.

    What is chosen if nothing is said had the best mean of SEG and F1 on held-out frames
    of DIC-C2DH-HeLa and PhC-C2DH-U373: benchmarks/results/instances-gpu.json.

    Attributes
    ----------
    apart : {"border", "gap"}
        "border": three classes, centre, border and background, as leading entries of
        the Cell Tracking Challenge have them; objects grow from their centres. "gap":
        objects and background, with a gap of one pixel between objects that touch.
    border : float
        Width of the border class inside an object, in pixels.
    weights : {"none", "paper", "fiji"}
        How much the pixels between objects count: all the same, as in equation 2 of
        Ronneberger 2015, or as in the U-Net plugin of Fiji.
    weight, sigma : float, optional
        Largest weight between two objects, and its reach in pixels. None: 10 and 5 of
        the paper, 50 and 6 of the plugin.
    ring : float
        Where unpainted means "not annotated": how far around an object, in pixels, it
        is background all the same.
    """

    apart: Apart = "border"
    border: PositiveFloat = 2.0
    weights: PixelWeights = "paper"
    weight: NonNegative | None = None
    sigma: PositiveFloat | None = None
    ring: NonNegative = 5.0

    @property
    def class_count(self) -> int:
        """Number of the classes that are derived from the objects, with background."""
        return 3 if self.apart == "border" else 2

    @property
    def class_names(self) -> dict[int, str]:
        """Names of these classes, by their index."""
        if self.apart == "border":
            return {0: "background", 1: "centre", 2: "border"}
        return {0: "background", 1: "object"}
