"""Segment all TIFF files of a folder with one model.

Run it with ``python examples/folder_of_tiffs.py IMAGES MODEL OUT``. The command line
does the same, and goes on with ``--resume`` where it was broken off:

    unetseg segment IMAGES --model MODEL --out OUT
"""

from __future__ import annotations

import sys
from pathlib import Path

import tifffile

import napari_unetseg as us


def main(images: str, model_file: str, out: str) -> None:
    """Write labels under the names of the images."""
    model = us.load_model(model_file)
    Path(out).mkdir(parents=True, exist_ok=True)
    for path in sorted(Path(images).glob("*.tif*")):
        try:
            labels = us.segment(us.read_image(path), model)
        except us.UnetsegError as error:
            print(f"{path.name} is left out: {error}")
            continue
        place = Path(out, path.name.split(".")[0] + ".ome.tif")
        sizes = dict(zip(labels.spatial_axes, labels.spacing, strict=True))
        notes: dict[str, object] = {"axes": labels.axes}
        for axis, size in sizes.items():
            notes[f"PhysicalSize{axis}"] = size
            notes[f"PhysicalSize{axis}Unit"] = labels.unit
        tifffile.imwrite(place, labels.array, metadata=notes, compression="zlib")
        print(f"{path.name} -> {place.name}, {labels.shape}")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("Give a folder of images, a model, and a folder to write to.")
    main(*sys.argv[1:])
