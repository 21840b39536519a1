"""Losses pixel by pixel, as their equations are printed."""

from __future__ import annotations

import numpy as np


def _pixels(scores, targets, weights):
    """(probabilities, class, weight) of every annotated pixel."""
    for place in np.ndindex(*targets.shape):
        if targets[place] < 0:
            continue
        raised = np.exp(scores[(place[0], slice(None), *place[1:])])
        weight = 1.0 if weights is None else weights[place]
        yield raised / raised.sum(), targets[place], weight


def _class_weight(class_weights, index):
    return 1.0 if class_weights is None else class_weights[index]


def cross_entropy(scores, targets, weights=None, class_weights=None, focus=0):
    """Weighted mean of -(1 - p)^focus log p."""
    found = whole = 0.0
    for p, taught, weight in _pixels(scores, targets, weights):
        share = weight * _class_weight(class_weights, taught)
        found -= share * (1 - p[taught]) ** focus * np.log(p[taught])
        whole += share
    return found / whole if whole else 0.0


def focal(scores, targets, weights=None, class_weights=None):
    return cross_entropy(scores, targets, weights, class_weights, focus=2)


def dice(scores, targets, weights=None, class_weights=None):
    """Weighted mean of 1 - 2 pg / (p + g) over the classes that occur."""
    pixels = list(_pixels(scores, targets, weights))
    found = whole = 0.0
    for index in range(scores.shape[1]):
        both = sum(w * p[index] for p, taught, w in pixels if taught == index)
        own = sum(w for _, taught, w in pixels if taught == index)
        said = sum(w * p[index] for p, _, w in pixels)
        if own:
            share = _class_weight(class_weights, index)
            found += share * (1 - 2 * both / (said + own))
            whole += share
    return found / whole if whole else 0.0


def cross_entropy_and_dice(scores, targets, weights=None, class_weights=None):
    given = scores, targets, weights, class_weights
    return cross_entropy(*given) + dice(*given)


def median_frequency(targets, classes):
    """Median of the classes' frequencies over each one's own."""
    frequency = {}
    for index in range(classes):
        own = sum((one == index).sum() for one in targets)
        whole = sum((one >= 0).sum() for one in targets if (one == index).any())
        if own:
            frequency[index] = own / whole
    middle = np.median(list(frequency.values()))
    return [middle / frequency[i] if i in frequency else 1.0 for i in range(classes)]
