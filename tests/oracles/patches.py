"""Training patches of planes, as the first models were trained on them, in one go."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional

from napari_unetseg.core.prepare.sampling import places


def batch_of_planes(samples, teaching, config, *, batch, inside, outside, step):
    """Images and targets of one step; square patches of `inside` and `outside`."""
    rng = np.random.default_rng((config.seed, 0))
    chosen = places([one.target for one in samples], teaching, rng)
    rng = np.random.default_rng((config.seed, 1, step))
    drawn = chosen.draw(batch, rng).tolist()
    pairs = [
        _patch(samples[number], (y, x), config.augment, inside, outside, own)
        for (number, y, x), own in zip(drawn, rng.spawn(batch), strict=True)
    ]
    cut = (inside - outside) // 2
    targets = torch.stack([target for _, target in pairs])
    return (
        torch.stack([image for image, _ in pairs]),
        targets[:, cut : inside - cut, cut : inside - cut],
    )


def _patch(sample, place, config, inside, outside, rng):
    centre = []
    for position, length in zip(place, sample.target.shape, strict=True):
        low, high = (outside - 1) / 2, length - 1 - (outside - 1) / 2
        wished = position + (outside - 1) % 2 / 2
        centre.append(min(max(wished, low), high) if low <= high else (length - 1) / 2)

    bent = rng.uniform() < config.bent
    turn = rng.uniform(0, 4) if config.rotate else 0.0
    angle = np.pi / 2 * (turn if bent else np.floor(turn))
    zoom = (1 + config.scale) ** (rng.uniform(-1, 1) * bent)
    mirror = rng.integers(2, size=2) * 2 - 1 if config.flip else np.ones(2)
    cos, sin = np.cos(angle), np.sin(angle)
    affine = zoom * np.array([[cos, -sin], [sin, cos]]) * mirror
    points = max(1, int(np.ceil((inside - 1) / config.elastic_spacing))) + 3
    sigma = config.elastic_sigma * bent
    displacement = sigma * rng.standard_normal((2, points, points))

    core = np.zeros((2, points + 2, points + 2))
    core[:, :points, :points] = np.tensordot(affine, displacement, axes=1)
    core[:, points, points + 1] = affine[:, 0]
    core[:, points + 1, points] = affine[:, 1]
    core[:, points + 1, points + 1] = centre
    basis = _basis(inside, points)
    coordinates = torch.from_numpy((basis @ core @ basis.T).astype(np.float32))
    image, target = _look_up(sample, coordinates)

    channels = image.shape[0]
    gain, offset = torch.from_numpy(rng.standard_normal((2, channels, 1, 1))).float()
    strength = config.noise * rng.uniform()
    seed = torch.Generator().manual_seed(int(rng.integers(2**63)))
    noise = torch.randn(image.shape, generator=seed)
    varied = image * torch.exp(config.contrast * gain) + config.brightness * offset
    return varied + strength * noise, target


def _basis(size, points):
    position = np.linspace(0, points - 3, size) + 1
    distance = np.abs(position[:, None] - np.arange(points))
    near = 1.5 * distance**3 - 2.5 * distance**2 + 1
    far = -0.5 * distance**3 + 2.5 * distance**2 - 4 * distance + 2
    weights = np.where(distance <= 1, near, np.where(distance < 2, far, 0.0))
    return np.column_stack([weights, np.arange(size) - (size - 1) / 2, np.ones(size)])


def _look_up(sample, coordinates):
    height, width = sample.target.shape
    last = torch.tensor([max(height - 1, 1), max(width - 1, 1)])
    grid = (coordinates * (2 / last)[:, None, None] - 1).flip(0).movedim(0, -1)[None]
    image = functional.grid_sample(
        torch.from_numpy(sample.values)[None],
        grid,
        mode="bicubic",
        padding_mode="reflection",
        align_corners=True,
    )
    target = functional.grid_sample(
        torch.from_numpy(sample.target).float()[None, None],
        grid,
        mode="nearest",
        padding_mode="border",
        align_corners=True,
    )
    size = torch.tensor([height, width])[:, None, None]
    outside = ((coordinates < -0.5) | (coordinates > size - 0.5)).any(dim=0)
    return image[0], target[0, 0].long().masked_fill(outside, -1)
