"""What a training would see, before it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_unetseg.api.given import images_of, regions_of
from napari_unetseg.core.config import InstancesConfig
from napari_unetseg.core.image import Image
from napari_unetseg.core.prepare.weightmap import weight_map as weights_of
from napari_unetseg.core.presets import train_config
from napari_unetseg.core.train.preview import AugmentedPatch, preview

if TYPE_CHECKING:
    from napari_unetseg.core.config import TrainConfig


def preview_augmentation(
    images: Any,
    labels: Any,
    count: int = 4,
    *,
    regions: Any = (),
    preset: str = "default",
    config: TrainConfig | None = None,
    axes: str | None = None,
    **wishes: Any,
) -> list[AugmentedPatch]:
    """Show what a training would see: augmented patches, their labels and weights.

    Parameters
    ----------
    images, labels, regions, preset, config, axes, **wishes
        As for `train`.
    count : int
        Number of patches.

    Returns
    -------
    list of AugmentedPatch
        With `image`, `labels`, `weights` and the `coordinates` at which each pixel
        looks.

    Raises
    ------
    UnetsegError
        As `train`, in one sentence.

    Examples
    --------
    >>> import napari_unetseg as us
    >>> image, labels = us.sample_data("em")
    >>> patch, *_ = us.preview_augmentation(image, labels, patch=64)
    >>> patch.image.shape, patch.labels.shape
    ((1, 64, 64), (64, 64))
    """
    label_axes = axes.replace("C", "") if axes else None
    return preview(
        images_of(images, axes, "image"),
        images_of(labels, label_axes, "labels"),
        config or train_config(preset, **wishes),
        count,
        regions=regions_of(regions, label_axes),
    )


def weight_map(
    labels: Any,
    *,
    axes: str | None = None,
    dimensions: int = 2,
    **wishes: Any,
) -> Any:
    """How much each pixel would count in a training on single objects.

    Parameters
    ----------
    labels : Image or array
        An id per object, 0 background; an array is (Y, X) or (Z, Y, X) unless `axes`
        says otherwise.
    axes : str, optional
        Axes of an array, out of "TZYX".
    dimensions : {2, 3}
        Whether planes are weighed or volumes.
    **wishes
        Fields of `InstancesConfig`: ``apart``, ``weights``, ``weight``, ``sigma``; as
        a training would have them if nothing is said.

    Returns
    -------
    Image or ndarray
        float32, an Image if `labels` is one.

    Raises
    ------
    UnetsegError
        In one sentence, if these are no labels.
    """
    how = InstancesConfig.check(**wishes)
    [image] = images_of(labels, axes, "labels")
    found = weights_of(image, how, dimensions)
    return found if isinstance(labels, Image) else found.array
