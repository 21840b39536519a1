"""What is read of the images that a question is about."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.image import Image
from napari_unetseg.core.read import read_image

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_unetseg.core.config import SegmentConfig
    from napari_unetseg.core.predict.workers import Workers
    from napari_unetseg.runs.questions import Question, SegmentQuestion


def read(question: SegmentQuestion, folder: Path) -> Image:
    """Read the image of a question."""
    return sized(read_image(folder / question.image, axes=question.axes), question)


def sized(image: Image, question: Question) -> Image:
    """An image with the pixel size that a question says, if it says one."""
    size = question.pixel_size
    return image if size is None else image.with_spacing(size.spacing, size.unit)


def read_mask(question: SegmentQuestion, folder: Path, image: Image) -> Image | None:
    """Read the mask of a question, on the pixels of its image; None without one.

    Raises
    ------
    ReadError, InputError
        If it cannot be read, or no such shapes can be drawn on the image.
    """
    if question.mask is None:
        return None
    path = folder / question.mask
    axes = f"{image.plane_axes}YX"
    if path.suffix.lower() == ".csv":
        # What fills them is slow to load, and few need it.
        from napari_unetseg.core.prepare.shapemask import ShapesMask
        from napari_unetseg.core.prepare.shapes import shapes_in

        shape = (*image.plane_grid, *image.plane_shape)
        corners, kinds = shapes_in(path)
        drawn = ShapesMask(corners, shape, kinds)
        return Image(array=drawn, axes=axes, name=path.name)
    mask = read_image(path)
    # A file may not know what its axes are; one plane may be meant for all.
    return read_image(path, axes=axes) if len(mask.axes) == len(axes) else mask


def settings(question: SegmentQuestion) -> SegmentConfig:
    """How the image is segmented: what is asked for by an output is computed."""
    config = question.config
    uncertainty = config.uncertainty
    if question.uncertainty is None:
        uncertainty = "none"
    elif uncertainty == "none":
        # Of the two the one that is possible.
        uncertainty = "entropy" if config.average == "none" else "disagreement"
    scores = question.scores is not None
    return config.model_copy(update={"scores": scores, "uncertainty": uncertainty})


def none_can_be_used(asked: list[SegmentQuestion]) -> InputError:
    """What is raised if all images of a folder have been left out."""
    return InputError(
        f"None of the {len(asked)} images could be segmented",
        "The warnings above say why",
    )


@contextmanager
def workers_of(question: SegmentQuestion) -> Iterator[Workers | None]:
    """The workers of the cluster that a question names; None if it names none."""
    if question.dask is None:
        yield None
        return
    from napari_unetseg.core.predict.cluster import cluster_of

    with cluster_of(question.dask) as workers:
        yield workers
