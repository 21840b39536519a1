"""What a training is asked: layers and settings, checked, as a plan for a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.frames import Frames
from napari_unetseg.core.prepare.pairs import check_channels, check_shapes
from napari_unetseg.core.prepare.pixelsize import PixelSize, zoom_to
from napari_unetseg.gui.parts import sources
from napari_unetseg.gui.parts.sources import Input
from napari_unetseg.gui.run.plan import Plan
from napari_unetseg.gui.train.pair import check_distinct
from napari_unetseg.gui.train.region import region_of
from napari_unetseg.gui.train.validated import validated
from napari_unetseg.runs import listing
from napari_unetseg.runs.cost import training_cost
from napari_unetseg.runs.preferences import filled
from napari_unetseg.runs.questions import PairsFolder, TrainQuestion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari.layers import Image as ImageLayer
    from napari.layers import Labels

    from napari_unetseg.core.config import TrainConfig
    from napari_unetseg.core.image import Image
    from napari_unetseg.core.read.folders import FoundPairs
    from napari_unetseg.gui.train.look import Seen
    from napari_unetseg.gui.train.pair import Pair
    from napari_unetseg.gui.train.region import Region
    from napari_unetseg.runs.cost import Cost
    from napari_unetseg.runs.machine import Machine


@dataclass(frozen=True, eq=False)
class AskedPair:
    """A pair of layers that can be learnt from.

    Attributes
    ----------
    image : Input
        What is learnt from.
    shown_on : Image
        The layer of it, of several channels the first.
    layer : Labels
        What is painted.
    labels : core.image.Image
        The same, referred to and not yet copied.
    region : Labels or Shapes or None
        What marks where everything counts.
    """

    image: Input
    shown_on: ImageLayer
    layer: Labels
    labels: Image
    region: Region | None


@dataclass(frozen=True, eq=False)
class Asked:
    """A training that can be asked for.

    Attributes
    ----------
    pairs : sequence of AskedPair
        Of layers.
    images : sequence of core.image.Image
        Of all pairs; of those of files all but the pixels.
    folder : FoundPairs or None
        Pairs of files, which follow those of layers.
    ids : tuple of int
        The classes.
    config : TrainConfig
        How.
    boxes : sequence of dict of axis to (start, stop)
        Where it validates in the first image, in pixels, as far as that is known.
    notes : str
        What 0 means, and what is validated on.
    """

    pairs: Sequence[AskedPair]
    images: Sequence[Image]
    folder: FoundPairs | None
    ids: tuple[int, ...]
    config: TrainConfig
    boxes: Sequence[Mapping[str, tuple[int, int]]]
    notes: str


def ask(
    pairs: Sequence[Pair],
    seen: Seen | None,
    config: TrainConfig,
    folder: FoundPairs | None = None,
) -> Asked:
    """Check what can be checked without reading a pixel.

    Parameters
    ----------
    pairs : sequence of Pair
        Layers; there may be none if there is a folder.
    seen : Seen or None
        What a look at the labels, and into the files, has shown; None while it is not
        done.
    config : TrainConfig
        How.
    folder : FoundPairs, optional
        Pairs of files.

    Raises
    ------
    InputError
        In a sentence, if something does not fit.
    """
    check_distinct(pairs)
    _check_regions(pairs, folder)
    asked = [
        AskedPair(
            image=sources.input_of(pair.images),
            shown_on=pair.images[0],
            layer=pair.labels,
            labels=sources.labels_of(pair.labels),
            region=pair.region,
        )
        for pair in pairs
    ]
    both = [(one.image.image, one.labels) for one in asked]
    _check_fit(both)
    if seen is None:
        raise InputError("The labels are still being looked at", "Wait a moment")
    if seen.problem:
        raise InputError(seen.sentence)
    both += [(one.image, one.labels) for one in seen.files]
    _check_fit(both)
    ids = seen.ids
    if config.task == "instances":
        ids = tuple(range(config.instances.class_count))
    images = [image for image, _ in both]
    foreseen = validated(config, seen.annotated, images)
    notes = " ".join(filter(None, (seen.sentence, foreseen.note)))
    return Asked(asked, images, folder, ids, config, foreseen.boxes, notes)


def _check_fit(pairs: Sequence[tuple[Image, Image]]) -> None:
    for image, labels in pairs:
        check_shapes(image, labels)
        check_channels(pairs[0][0], image)


def _check_regions(pairs: Sequence[Pair], folder: FoundPairs | None) -> None:
    """Refuse regions that are not given for every pair."""
    without = [pair for pair in pairs if pair.region is None]
    if len(without) == len(pairs):
        return
    if folder is not None:
        raise InputError(
            "'All counts in' is for layers, and the files of the folder have no region",
            "Choose nowhere under More settings, or remove the folder",
        )
    if without:
        raise InputError(
            f"'All counts in' is chosen for some pairs, but not for "
            f"'{without[0].labels.name}'",
            "Choose a layer for each pair, or nowhere for all",
        )


def cost_of(asked: Asked, machine: Machine | None) -> Cost:
    """What a training costs on a computer, as far as that is known."""
    dimensions = asked.config.dimensions
    first = Frames(asked.images[0], dimensions)
    size = PixelSize(first.spacing, first.image.unit)
    return training_cost(
        filled(asked.config),
        channels=first.image.channel_count,
        classes=len(asked.ids),
        machine=machine,
        shapes=[_shape_at(size, image, dimensions) for image in asked.images],
        spacing=first.spacing,
    )


def _shape_at(size: PixelSize, image: Image, dimensions: int) -> tuple[int, ...]:
    """([Z,] Y, X) of an image that comes to another's pixel size, in its pixels."""
    shape = Frames(image, dimensions).shape
    zoom = zoom_to(size, image, dimensions) or (1.0,) * len(shape)
    return tuple(max(1, round(n / z)) for n, z in zip(shape, zoom, strict=True))


def input_name(what: str, number: int) -> str:
    """Name of an input of a plan, as in "image" of the first pair, and "image-2"."""
    return f"{what}-{number + 1}" if number else what


def plan(asked: Asked, name: str, *, start_from: str = "", stays: bool = False) -> Plan:
    """Plan a run on the layers as they are now.

    Parameters
    ----------
    asked : Asked
        As `ask` returned it.
    name : str
        Name of the model; the file of an existing one is not used.
    start_from : str
        Path of the model to start from; empty for a new network.
    stays : bool
        Whether the training goes on when napari is closed.
    """
    model = listing.new_model(name)
    names: dict[str, str] = {}
    colors: dict[str, str] = {}
    inputs: dict[str, Input] = {}
    for number, one in enumerate(asked.pairs):
        inputs[input_name("image", number)] = one.image
        labels = Input(sources.frozen(one.labels))
        inputs[input_name("labels", number)] = labels
        if one.region is not None:
            region = Input(region_of(one.region, one.layer, frozen=True))
            inputs[input_name("region", number)] = region
        if asked.config.task == "classes":
            # Where two layers call a class otherwise, the first one counts.
            names = sources.class_names(one.layer) | names
            colors = sources.class_colors(one.layer, asked.ids) | colors

    def question(paths: Mapping[str, str]) -> TrainQuestion:
        def of(what: str) -> list[str]:
            wanted = (input_name(what, number) for number in range(len(asked.pairs)))
            return [paths[name] for name in wanted if name in inputs]

        folder, origin = asked.folder, None
        files = () if folder is None else folder.pairs
        if folder is not None:
            origin = PairsFolder(path=str(folder.folder.absolute()), count=len(files))
        return TrainQuestion(
            images=(*of("image"), *(str(pair.image.absolute()) for pair in files)),
            labels=(*of("labels"), *(str(pair.labels.absolute()) for pair in files)),
            regions=tuple(of("region")),
            model=str(model),
            start_from=start_from or None,
            class_names=names,
            class_colors=colors,
            pairs=origin,
            config=asked.config,
        )

    return Plan(
        folder=listing.new_folder("train", name),
        inputs=inputs,
        ask=question,
        stays=stays,
    )
