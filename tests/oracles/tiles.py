"""Networks in tiles, and in one pass over the whole mirrored image."""

from __future__ import annotations

import numpy as np
import torch

from napari_unetseg.core.network.exact import ExactByItself
from napari_unetseg.core.network.geometry import axis_geometries, padded
from napari_unetseg.core.network.twin import valid_twin
from napari_unetseg.core.predict.mirror import read_mirrored
from napari_unetseg.core.predict.tiling import plan
from oracles.prediction import mirrored, window_by_window


def predict(network, image, tile):
    """Scores of an image, computed tile by tile with the network's own precision."""
    dtype = next(network.parameters()).dtype
    twin, axes = valid_twin(network), axis_geometries(network)
    scores = None
    for one in plan(image.shape[1:], axes, tile):
        values = torch.from_numpy(read_mirrored(image, one.read))[None].to(dtype)
        with torch.no_grad():
            found = twin(values)[0].numpy()
        if scores is None:
            scores = np.full((len(found), *image.shape[1:]), np.nan, found.dtype)
        scores[(slice(None), *one.write)] = found[(slice(None), *one.keep)]
    return scores


def at_once(network, image):
    """Scores of one pass of the network itself over the mirrored image."""
    dtype = next(network.parameters()).dtype
    if isinstance(network, ExactByItself):
        return window_by_window(network, image)
    box, inside = [], [slice(None)]
    for size, axis in zip(image.shape[1:], axis_geometries(network), strict=True):
        if padded(network):
            reach = max(axis.before, axis.after) + axis.stride
            far = -(-reach // axis.stride) * axis.stride
            box.append((-far, size + far + -size % axis.stride))
            inside.append(slice(far, far + size))
        else:
            shift = -axis.origin % axis.stride
            start = -shift - axis.before
            output = axis.output_size(size + shift)
            box.append((start, start + axis.input_size(output)))
            inside.append(slice(shift, shift + size))
    values = torch.from_numpy(mirrored(image, box))[None].to(dtype)
    with torch.no_grad():
        return network(values)[0].numpy()[tuple(inside)]


def assert_exact(network, image, tiles):
    """Compare tiles with the whole of (C, ...), up to what the precision loses."""
    exact = next(network.parameters()).dtype == torch.float64
    image = image.astype(np.float64 if exact else np.float32)
    wanted = at_once(network, image)
    allowed = (1e-11 if exact else 1e-4) * max(1, np.abs(wanted).max())
    for tile in tiles:
        assert np.abs(predict(network, image, tile) - wanted).max() < allowed
