"""Which two layers are compared: guessed, until somebody chooses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.read.annotations import NAMESPACE
from napari_unetseg.gui.parts.choices import LayerBox, layers_of_kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari.layers import Labels
    from napari.viewer import Viewer


# What labels that a model has made know of it, in a layer or from a file.
_OF_MODEL = {"model", "model sha256", "model_sha256"}


class Pair:
    """The boxes of prediction and truth.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose layers are offered.
    chosen : callable
        Called when somebody has chosen another layer.

    Attributes
    ----------
    prediction, truth : LayerBox
        Widgets for a form.
    """

    def __init__(self, viewer: Viewer, chosen: Callable[[], None]) -> None:
        self._viewer, self._chosen = viewer, chosen
        self._by_hand: dict[str, Labels] = {}
        self._choosing = False
        self.prediction = _box(
            viewer,
            "Prediction",
            "Labels to judge, for example those of the Segment dock.",
        )
        self.truth = _box(
            viewer,
            "Truth",
            "Labels that are right, for example painted ones. Where the two layers "
            "differ in pixel size or place, they are compared on the pixels of this "
            "one.",
        )
        self._boxes = (self.prediction, self.truth)
        for box in self._boxes:
            box.changed.connect(lambda _, box=box: self._on_choice(box))

    def layers(self) -> tuple[Labels, Labels]:
        """Prediction and truth.

        Raises
        ------
        InputError
            If there are not two.
        """
        if len(layers_of_kind(self._viewer, "labels")) < 2:
            raise InputError("Open or paint two labels layers to compare")
        prediction, truth = self.prediction.value, self.truth.value
        if prediction is truth:
            raise InputError(
                "Prediction and truth are the same layer", "Choose two different ones"
            )
        return prediction, truth

    def choose(self) -> bool:
        """Offer the layers that there are, and choose where the user has not.

        Returns
        -------
        bool
            Whether another layer is chosen now.
        """
        layers = layers_of_kind(self._viewer, "labels")
        self._by_hand = {n: one for n, one in self._by_hand.items() if one in layers}
        pair = likely_pair(layers, **self._by_hand)
        before = [box.value for box in self._boxes]
        self._choosing = True
        try:
            for box, layer in zip(self._boxes, pair, strict=True):
                box.reset_choices()
                if layer is not None:
                    box.value = layer
        finally:
            self._choosing = False
        pairs = zip(before, self._boxes, strict=True)
        return any(layer is not box.value for layer, box in pairs)

    def _on_choice(self, box: LayerBox) -> None:
        if not self._choosing:
            self._by_hand[box.name] = box.value
            self.choose()
            self._chosen()


def likely_pair(
    layers: Sequence[Labels],
    prediction: Labels | None = None,
    truth: Labels | None = None,
) -> tuple[Labels | None, Labels | None]:
    """Guess prediction and truth.

    Parameters
    ----------
    layers : sequence of Labels
        The newest first.
    prediction, truth : Labels, optional
        What is known already.

    Returns
    -------
    prediction, truth : Labels or None
        The newest layer that a model of ours has made, or else the newest; and the
        newest of the others that no model has made, or else the newest of them.
    """
    if prediction is None:
        others = [layer for layer in layers if layer is not truth]
        made = [layer for layer in others if _is_made(layer)]
        prediction = next(iter([*made, *others]), None)
    if truth is None:
        others = [layer for layer in layers if layer is not prediction]
        painted = [layer for layer in others if not _is_made(layer)]
        truth = next(iter([*painted, *others]), None)
    return prediction, truth


def _is_made(layer: Labels) -> bool:
    """Whether a model has made a layer; one that we only saved has notes too."""
    notes = layer.metadata.get(NAMESPACE)
    return isinstance(notes, dict) and not _OF_MODEL.isdisjoint(notes)


def _box(viewer: Viewer, label: str, tooltip: str) -> LayerBox:
    return LayerBox(viewer, "labels", name=label.lower(), label=label, tooltip=tooltip)
