"""What a segmentation is asked of: one image, or all images in a folder."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from napari_unetseg.core.errors import InputError, ReadError
from napari_unetseg.core.image import Image
from napari_unetseg.core.prepare.shapemask import ShapesMask
from napari_unetseg.core.prepare.shapes import shapes_in
from napari_unetseg.core.read import read_image
from napari_unetseg.core.read.files import READERS
from napari_unetseg.core.read.folders import image_files, stem
from napari_unetseg.core.read.ome_zarr import is_zarr

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_unetseg.core.config import SegmentConfig
    from napari_unetseg.core.predict.workers import Workers
    from napari_unetseg.runs.questions import SegmentQuestion

ZARR = ".zarr"
IMAGES = tuple(READERS)


def is_of_folder(question: SegmentQuestion, folder: Path) -> bool:
    """Whether a question, whose paths start at a run folder, is of a folder."""
    source = folder / question.image
    return source.is_dir() and not is_zarr(source)


def questions(question: SegmentQuestion, folder: Path) -> list[SegmentQuestion]:
    """One question for each image.

    Raises
    ------
    ReadError
        If there is no image in the folder that is named.
    InputError
        If the results of two images would have the same name.
    """
    if not is_of_folder(question, folder):
        return [question]
    paths = images_in(folder / question.image)
    found = [_of_item(question, path) for path in paths]
    owners: dict[str, str] = {}
    for path, one in zip(paths, found, strict=True):
        other = owners.setdefault(one.out, path.name)
        if other != path.name:
            raise InputError(
                f"The results of '{other}' and '{path.name}' would both be called "
                f"'{Path(one.out).name}'",
                "Rename one of them, or move it to another folder",
            )
    return found


def images_in(folder: Path) -> list[Path]:
    """The images of a folder, by name.

    Raises
    ------
    ReadError
        If there is none.
    """
    found = image_files(folder)
    if not found:
        raise ReadError(
            f"There is no image in '{folder.name}'",
            f"Files of these endings are read: {', '.join(IMAGES)}",
        )
    return found


def read(question: SegmentQuestion, folder: Path) -> Image:
    """Read the image of a question."""
    image = read_image(folder / question.image, axes=question.axes)
    if question.pixel_size is not None:
        size = question.pixel_size
        image = image.with_spacing(size.spacing, size.unit)
    return image


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


def outputs(question: SegmentQuestion) -> list[str]:
    """Paths of all that is written."""
    wanted = (question.out, question.scores, question.uncertainty)
    return [path for path in wanted if path is not None]


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


def _of_item(question: SegmentQuestion, path: Path) -> SegmentQuestion:
    """The question for one image of a folder."""
    name = stem(path) + (ZARR if path.suffix.lower() == ZARR else ".ome.tif")
    extra = {
        kind: str(Path(where) / name)
        for kind in ("scores", "uncertainty")
        if (where := getattr(question, kind)) is not None
    }
    out = str(Path(question.out) / name)
    return question.model_copy(
        update={"image": str(path.absolute()), "out": out, **extra}
    )
