"""Small models, as if they were trained."""

from __future__ import annotations

from functools import cache

import torch
from torch import nn

from napari_unetseg.core.config import NetworkConfig
from napari_unetseg.core.network.build import network_of
from napari_unetseg.core.network.card import ModelCard
from napari_unetseg.core.network.geometry import axis_geometries, padded
from napari_unetseg.core.network.modelfile import Model

NORMS = (nn.BatchNorm2d, nn.BatchNorm3d)
# Volumes of thick slices: only Y and X are pooled.
SHALLOW = {"dimensions": 3, "pools": ((1, 2, 2),), "kernels": ((1, 3, 3), (3, 3, 3))}


def random_network(name, depth, seed=0, base=2, classes=3, **options):
    """A network whose norms know their input, so that scores are of usual size.

    With any other statistics they would reach hundreds, of which float32 itself, tiles
    or no tiles, leaves no four digits to the probabilities.
    """
    config = NetworkConfig(
        name=name, depth=depth, base=base, classes=classes, **options
    )
    network = network_of(config, seed)
    torch.manual_seed(seed)
    norms = [m for m in network.modules() if isinstance(m, NORMS)]
    for norm in norms:
        norm.momentum = 1.0
        norm.weight.data.uniform_(0.5, 2)
        norm.bias.data.normal_()
    if norms:
        sides = [
            8 * axis.stride if padded(network) else axis.input_size(axis.smallest)
            for axis in axis_geometries(network)
        ]
        network.train()(torch.randn(1, config.channels, *sides))
    return network.eval()


@cache
def random_model(
    name="unet-bn", depth=1, seed=4, *, volumes=False, classes=(0, 3, 7), channels=1
):
    """A model of pixels of the size 1 um; of volumes it pools Y and X once.

    With the seed that is not given several classes win somewhere in noise.
    """
    levels = SHALLOW if volumes else {}
    network = random_network(
        name, depth, seed, classes=len(classes), channels=channels, **levels
    )
    dimensions = 3 if volumes else 2
    card = ModelCard(
        network=NetworkConfig(
            name=name,
            depth=depth,
            base=2,
            classes=len(classes),
            channels=channels,
            **levels,
        ),
        classes=classes,
        halo=[axis.before for axis in axis_geometries(network)],
        spacing=(1.0,) * dimensions,
        unit="um",
    )
    return Model(card, network.state_dict())


@cache
def strides_of(model):
    """Distance of the poolings' lattice along each axis of a frame."""
    return [axis.stride for axis in axis_geometries(model.network())]
