"""Geometry against real forward passes, gradients, and the published numbers."""

import pytest
import torch
from hypothesis import given, settings
from torch import nn

from napari_unetseg.core.config import NetworkConfig
from napari_unetseg.core.errors import ModelError
from napari_unetseg.core.network.build import network_of
from napari_unetseg.core.network.geometry import axis_geometries, offsets, padded
from napari_unetseg.core.network.layers import (
    AddShortcut,
    CropAndConcatenate,
    Upsample,
)
from napari_unetseg.core.network.twin import valid_twin
from oracles.networks import THICK, configs, randomise, seen_by


@pytest.mark.parametrize("name", ["unet", "unet-bn"])
@pytest.mark.parametrize(
    ("depth", "halo"), [(1, 8), (2, 20), (3, 44), (4, 92), (5, 188)]
)
def test_halo_and_sizes(name, depth, halo):
    network = network_of(NetworkConfig(name=name, depth=depth, base=1))
    y, x = axis_geometries(network)
    assert y == x
    assert (y.before, y.after, y.stride) == (halo, halo, 2**depth)
    assert y.output_size(1) == (2 if depth == 1 else 4)


@pytest.mark.parametrize(
    ("depth", "narrow", "wide", "farthest"),
    [(3, 92, 100, 51), (4, 188, 204, 107), (5, 380, 412, 219)],
)
def test_the_receptive_field_depends_on_the_phase(depth, narrow, wide, farthest):
    y, _ = axis_geometries(network_of(NetworkConfig(depth=depth, base=1)))
    widths = [before + 1 + after for before, after in y.reach]
    assert (len(widths), min(widths), max(widths)) == (2**depth, narrow, wide)
    assert max(map(max, y.reach)) == farthest


def test_the_papers_sizes_and_crops():
    network = network_of(NetworkConfig(name="unet", base=1))
    y, _ = axis_geometries(network)
    assert [y.output_size(n) for n in (1, 4, 5, 20, 21, 388)] == [4, 4, 20, 20, 36, 388]
    assert [y.input_size(n) for n in (4, 20, 36, 388)] == [188, 204, 220, 572]
    assert list(offsets(network).values()) == [(4, 4), (16, 16), (40, 40), (88, 88)]


def test_the_published_sizes_in_volumes():
    """Çiçek et al. 2016: 132 x 132 x 116 (x, y, z) become 44 x 44 x 28."""
    network = network_of(NetworkConfig(name="unet", dimensions=3, base=1, depth=3))
    z, y, x = axis_geometries(network)
    assert y == x == z
    assert (z.output_size(21), y.output_size(37)) == (28, 44)
    assert (z.input_size(28), y.input_size(44)) == (116, 132)


def test_the_origin_is_where_the_twin_agrees_with_the_padded_network():
    network = randomise(network_of(NetworkConfig(base=2)).double())
    y, _ = axis_geometries(network)
    assert (y.origin - y.before) % 16 == 2
    image = torch.randn(1, 1, 512, 512, dtype=torch.float64)
    with torch.no_grad():
        scores = network(image)
        twin = valid_twin(network)
        for shift in range(y.stride):
            start = 112 + shift
            read = slice(start - y.before, start - y.before + y.input_size(36))
            inside = twin(image[..., read, read])
            wanted = scores[..., start : start + 36, start : start + 36]
            agrees = torch.allclose(inside, wanted, atol=1e-12)
            assert agrees == (start % y.stride == y.origin)


@settings(max_examples=12)
@given(configs(largest_depth=3))
def test_sizes_are_those_of_real_forward_passes(config):
    network = network_of(config)
    axes = axis_geometries(network)
    outputs = [axis.smallest + axis.stride * (i % 2) for i, axis in enumerate(axes)]
    inputs = [axis.input_size(n) for axis, n in zip(axes, outputs, strict=True)]
    twin = valid_twin(network, "meta")
    found = twin(torch.empty(1, config.channels, *inputs, device="meta"))
    assert found.shape == (1, config.classes, *outputs)


@settings(max_examples=25)
@given(configs(largest_depth=4))
def test_a_tile_sees_what_its_pixels_see(config):
    for axis in axis_geometries(network_of(config)):
        assert len(axis.reach) == axis.stride
        outputs = range(axis.origin, axis.origin + axis.smallest + axis.stride)
        sides = [axis.reach[i % axis.stride] for i in outputs]
        starts = [i - before for i, (before, _) in zip(outputs, sides, strict=True)]
        ends = [i + after for i, (_, after) in zip(outputs, sides, strict=True)]
        # Not less than is there, and not a lattice step more than is needed.
        assert 0 <= min(starts) - (axis.origin - axis.before) < axis.stride
        assert 0 <= outputs[-1] + axis.after - max(ends) < axis.stride


FLAT_ABOVE = {
    "dimensions": 3,
    "depth": 1,
    "pools": ((1, 2, 2),),
    "kernels": ((1, 3, 3), (3, 3, 3)),
}


@pytest.mark.parametrize(
    "config",
    [
        NetworkConfig(name="unet-bn", base=4, depth=2),
        NetworkConfig(name="unet-bn", base=4, depth=2, upsampling="linear"),
        NetworkConfig(name="unet-res", base=2, depth=2),
        NetworkConfig(name="unet-bn", base=4, **THICK),
        NetworkConfig(name="unet-res", base=1, upsampling="linear", **FLAT_ABOVE),
    ],
    ids=lambda config: f"{config.name}-{config.dimensions}D-{config.upsampling}",
)
def test_the_receptive_field_is_that_of_the_gradient(config):
    network = network_of(config).double()
    axes = axis_geometries(network)
    # The middle lies at a multiple of the stride, and no border within reach.
    middles = [a.stride * (max(map(max, a.reach)) // a.stride + 1) for a in axes]
    sizes = [2 * n + axis.stride for n, axis in zip(middles, axes, strict=True)]
    phases = range(max(axis.stride for axis in axes))
    pixels = [
        [n + phase % axis.stride for n, axis in zip(middles, axes, strict=True)]
        for phase in phases
    ]
    seen = seen_by(network, config.channels, sizes, pixels)
    for pixel, ends in zip(pixels, seen, strict=True):
        for axis, at, (first, last) in zip(axes, pixel, ends, strict=True):
            assert (at - first, last - at) == axis.reach[at % axis.stride]


def test_axes_differ_where_levels_skip_them():
    z, y, x = axis_geometries(network_of(NetworkConfig(base=1, **THICK)))
    assert (z.stride, y.stride) == (2, 4)
    assert y == x
    # Z: two levels of 3 x 3 x 3 convolutions, of which one is below the pooling.
    assert (z.before, y.before) == (8, 20)


def test_a_lone_convolution_has_no_lattice():
    z, y, x = axis_geometries(nn.Sequential(nn.Conv3d(1, 1, (1, 3, 5))))
    assert (z.before, y.before, x.before) == (0, 1, 2)
    assert {axis.stride for axis in (z, y, x)} == {1}


def test_a_strided_convolution_lies_on_the_padded_lattice():
    """Output i of a padded one sees 2i - 1 to 2i + 1; so a crop begins there."""
    network = nn.Sequential(
        nn.Conv2d(1, 1, 3, stride=2, padding=1), nn.ConvTranspose2d(1, 1, 2, stride=2)
    )
    y, _ = axis_geometries(network)
    assert (y.before, y.after, y.origin, y.smallest) == (1, 0, 0, 2)
    assert y.reach == ((1, 1), (2, 0))


def test_linear_upsampling_sees_the_next_pixel():
    network = nn.Sequential(nn.MaxPool2d(2), Upsample((2, 2)), nn.Conv2d(1, 1, 1))
    y, _ = axis_geometries(network)
    assert (y.before, y.after, y.origin, y.smallest) == (1, 1, 1, 2)
    assert y.reach == ((2, 1), (1, 2))


class Residual(nn.Module):
    """Two paths of a network that meet."""

    def __init__(self, path, join, other=None):
        super().__init__()
        self.path = path
        self.join = join
        self.other = other or nn.Identity()

    def forward(self, x):
        return self.join(self.other(x), self.path(x))


def padded_convolution(**options):
    return nn.Conv2d(
        **{"in_channels": 1, "out_channels": 1, "kernel_size": 3} | options
    )


@pytest.mark.parametrize(
    "layer",
    [
        nn.InstanceNorm2d(1),
        nn.GroupNorm(1, 1),
        nn.LayerNorm(4),
        nn.BatchNorm2d(1, track_running_stats=False),
        nn.AdaptiveAvgPool2d(1),
        nn.AdaptiveMaxPool2d(1),
        nn.AvgPool2d(2),
        nn.MaxPool2d(3, stride=2),
        nn.MaxPool2d(3, stride=1, padding=1),
        nn.MaxPool2d(2, dilation=2),
        nn.MaxPool2d(2, return_indices=True),
        nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True),
        nn.Upsample(scale_factor=2),
        Upsample((3, 3)),
        nn.Conv2d(1, 1, 2),
        nn.Conv2d(1, 1, (3, 4), padding=(1, 2)),
        nn.Conv2d(1, 1, 3, padding=2),
        nn.Conv2d(1, 1, 1, padding=1),
        nn.Conv2d(1, 1, 3, padding=1, padding_mode="reflect"),
        nn.ConvTranspose2d(1, 1, 3, stride=2),
        nn.ConvTranspose2d(1, 1, 4, stride=2, padding=1),
        nn.ConvTranspose2d(1, 1, 2, stride=2, output_padding=1),
        nn.ConvTranspose2d(1, 1, 2, stride=2, dilation=2),
        nn.Linear(1, 1),
        nn.PixelShuffle(2),
        nn.Softmax(dim=1),
    ],
    ids=str,
)
def test_layers_without_a_rule_are_refused_by_name(layer):
    network = nn.Sequential(nn.Conv2d(1, 1, 1), nn.Sequential(layer))
    with pytest.raises(ModelError) as error:
        axis_geometries(network)
    assert f"The layer 1.0 ({type(layer).__name__})" in error.value.problem
    assert "ConvTranspose3d" in error.value.remedy


@pytest.mark.parametrize(
    ("pool", "project", "name"),
    [
        (
            (1, 1),
            nn.Sequential(nn.Conv2d(1, 1, 3, padding=1)),
            "project.0 (Conv2d) that sees",
        ),
        (
            (1, 1),
            nn.Sequential(nn.Conv2d(1, 1, 1, stride=2)),
            "project.0 (Conv2d) that sees",
        ),
        ((1, 1), nn.GroupNorm(1, 1), "project (GroupNorm) that has no"),
    ],
)
def test_shortcuts_project_single_pixels(pool, project, name):
    network = Residual(nn.Conv2d(1, 1, 3, padding=1), AddShortcut(pool, project))
    with pytest.raises(ModelError, match="The layer join") as error:
        axis_geometries(network)
    assert name in str(error.value)


class SqueezeAndExcite(nn.Module):
    def __init__(self):
        super().__init__()
        self.convolve = nn.Conv2d(1, 1, 3, padding=1)

    def forward(self, x):
        return self.convolve(x) * x.mean()


class Fickle(SqueezeAndExcite):
    def forward(self, x):
        return self.convolve(x) if x.sum() > 0 else x


class Generous(SqueezeAndExcite):
    def forward(self, x):
        return self.convolve(x), x


@pytest.mark.parametrize(
    ("network", "problem"),
    [
        (SqueezeAndExcite(), "operation 'mean'"),
        (Fickle(), "followed"),
        (Generous(), "more than the result"),
        (nn.Sequential(nn.ReLU()), "no convolution"),
        (nn.Sequential(nn.Conv2d(1, 1, 3), nn.Conv3d(1, 1, 3)), "0 and 1"),
        (nn.Sequential(padded_convolution(), padded_convolution(padding=1)), "1 pads"),
        (nn.Sequential(nn.Conv2d(1, 1, 3, padding=(1, 0))), "0 pads and 0"),
        (nn.Sequential(nn.Conv2d(1, 1, 3), nn.MaxPool2d(2)), "1/2 of the image's"),
        (nn.Sequential(nn.Conv2d(1, 1, 3, stride=2)), "1/2 of the image's"),
        (
            Residual(padded_convolution(stride=2, padding=1), CropAndConcatenate()),
            "meet in join are of different resolution",
        ),
        (
            # The other path has lost more than the features.
            Residual(nn.Conv2d(1, 1, 3), CropAndConcatenate(), nn.Conv2d(1, 1, 5)),
            "do not meet",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_networks_that_cannot_be_tiled_are_refused(network, problem):
    with pytest.raises(ModelError, match=problem):
        axis_geometries(network)


class SharedJoin(nn.Module):
    def __init__(self):
        super().__init__()
        self.convolve = nn.Conv2d(1, 1, 3, padding=1)
        self.join = AddShortcut((1, 1))

    def forward(self, x):
        once = self.join(x, self.convolve(x))
        return self.join(x, self.convolve(once))


def test_each_place_where_paths_meet_has_its_own_layer():
    with pytest.raises(ModelError, match="join is used 2 times"):
        axis_geometries(SharedJoin())


class Named(nn.Module):
    def __init__(self, extra=None):
        super().__init__()
        self.convolve = nn.Conv2d(1, 1, 3, padding=1)
        self.join = CropAndConcatenate()
        self.extra = extra

    def forward(self, x):
        if self.extra:
            return self.join(self.extra, self.convolve(x))
        return self.join(features=self.convolve(x), skip=x)


def test_paths_may_be_given_by_name():
    """The other way round, the convolution would be what is cropped."""
    assert offsets(Named()) == {"join": (1, 1)}


def test_layers_take_tensors_only():
    with pytest.raises(ModelError, match=r"join .* takes more than tensors"):
        axis_geometries(Named(extra=3))


def test_padded_networks_are_known_from_valid_ones():
    assert padded(network_of(NetworkConfig(base=1)))
    assert not padded(network_of(NetworkConfig(base=1, name="unet")))
    assert not padded(valid_twin(network_of(NetworkConfig(base=1))))
    assert padded(nn.Sequential(nn.Conv2d(1, 1, 3, padding="same")))
