"""The weights of an image's pixels, to be looked at."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from napari_unetseg.core.frames import Frames
from napari_unetseg.core.prepare.annotation import annotation
from napari_unetseg.core.prepare.pixelsize import PixelSize
from napari_unetseg.core.prepare.teaching import Teaching
from napari_unetseg.core.prepare.weights import pixel_weights, separation

if TYPE_CHECKING:
    from napari_unetseg.core.config import InstancesConfig
    from napari_unetseg.core.image import Image


def weight_map(labels: Image, instances: InstancesConfig, dimensions: int = 2) -> Image:
    """How much each pixel of some labels with single objects would count.

    Parameters
    ----------
    labels : Image
        An id per object, 0 background.
    instances : InstancesConfig
        Classes and weights.
    dimensions : int
        2 for planes (Y, X), 3 for volumes (Z, Y, X).

    Returns
    -------
    Image
        float32, with the axes, pixel size and name of the labels.

    Raises
    ------
    InputError
        If these are no labels, or nothing is painted.
    """
    annotation([labels], "none", instances=instances)
    frames = Frames(labels, dimensions)
    size = PixelSize(frames.spacing, labels.unit)
    teaching = Teaching((0, 1), instances, size.coarse)
    weights = np.ones(labels.shape, np.float32)
    found = Frames(replace(labels, array=weights), dimensions)
    for index in frames:
        ids = np.asarray(frames[index])[0].astype(np.int32)
        classes = teaching.classes(ids)
        term = separation(ids, instances, teaching.coarse)
        found[index][0][...] = pixel_weights(classes, term, instances)
    return replace(labels, array=weights)
