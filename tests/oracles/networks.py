"""Networks of every kind, and what they see, found by asking them."""

from __future__ import annotations

import torch
from hypothesis import strategies as st
from torch import nn

from napari_unetseg.core.config import (
    NETWORKS,
    POOLINGS,
    UNETS,
    WAYS_UP,
    NetworkConfig,
)
from napari_unetseg.core.network.anisotropy import plan_axes
from napari_unetseg.core.network.build import network_of
from napari_unetseg.core.network.card import ModelCard
from napari_unetseg.core.network.geometry import axis_geometries, padded
from napari_unetseg.core.network.modelfile import Model

EVERY_NETWORK = [
    (name, dimensions)
    for name in NETWORKS
    for dimensions in ((2,) if name in POOLINGS else (2, 3))
]
# Pixels of a plane, and of a volume of thick slices.
SPACING = {2: (1.0, 1.0), 3: (3.0, 1.0, 1.0)}
NORMS = (nn.BatchNorm2d, nn.BatchNorm3d)

# Thick slices: Z is pooled once, and late.
THICK = {
    "dimensions": 3,
    "depth": 2,
    "pools": ((1, 2, 2), (2, 2, 2)),
    "kernels": ((1, 3, 3), (3, 3, 3), (3, 3, 3)),
}


@st.composite
def configs(draw, largest_depth=2, names=UNETS):
    """Small configurations of any network, its levels as anisotropic as can be."""
    dimensions = draw(st.sampled_from([2, 3]))
    depth = draw(st.integers(1, largest_depth))
    name = draw(st.sampled_from(names))
    pool = st.tuples(*[st.sampled_from([1, 2])] * dimensions)
    kernel = st.tuples(*[st.sampled_from([1, 3])] * dimensions)
    pools = draw(st.lists(pool, min_size=depth, max_size=depth))
    kernels = draw(st.lists(kernel, min_size=depth + 1, max_size=depth + 1))
    if name == "unet-res":  # halves an axis by convolutions of size 3
        halved = [tuple(2 * size - 1 for size in pool) for pool in pools]
        kernels[1:] = [
            tuple(map(max, *both)) for both in zip(kernels[1:], halved, strict=True)
        ]
    return NetworkConfig(
        name=name,
        dimensions=dimensions,
        channels=draw(st.integers(1, 2)),
        classes=draw(st.integers(2, 3)),
        base=draw(st.integers(1, 3)),
        depth=depth,
        pools=pools,
        kernels=kernels,
        upsampling=draw(st.sampled_from(["transposed", "linear"])),
        deep_supervision=depth > 1 and name != "unet" and draw(st.booleans()),
        dropout=draw(st.sampled_from([0.0, 0.5])),
    )


def small(name, dimensions, depth=2, **options):
    """Configure a network of few channels, planned for the pixels above."""
    values = {"name": name, "dimensions": dimensions, "base": 2, "classes": 3} | options
    if name in POOLINGS:  # It has its own depth, and perhaps one way up alone.
        if values.get("upsampling") not in WAYS_UP[name]:
            values.pop("upsampling", None)
        return NetworkConfig(**values)
    pools, kernels = plan_axes(SPACING[dimensions], (64,) * dimensions, depth)
    return NetworkConfig(depth=depth, pools=pools, kernels=kernels, **values)


def smallest_input(network, times=1):
    """Size of an image that a network can be trained on, along each axis."""
    axes = axis_geometries(network)
    if hasattr(network, "lesson"):
        return (network.lesson[0],) * len(axes)
    if padded(network):
        return tuple(times * axis.stride for axis in axes)
    return tuple(axis.input_size(axis.output_size(times)) for axis in axes)


def the_middle(values, size):
    """Cut the middle out of the last axes of (..., Y, X)."""
    sizes = zip(values.shape[-len(size) :], size, strict=True)
    box = [slice((n - kept) // 2, (n + kept) // 2) for n, kept in sizes]
    return values[(..., *box)]


def trained(config, seed=0, dtype=torch.float32):
    """Draw a network whose norms know their input, as after a training."""
    network = network_of(config, seed)
    torch.manual_seed(seed)
    for weights in network.parameters():
        if weights.ndim > 1 and not weights.any():  # Scores that begin at zero.
            weights.data.normal_(std=weights[0].numel() ** -0.5)
    norms = [layer for layer in network.modules() if isinstance(layer, NORMS)]
    for norm in norms:
        norm.momentum = 1.0
        norm.bias.data.normal_()
        if config.name in POOLINGS:
            # So many layers of two channels would else be silent in the end.
            norm.bias.data.abs_()
        if isinstance(norm.weight, nn.Parameter):
            norm.weight.data.uniform_(0.5, 2)
    if norms:
        network.train()(torch.randn(2, config.channels, *smallest_input(network, 8)))
    return network.eval().to(dtype)


def model_of(name, seed=0, **options):
    """Make a model of planes, of any network, as if it were trained."""
    config = small(name, 2, **options)
    network = trained(config, seed)
    halo = tuple(axis.before for axis in axis_geometries(network))
    card = ModelCard(network=config, classes=tuple(range(config.classes)), halo=halo)
    return Model(card, network.state_dict())


def randomise(network, seed=0):
    """Give a network the statistics of one that has been trained."""
    torch.manual_seed(seed)
    for layer in network.modules():
        if isinstance(layer, NORMS):
            layer.running_mean.normal_()
            layer.running_var.uniform_(0.5, 2)
            layer.weight.data.uniform_(0.5, 2)
            layer.bias.data.normal_()
    return network.eval()


def seen_by(network, channels, sizes, pixels):
    """Yield the first and last inputs along each axis that output pixels depend on.

    Parameters
    ----------
    network : nn.Module
        In float64; its weights are replaced by positive ones, so that nothing cancels
        out and no ReLU is silent. What a maximum does not choose in one image and
        channel it does in another.
    channels : int
        Of the image.
    sizes : sequence of int
        Of the image along each axis.
    pixels : sequence of sequence of int
        Places in the output.
    """
    torch.manual_seed(0)
    with torch.no_grad():
        for weight in network.parameters():
            weight.uniform_(0.1, 1)
    images = torch.rand(4, channels, *sizes, dtype=torch.float64, requires_grad=True)
    scores = network.eval()(images)
    for pixel in pixels:
        wanted = scores[(..., *pixel)].sum()
        [gradient] = torch.autograd.grad(wanted, images, retain_graph=True)
        places = (gradient.sum(dim=(0, 1)) != 0).nonzero()
        firsts, lasts = places.min(dim=0).values, places.max(dim=0).values
        yield list(zip(firsts.tolist(), lasts.tolist(), strict=True))
