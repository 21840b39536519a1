"""What does a fully convolutional network save, beside the true sliding window?

Classifies every pixel of a small image in three ways with the same weights: the 95 x 95
window around each pixel on its own, as in Ciresan 2012; as one dense network
(`convolutionalise(classifier, dense=True)`); and as one strided network, which has a
score at every 16th pixel only. The scores are compared, and multiply-adds counted by
torch as well as reckoned.

    python benchmarks/speed/sliding_window.py [--side 48] [--base 48] [--batch 256]
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from inputs import em_image
from report import report

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

WINDOW, STRIDE = 95, 16


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--side", type=int, default=48, help="of the scores, pixels")
    parser.add_argument("--base", type=int, default=48, help="maps of a convolution")
    parser.add_argument("--batch", type=int, default=256, help="windows at once")
    parser.add_argument("--limit", type=int, default=512, help="side of a slice")
    options = parser.parse_args()
    report(*measured(options.side, options.base, options.batch, options.limit))


def measured(
    side: int, base: int, batch: int, limit: int
) -> tuple[dict[str, object], dict[str, float]]:
    """Figures and ratios of the three ways."""
    import torch

    from napari_unetseg.core.config import NetworkConfig
    from napari_unetseg.core.network.convolutional import convolutionalise
    from napari_unetseg.core.network.initialise import initialise
    from napari_unetseg.core.network.patch import classifier

    sliding = classifier(NetworkConfig(name="patch", base=base)).eval()
    initialise(sliding, 0)
    dense = convolutionalise(sliding, dense=True)
    strided = convolutionalise(sliding)
    grey = em_image(side + WINDOW - 1).astype(np.float32)
    image = torch.from_numpy((grey - grey.mean()) / grey.std())[None, None]

    def by_windows() -> torch.Tensor:
        windows = image[0, 0].unfold(0, WINDOW, 1).unfold(1, WINDOW, 1)
        parts = windows.reshape(-1, 1, WINDOW, WINDOW).split(batch)
        scores = torch.cat([sliding(part.contiguous()) for part in parts])
        return scores.T.reshape(1, -1, side, side)

    with torch.inference_mode():
        truth, slow = timed(by_windows)
        one, fast = timed(lambda: dense(image))
        coarse, fastest = timed(lambda: strided(image))
    difference = float((one - truth).abs().max())
    apart = float((coarse - truth[..., ::STRIDE, ::STRIDE]).abs().max())
    window = counted(sliding, WINDOW)
    large = limit + WINDOW - 1
    per_pixel = counted(dense, large) / limit**2
    outputs = ((large - WINDOW) // STRIDE + 1) ** 2
    figures = {
        "pixels classified": side**2,
        "sliding window (processor seconds)": round(slow, 3),
        "dense (processor seconds)": round(fast, 3),
        "strided (processor seconds)": round(fastest, 3),
        "largest difference of scores, dense": difference,
        "largest difference of scores, strided": apart,
        "multiply-adds per pixel, sliding window": window,
        f"multiply-adds per pixel, dense, {limit} x {limit}": round(per_pixel),
        f"multiply-adds per pixel, strided, {limit} x {limit}": round(
            counted(strided, large) / limit**2
        ),
        "pixels per score, strided": round(limit**2 / outputs),
    }
    ratios = {
        "multiply-adds of the sliding window, by those of the dense network": round(
            window / per_pixel, 1
        ),
        "processor seconds of the sliding window, by those of the dense network": round(
            slow / fast, 1
        ),
    }
    return figures, ratios


def timed(work: Callable[[], torch.Tensor]) -> tuple[torch.Tensor, float]:
    """Result and processor seconds, of all threads, of some work."""
    begun = time.process_time()
    return work(), time.process_time() - begun


def counted(network: torch.nn.Module, side: int) -> int:
    """Multiply-adds of one image of a side, as torch counts them, computing nothing."""
    import copy

    import torch
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        copy.deepcopy(network).to("meta")(torch.empty(1, 1, side, side, device="meta"))
    return int(counter.get_total_flops() // 2)


if __name__ == "__main__":
    main()
