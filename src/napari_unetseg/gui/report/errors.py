"""Layers that show where a prediction errs, one for each class that was asked for."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from napari.layers import Labels
from napari.utils.colormaps import DirectLabelColormap

from napari_unetseg.core.evaluate.lazy_errors import LazyErrors
from napari_unetseg.gui.parts import sources
from napari_unetseg.gui.report.question import Comparison, Terms, judged
from napari_unetseg.layers.align import aligned
from napari_unetseg.layers.errors import errors_layer
from napari_unetseg.layers.place import place

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from napari.viewer import Viewer
    from numpy.typing import NDArray

    from napari_unetseg.gui.report.question import Kind
    from napari_unetseg.layers.place import Placed
    from napari_unetseg.layers.to_layer import LayerData
    from napari_unetseg.layers.view import Key

# Where a layer lies in the world.
PLACE = ("scale", "translate", "rotate", "shear", "affine", "units")


@dataclass(frozen=True, eq=False)
class _Shown:
    """A layer of errors, and what it tells of; no layer is kept alive."""

    layer: weakref.ref[Labels]
    prediction: weakref.ref[Labels]
    truth: weakref.ref[Labels]
    identity: int | None
    kind: Kind
    state: tuple[object, ...]


class ErrorLayers:
    """Adds layers of errors, and renews them.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Where they are shown.
    """

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._shown: list[_Shown] = []

    def show(
        self,
        prediction: Labels,
        truth: Labels,
        identity: int | None,
        *,
        terms: Terms = Terms(),  # noqa: B008 - it cannot be changed
        class_name: str = "",
        known: tuple[Key, NDArray[np.uint8]] | None = None,
    ) -> Labels:
        """Add the layer of a class, or renew the one that is there.

        Parameters
        ----------
        prediction, truth : Labels
            They are read when the layer is drawn, and never changed.
        identity, class_name
            As for `errors_layer`.
        terms : Terms
            What is left out, and what the ids are.
        known : (tuple of int or slice, ndarray of uint8), optional
            A plane of it that was worked out beside the window, and its place.

        Returns
        -------
        Labels
            What is selected in the viewer stays so: a person may be painting.

        Raises
        ------
        InputError
            If the two cannot be compared.
        """
        made = _made(prediction, truth, identity, terms, class_name)
        shown = self._about(prediction, truth, terms.kind)
        old = next((one for one in shown if one.identity == identity), None)
        layer = old.layer() if old else None
        if known is not None:
            with made[0].holding(*known):
                layer = self._put(made, layer)
        else:
            layer = self._put(made, layer)
        self._shown = [one for one in self._alive() if one is not old]
        state = state_of(prediction, truth, terms)
        refs = weakref.ref(layer), weakref.ref(prediction), weakref.ref(truth)
        self._shown.append(_Shown(*refs, identity, terms.kind, state))
        return layer

    def classes(
        self, prediction: Labels, truth: Labels, kind: Kind
    ) -> tuple[int | None, ...]:
        """Classes of these two whose errors are seen now; None is all of them."""
        return tuple(one.identity for one in self._seen(prediction, truth, kind))

    def renew(
        self,
        prediction: Labels,
        truth: Labels,
        key: Key,
        errors: Mapping[int | None, NDArray[np.uint8]],
        terms: Terms = Terms(),  # noqa: B008 - it cannot be changed
    ) -> None:
        """Show what has changed of a plane.

        Parameters
        ----------
        prediction, truth : Labels
            Layers of errors of other ones stay as they are.
        key : tuple of int or slice
            The plane, as an index into what is compared.
        errors : mapping of (int or None) to ndarray of uint8
            Its map of errors for each class.
        terms : Terms
            What is left out, and what the ids are.
        """
        state = state_of(prediction, truth, terms)
        for one in self._seen(prediction, truth, terms.kind):
            layer = one.layer()
            if layer is None or one.identity not in errors:
                continue
            known = key, errors[one.identity]
            if one.state != state:
                identity = one.identity
                self.show(prediction, truth, identity, terms=terms, known=known)
            elif isinstance(layer.data, LazyErrors):
                with layer.data.holding(*known):
                    layer.refresh()

    def _put(self, made: LayerData, layer: Labels | None) -> Labels:
        data, attributes, _ = made
        if layer is None:
            colormap = DirectLabelColormap(color_dict=attributes.pop("colormap"))
            # Invisible until it knows which slice is in view: napari would draw the
            # first one for nothing.
            layer = Labels(data, colormap=colormap, visible=False, **attributes)
            layers = self._viewer.layers
            selected, active = set(layers.selection), layers.selection.active
            layers.append(layer)
            layers.selection = selected
            layers.selection.active = active
            layer.visible = True
        else:
            _replace(layer, made)
        # Nothing would become of strokes: what is seen is worked out.
        layer.editable = False
        return layer

    def _alive(self) -> list[_Shown]:
        layers = self._viewer.layers
        return [one for one in self._shown if one.layer() in layers]

    def _about(self, prediction: Labels, truth: Labels, kind: Kind) -> list[_Shown]:
        return [
            one
            for one in self._alive()
            if one.prediction() is prediction
            and one.truth() is truth
            and (one.kind == "classes") == (kind == "classes")
        ]

    def _seen(self, prediction: Labels, truth: Labels, kind: Kind) -> list[_Shown]:
        shown = self._about(prediction, truth, kind)
        return [one for one in shown if getattr(one.layer(), "visible", False)]


def _made(
    prediction: Labels,
    truth: Labels,
    identity: int | None,
    terms: Terms,
    class_name: str,
) -> LayerData:
    asked = Comparison(
        prediction=_placed(prediction), truth=_placed(truth), **terms._asdict()
    )
    pair = aligned(asked.prediction, asked.truth)
    classes = judged(pair, asked)
    return errors_layer(
        replace(pair, prediction=classes.prediction, truth=classes.truth),
        truth.as_layer_data_tuple()[1],
        identity=identity,
        ignore=classes.ignore if terms.ignore else (),
        class_name=class_name,
    )


def _placed(layer: Labels) -> Placed:
    return place(sources.labels_of(layer), layer.as_layer_data_tuple()[1])


def _replace(layer: Labels, made: LayerData) -> None:
    """Give a layer other pixels, and their place if it is another."""
    data, attributes, _ = made
    layer.data = data
    for name in PLACE:
        setattr(layer, name, attributes[name])
    layer.features = attributes["features"]
    layer.visible = True


def state_of(prediction: Labels, truth: Labels, terms: Terms) -> tuple[object, ...]:
    """What must stay equal so that a map of errors need not be made anew."""
    parts: list[object] = [terms]
    for layer in (prediction, truth):
        attributes = layer.as_layer_data_tuple()[1]
        parts += [id(layer.data), tuple(layer.data.shape)]
        parts += [str(attributes.get(name)) for name in PLACE]
    return tuple(parts)
