"""How much the pixels between objects count, so that narrow gaps are learnt.

The weight of a pixel has a part that depends on the distances to the objects around it.
This part is worked out once, at full resolution, and resampled with the image; which
pixels it applies to is known only when the classes have been derived.

The class balance w_c of the paper is 1: the loss has class weights of its own.
"""

from __future__ import annotations

from math import ceil, log, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.prepare.nearest import nearest, two_nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_unetseg.core.config.instances import InstancesConfig

# Largest weight between two objects, and its reach in pixels.
_DEFAULTS = {"paper": (10.0, 5.0), "fiji": (50.0, 6.0)}
# Of the plugin: what background weighs far from all objects, and how far their
# surroundings reach, in pixels.
_FAR = 0.1
_SURROUNDINGS = 10.0
# Terms below this part of their largest value are left out.
_LEFT_OUT = 1e-4


def separation(
    ids: NDArray[Any], config: InstancesConfig, coarse: Sequence[float] = ()
) -> NDArray[np.float32]:
    """Work out what distances to objects add to the weight of a pixel.

    With the distances d1 and d2 to the nearest and the second nearest object, 0 inside
    the own one, "paper" adds w0 exp(-(d1 + d2)² / (2 sigma²)), equation 2 of
    Ronneberger et al. 2015 (doi:10.1007/978-3-319-24574-4_28). "fiji" adds to the same
    with other constants (1 - v) exp(-d1² / (2 sigma1²)), v = 0.1 and sigma1 = 10, as
    the plugin of Falk et al. 2019 (doi:10.1038/s41592-018-0261-2) does in
    TrainingSample.java.

    Parameters
    ----------
    ids : ndarray of shape ([Z,] Y, X), integer
        One positive id per object; 0 and less are none.
    config : InstancesConfig
        Its `weights`, `weight` and `sigma`.
    coarse : sequence of float
        Length of a pixel along each axis in pixels of the finest axis; empty for
        squares and cubes.

    Returns
    -------
    ndarray of the same shape, float32
        Each of the terms is left out, 0, where it is below 1e-4 of its largest value.
        Without a second object the first one is 0, without any object the other too.
    """
    if config.weights == "none":
        return np.zeros(ids.shape, np.float32)
    largest, sigma = _constants(config)
    first, second = two_nearest(ids, _reach(sigma), coarse)
    first += second
    total = _bell(first, largest, sigma)
    if config.weights == "fiji":
        around = nearest(ids > 0, _reach(_SURROUNDINGS), coarse)
        total += _bell(around, 1 - _FAR, _SURROUNDINGS)
    return total


def reach(config: InstancesConfig) -> int:
    """How far around a pixel objects decide its term, in pixels of the finest axis.

    Parameters
    ----------
    config : InstancesConfig
        Its `weights` and `sigma`.
    """
    if config.weights == "none":
        return 0
    _, sigma = _constants(config)
    return ceil(_reach(max(sigma, _SURROUNDINGS if config.weights == "fiji" else 0)))


def pixel_weights(classes: Any, term: Any, config: InstancesConfig) -> Any:
    """Weigh the pixels of a patch whose classes are known.

    Objects (class 1, or their centres) weigh 1, what is not annotated nothing. All
    other pixels weigh the term and a constant beside it: 1 with equation 2, 0.1 as the
    Fiji plugin has it.

    Parameters
    ----------
    classes : ndarray or tensor, integer
        As `to_classes` gives them, of any shape.
    term : ndarray or tensor of the same shape, float32
        From `separation`, resampled.
    config : InstancesConfig
        Its `weights`.

    Returns
    -------
    ndarray or tensor of the same shape, float32
        On the same device.
    """
    others = classes != 1
    if config.weights == "none":
        weights = term * 0 + 1
    elif config.weights == "paper":
        weights = term * others + 1
    else:
        weights = (term + _FAR) * others + (classes == 1)
    return weights * (classes >= 0)


def _constants(config: InstancesConfig) -> tuple[float, float]:
    largest, sigma = _DEFAULTS[config.weights]
    return (
        largest if config.weight is None else config.weight,
        sigma if config.sigma is None else config.sigma,
    )


def _reach(sigma: float) -> float:
    """The distance at which a bell of this width is left out."""
    return sigma * sqrt(-2 * log(_LEFT_OUT))


def _bell(
    distance: NDArray[np.float32], largest: float, sigma: float
) -> NDArray[np.float32]:
    """Work out the Gaussian of some distances, in their place."""
    distance /= np.float32(sqrt(2) * sigma)
    np.square(distance, out=distance)
    np.negative(distance, out=distance)
    np.exp(distance, out=distance)
    distance *= np.float32(largest)
    return distance
