"""The samples of File > Open Sample, as napari layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_unetseg.core.samples import CLASS_NAMES, sample_data

if TYPE_CHECKING:
    from napari_unetseg.core.image import Image

    LayerData = tuple[Any, dict[str, Any], str]


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
    """Image and labels layer of a sample; labels tell their class to the pointer."""
    image, labels = sample_data(name)
    about = _placement(labels) | {"name": labels.name}
    if classes := CLASS_NAMES[name]:
        about["features"] = {"index": [*classes], "class": [*classes.values()]}
    return [
        (image.array, _placement(image) | {"name": image.name}, "image"),
        (labels.array, about, "labels"),
    ]


def _placement(image: Image) -> dict[str, Any]:
    """Scale, units and axis labels; axes other than Z, Y and X count in pixels."""
    spatial = [axis in image.spatial_axes for axis in image.axes]
    sizes = iter(image.spacing)
    return {
        "scale": tuple(next(sizes) if known else 1.0 for known in spatial),
        "units": tuple(image.unit if known else "pixel" for known in spatial),
        "axis_labels": tuple(image.axes.lower()),
    }
