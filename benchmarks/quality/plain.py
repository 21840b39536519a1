"""The plain loop that anybody would write: the peer of our training.

The same network, batches of the same size, the same memory layout, allocator settings
and precision. What differs is what a training is: Adam with a constant learning rate of
1e-3, cross-entropy, random crops with flips and quarter turns, and the weights as they
are after the last step.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from napari_unetseg.core.config import NetworkConfig
from napari_unetseg.core.device import choose_precision, import_torch
from napari_unetseg.core.frames import Frames
from napari_unetseg.core.network.build import network_of
from napari_unetseg.core.network.card import ModelCard
from napari_unetseg.core.network.geometry import axis_geometries
from napari_unetseg.core.network.modelfile import Model
from napari_unetseg.core.prepare.normalise import normalisers
from napari_unetseg.core.presets import sizes, train_config

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import torch
    from numpy.typing import NDArray
    from torch import nn

    from napari_unetseg.core.image import Image

LEARNING_RATE = 1e-3
Trial = tuple[float, int, Model]


def plain_loop(
    image: Image, labels: Image, slices: int, marks: Sequence[float], seed: int
) -> Iterator[Trial]:
    """Train until each of the marks.

    Parameters
    ----------
    image, labels : Image
        (Z, Y, X), every pixel annotated.
    slices : int
        How many of the first slices teach.
    marks : sequence of float
        Processor seconds of all threads, ascending.
    seed : int
        Start of all random numbers.

    Yields
    ------
    used, steps : float, int
        Processor seconds and steps at the mark. The clock stands still while the
        caller looks at the model.
    model : Model
        The weights as they are.
    """
    torch = import_torch()
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    size = sizes(train_config(), "cpu")
    ids = tuple(np.unique(np.asarray(labels.array)).tolist())
    config = NetworkConfig(
        name="unet-bn", base=size.base, depth=size.depth, classes=len(ids)
    )
    network = network_of(config, seed).to(memory_format=torch.channels_last)
    optimiser = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    bf16 = choose_precision("auto", "cpu") == "bf16"
    values = normalised(image)[:slices]
    classes = np.searchsorted(ids, np.asarray(labels.array)[:slices])
    used, steps = 0.0, 0
    for mark in marks:
        network.train()
        while used + used / max(steps, 1) / 2 < mark:  # as near to it as steps allow
            begun = time.process_time()
            crops, targets = batch(values, classes, size.patch, size.batch, rng)
            with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
                scores = network(crops.contiguous(memory_format=torch.channels_last))
            loss = torch.nn.functional.cross_entropy(scores.float(), targets)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            steps += 1
            used += time.process_time() - begun
        yield used, steps, snapshot(network, config, ids)


def batch(
    values: NDArray[np.float32],
    classes: NDArray[np.int64],
    side: int,
    count: int,
    rng: np.random.Generator,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Random crops, mirrored and turned by quarters: (B, 1, side, side) and classes."""
    import torch

    crops, targets = [], []
    for _ in range(count):
        number = rng.integers(len(values))
        top, left = (rng.integers(n - side + 1) for n in values.shape[1:])
        part = (number, slice(top, top + side), slice(left, left + side))
        turns, mirrored = int(rng.integers(4)), bool(rng.integers(2))
        pair = [np.rot90(array[part], turns) for array in (values, classes)]
        crop, target = (one[:, ::-1] if mirrored else one for one in pair)
        crops.append(torch.from_numpy(crop.copy())[None])
        targets.append(torch.from_numpy(target.copy()))
    return torch.stack(crops), torch.stack(targets)


def normalised(image: Image) -> NDArray[np.float32]:
    """Grey values as our training sees them, (Z, Y, X)."""
    frames, normalise = Frames(image), normalisers(image)
    return np.stack([normalise[at](np.asarray(frames[at]))[0] for at in frames])


def snapshot(network: nn.Module, config: NetworkConfig, ids: tuple[int, ...]) -> Model:
    """The weights as they are, as a model that can be applied like ours."""
    halo = tuple(axis.before for axis in axis_geometries(network))
    weights = {k: v.detach().clone() for k, v in network.state_dict().items()}
    return Model(ModelCard(network=config, classes=ids, halo=halo), weights)
