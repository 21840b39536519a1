"""Does a large image stay small in memory, and do its scores depend on the tile?

Segments one synthetic plane through the command line with several tiles, and compares
the scores. A smaller plane is also predicted in one piece.

    python benchmarks/speed/tiles.py MODEL [--side 6000] [--crop 1500]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import tifffile

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from report import report

MEASURE = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=sys.stderr)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--side", type=int, default=6000)
    parser.add_argument("--crop", type=int, default=1500)
    options = parser.parse_args()
    figures: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for side, tiles in (
            (options.side, ("512", "128", "auto")),
            (options.crop, ("512", "auto", "whole")),
        ):
            figures |= compare(folder, options.model, side, tiles)
    report(figures, {})


def compare(
    folder: Path, model: Path, side: int, tiles: tuple[str, ...]
) -> dict[str, object]:
    """Segment one plane with several tiles; the first one is the reference."""
    image = folder / f"{side}.tif"
    tifffile.imwrite(image, plane(side))
    found: dict[str, object] = {}
    reference = None
    for tile in tiles:
        start = time.monotonic()
        scores, peak = segment(folder, image, model, tile)
        name = f"{side} x {side}, tile {tile}"
        found[f"{name}: wall (s)"] = round(time.monotonic() - start, 1)
        found[f"{name}: peak resident memory (MB)"] = round(peak / 1e6)
        reference = scores if reference is None else reference
        difference = max(
            float(np.abs(a - b).max()) for a, b in zip(scores, reference, strict=True)
        )
        found[f"{name}: largest difference of scores"] = difference
    return found


def plane(side: int) -> np.ndarray:
    """Blurred noise with structure at the scale of membranes, uint8."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(60, 200, (side // 8 + 1, side // 8 + 1), dtype=np.uint8)
    image = np.kron(coarse, np.ones((8, 8), np.uint8))[:side, :side]
    return image + rng.integers(0, 40, image.shape, dtype=np.uint8)


def segment(
    folder: Path, image: Path, model: Path, tile: str
) -> tuple[np.ndarray, int]:
    """Scores, and the peak memory of the largest process in bytes."""
    scores = folder / f"scores-{image.stem}-{tile}.ome.tif"
    command = [sys.executable, "-m", "napari_unetseg", "segment", str(image)]
    command += ["--model", str(model), "--tile", tile, "--scores", str(scores)]
    command += ["--out", str(folder / f"labels-{image.stem}-{tile}.ome.tif")]
    # A small process in between: a child's peak starts with the size of its parent.
    measured = [sys.executable, "-c", MEASURE, *command]
    done = subprocess.run(measured, check=True, stdout=subprocess.PIPE, text=True)
    return tifffile.imread(scores), 1024 * int(done.stdout)


if __name__ == "__main__":
    main()
