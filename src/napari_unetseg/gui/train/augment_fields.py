"""Settings of how training patches are changed at random, as widgets."""

from __future__ import annotations

from napari_unetseg.gui.parts.fields import Field

AUGMENTATION = (
    Field(
        "augment.bent",
        "Bent patches",
        "Share from 0 to 1 of the patches that are deformed, turned by any angle and "
        "zoomed. The others are turned by quarters.",
        step=0.01,
        largest=1,
    ),
    Field(
        "augment.elastic_sigma",
        "Displacement",
        "Elastic deformation: standard deviation of how far a control point is moved, "
        "in pixels. The paper has 10.",
        step=0.5,
        largest=1000,
    ),
    Field(
        "augment.elastic_spacing",
        "Control points",
        "Elastic deformation: distance of the control points, in pixels.",
        step=1.0,
        largest=10_000,
    ),
    Field("augment.rotate", "Any angle", "Whether bent patches are turned too."),
    Field("augment.flip", "Mirror", "Whether patches are mirrored along their axes."),
    Field(
        "augment.scale",
        "Zoom",
        "Zoom of bent patches is drawn from 1 / (1 + zoom) to 1 + zoom.",
        step=0.01,
        largest=10,
    ),
    Field(
        "augment.contrast",
        "Contrast",
        "Standard deviation of the logarithm of a random gain of the grey values.",
        step=0.01,
        largest=10,
    ),
    Field(
        "augment.brightness",
        "Brightness",
        "Standard deviation of a random offset, in units of the image's standard "
        "deviation.",
        step=0.01,
        largest=10,
    ),
    Field(
        "augment.gamma",
        "Gamma",
        "Standard deviation of the logarithm of the exponent to which grey values are "
        "raised between the least and the largest of a patch.",
        step=0.01,
        largest=10,
    ),
    Field(
        "augment.hue",
        "Hue",
        "Standard deviation of the rotation of the colours about the grey axis, in "
        "turns. Of RGB images only.",
        step=0.01,
        largest=1,
    ),
    Field(
        "augment.blur",
        "Blur",
        "Largest standard deviation of a Gaussian blur, in pixels.",
        step=0.1,
        largest=100,
    ),
    Field(
        "augment.noise",
        "Noise",
        "Largest standard deviation of added noise, in units of the image's standard "
        "deviation.",
        step=0.01,
        largest=10,
    ),
)
