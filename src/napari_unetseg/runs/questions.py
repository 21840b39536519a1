"""What a run was asked, as it stands in its ``run.json``.

Paths are absolute, or relative to the run folder, with "/" in between: a folder that
holds its own inputs can be moved to another computer and be executed there.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from napari_unetseg.core.config import (
    Config,
    PositiveInt,
    SegmentConfig,
    TrainConfig,
)
from napari_unetseg.core.network.card import HexColour


class PixelSize(Config):
    """Pixel size that overrides the files': one number per spatial axis, and a unit."""

    spacing: tuple[float, ...]
    unit: str


class PairsFolder(Config):
    """Folder in which the last pairs of a training were found.

    Attributes
    ----------
    path : str
        Absolute path.
    count : int
        How many of the pairs, the last ones, come from there.
    """

    path: str
    count: PositiveInt


class TrainQuestion(Config):
    """Train a network on pairs of image and labels files.

    Attributes
    ----------
    images, labels : tuple of str
        Paths, pair by pair; absolute, or relative to the run folder.
    regions : tuple of str
        Paths of masks, or of shapes that napari has saved as CSV, one per labels file:
        inside, what is not painted is background.
    model : str
        Path of the model file to write; absolute, or relative to the run folder.
    start_from : str, optional
        Path of a model whose weights the training starts from; absolute, or relative to
        the run folder.
    vgg16 : str, optional
        Path of VGG16's weights that the training starts from; absolute, or relative to
        the run folder.
    axes : str, optional
        Axes of the images, one letter per dimension, overriding the files'.
    channels : tuple of str
        Names of the channels to use; empty for all.
    class_names, class_colors : dict of str to str
        Names, and colours as "#rrggbb", by painted id; for some classes or none.
    pairs : PairsFolder, optional
        Where the last pairs were found, to say how to find them again; what is learnt
        from is in `images` and `labels`.
    overwrite : bool
        Whether an existing model file may be replaced.
    """

    job: Literal["train"] = "train"
    images: Annotated[tuple[str, ...], Field(min_length=1)]
    labels: Annotated[tuple[str, ...], Field(min_length=1)]
    regions: tuple[str, ...] = ()
    model: str
    start_from: str | None = None
    vgg16: str | None = None
    axes: str | None = None
    pixel_size: PixelSize | None = None
    channels: tuple[str, ...] = ()
    class_names: dict[str, str] = Field(default_factory=dict)
    class_colors: dict[str, HexColour] = Field(default_factory=dict)
    pairs: PairsFolder | None = None
    overwrite: bool = False
    config: TrainConfig = TrainConfig()

    @property
    def label_axes(self) -> str | None:
        """Axes of the labels, if those of the images are said."""
        return None if self.axes is None else self.axes.replace("C", "")

    @property
    def named(self) -> int:
        """How many of the pairs, the first ones, were named one by one."""
        return len(self.images) - (self.pairs.count if self.pairs else 0)


class SegmentQuestion(Config):
    """Segment one image, or all images in a folder, with a model file.

    Attributes
    ----------
    image, model, out : str
        Paths of the image, the model file and the labels to write; absolute, or
        relative to the run folder. If the image is a folder of images, the output is a
        folder too, and so are the two below.
    models_besides : tuple of str
        Paths of other models of the same classes, whose probabilities are averaged with
        those of the first.
    scores, uncertainty : str, optional
        Where to write the softmax probabilities, and how unsure they are.
    mask : str, optional
        Path of a mask, or of shapes that napari has saved as CSV: only what is inside
        is segmented. Of a folder of images, the same for each.
    axes : str, optional
        Axes of the image, one letter per dimension, overriding the file's.
    pixel_size : PixelSize, optional
        Overrides the file's.
    dask : str, optional
        What computes the tiles: the address of a Dask scheduler, its file, or
        "local:N" for N processes of this computer.
    overwrite : bool
        Whether existing outputs may be replaced.
    """

    job: Literal["segment"] = "segment"
    image: str
    model: str
    models_besides: tuple[str, ...] = ()
    out: str
    scores: str | None = None
    uncertainty: str | None = None
    mask: str | None = None
    axes: str | None = None
    pixel_size: PixelSize | None = None
    dask: str | None = None
    overwrite: bool = False
    config: SegmentConfig = SegmentConfig()

    @property
    def models(self) -> tuple[str, ...]:
        """Paths of all models."""
        return self.model, *self.models_besides


Question = TrainQuestion | SegmentQuestion
