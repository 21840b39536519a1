"""Score a network on the validation slices: the real prediction, the real scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_unetseg.core.evaluate.overlap import Overlap, confusion
from napari_unetseg.core.network.twin import valid_twin
from napari_unetseg.core.postprocess.classes import to_classes
from napari_unetseg.core.predict.planning import tiles_for
from napari_unetseg.core.predict.run import predict_tiles
from napari_unetseg.core.prepare.normalise import Normaliser
from napari_unetseg.core.prepare.targets import IGNORE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import nn

    from napari_unetseg.core.prepare.samples import Sample

_AS_IS = Normaliser(np.zeros(1), np.ones(1))

# Bytes that count as free, whatever is: a training that is resumed has to score the
# very same tiles.
_FREE = 8 << 30


def validate(
    network: nn.Module, slices: Sequence[Sample], ids: tuple[int, ...], device: str
) -> Overlap:
    """Predict annotated frames in float32 and count agreement over all their pixels.

    Parameters
    ----------
    network : nn.Module
        As it is trained; it is not changed.
    slices : sequence of Sample
        Normalised values and class indices.
    ids : tuple of int
        Painted id of each class index.
    device : str
        Where to predict.

    Returns
    -------
    Overlap
        Pooled over all slices, by painted id; pixels that are not annotated do not
        count.
    """
    twin = valid_twin(network, device)
    indices = tuple(range(len(ids)))
    matrix = np.zeros((len(ids), len(ids)), dtype=np.int64)
    shapes = {one.target.shape for one in slices}
    plans = {shape: tiles_for(shape, network, "auto", _FREE) for shape in shapes}
    for one in slices:
        for tile, scores in predict_tiles(
            twin, one.values, plans[one.target.shape], _AS_IS, device=device
        ):
            truth = one.target[tile.write]
            prediction = to_classes(scores, indices)
            matrix += confusion(
                prediction.astype(np.int16), truth, indices, ignore=(IGNORE,)
            )
    return Overlap(ids, matrix)
