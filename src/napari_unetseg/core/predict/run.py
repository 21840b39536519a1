"""Run tiles through a network: to the device, through the layers, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.core.image import SPATIAL
from napari_unetseg.core.predict.mirror import read_mirrored

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from napari_unetseg.core.predict.tiling import Bounds, Tile
    from napari_unetseg.core.prepare.normalise import Normaliser

_REDUCED = {"bf16": torch.bfloat16, "fp16": torch.float16}


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
    runner = Runner(twin, device, precision)
    for tile in tiles:
        values = normalise(read_mirrored(frame, tile.read))
        [scores] = runner.launch(runner.stage([values]), [tile.keep]).wait()
        check_finite(scores, tuple(span.write for span in tile.spans))
        yield tile, scores


class Runner:
    """A network on a device, and the ways there and back.

    On CUDA what goes there and what comes back lies in pinned memory and is copied
    while the network computes: whoever launches the next tile before waiting for the
    last one keeps the device busy.

    Parameters
    ----------
    twin : nn.Module
        The network's valid twin, on `device`.
    device : str
        "cpu", "mps", "cuda" or "cuda:1".
    precision : {"fp32", "bf16", "fp16"}
        What convolutions compute with; the probabilities are float32 always.
    """

    def __init__(self, twin: torch.nn.Module, device: str, precision: str) -> None:
        self._twin = twin
        self._device = torch.device(device)
        self._reduced = _REDUCED.get(precision)
        self._pinned = self._device.type == "cuda"

    def stage(self, values: Sequence[NDArray[np.float32]]) -> torch.Tensor:
        """Make the input of some tiles of one shape ready; from any thread.

        Parameters
        ----------
        values : sequence of ndarray of shape (C, [D,] H, W)
            Normal values.

        Returns
        -------
        Tensor of shape (B, C, [D,] H, W)
        """
        joined = values[0][None] if len(values) == 1 else np.stack(values)
        tensor = torch.from_numpy(np.ascontiguousarray(joined))
        return tensor.pin_memory() if self._pinned else tensor

    def launch(
        self, staged: torch.Tensor, keeps: Sequence[tuple[slice, ...]]
    ) -> Pending:
        """Run some tiles; on CUDA this returns before they are done.

        Parameters
        ----------
        staged : Tensor
            As `stage` gave it.
        keeps : sequence of tuple of slice
            The part of each output that is kept, along [Z,] Y and X.
        """
        kind = self._device.type
        with (
            torch.inference_mode(),
            torch.autocast(kind, self._reduced, enabled=self._reduced is not None),
        ):
            x = staged.to(self._device, non_blocking=self._pinned)
            scores = torch.softmax(self._twin(x).float(), dim=1)
            kept = [
                one[(slice(None), *keep)]
                for one, keep in zip(scores, keeps, strict=True)
            ]
            return self._on_the_way(kept)

    def _on_the_way(self, kept: list[torch.Tensor]) -> Pending:
        if not self._pinned:
            return Pending([one.cpu().numpy() for one in kept])
        hosts = []
        for one in kept:
            host = torch.empty(one.shape, dtype=one.dtype, pin_memory=True)
            hosts.append(host.copy_(one, non_blocking=True))
        arrived = torch.cuda.Event()  # type: ignore[no-untyped-call]
        arrived.record()
        return Pending([host.numpy() for host in hosts], arrived)


@dataclass(frozen=True, slots=True, eq=False)
class Pending:
    """Scores that are perhaps still on their way from the device."""

    scores: list[NDArray[np.float32]]
    arrived: Any = None

    def wait(self) -> list[NDArray[np.float32]]:
        """The scores (classes, [Z,] Y, X) of each tile, once they are there."""
        if self.arrived is not None:
            self.arrived.synchronize()
        return self.scores


def check_finite(scores: NDArray[np.float32], box: Bounds) -> None:
    """Refuse scores that are not numbers.

    Parameters
    ----------
    scores : ndarray of shape (classes, [Z,] Y, X)
        Of one tile.
    box : Bounds
        Where the tile is written, to name it.

    Raises
    ------
    UnetsegError
        Naming the tile.
    """
    # A NaN makes the sum NaN, and an infinity makes it infinite or NaN.
    if np.isfinite(scores.sum(dtype=np.float64)):
        return
    starts = zip(SPATIAL[-len(box) :].lower(), box, strict=True)
    raise UnetsegError(
        "The network gave values that are not numbers in the tile at "
        + ", ".join(f"{axis} {start}" for axis, (start, _) in starts),
        "Train the model again, or predict with the precision fp32",
    )


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that a device, or the computer, has too little memory."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    told = ("can't allocate memory", "not enough memory", "out of memory")
    return isinstance(error, RuntimeError) and any(t in str(error) for t in told)


def free_cache() -> None:
    """Give back what torch holds ready on a GPU for tensors of other sizes."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
