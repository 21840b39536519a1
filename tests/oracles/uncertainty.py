"""Entropy and mutual information of one pixel after the other."""

from __future__ import annotations

from math import log

import numpy as np


def entropy(probabilities):
    """H of each pixel of (K, ...), from 0 to 1."""
    result = np.zeros(probabilities.shape[1:])
    for place in np.ndindex(result.shape):
        pixel = [float(p) for p in probabilities[(slice(None), *place)]]
        total = sum(-p * log(p) for p in pixel if p > 0)
        result[place] = total / log(len(pixel)) if len(pixel) > 1 else 0
    return result


def mutual_information(predictions):
    """Entropy of the mean less the mean entropy of several (K, ...), from 0 to 1."""
    mean = sum(p.astype(float) for p in predictions) / len(predictions)
    return entropy(mean) - sum(entropy(p) for p in predictions) / len(predictions)
