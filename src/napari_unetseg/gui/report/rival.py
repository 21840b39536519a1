"""Another prediction of the same truth, and by how much the first one is ahead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_unetseg.core.evaluate.uncertain import compared
from napari_unetseg.gui.parts import sources
from napari_unetseg.gui.parts.choices import LayerBox
from napari_unetseg.layers.place import Placed, place

if TYPE_CHECKING:
    from napari.layers import Labels, Layer
    from napari.viewer import Viewer

    from napari_unetseg.core.evaluate.intervals import Difference
    from napari_unetseg.core.evaluate.report import Report
    from napari_unetseg.gui.report.pair import Pair

NONE = ("no other prediction", "")


class RivalBox(LayerBox):
    """A box to choose a second prediction from, or none.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose layers are offered.
    pair : Pair
        The layers that are compared, which are not offered.
    """

    def __init__(self, viewer: Viewer, pair: Pair) -> None:
        self._pair = pair
        super().__init__(
            viewer,
            "labels",
            name="beside",
            label="Beside",
            tooltip="A second prediction of the same truth: it is told by how much the "
            "first one is ahead of it, slice by slice, and how sure that is.",
        )

    @property
    def layer(self) -> Labels | None:
        """The second prediction, if one is chosen."""
        return self.value or None

    @property
    def has_any(self) -> bool:
        """Whether there is a layer to choose."""
        return len(self.choices) > 1

    def placed(self) -> Placed | None:
        """Its labels as they are now, and where these are.

        Raises
        ------
        InputError
            If its dimensions are unclear, or it is too large to be copied.
        """
        if self.layer is None:
            return None
        image = sources.frozen(sources.labels_of(self.layer))
        return place(image, self.layer.as_layer_data_tuple()[1])

    def _offer(self, _: Any = None) -> list[tuple[str, Layer | str]]:
        compared = (self._pair.prediction.value, self._pair.truth.value)
        others = [one for one in super()._offer() if one[1] not in compared]
        return [NONE, *others]


def differences(report: Report, other: Report) -> dict[str, dict[str, Difference]]:
    """By how much a prediction is ahead, for every part of both, and under "" for all.

    Raises
    ------
    InputError
        If the two were not judged on the same slices.
    """
    parts = report.parts.keys() & other.parts.keys()
    return {
        "": compared(report, other),
        **{name: compared(report.parts[name], other.parts[name]) for name in parts},
    }
