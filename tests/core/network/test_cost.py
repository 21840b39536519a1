"""Costs from the configuration alone, against the networks themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.autograd.graph import saved_tensors_hooks
from torch.utils.flop_counter import FlopCounterMode

from napari_unetseg.core.config import NetworkConfig
from napari_unetseg.core.network.build import build_network
from napari_unetseg.core.network.cost import (
    kept_bytes,
    multiply_adds,
    parameters,
    patch_sides,
    step_work,
    training_memory,
)
from napari_unetseg.core.network.geometry import network_geometry
from napari_unetseg.core.network.twin import channels_last
from napari_unetseg.core.network.unet import UNet
from napari_unetseg.core.train.loop import _loss

if TYPE_CHECKING:
    from torch import Tensor

NAMES = ("unet", "unet-bn")

small = st.builds(
    NetworkConfig,
    name=st.sampled_from(NAMES),
    channels=st.integers(1, 3),
    classes=st.integers(2, 4),
    base=st.integers(1, 5),
    depth=st.integers(1, 3),
)


def test_the_papers_network_learns_31_million_numbers() -> None:
    assert parameters(NetworkConfig(name="unet")) == 31_030_658
    assert parameters(NetworkConfig(name="unet-bn")) == 31_042_434


def test_the_papers_patch_takes_150_billion_multiply_adds() -> None:
    paper = NetworkConfig(name="unet")
    assert patch_sides(paper, 388) == (572, 388)
    # 300.9 GFLOP, as torch's counter says of 572 x 572 pixels.
    assert 2 * multiply_adds(paper, 388) == pytest.approx(300.9e9, rel=1e-3)


@given(small)
def test_parameters_are_those_of_the_network(config: NetworkConfig) -> None:
    with torch.device("meta"):
        built = UNet(config)
    assert parameters(config) == sum(p.numel() for p in built.parameters())


@given(small, st.integers(1, 40))
def test_multiply_adds_are_those_that_torch_counts(
    config: NetworkConfig, side: int
) -> None:
    inside, outside = patch_sides(config, side)
    with FlopCounterMode(display=False) as counter, torch.device("meta"):
        network = UNet(config).eval()
        scores = network(torch.zeros(1, config.channels, inside, inside))
    assert scores.shape[-2:] == (outside, outside)
    assert counter.get_total_flops() == 2 * multiply_adds(config, side)


@pytest.mark.parametrize("depth", range(1, 7))
def test_patches_are_those_of_the_training(depth: int) -> None:
    valid = NetworkConfig(name="unet", base=1, depth=depth)
    geometry = network_geometry(build_network(valid))[0]
    for side in (1, 2, 3, 4, 5, 63, 64, 65, 256, 388):
        output = geometry.output_size(side)
        assert patch_sides(valid, side) == (geometry.input_size(output), output)
        padded, same = patch_sides(valid.model_copy(update={"name": "unet-bn"}), side)
        assert padded == same
        assert 0 <= padded - side < geometry.stride
        assert padded % geometry.stride == 0


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dropout", [0.0, 0.5])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("depth", [1, 3])
def test_what_is_kept_is_what_autograd_keeps(
    name: Any, dropout: float, precision: str, depth: int
) -> None:
    config = NetworkConfig(
        name=name, base=3, depth=depth, channels=2, classes=3, dropout=dropout
    )
    expected = 2 * kept_bytes(config, 64, precision=precision)
    if precision == "bf16":
        expected += 2 * parameters(config)  # the cast weights
    # Besides: the statistics of batch norm.
    assert kept_by_autograd(config, 64, precision) == pytest.approx(expected, rel=0.01)


def kept_by_autograd(config: NetworkConfig, side: int, precision: str) -> int:
    """Bytes of all storages that a loss of two patches keeps, weights left out."""
    inside, outside = patch_sides(config, side)
    network = channels_last(UNet(config))
    images = torch.zeros(2, config.channels, inside, inside)
    images = images.contiguous(memory_format=torch.channels_last)
    targets = torch.zeros(2, outside, outside, dtype=torch.int64)
    saved: list[Tensor] = []

    def note(tensor: Tensor) -> Tensor:
        saved.append(tensor)
        return tensor

    with saved_tensors_hooks(note, lambda tensor: tensor):
        _loss(network.train(), images, targets, precision)
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


@given(small, st.integers(1, 64), st.integers(1, 4))
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
