"""Run a tile plan through a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.core.image import SPATIAL
from napari_unetseg.core.predict.mirror import read_mirrored

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from napari_unetseg.core.predict.tiling import Tile
    from napari_unetseg.core.prepare.normalise import Normaliser


def predict_tiles(
    twin: torch.nn.Module,
    frame: Any,
    tiles: Iterable[Tile],
    normalise: Normaliser,
    *,
    device: str = "cpu",
    precision: str = "fp32",
) -> Iterator[tuple[Tile, NDArray[np.float32]]]:
    """Predict the tiles of one plane or volume, one after the other.

    Parameters
    ----------
    twin : nn.Module
        The network's valid twin, on `device`.
    frame : array of shape (C, [Z,] Y, X)
        numpy or lazy, of any real number type.
    tiles : iterable of Tile
        A plan made for the frame's shape and the network's geometry.
    normalise : Normaliser
        Turns the image's values into what the network has learnt.
    device, precision : str
        Where and how the network runs.

    Yields
    ------
    tile : Tile
    scores : ndarray of shape (classes, [depth,] height, width), float32
        Softmax probabilities of the tile's written part.

    Raises
    ------
    UnetsegError
        If the network yields something that is not a number.
    """
    for tile in tiles:
        values = normalise(read_mirrored(frame, tile.read))
        scores = forward(twin, values, device=device, precision=precision)
        kept = scores[(slice(None), *tile.keep)]
        if not np.isfinite(kept).all():
            axes = SPATIAL[-len(tile.spans) :].lower()
            starts = zip(axes, (span.write[0] for span in tile.spans), strict=True)
            raise UnetsegError(
                "The network gave values that are not numbers in the tile at "
                + ", ".join(f"{axis} {start}" for axis, start in starts),
                "Train the model again, or predict with the precision fp32",
            )
        yield tile, kept


def forward(
    twin: torch.nn.Module,
    values: NDArray[np.float32],
    *,
    device: str,
    precision: str,
) -> NDArray[np.float32]:
    """Softmax probabilities (classes, [D',] H', W') of normal values (C, [D,] H, W)."""
    x = torch.from_numpy(values)[None].to(device)
    bf16 = precision == "bf16"
    with (
        torch.inference_mode(),
        torch.autocast(torch.device(device).type, torch.bfloat16, enabled=bf16),
    ):
        scores = torch.softmax(twin(x).float(), dim=1)[0]
    probabilities: NDArray[np.float32] = scores.cpu().numpy()
    return probabilities
