"""Random changes of the training patches."""

from __future__ import annotations

from napari_unetseg.core.config.base import Config, NonNegative, PositiveFloat, Share


class AugmentConfig(Config):
    """Random changes of the training patches.

    Attributes
    ----------
    bent : float
        Share of the patches that are bent, turned by any angle and zoomed. The others
        are turned by quarters only, which keeps their pixels as sharp as those of the
        images that will be predicted.
    elastic_sigma : float
        Standard deviation of the control points' displacement, in pixels; in volumes
        in pixels of the finest axis.
    elastic_spacing : float
        Distance of the control points, in the same pixels.
    rotate, flip : bool
        Rotation by any angle (of volumes in the plane of the two finest axes),
        mirroring of all axes.
    scale : float
        Zoom is drawn from 1 / (1 + scale) to 1 + scale.
    contrast, brightness : float
        Standard deviations of the gain's logarithm and of the offset, in units of the
        image's standard deviation.
    gamma : float
        Standard deviation of the logarithm of the exponent to which grey values are
        raised between the least and the largest of a patch.
    blur : float
        Largest standard deviation of a Gaussian blur, in pixels.
    noise : float
        Largest standard deviation of added Gaussian noise, in the image's standard
        deviations.
    hue : float
        Standard deviation of the rotation of the colours about the grey axis, in turns;
        of images in red, green and blue only.
    """

    bent: Share = 0.25
    elastic_sigma: NonNegative = 10.0
    elastic_spacing: PositiveFloat = 128.0
    rotate: bool = True
    flip: bool = True
    scale: NonNegative = 0.1
    contrast: NonNegative = 0.2
    brightness: NonNegative = 0.2
    gamma: NonNegative = 0.1
    blur: NonNegative = 0.5
    noise: NonNegative = 0.1
    hue: NonNegative = 0.03
