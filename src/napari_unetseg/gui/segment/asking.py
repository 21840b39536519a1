"""What the Segment dock asks: its images and its model, checked, as plans for runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.gui.parts import sources
from napari_unetseg.gui.segment.folder import plan_of_folder
from napari_unetseg.gui.segment.part import part_of
from napari_unetseg.gui.segment.question import Asked, ask, plan
from napari_unetseg.gui.segment.queue import Batch, each

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari.layers import Layer
    from napari.viewer import Viewer

    from napari_unetseg.gui.parts.channels import ModelChannels
    from napari_unetseg.gui.run.plan import Plan
    from napari_unetseg.gui.segment.form import SegmentForm
    from napari_unetseg.gui.segment.library import Library
    from napari_unetseg.gui.segment.source import Source


class Asking:
    """The parts of a form, taken together as a question.

    Parameters
    ----------
    viewer : Viewer
        Which may be asked what it shows.
    source : Source
        Which images.
    library : Library
        Which model.
    channels : ModelChannels
        Which layer is which of the model's channels, if an image is of several.
    form : SegmentForm
        Which part of the images, and how.
    """

    def __init__(
        self,
        viewer: Viewer,
        source: Source,
        library: Library,
        channels: ModelChannels,
        form: SegmentForm,
    ) -> None:
        self._viewer = viewer
        self._source = source
        self._library = library
        self._channels = channels
        self._form = form

    def check(self) -> None:
        """Refuse what cannot be asked, whatever the viewer shows; no pixel is read.

        Raises
        ------
        UnetsegError
            In a sentence, if something is missing, or no image fits.
        """
        if self._source.is_folder:
            self._of_folder()
        else:
            each(self._images(), _name, self._ask)

    def batch(self) -> Batch:
        """All that is asked, with the layers as they are now.

        Raises
        ------
        UnetsegError
            As `check`, or if the viewer does not show a part of any image.
        """
        if self._source.is_folder:
            return Batch([self._of_folder()])
        return Batch(*each(self._images(), _name, self._plan))

    def channels(self) -> tuple[str, ...]:
        """Channels to choose layers for: none if the layer has channels itself."""
        card, layer = self._library.together, self._source.image.value
        if card is None or layer is None or not self._source.is_one:
            return ()
        try:
            own = sources.image_of([layer]).channel_count
        except UnetsegError:
            return ()
        count = card.network.channels
        if own > 1 or count == 1:
            return ()
        return card.channels or tuple(f"channel {i}" for i in range(count))

    def _images(self) -> list[Sequence[Layer]]:
        """The layers of each image; of one there may be a layer per channel."""
        layers = self._source.layers()
        if self._source.is_one and self._channels.boxes:
            return [self._channels.layers()]
        return [[layer] for layer in layers]

    def _ask(self, layers: Sequence[Layer]) -> Asked:
        card = self._library.checked()
        return ask(
            layers,
            self._library.path,
            card,
            self._form.config,
            besides=self._library.besides.paths,
        )

    def _plan(self, layers: Sequence[Layer]) -> Plan:
        shapes = self._form.shapes.value if self._form.inside else None
        choice, dims = self._form.part.value, self._viewer.dims
        asked = self._ask(layers)
        return plan(asked, part_of(choice, layers[0], dims, shapes), shapes)

    def _of_folder(self) -> Plan:
        self._library.checked()
        config, paths = self._form.config, self._source.paths()
        besides = self._library.besides.paths
        return plan_of_folder(*paths, self._library.path, config, besides=besides)


def _name(layers: Sequence[Layer]) -> str:
    return str(layers[0].name)
