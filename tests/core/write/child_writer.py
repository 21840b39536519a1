"""Write a file with one of the writers, in a process that is stopped from outside.

    python child_writer.py KIND PATH [BYTES]

says "ready", waits for a line, and writes again and again; with BYTES no file may
become larger, as on a full disk, and what is said of it is printed.
"""

from __future__ import annotations

import sys

import numpy as np

from napari_unetseg.core.errors import WriteError
from napari_unetseg.core.image import Image
from napari_unetseg.core.write.imagej import write_imagej
from napari_unetseg.core.write.ngff import LabelNotes
from napari_unetseg.core.write.ome_tiff import write_ome_tiff
from napari_unetseg.core.write.whole_zarr import write_ome_zarr
from napari_unetseg.core.write.zarr_labels import write_labels_into

NOISE = np.random.default_rng(0).integers(0, 2**16, (6, 500, 600)).astype("u2")


def write(kind: str, path: str, number: int = 0) -> None:
    image = Image(array=NOISE, axes="ZYX", name="noise")
    if kind == "ome":
        write_ome_tiff(path, image, overwrite=True)
    elif kind == "imagej":
        write_imagej(path, image, overwrite=True)
    elif kind == "zarr":
        write_ome_zarr(path, image, overwrite=True)
    else:
        write_labels_into(path, f"labels{number}", image, LabelNotes())


def main() -> None:
    kind, path, *limit = sys.argv[1:]
    if limit:
        import resource
        import signal

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit[0]),) * 2)
        try:
            write(kind, path)
        except WriteError as error:
            sys.stdout.write(f"{error}\n")
        return
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    for number in range(1000):
        write(kind, path, number)


if __name__ == "__main__":
    main()
