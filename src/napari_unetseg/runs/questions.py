"""What a run was asked, as it stands in its ``run.json``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from napari_unetseg.core.config import Config, SegmentConfig, TrainConfig


class PixelSize(Config):
    """Pixel size that overrides the files': one number per spatial axis, and a unit."""

    spacing: tuple[float, ...]
    unit: str


class TrainQuestion(Config):
    """Train a network on pairs of image and labels files.

    Attributes
    ----------
    images, labels : tuple of str
        Absolute paths, pair by pair.
    model : str
        Absolute path of the model file to write.
    start_from : str, optional
        Absolute path of a model whose weights the training starts from.
    axes : str, optional
        Axes of the images, one letter per dimension, overriding the files'.
    channels : tuple of str
        Names of the channels to use; empty for all.
    overwrite : bool
        Whether an existing model file may be replaced.
    """

    job: Literal["train"] = "train"
    images: Annotated[tuple[str, ...], Field(min_length=1)]
    labels: Annotated[tuple[str, ...], Field(min_length=1)]
    model: str
    start_from: str | None = None
    axes: str | None = None
    pixel_size: PixelSize | None = None
    channels: tuple[str, ...] = ()
    overwrite: bool = False
    config: TrainConfig = TrainConfig()


class SegmentQuestion(Config):
    """Segment one image file with a model file.

    Attributes
    ----------
    image, model, out : str
        Absolute paths of the image, the model file and the labels file to write.
    scores : str, optional
        Absolute path of the file for the softmax probabilities.
    axes : str, optional
        Axes of the image, one letter per dimension, overriding the file's.
    overwrite : bool
        Whether existing outputs may be replaced.
    """

    job: Literal["segment"] = "segment"
    image: str
    model: str
    out: str
    scores: str | None = None
    axes: str | None = None
    overwrite: bool = False
    config: SegmentConfig = SegmentConfig()


Question = TrainQuestion | SegmentQuestion
