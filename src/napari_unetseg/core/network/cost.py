"""What a network costs: learnt numbers, multiply-adds, memory. Loads no torch.

A dock shows these figures beside the choice of a network, so they come from the
configuration alone. `layers` walks down and up as `UNet.forward` does; everything else
adds up what it finds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_unetseg.core.config import NetworkConfig

_FLOAT, _INTEGER = 4, 8
_BYTES = {"fp32": _FLOAT, "bf16": 2}
# Forward, the gradient of the inputs, and the gradient of the weights.
_PASSES = 3
# Network, gradients, moving average, best weights so far.
_COPIES = 4
_OPTIMISER_COPIES = {"adamw": 2, "sgd": 1}
# A step's time in multiply-adds, fitted to 13 networks of 1 to 64 channels at the first
# level (float32, two cores): writing a value of a map, to the end of the backward pass,
# and all that is done to a learnt number.
_WORK_OF_VALUE, _WORK_OF_PARAMETER = 300, 600
# The heap against what is alive in it: its holes do not fit the next step's blocks.
# benchmarks/results/cost-2-cores.json shows measured peaks.
_HEAP = 1.35


@dataclass(frozen=True, slots=True)
class Layer:
    """What one layer costs, per patch.

    Attributes
    ----------
    values : int
        Numbers in the largest map that it makes.
    parameters : int
        Learnt numbers.
    multiply_adds : int
        Of one forward pass.
    written : int
        Numbers that a forward pass writes, here and in what follows the layer:
        normalisation, ReLU, concatenation.
    kept : int
        Those of them that wait for the backward pass.
    places : int
        Places of maxima, which wait for it too, as 64-bit integers.
    """

    values: int
    parameters: int = 0
    multiply_adds: int = 0
    written: int = 0
    kept: int = 0
    places: int = 0


def parameters(config: NetworkConfig) -> int:
    """Learnt numbers of a network."""
    return sum(layer.parameters for layer in layers(config, 1))


def multiply_adds(config: NetworkConfig, output_side: int) -> int:
    """Multiply-adds of one forward pass of one patch, as it is trained.

    Parameters
    ----------
    config : NetworkConfig
        The architecture.
    output_side : int
        Side of what the patch teaches, in pixels; rounded as `patch_sides` does.
    """
    return sum(layer.multiply_adds for layer in layers(config, output_side))


def step_work(config: NetworkConfig, output_side: int, batch: int) -> int:
    """Work of one training step: the multiply-adds that would take as long.

    Narrow networks spend most of a step on writing maps, and wide ones on small patches
    on updating weights, so that multiply-adds alone tell little about the time.

    Parameters
    ----------
    config : NetworkConfig
        The architecture.
    output_side : int
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
    config: NetworkConfig, output_side: int, *, precision: str = "fp32"
) -> int:
    """Bytes that wait for the backward pass, per patch, weights left out.

    Parameters
    ----------
    config : NetworkConfig
        The architecture.
    output_side : int
        Side of what the patch teaches, in pixels.
    precision : {"fp32", "bf16"}
        In which the convolutions compute. The loss is always computed in float32.
    """
    inside, outside = patch_sides(config, output_side)
    size = _BYTES[precision]
    found = config.channels * inside**2 * size
    for layer in layers(config, output_side):
        found += size * layer.kept + _INTEGER * layer.places
    return found + outside**2 * (config.classes * _FLOAT + _INTEGER)


def training_memory(
    config: NetworkConfig,
    output_side: int,
    batch: int,
    *,
    optimiser: Literal["adamw", "sgd"] = "adamw",
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
    output_side : int
        Side of what a patch teaches, in pixels.
    batch : int
        Patches per step.
    optimiser : {"adamw", "sgd"}
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


def patch_sides(config: NetworkConfig, output_side: int) -> tuple[int, int]:
    """Sides of a training patch: what the network sees, and what it yields.

    Parameters
    ----------
    config : NetworkConfig
        The architecture.
    output_side : int
        Wanted side of the output, in pixels; rounded up to the next possible one.

    Returns
    -------
    inside, outside : int
        Equal for a padded network; multiples of ``2 ** depth``.
    """
    stride = 2**config.depth
    if _is_padded(config):
        side = -(-output_side // stride) * stride
        return side, side
    # On the way up every level doubles the size and loses 4 pixels, so that n pixels
    # at the bottom become stride * (n - 4) + 4.
    smallest = (4 - 1) % stride + 1
    steps = -(-max(output_side - smallest, 0) // stride)
    outside = smallest + steps * stride
    inside = (outside - 4) // stride + 4 + 4
    for _ in range(config.depth):
        inside = 2 * inside + 4
    return inside, outside


def layers(config: NetworkConfig, output_side: int) -> Iterator[Layer]:
    """Yield the layers of a network in the order in which a patch meets them.

    Parameters
    ----------
    config : NetworkConfig
        The architecture.
    output_side : int
        Side of the output, in pixels; rounded as `patch_sides` does.
    """
    side, _ = patch_sides(config, output_side)
    padded = _is_padded(config)
    lost = 0 if padded else 2
    widths = [config.base << level for level in range(config.depth + 1)]
    channels = config.channels
    for level, width in enumerate(widths):
        if level:
            side //= 2
            yield _pooling(channels, side)
        for before in (channels, width):
            side -= lost
            yield _convolution(before, width, side, normalised=padded)
        if config.dropout and level >= config.depth - 1:
            yield _dropout(width, side)
        channels = width
    for width in reversed(widths[:-1]):
        side *= 2
        yield _up_convolution(width, side)
        for before in (2 * width, width):
            side -= lost
            yield _convolution(before, width, side, normalised=padded)
    yield _head(config, side)


def _is_padded(config: NetworkConfig) -> bool:
    return config.name == "unet-bn"


def _convolution(before: int, after: int, side: int, *, normalised: bool) -> Layer:
    """3 x 3 convolution, batch norm if any, and a ReLU in its place."""
    values = after * side**2
    maps = 2 if normalised else 1
    return Layer(
        values=values,
        parameters=9 * before * after + after + (2 * after if normalised else 0),
        multiply_adds=9 * before * values,
        written=(maps + 1) * values,
        kept=maps * values,
    )


def _pooling(channels: int, side: int) -> Layer:
    values = channels * side**2
    return Layer(values=values, written=values, kept=values, places=values)


def _dropout(channels: int, side: int) -> Layer:
    """Keeps what it multiplied with, and the product."""
    values = channels * side**2
    return Layer(values=values, written=2 * values, kept=2 * values)


def _up_convolution(after: int, side: int) -> Layer:
    """2 x 2 up-convolution and ReLU; then its map is copied behind the skip's.

    Each output pixel sees one input pixel.
    """
    values = after * side**2
    return Layer(
        values=2 * values,
        parameters=4 * 2 * after * after + after,
        multiply_adds=2 * after * values,
        written=4 * values,
        kept=3 * values,
    )


def _head(config: NetworkConfig, side: int) -> Layer:
    values = config.classes * side**2
    return Layer(
        values=values,
        parameters=config.base * config.classes + config.classes,
        multiply_adds=config.base * values,
        written=values,
    )
