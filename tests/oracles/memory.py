"""What torch's allocator says of a network that really runs."""

from __future__ import annotations

import torch
from torch.nn import functional
from torch.profiler import ProfilerActivity, profile


def peak_of(work):
    """Largest growth of the memory of CPU tensors, in bytes, while `work` runs."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as found:
        work()
    events = [
        e for e in found.profiler.kineto_results.events() if e.name() == "[memory]"
    ]
    now = peak = 0
    for event in sorted(events, key=lambda event: event.start_ns()):
        now += event.nbytes()
        peak = max(peak, now)
    return peak


def inference_peak(twin, shape):
    """Largest memory of a prediction of one tile, in bytes, weights left out.

    Parameters
    ----------
    twin : nn.Module
        A valid twin, in float32.
    shape : tuple of int
        (C, ...) of the tile.
    """

    def work():
        with torch.inference_mode():
            twin(image(shape))

    return peak_of(work)


def training_peak(network, shape):
    """Largest memory of a step's forward and backward pass, weights' left out."""
    network.train()
    weights = list(network.parameters())
    for weight in weights:
        weight.grad = torch.zeros_like(weight)

    def work():
        scores = network(image(shape))
        targets = torch.zeros(1, *scores.shape[2:], dtype=torch.int64)
        functional.cross_entropy(scores, targets).backward()

    return peak_of(work)


def image(shape):
    """One tile, laid out as the fast convolutions want it."""
    layout = torch.channels_last if len(shape) == 3 else torch.channels_last_3d
    return torch.zeros(1, *shape).contiguous(memory_format=layout)
