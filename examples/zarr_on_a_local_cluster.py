"""Segment a zarr with several processes of this computer, from zarr to zarr.

Run it with ``python examples/zarr_on_a_local_cluster.py FOLDER``; the folder will hold
the image, a model and the labels. The workers read the image by themselves, so that
it may be larger than the memory; for a cluster give ``--dask`` its address instead.
Further numbers say how often the sample is repeated along Y and X, and the steps of
the training.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import zarr

import napari_unetseg as us


def main(folder: str, repeats: int = 3, steps: int = 20) -> None:
    """Write an image of some tiles, train for a moment, segment it."""
    image, labels = us.sample_data("em")
    model = us.train(image, labels, preset="fast", steps=steps, validation="15")
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    model.save(place / "model.unetseg.safetensors", overwrite=True)

    pixels = np.tile(image.array, (1, repeats, repeats))
    big = zarr.create_array(
        place / "big.zarr",
        shape=pixels.shape,
        chunks=(1, 256, 256),
        dtype=pixels.dtype,
        dimension_names=["z", "y", "x"],
        overwrite=True,
    )
    big[:] = pixels

    command = "segment big.zarr --model model.unetseg.safetensors --out out.zarr"
    options = ["--dask", "local:2", "--overwrite"]
    program = [sys.executable, "-m", "napari_unetseg"]
    subprocess.run([*program, *command.split(), *options], check=True, cwd=place)

    found = us.read_image(place / "out.zarr")
    print(f"{found.shape} {found.axes}, classes {np.unique(found.array[0]).tolist()}")


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
