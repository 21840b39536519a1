"""The samples of File > Open Sample, as napari layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_unetseg.core.samples import CLASS_NAMES, sample_data
from napari_unetseg.layers.to_layer import labels_layer, layers_of

if TYPE_CHECKING:
    from napari_unetseg.layers.to_layer import LayerData


def em() -> list[LayerData]:
    """Stack like electron microscopy, every pixel labelled."""
    return _layers("em")


def cells() -> list[LayerData]:
    """Time-lapse like phase contrast, every cell labelled."""
    return _layers("cells")


def em_scribbles() -> list[LayerData]:
    """Stack like electron microscopy with a few painted strokes."""
    return _layers("em-scribbles")


def _layers(name: str) -> list[LayerData]:
    """Image and labels layer of a sample."""
    image, labels = sample_data(name)
    return [*layers_of(image), labels_layer(labels, CLASS_NAMES[name])]
