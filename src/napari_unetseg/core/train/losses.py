"""What is minimised: cross-entropy, Dice, their sum and the focal loss.

All of them are means over the annotated pixels of a batch, each pixel weighted by a
given weight (1 by default); "not annotated" counts as the weight 0. With p(x) the
softmax probabilities, l(x) the taught class, w(x) the weight of a pixel and c(k) that
of a class:

cross-entropy
    -sum_x w(x) c(l(x)) log p_l(x)(x) / sum_x w(x) c(l(x))
focal
    the same with log p multiplied by (1 - p)^2, so that pixels which are right already
    hardly count
Dice
    sum_k c(k) (1 - 2 sum_x w(x) p_k(x) g_k(x) / sum_x w(x) (p_k(x) + g_k(x)))
    / sum_k c(k), with g_k(x) = 1 where l(x) = k and 0 elsewhere, over the classes that
    the batch teaches

References
----------
Ronneberger et al. 2015, equation 1: pixel-wise softmax, cross-entropy, weights w(x).
Milletari et al.: V-Net. 3DV 2016. doi:10.1109/3DV.2016.79: Dice as a loss, its sums
squared; here without squares as in Drozdzal et al.: The importance of skip connections
in biomedical image segmentation. DLMIA 2016. doi:10.1007/978-3-319-46976-8_19.
Lin et al.: Focal loss for dense object detection. ICCV 2017. doi:10.1109/ICCV.2017.324.
Eigen, Fergus: Predicting depth, surface normals and semantic labels with a common
multi-scale convolutional architecture. ICCV 2015. doi:10.1109/ICCV.2015.304: median
frequency balancing, used by SegNet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from napari_unetseg.core.prepare.targets import IGNORE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from napari_unetseg.core.config import TrainConfig

    Criterion = Callable[[Tensor, Tensor, Tensor | None, Tensor | None], Tensor]

# (1 - p)^2, as Lin et al. have found best.
_FOCUS = 2


def cross_entropy(
    scores: Tensor,
    targets: Tensor,
    weights: Tensor | None = None,
    class_weights: Tensor | None = None,
) -> Tensor:
    """Pixel-wise cross-entropy, averaged over the annotated pixels.

    Parameters
    ----------
    scores : tensor of shape (B, classes, [D,] H, W), float
        Before softmax.
    targets : tensor of shape (B, [D,] H, W), int64
        Class indices, `IGNORE` where not annotated.
    weights : tensor of shape (B, [D,] H, W), optional
        How much each pixel counts, at least 0.
    class_weights : tensor of shape (classes,), optional
        How much each class counts, at least 0.

    Returns
    -------
    tensor of shape (), 0 if nothing is annotated
    """
    if weights is None and class_weights is None:
        summed = functional.cross_entropy(
            scores, targets, ignore_index=IGNORE, reduction="sum"
        )
        return summed / (targets != IGNORE).sum().clamp(min=1)
    surprise = functional.cross_entropy(
        scores, targets, ignore_index=IGNORE, reduction="none"
    )
    return _mean(surprise, _counts(targets, scores, weights, class_weights))


def focal(
    scores: Tensor,
    targets: Tensor,
    weights: Tensor | None = None,
    class_weights: Tensor | None = None,
) -> Tensor:
    """Focal loss, averaged over the annotated pixels; parameters as `cross_entropy`."""
    surprise = functional.cross_entropy(
        scores, targets, ignore_index=IGNORE, reduction="none"
    )
    modulated = (1 - torch.exp(-surprise)) ** _FOCUS * surprise
    return _mean(modulated, _counts(targets, scores, weights, class_weights))


def dice(
    scores: Tensor,
    targets: Tensor,
    weights: Tensor | None = None,
    class_weights: Tensor | None = None,
) -> Tensor:
    """Soft Dice loss over the pixels of a whole batch; parameters as `cross_entropy`.

    A class that the batch does not teach does not count: its overlap would be 0
    whatever the network says.
    """
    counts = _counts(targets, scores, weights, None)[:, None]
    known = targets.clamp(min=0)[:, None]
    taught = torch.zeros_like(scores).scatter_(1, known, 1.0) * counts
    said = torch.softmax(scores, dim=1) * counts
    pixels = [axis for axis in range(scores.ndim) if axis != 1]
    both = (said * (taught > 0)).sum(pixels)
    present = taught.sum(pixels) > 0
    either = torch.where(present, (said + taught).sum(pixels), 1.0)
    shares = present.to(scores.dtype)
    if class_weights is not None:
        shares = shares * class_weights.to(scores)
    return _mean(1 - 2 * both / either, shares)


def cross_entropy_and_dice(
    scores: Tensor,
    targets: Tensor,
    weights: Tensor | None = None,
    class_weights: Tensor | None = None,
) -> Tensor:
    """Sum of both losses; parameters as `cross_entropy`."""
    given = scores, targets, weights, class_weights
    return cross_entropy(*given) + dice(*given)


def median_frequency(
    targets: Iterable[NDArray[np.int16]], classes: int
) -> NDArray[np.float64]:
    """Weights that let rare classes count as much as frequent ones.

    A class weighs median(f) / f(k), where f(k) is its share of the annotated pixels of
    those samples in which it occurs.

    Parameters
    ----------
    targets : iterable of ndarray of shape ([Z,] Y, X)
        Class indices, `IGNORE` where not annotated.
    classes : int
        Number of classes.

    Returns
    -------
    ndarray of shape (classes,)
        1 for a class that does not occur.
    """
    own, whole = np.zeros((2, classes))
    for target in targets:
        pixels = np.bincount(target[target != IGNORE], minlength=classes)
        own += pixels
        whole += np.where(pixels > 0, pixels.sum(), 0)
    found = own > 0
    weights = np.ones(classes)
    if found.any():
        frequency = own[found] / whole[found]
        weights[found] = np.median(frequency) / frequency
    return weights


class Loss:
    """The loss of a training, on all scores that a network gives while it learns.

    Parameters
    ----------
    criterion : callable
        One of the functions of this module.
    class_weights : tensor of shape (classes,), optional
        On the device of the scores.
    """

    def __init__(self, criterion: Criterion, class_weights: Tensor | None) -> None:
        self._criterion = criterion
        self._class_weights = class_weights

    def __call__(
        self,
        scores: Sequence[Tensor],
        targets: Tensor,
        weights: Tensor | None = None,
    ) -> Tensor:
        """Compute the loss, in float32.

        Parameters
        ----------
        scores : sequence of tensor of shape (B, classes, [D,] H, W)
            The network's, and those of its coarser levels if they teach too. Each
            counts half as much as the one before it, all together 1; targets and
            weights are brought to their size by taking the nearest pixel.
        targets : tensor of shape (B, [D,] H, W), int64
            Class indices, `IGNORE` where not annotated.
        weights : tensor of shape (B, [D,] H, W), optional
            How much each pixel counts.

        Returns
        -------
        tensor of shape ()
        """
        shares = [0.5**level for level in range(len(scores))]
        total = scores[0].new_zeros((), dtype=torch.float32)
        for share, one in zip(shares, scores, strict=True):
            size = one.shape[2:]
            loss = self._criterion(
                one.float(),
                _nearest(targets, size),
                None if weights is None else _nearest(weights, size),
                self._class_weights,
            )
            total = total + loss * (share / sum(shares))
        return total


def loss_function(
    config: TrainConfig,
    targets: Iterable[NDArray[np.int16]],
    classes: int,
    device: str = "cpu",
) -> Loss:
    """Loss that a training asks for.

    Parameters
    ----------
    config : TrainConfig
        Loss, and whether the classes are weighted.
    targets : iterable of ndarray of shape ([Z,] Y, X)
        What the training samples teach, for the weights.
    classes : int
        Number of classes.
    device : str
        Where the scores are.
    """
    criterion: dict[str, Criterion] = {
        "cross-entropy": cross_entropy,
        "dice": dice,
        "cross-entropy+dice": cross_entropy_and_dice,
        "focal": focal,
    }
    weights = None
    if config.class_weights == "median-frequency":
        values = median_frequency(targets, classes)
        weights = torch.tensor(values, dtype=torch.float32, device=device)
    return Loss(criterion[config.loss], weights)


def _counts(
    targets: Tensor,
    scores: Tensor,
    weights: Tensor | None,
    class_weights: Tensor | None,
) -> Tensor:
    """How much each pixel counts: 0 where it is not annotated."""
    counts = (targets != IGNORE).to(scores.dtype)
    if weights is not None:
        counts = counts * weights
    if class_weights is not None:
        counts = counts * class_weights.to(scores)[targets.clamp(min=0)]
    return counts


def _mean(values: Tensor, counts: Tensor) -> Tensor:
    """Weighted mean; 0, with a gradient of 0, if nothing counts."""
    total = counts.sum()
    return (values * counts).sum() / torch.where(total > 0, total, 1.0)


def _nearest(pixels: Tensor, size: Sequence[int]) -> Tensor:
    """Take the pixels (B, *shape) that lie nearest to those of a coarser grid."""
    for axis, wanted in enumerate(size, start=1):
        given = pixels.shape[axis]
        if wanted != given:
            twice_centre = 2 * torch.arange(wanted, device=pixels.device) + 1
            pixels = pixels.index_select(axis, twice_centre * given // (2 * wanted))
    return pixels
