"""Costs from the configuration alone, against the networks themselves."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.autograd.graph import saved_tensors_hooks
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from napari_unetseg.core.config import UNETS, NetworkConfig
from napari_unetseg.core.network.build import network_of
from napari_unetseg.core.network.cost import (
    kept_bytes,
    multiply_adds,
    parameters,
    step_work,
    training_memory,
)
from napari_unetseg.core.network.geometry import axis_geometries
from napari_unetseg.core.network.residual import ResidualUNet
from napari_unetseg.core.network.twin import channels_last
from napari_unetseg.core.network.unet import UNet
from napari_unetseg.core.network.walk import patch_sides

if TYPE_CHECKING:
    from torch import Tensor

UPSAMPLINGS = ("transposed", "linear")
FLAT = ((1, 2, 2), (2, 2, 2), (2, 2, 1))
PLANAR = ((1, 3, 3), (3, 3, 3), (3, 3, 3), (3, 3, 1))


@st.composite
def small(draw: st.DrawFn) -> NetworkConfig:
    """Draw any network of a few channels."""
    name = draw(st.sampled_from(UNETS))
    dimensions = draw(st.sampled_from((2, 3)))
    depth = draw(st.integers(1, 3 if dimensions == 2 else 2))

    def levels(sizes: tuple[int, int], count: int) -> st.SearchStrategy[Any]:
        axes = st.tuples(*[st.sampled_from(sizes)] * dimensions)
        return st.just(()) | st.tuples(*[axes] * count)

    pools, kernels = draw(levels((1, 2), depth)), draw(levels((1, 3), depth + 1))
    if name == "unet-res":  # which halves by convolutions that see across
        kernels = ()
    return NetworkConfig(
        name=name,
        dimensions=dimensions,
        channels=draw(st.integers(1, 3)),
        classes=draw(st.integers(2, 4)),
        base=draw(st.integers(1, 5)),
        depth=depth,
        pools=pools,
        kernels=kernels,
        upsampling=draw(st.sampled_from(UPSAMPLINGS)),
        deep_supervision=depth > 1 and name != "unet" and draw(st.booleans()),
    )


def layers_of(config: NetworkConfig) -> nn.Module:
    """Return the network without its weights being drawn."""
    return (ResidualUNet if config.name == "unet-res" else UNet)(config)


def test_the_papers_network_learns_31_million_numbers() -> None:
    assert parameters(NetworkConfig(name="unet")) == 31_030_658
    assert parameters(NetworkConfig(name="unet-bn")) == 31_042_434


def test_the_papers_patch_takes_150_billion_multiply_adds() -> None:
    paper = NetworkConfig(name="unet")
    assert patch_sides(paper, 388) == ((572, 572), (388, 388))
    # 300.9 GFLOP, as torch's counter says of 572 x 572 pixels.
    assert 2 * multiply_adds(paper, 388) == pytest.approx(300.9e9, rel=1e-3)


def test_the_patch_of_cicek() -> None:
    config = NetworkConfig(name="unet", dimensions=3, base=32, depth=3)
    assert patch_sides(config, (28, 44, 44)) == ((116, 132, 132), (28, 44, 44))
    assert parameters(config) == 19_068_162


@settings(max_examples=60)
@given(small())
def test_parameters_are_those_of_the_network(config: NetworkConfig) -> None:
    with torch.device("meta"):
        built = layers_of(config)
    assert parameters(config) == sum(p.numel() for p in built.parameters())


@settings(max_examples=15)
@given(small(), st.integers(1, 40), st.integers(0, 20))
def test_multiply_adds_are_those_that_torch_counts(
    config: NetworkConfig, side: int, more: int
) -> None:
    wanted = (side, side + more, side)[: config.dimensions]
    inside, outside = patch_sides(config, wanted)
    with FlopCounterMode(display=False) as counter, torch.device("meta"):
        network = layers_of(config).eval()
        main, *_ = network.forward_all(torch.zeros(1, config.channels, *inside))
    assert main.shape[2:] == outside
    assert counter.get_total_flops() == 2 * multiply_adds(config, wanted)


@pytest.mark.parametrize("upsampling", UPSAMPLINGS)
@pytest.mark.parametrize("depth", range(1, 5))
def test_patches_are_those_of_the_training(depth: int, upsampling: Any) -> None:
    options: dict[str, Any] = {"base": 1, "depth": depth, "upsampling": upsampling}
    valid = NetworkConfig(name="unet", **options)
    geometry = axis_geometries(network_of(valid))[0]
    for side in (1, 2, 3, 4, 5, 63, 64, 65, 256, 388):
        output = geometry.output_size(side)
        inside = geometry.input_size(output)
        assert patch_sides(valid, side) == ((inside,) * 2, (output,) * 2)
        padded, same = patch_sides(valid.model_copy(update={"name": "unet-bn"}), side)
        assert padded == same
        assert 0 <= padded[0] - side < geometry.stride
        assert padded[0] % geometry.stride == 0


@settings(max_examples=10)
@given(small(), st.integers(1, 70))
def test_patches_are_the_smallest_that_geometry_allows(
    config: NetworkConfig, side: int
) -> None:
    inside, outside = patch_sides(config, side)
    for axis, one in enumerate(axis_geometries(network_of(config))):
        if config.name == "unet":
            assert outside[axis] == one.output_size(side)
            assert inside[axis] == one.input_size(outside[axis])
        else:
            assert outside[axis] == inside[axis] == -(-side // one.stride) * one.stride


KEPT = [
    *product(("unet", "unet-bn"), (2,), (0.0, 0.5), ("fp32", "bf16"), ("transposed",)),
    *product(UNETS, (2, 3), (0.0, 0.5), ("fp32",), UPSAMPLINGS),
    ("unet-res", 2, 0.0, "bf16", "transposed"),
]


@pytest.mark.parametrize(
    ("name", "dimensions", "dropout", "precision", "upsampling"), dict.fromkeys(KEPT)
)
@pytest.mark.parametrize("depth", [1, 3])
def test_what_is_kept_is_what_autograd_keeps(
    name: Any,
    dimensions: Any,
    dropout: float,
    precision: str,
    upsampling: Any,
    depth: int,
) -> None:
    config = NetworkConfig(
        name=name,
        dimensions=dimensions,
        base=3,
        depth=depth,
        channels=2,
        classes=3,
        dropout=dropout,
        upsampling=upsampling,
        deep_supervision=depth > 1 and name != "unet",
        pools=FLAT[:depth] if dimensions == 3 else (),
        kernels=PLANAR[: depth + 1] if dimensions == 3 else (),
    )
    side = 64 if dimensions == 2 else 16
    expected = 2 * kept_bytes(config, side, precision=precision)
    if precision == "bf16":
        expected += 2 * parameters(config)  # the cast weights
    # Besides: the statistics of batch norm.
    assert kept_by_autograd(config, side, precision) == pytest.approx(
        expected, rel=0.02
    )


def kept_by_autograd(config: NetworkConfig, side: int, precision: str) -> int:
    """Bytes of all storages that a loss of two patches keeps, weights left out."""
    inside, _ = patch_sides(config, side)
    network = layers_of(config)
    images = torch.zeros(2, config.channels, *inside)
    if config.dimensions == 2:
        network = channels_last(network)
        images = images.contiguous(memory_format=torch.channels_last)
    saved: list[Tensor] = []

    def note(tensor: Tensor) -> Tensor:
        saved.append(tensor)
        return tensor

    with saved_tensors_hooks(note, lambda tensor: tensor):
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
            found = network.train().forward_all(images)
        for scores in found:
            targets = torch.zeros(scores[:, 0].shape, dtype=torch.int64)
            functional.cross_entropy(scores.float(), targets)
    storages = {t.untyped_storage().data_ptr(): t.untyped_storage() for t in saved}
    for parameter in network.parameters():
        storages.pop(parameter.untyped_storage().data_ptr(), None)
    return sum(storage.nbytes() for storage in storages.values())


def test_memory_is_near_what_was_measured() -> None:
    """Peak growth of a process, in MB, on two cores in float32.

    From benchmarks/results/cost-2-cores.json; it varies by a tenth from run to run.
    """
    paper: dict[str, Any] = {"name": "unet", "dropout": 0.5}
    measured = [
        (NetworkConfig(base=16), 256, 4, "adamw", 594),
        (NetworkConfig(base=8, depth=3), 256, 4, "adamw", 294),
        (NetworkConfig(base=16, **paper), 388, 1, "sgd", 338),
        (NetworkConfig(base=32, **paper), 388, 1, "sgd", 734),
        (NetworkConfig(base=32), 256, 2, "adamw", 694),
        (NetworkConfig(base=64), 64, 1, "adamw", 828),
    ]
    for config, side, batch, optimiser, megabytes in measured:
        found = training_memory(config, side, batch, optimiser=optimiser)  # type: ignore[arg-type]
        assert found / 1e6 == pytest.approx(megabytes, rel=0.25), config


@settings(max_examples=30)
@given(small(), st.integers(1, 64), st.integers(1, 4))
def test_more_of_anything_costs_more(
    config: NetworkConfig, side: int, batch: int
) -> None:
    wider = config.model_copy(update={"base": config.base + 1})
    for cost in (step_work, training_memory):
        least = cost(config, side, batch)
        assert cost(wider, side, batch) > least
        assert cost(config, side + 2**config.depth, batch) > least
        assert cost(config, side, batch + 1) > least


def test_bfloat16_saves_nearly_half_the_memory() -> None:
    config = NetworkConfig(base=16)
    whole, half = (
        training_memory(config, 256, 4, precision=name) for name in ("fp32", "bf16")
    )
    assert 0.5 < half / whole < 0.65
