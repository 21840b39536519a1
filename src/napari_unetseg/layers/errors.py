"""Where a prediction errs, as a labels layer in the place of the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_unetseg.core.evaluate.errors_map import (
    COLOURS,
    NAMES,
    NOTHING,
    TRUE_POSITIVE,
)
from napari_unetseg.core.evaluate.lazy_errors import LazyErrors
from napari_unetseg.core.read.annotations import NAMESPACE
from napari_unetseg.layers.derived import derived_placement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari_unetseg.layers.align import Aligned
    from napari_unetseg.layers.to_layer import LayerData

# Of 1: what lies below stays visible.
OPACITY = 0.7
CLEAR = "transparent"
# Of 255: what is right must not hide the image, of which it may be nearly all.
FAINT = "50"


def errors_layer(
    pair: Aligned,
    attributes: Mapping[str, Any],
    *,
    identity: int | None = None,
    ignore: Sequence[int] = (),
    class_name: str = "",
) -> LayerData:
    """Show the errors of one class, or of all; the pointer tells what it points at.

    Parameters
    ----------
    pair : Aligned
        Prediction and truth. They are read when the layer is drawn, a plane at a time.
    attributes : mapping
        Of the truth's layer, as from ``layer.as_layer_data_tuple()``.
    identity, ignore
        As for `core.evaluate.errors_map.errors_map`.
    class_name : str
        What the class is called in the name of the layer.

    Returns
    -------
    (data, attributes, "labels")
        The data are a `LazyErrors`. "colormap" maps ids to colours "#rrggbb" or
        "#rrggbbaa"; the key
        None stands for all others.
    """
    truth = pair.truth
    start = dict(zip(truth.axes, pair.start, strict=True))
    errors = LazyErrors(
        pair.prediction.array, truth.array, identity=identity, ignore=ignore
    )
    of = class_name or ("all classes" if identity is None else f"class {identity}")
    right = f"{COLOURS[TRUE_POSITIVE]}{FAINT}"
    colours: dict[Any, str] = {None: CLEAR, NOTHING: CLEAR, **COLOURS}
    colours[TRUE_POSITIVE] = right
    shown = derived_placement(attributes, truth.axes, start) | {
        "name": f"Errors of {pair.prediction.name} ({of})",
        "features": features(identity, ignore),
        "colormap": colours,
        "opacity": OPACITY,
        "metadata": {NAMESPACE: {"shows": "errors"}},
    }
    return errors, shown, "labels"


def features(identity: int | None, ignore: Sequence[int]) -> dict[str, list[Any]]:
    """What the ids of the map mean, as the table of features of a labels layer."""
    nothing = "both background" if identity is None else "true negative"
    if len(ignore):
        nothing += ", or not annotated"
    names = {NOTHING: nothing, **NAMES}
    return {"index": [*names], "error": [*names.values()]}
