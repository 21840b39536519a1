"""How a model is applied."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from napari_unetseg.core.config.base import (
    Config,
    Device,
    Percent,
    PositiveFloat,
    PositiveInt,
    unfit,
)

Views = Literal["none", "flips", "rotations"]
Uncertainty = Literal["none", "entropy", "disagreement"]


class Size(Config):
    """An area, or in volumes a volume: in pixels, or in a unit's square or cube."""

    value: PositiveFloat
    unit: str = "pixel"


class SegmentConfig(Config):
    """How to apply a model.

    Attributes
    ----------
    tile : "auto", "whole" or int
        Side of the written part of a tile in pixels, rounded up to what the network can
        do. The result does not depend on it.
    region : dict of axis to (int, int)
        What is segmented, in pixels, stops exclusive; of axes that are not named all.
        The result has the size of the image, and is 0 elsewhere.
    rescale : bool
        Whether an image of another pixel size than the model's is resampled to it, and
        the scores back.
    average : {"none", "flips", "rotations"}
        What the scores are averaged over: the image as it is, mirrored, or also turned
        by quarters.
    uncertainty : {"none", "entropy", "disagreement"}
        What is kept of how sure the scores are; "disagreement" is that of the views
        that are averaged.
    scores : bool
        Whether the softmax probabilities are kept too.
    thresholds : dict of id to float
        Probability from which a class is chosen; those of the model count for classes
        that are not named.
    objects : {"auto", "classes", "instances"}
        Whether each object gets a number of its own; "auto": as the model was taught.
    link : bool
        Whether objects of consecutive slices that overlap get the same number.
    smallest, holes : dict of id to Size
        Objects of a class, or holes in it, that are smaller vanish. In instances the
        id 1 stands for all objects.
    memory : int, optional
        Percent of the free memory of the device that may be used; by default all. Tiles
        become smaller by it; the result stays the same.
    """

    tile: Literal["auto", "whole"] | PositiveInt = "auto"
    region: dict[str, tuple[int, int]] = Field(default_factory=dict)
    rescale: bool = True
    average: Views = "none"
    uncertainty: Uncertainty = "none"
    scores: bool = False
    thresholds: dict[int, Annotated[float, Field(gt=0, lt=1)]] = Field(
        default_factory=dict
    )
    objects: Literal["auto", "classes", "instances"] = "auto"
    link: bool = False
    smallest: dict[int, Size] = Field(default_factory=dict)
    holes: dict[int, Size] = Field(default_factory=dict)
    device: Device = "auto"
    memory: Percent | None = None
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"

    @field_validator("uncertainty")
    @classmethod
    def _check_views(cls, given: str, info: ValidationInfo) -> str:
        if given == "disagreement" and info.data.get("average") == "none":
            raise unfit(
                "Several views are needed to disagree; average over flips or rotations"
            )
        return given
