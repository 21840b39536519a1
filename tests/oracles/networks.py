"""Networks of every kind, and what they see, found by asking them."""

from __future__ import annotations

import torch
from hypothesis import strategies as st
from torch import nn

from napari_unetseg.core.config import NETWORKS, NetworkConfig

NORMS = (nn.BatchNorm2d, nn.BatchNorm3d)

# Thick slices: Z is pooled once, and late.
THICK = {
    "dimensions": 3,
    "depth": 2,
    "pools": ((1, 2, 2), (2, 2, 2)),
    "kernels": ((1, 3, 3), (3, 3, 3), (3, 3, 3)),
}


@st.composite
def configs(draw, largest_depth=2, names=NETWORKS):
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
