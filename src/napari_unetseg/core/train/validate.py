"""Score a network on the validation samples: the real prediction, the real scores."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from napari_unetseg.core.draining import result_of
from napari_unetseg.core.evaluate.instances import instance_score
from napari_unetseg.core.evaluate.overlap import Overlap, confusion
from napari_unetseg.core.network.twin import valid_twin
from napari_unetseg.core.postprocess.classes import to_classes
from napari_unetseg.core.postprocess.objects import component_objects, watershed_objects
from napari_unetseg.core.predict.planning import tiles_for
from napari_unetseg.core.predict.rescale import interpolate, resampled
from napari_unetseg.core.predict.run import free_cache, is_out_of_memory, predict_tiles
from napari_unetseg.core.prepare.normalise import Normaliser
from napari_unetseg.core.prepare.targets import IGNORE
from napari_unetseg.core.prepare.views import whole
from napari_unetseg.core.train.score import Score

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from torch import nn

    from napari_unetseg.core.evaluate.instances import InstanceScore
    from napari_unetseg.core.frames import Box
    from napari_unetseg.core.predict.tiling import Tile
    from napari_unetseg.core.prepare.samples import Sample
    from napari_unetseg.core.prepare.teaching import Teaching

_AS_IS = Normaliser(np.zeros(1), np.ones(1))

# Bytes that count as free, whatever is: a training that is resumed has to score the
# very same tiles. Only where that proves too much they are smaller.
_FREE = 8 << 30
_LEAST_FREE = 4 << 20

# They follow from the network's layers, which stay the same while it learns.
_TILES: WeakKeyDictionary[nn.Module, dict[tuple[tuple[int, ...], int], list[Tile]]]
_TILES = WeakKeyDictionary()


def validate(
    network: nn.Module, samples: Sequence[Sample], teaching: Teaching, device: str
) -> Score:
    """Predict annotated frames in float32 and count agreement over all their pixels.

    An image of another pixel size is brought to the model's, and its scores back, as
    when it is segmented.

    Parameters
    ----------
    network : nn.Module
        As it is trained; it is not changed.
    samples : sequence of Sample
        Normalised values and what is painted.
    teaching : Teaching
        What that means.
    device : str
        Where to predict.

    Returns
    -------
    Score
        Pooled over all samples; pixels that are not annotated do not count.
    """
    twin = valid_twin(network, device)
    free = _FREE
    while True:
        try:
            return _scored(network, twin, samples, teaching, device, free)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error) or free < _LEAST_FREE:
                raise
        # Here, where the error is gone, nothing holds on to its tensors.
        free //= 4
        free_cache()


def _scored(
    network: nn.Module,
    twin: nn.Module,
    samples: Sequence[Sample],
    teaching: Teaching,
    device: str,
    free: int,
) -> Score:
    indices = tuple(range(len(teaching.ids)))
    matrix = np.zeros((len(indices), len(indices)), dtype=np.int64)
    objects: InstanceScore | None = None
    for one in samples:
        own = teaching if one.painted is None else one.painted.teaching
        predicted = np.zeros(one.shape if teaching.instances else (), np.int16)
        for box, scores in _scores(network, twin, one, device, free):
            found = to_classes(scores, indices).astype(np.int16)
            if teaching.instances is not None:
                predicted[box] = found
                continue
            truth = np.asarray(one.target[box])
            matrix += confusion(found, truth, indices, ignore=(IGNORE,))
        if teaching.instances is not None:
            # Borders follow from the whole frame, whatever its tiles are.
            truth = np.asarray(one.target[whole(one.shape)])
            classes = own.classes(truth)
            matrix += confusion(predicted, classes, indices, ignore=(IGNORE,))
            score = instance_score(truth, objects_of(predicted, own))
            objects = score if objects is None else objects + score
    return Score(Overlap(teaching.ids, matrix), objects)


def objects_of(classes: NDArray[Any], teaching: Teaching) -> NDArray[Any]:
    """Single objects of a frame's derived classes, numbered from 1."""
    blocks, smallest = [whole(classes.shape)], math.ceil(teaching.smallest)
    if len(teaching.ids) > 2:
        steps = watershed_objects(
            classes, blocks, centre=1, border=2, smallest=smallest
        )
    else:
        steps = component_objects(classes, blocks, smallest=smallest)
    return np.asarray(result_of(steps))


def _scores(
    network: nn.Module, twin: nn.Module, one: Sample, device: str, free: int
) -> Iterator[tuple[Box, NDArray[np.float32]]]:
    """Probabilities (K, ...) of a sample, box by box, in pixels of its image."""
    shape = one.model_shape
    tiles = _tiles(network, shape, free)
    frame = resampled(one.values, shape)
    predicted = predict_tiles(twin, frame, tiles, _AS_IS, device=device)
    if shape == one.shape:
        for tile, scores in predicted:
            yield tile.write, scores
        return
    all_scores: NDArray[np.float32] | None = None
    for tile, scores in predicted:
        if all_scores is None:
            all_scores = np.empty((len(scores), *shape), np.float32)
        all_scores[(slice(None), *tile.write)] = scores
    assert all_scores is not None
    ends = [(0, size) for size in one.shape]
    back = interpolate(all_scores, [0] * len(shape), shape, ends, one.shape)
    yield whole(one.shape), back


def _tiles(network: nn.Module, shape: tuple[int, ...], free: int) -> list[Tile]:
    """Tiles of a frame, planned once: it takes longer than to compute a small one."""
    known = _TILES.setdefault(network, {})
    if (shape, free) not in known:
        known[shape, free] = tiles_for(shape, network, "auto", free)
    return known[shape, free]
