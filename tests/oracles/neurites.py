"""V-Rand over all pairs of pixels, V-Info from probabilities: slow and plain."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from oracles.objects import components, neighbours

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ids = NDArray[Any]


def partitions(truth: Ids, prediction: Ids) -> tuple[list[int], list[Any]]:
    """True and predicted object of each true pixel; 0 is predicted as pixels alone."""
    pixels = [pixel for pixel in np.ndindex(*truth.shape) if truth[pixel] != 0]
    return (
        [int(truth[pixel]) for pixel in pixels],
        [int(prediction[pixel]) or ("alone", pixel) for pixel in pixels],
    )


def v_rand(truth: Ids, prediction: Ids) -> tuple[float, float, float]:
    """Score, split and merge over all ordered pairs, a pixel with itself too."""
    true, predicted = partitions(truth, prediction)
    both = same_true = same_predicted = 0
    for i in range(len(true)):
        for j in range(len(true)):
            same_true += true[i] == true[j]
            same_predicted += predicted[i] == predicted[j]
            both += true[i] == true[j] and predicted[i] == predicted[j]
    split, merge = both / same_true, both / same_predicted
    return 2 * split * merge / (split + merge), split, merge


def v_info(truth: Ids, prediction: Ids) -> tuple[float, float, float]:
    """Score, split and merge from the sum of p log(p / (a b)) over joint groups."""
    true, predicted = partitions(truth, prediction)
    n = len(true)
    a, b = Counter(true), Counter(predicted)
    information = sum(
        count / n * math.log(count * n / (a[i] * b[j]))
        for (i, j), count in Counter(zip(true, predicted, strict=True)).items()
    )
    entropy_a, entropy_b = entropy(a, n), entropy(b, n)
    split = information / entropy_b if len(b) > 1 else 1.0
    merge = information / entropy_a if len(a) > 1 else 1.0
    if len(a) == len(b) == 1:
        return 1.0, 1.0, 1.0
    return 2 * information / (entropy_a + entropy_b), split, merge


def entropy(groups: Counter[Any], n: int) -> float:
    """Entropy of groups that cover all n pixels, in nats."""
    return -sum(count / n * math.log(count / n) for count in groups.values())


def numbered_components(interior: Ids) -> Ids:
    """Objects of a slice, connected by faces, by flood fill."""
    ids = np.zeros(interior.shape, int)
    for number, pixels in enumerate(components(interior), start=1):
        for pixel in pixels:
            ids[pixel] = number
    return ids


def steps_to(objects: Ids) -> dict[int, Ids]:
    """Fewest steps through faces from each object to every pixel."""
    result = {}
    for identity in set(objects.flat) - {0}:
        steps = np.where(objects == identity, 0, -1)
        edge = [tuple(pixel) for pixel in np.argwhere(steps == 0)]
        for pixel in edge:  # grows while it is walked
            for other in neighbours(pixel, objects.shape):
                if steps[other] < 0:
                    steps[other] = steps[pixel] + 1
                    edge.append(other)
        result[int(identity)] = steps
    return result
