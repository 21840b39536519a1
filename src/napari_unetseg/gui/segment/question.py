"""What a segmentation is asked: layers and a model, checked, as a plan for a run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from napari_unetseg.core.errors import InputError, ModelError
from napari_unetseg.core.frames import Frames
from napari_unetseg.gui.parts import sources
from napari_unetseg.gui.parts.sources import Input
from napari_unetseg.gui.run.copies import COPIED_BELOW
from napari_unetseg.gui.run.plan import Plan
from napari_unetseg.gui.segment.part import axes_of, drawn_in
from napari_unetseg.layers.derived import derived_placement
from napari_unetseg.runs import listing
from napari_unetseg.runs.questions import SegmentQuestion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari.layers import Layer, Shapes

    from napari_unetseg.core.config import SegmentConfig
    from napari_unetseg.core.image import Image
    from napari_unetseg.core.network.card import ModelCard
    from napari_unetseg.layers.boxes import Box

LABELS, SCORES, UNCERTAINTY = "labels.zarr", "scores.zarr", "uncertainty.zarr"
INSIDE = "inside.csv"
"""The shapes that are segmented inside of, in the run folder."""


@dataclass(frozen=True, eq=False)
class Asked:
    """A segmentation that can be asked for.

    Attributes
    ----------
    layers : sequence of Layer
        One layer, or one per channel of the model.
    image : Input
        These layers as one image.
    model : Path
        The model file.
    config : SegmentConfig
        How.
    dimensions : int
        2 or 3: whether the model sees slices or volumes.
    besides : sequence of Path
        Other models that are averaged with it.
    """

    layers: Sequence[Layer]
    image: Input
    model: Path
    config: SegmentConfig
    dimensions: int = 2
    besides: Sequence[Path] = ()


def ask(
    layers: Sequence[Layer],
    model: Path,
    card: ModelCard,
    config: SegmentConfig,
    *,
    besides: Sequence[Path] = (),
) -> Asked:
    """Check what can be checked without reading a pixel.

    Parameters
    ----------
    layers : sequence of Layer
        One layer as it is, or one per channel of the model, in the model's order.
    model : Path
        The model file.
    card : ModelCard
        What it says about itself.
    config : SegmentConfig
        How.
    besides : sequence of Path
        Other models that are averaged with it.

    Raises
    ------
    InputError, ModelError
        In a sentence, if something does not fit.
    """
    _check_distinct(layers)
    given = sources.input_of(layers)
    if len(layers) > 1:
        # Chosen one by one, whatever the layers are called.
        given = replace(given, image=replace(given.image, channels=card.channels))
    found, expected = given.image.channel_count, card.network.channels
    if found != expected:
        raise ModelError(
            f"The model expects {expected} channel{'s' * (expected != 1)}, but "
            f"'{given.image.name}' has {found}",
            "Choose another layer or model",
        )
    Frames(given.image, card.network.dimensions)  # Refuses a plane for volumes.
    dimensions = card.network.dimensions
    return Asked(layers, given, model, config, dimensions, besides)


def plan(asked: Asked, part: Box | None = None, shapes: Shapes | None = None) -> Plan:
    """Plan a run, whose labels will lie on the first layer.

    Parameters
    ----------
    asked : Asked
        As `ask` returned it.
    part : dict of axis to (start, stop), optional
        What is segmented of the layer, in pixels; of axes that are not named all.
    shapes : Shapes, optional
        Inside of which alone it is segmented; `part` is the box around them.

    Raises
    ------
    InputError
        If a shape encloses no area, or is drawn across slices.

    Returns
    -------
    Plan
        The image is given whole, so that its pixels are normalised as in every other
        part of it. Of one that would have to be copied and is too large for that, only
        the time points, or slices, that are asked for are given.
    """
    part = part or {}
    given = asked.image
    if not part or given.bytes < COPIED_BELOW:
        return _plan(asked, part, {}, shapes)
    cut = _plan(asked, part, _cut(asked, part), shapes)
    if given.source is None:
        return cut
    whole = _plan(asked, part, {}, shapes, is_copied=False)
    return replace(whole, copied=cut)


def _plan(
    asked: Asked,
    part: Box,
    cut: Box,
    shapes: Shapes | None,
    *,
    is_copied: bool = True,
) -> Plan:
    """Plan a run on the image as it is, or cut along some axes."""
    layer, image, given = asked.layers[0], asked.image.image, asked.image
    attributes = layer.as_layer_data_tuple()[1]
    axes = axes_of(layer)
    if cut:
        image = _cut_out(image, cut)
        given = Input(image)
    region = {}
    for axis, (start, stop) in part.items():
        first = cut[axis][0] if axis in cut else 0
        region[axis] = (start - first, stop - first)
    lengths = dict(zip(image.axes, image.shape, strict=True))
    region = {a: ends for a, ends in region.items() if ends != (0, lengths[a])}
    order = axes.replace("C", "")
    files = {}
    if shapes is not None:
        sides = {
            axis: lengths[axis]
            for axis in f"{image.plane_axes}YX"
            # Other axes of length 1 do not come back from a copy.
            if axis in "YX" or lengths[axis] > 1 or not is_copied
        }
        starts = {axis: start for axis, (start, _) in cut.items()}
        files[INSIDE] = drawn_in(shapes, layer, sides, starts)

    def question(paths: Mapping[str, str]) -> SegmentQuestion:
        return SegmentQuestion(
            image=paths["image"],
            model=str(asked.model),
            models_besides=tuple(map(str, asked.besides)),
            out=LABELS,
            scores=SCORES if asked.config.scores else None,
            uncertainty=None if asked.config.uncertainty == "none" else UNCERTAINTY,
            overwrite=True,
            mask=INSIDE if files else None,
            # The shapes say it all; the tiles are those of the whole image.
            config=asked.config.model_copy(update={"region": {} if files else region}),
        )

    return Plan(
        folder=listing.new_folder("segment", layer.name),
        inputs={"image": given},
        ask=question,
        layer={
            "source": layer.name,
            "image": ", ".join(one.name for one in asked.layers),
            "placement": derived_placement(
                attributes, axes, {axis: start for axis, (start, _) in part.items()}
            ),
            "order": order,
            "box": {axis: region.get(axis, (0, lengths[axis])) for axis in order},
            "cut": {axis: start for axis, (start, _) in cut.items()},
        },
        files=files,
    )


def _cut(asked: Asked, part: Box) -> Box:
    """What is given of an image that is too large to be copied whole."""
    image = asked.image.image
    cut = {axis: part[axis] for axis in "T" if axis in part}
    size = asked.image.bytes
    for axis in cut:
        size = size * (cut[axis][1] - cut[axis][0]) // _length(image, axis)
    # What is normalised together is copied together, if it can be.
    if asked.dimensions == 2 and size >= sources.MOST_COPIED and "Z" in part:
        cut["Z"] = part["Z"]
    return cut


def _check_distinct(layers: Sequence[Layer]) -> None:
    """Refuse a layer that stands for two channels."""
    for number, layer in enumerate(layers):
        if any(layer is other for other in layers[:number]):
            raise InputError(
                f"'{layer.name}' is chosen for two channels of the model",
                "Choose another layer for each channel",
            )


def _cut_out(image: Image, cut: Box) -> Image:
    """A part of an image, as an image of the same axes."""
    where = tuple(
        slice(*cut[axis]) if axis in cut else slice(None) for axis in image.axes
    )
    return replace(image, array=image.array[where])


def _length(image: Image, axis: str) -> int:
    return image.shape[image.axes.index(axis)]
