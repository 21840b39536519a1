"""What a network costs: learnt numbers, multiply-adds, memory. Loads no torch.

A dock shows these figures beside the choice of a network, so they come from the
configuration alone: `walk.layers` goes down and up, and this adds up what it finds.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from napari_unetseg.core.network.walk import layers, patch_sides

if TYPE_CHECKING:
    from napari_unetseg.core.config import NetworkConfig, Optimiser
    from napari_unetseg.core.network.walk import Sides

_FLOAT, _INTEGER = 4, 8
_BYTES = {"fp32": _FLOAT, "bf16": 2}
# Forward, the gradient of the inputs, and the gradient of the weights.
_PASSES = 3
# Network, gradients, moving average, best weights so far.
_COPIES = 4
_OPTIMISER_COPIES: dict[Optimiser, int] = {"adamw": 2, "adam": 2, "sgd": 1}
# A step's time in multiply-adds, fitted to 13 networks of 1 to 64 channels at the first
# level (float32, two cores): writing a value of a map, to the end of the backward pass,
# and all that is done to a learnt number.
_WORK_OF_VALUE, _WORK_OF_PARAMETER = 300, 600
# The heap against what is alive in it: its holes do not fit the next step's blocks.
# benchmarks/results/cost-2-cores.json shows measured peaks.
_HEAP = 1.35


def parameters(config: NetworkConfig) -> int:
    """Learnt numbers of a network."""
    return sum(layer.parameters for layer in layers(config, 1))


def multiply_adds(config: NetworkConfig, output_side: Sides) -> int:
    """Multiply-adds of one forward pass of one patch, as it is trained.

    Parameters
    ----------
    config : NetworkConfig
        The architecture.
    output_side : int or sequence of int
        Side of what the patch teaches, in pixels; rounded as `patch_sides` does.
    """
    return sum(layer.multiply_adds for layer in layers(config, output_side))


def step_work(config: NetworkConfig, output_side: Sides, batch: int) -> int:
    """Work of one training step: the multiply-adds that would take as long.

    Narrow networks spend most of a step on writing maps, and wide ones on small patches
    on updating weights, so that multiply-adds alone tell little about the time.

    Parameters
    ----------
    config : NetworkConfig
        The architecture.
    output_side : int or sequence of int
        Side of what a patch teaches, in pixels.
    batch : int
        Patches per step.
    """
    patch = sum(
        _PASSES * layer.multiply_adds + _WORK_OF_VALUE * layer.written
        for layer in layers(config, output_side)
    )
    return batch * patch + _WORK_OF_PARAMETER * parameters(config)


def kept_bytes(
    config: NetworkConfig, output_side: Sides, *, precision: str = "fp32"
) -> int:
    """Bytes that wait for the backward pass, per patch, weights left out.

    Parameters
    ----------
    config : NetworkConfig
        The architecture.
    output_side : int or sequence of int
        Side of what the patch teaches, in pixels.
    precision : {"fp32", "bf16"}
        In which the convolutions compute. The loss is always computed in float32.
    """
    inside, _ = patch_sides(config, output_side)
    size = _BYTES[precision]
    found = config.channels * prod(inside) * size
    for layer in layers(config, output_side):
        found += size * layer.kept + _INTEGER * layer.places
        found += layer.taught * (config.classes * _FLOAT + _INTEGER)
    return found


def training_memory(
    config: NetworkConfig,
    output_side: Sides,
    batch: int,
    *,
    optimiser: Optimiser = "adamw",
    precision: str = "fp32",
) -> int:
    """Largest memory of a training step, in bytes.

    Activations, weights, gradients, the optimiser's state, and the averaged and best
    copies of the weights. The program, the images and the validation, which takes as
    much as a prediction, are left out.

    Parameters
    ----------
    config : NetworkConfig
        The architecture.
    output_side : int or sequence of int
        Side of what a patch teaches, in pixels.
    batch : int
        Patches per step.
    optimiser : {"adamw", "adam", "sgd"}
        Adam keeps two moments of each weight, SGD one.
    precision : {"fp32", "bf16"}
        In which the convolutions compute. The weights are float32.
    """
    kept = batch * kept_bytes(config, output_side, precision=precision)
    # Where the backward pass begins, everything is kept and two gradients are there.
    largest = max(layer.values for layer in layers(config, output_side))
    gradients = 2 * batch * largest * _BYTES[precision]
    copies = _COPIES + _OPTIMISER_COPIES[optimiser]
    learnt = parameters(config)
    weights = copies * _FLOAT * learnt
    if precision == "bf16":
        weights += _BYTES[precision] * learnt
    return weights + round(_HEAP * (kept + gradients))
