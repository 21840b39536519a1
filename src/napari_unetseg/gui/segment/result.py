"""From the labels file of a finished run to a layer on the pixels it was made from."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.errors import RunError, UnetsegError
from napari_unetseg.core.network.card import read_card
from napari_unetseg.core.read import read_image
from napari_unetseg.core.read.annotations import NAMESPACE
from napari_unetseg.gui.run.launch import LAYER
from napari_unetseg.runs.folder import programs, read_question
from napari_unetseg.runs.questions import SegmentQuestion

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from napari.layers import Labels
    from napari.viewer import Viewer

    from napari_unetseg.core.network.card import ModelCard


@dataclass(frozen=True, eq=False)
class Made:
    """Labels that a run has made, and all that their layer needs.

    Attributes
    ----------
    array : ndarray
        Painted ids, with the axes of the source layer.
    attributes : dict
        For `viewer.add_labels`, but the colours.
    colors : dict of int to str
        Colour of each class, "#rrggbb"; empty where the model knows none.
    """

    array: np.ndarray[Any, Any]
    attributes: dict[str, Any]
    colors: dict[int | None, str]


def result_of(folder: Path) -> Generator[None, None, Made]:
    """Read what a segmentation has made; a generator, to be run beside the window.

    Raises
    ------
    UnetsegError
        If the files of the run are gone or damaged.
    """
    yield
    question = read_question(folder)
    assert isinstance(question, SegmentQuestion)
    layer = _layer(folder)
    labels = read_image(folder / question.out)
    # Files forget axes of length 1, and hold Y and X last; the layer may not.
    array = np.asarray(labels.array).reshape(layer["shape"])
    array = array.transpose([layer["axes"].index(axis) for axis in layer["order"]])
    names: dict[str, str] = {}
    colors: dict[str, str] = {}
    how = {
        "made by": f"napari-unetseg {programs()['napari-unetseg']}",
        "image": layer["image"],
        "model": (folder / question.model).name,
    }
    with suppress(UnetsegError):
        card = read_card(folder / question.model)
        names, colors = card.class_names, card.class_colors
        how |= _about(card)
    attributes = {
        **layer["placement"],
        "name": layer["name"],
        "features": {"index": [int(i) for i in names], "class": [*names.values()]},
        "metadata": {NAMESPACE: how | {"run": folder.name}},
    }
    if not names:
        attributes.pop("features")
    return Made(array, attributes, {int(i): color for i, color in colors.items()})


def add_result(viewer: Viewer, made: Made) -> Labels:
    """Add the labels as a layer, with the classes in their colours."""
    colormap = {}
    if made.colors:
        from napari.utils.colormaps import DirectLabelColormap

        table = {None: "transparent", 0: "transparent", **made.colors}
        colormap["colormap"] = DirectLabelColormap(color_dict=table)
    return viewer.add_labels(made.array, **made.attributes, **colormap)


def _layer(folder: Path) -> dict[str, Any]:
    try:
        values = json.loads((folder / LAYER).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunError(
            f"{folder} does not say which layer it was made from",
            "Segment the layer again",
        ) from error
    return dict(values)


def _about(card: ModelCard) -> dict[str, Any]:
    return {
        "model sha256": card.sha256,
        "network": card.network.model_dump(mode="json"),
        "classes": {str(i): card.class_names.get(str(i), "") for i in card.classes},
        "model trained on": card.training.get("images", []),
        "model validation": card.validation,
    }
