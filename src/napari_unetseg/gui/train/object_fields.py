"""Settings of how single objects are taught, as widgets."""

from __future__ import annotations

from napari_unetseg.core.config import APARTS, PIXEL_WEIGHTS
from napari_unetseg.gui.parts.fields import Field

OBJECTS = (
    Field(
        "instances.apart",
        "Kept apart by",
        "What keeps objects apart that touch: a gap of one pixel, or a class of "
        "borders, from whose centres the objects grow.",
        choices=APARTS,
    ),
    Field(
        "instances.border",
        "Border",
        "Width of the border class inside an object, in pixels.",
        step=0.5,
        largest=1000,
    ),
    Field(
        "instances.weights",
        "Weights between",
        "How much the pixels between objects count: all the same (none), as in the "
        "paper of 2015, or as in the U-Net plugin of Fiji.",
        choices=PIXEL_WEIGHTS,
    ),
    Field(
        "instances.weight",
        "Largest weight",
        "Weight of a pixel between two objects that nearly touch. Empty: 10 of the "
        "paper, 50 of the plugin.",
        unset="as published",
    ),
    Field(
        "instances.sigma",
        "Reach",
        "How far the weight reaches into a gap: sigma, in pixels. Empty: 5 of the "
        "paper, 6 of the plugin.",
        unset="as published",
    ),
    Field(
        "instances.ring",
        "Ring",
        "How far around a painted object it is background, in pixels, where label 0 "
        "is not annotated.",
        step=0.5,
        largest=1000,
    ),
)
