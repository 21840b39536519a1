"""Write models, or what is made of them, in a process that is stopped from outside.

    python child_library.py KIND PATH SOURCE [BYTES]

says "ready", waits for a line, and writes again and again; with BYTES no file may
become larger, as on a full disk, and what is said of it is printed. Several kinds and
paths, with commas between them, are written one after the other.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.core.image import Image
from napari_unetseg.runs import library
from napari_unetseg.runs.thumbnails import draw_thumbnail

NOISE = np.random.default_rng(0).random((256, 256))


def write(kind: str, path: Path, source: Path) -> None:
    """Write a file; a model that is brought in takes the place of a deleted one."""
    if kind == "thumbnail":
        draw_thumbnail(path, Image(array=NOISE, axes="YX"))
    elif kind in {"bring in", "rename", "weights"}:
        path.unlink(missing_ok=True)
        name = path.name.partition(".")[0]
        if kind == "bring in":
            library.bring_in(source, name)
        elif kind == "rename":
            path.with_name(path.name.replace(name, "before")).unlink(missing_ok=True)
            library.bring_in(source, "before")
            library.rename("before", name)
        else:
            from napari_unetseg.runs.foreign import bring_in_foreign

            bring_in_foreign(source.with_name("w.pt"), name, {"base": 8, "depth": 2})
    else:
        export(kind, path, source)


def export(kind: str, path: Path, source: Path) -> None:
    """Write a file that takes torch."""
    from napari_unetseg.core.export.bioimageio import About, export_bioimageio
    from napari_unetseg.core.export.onnx import export_onnx
    from napari_unetseg.core.network.modelfile import load_model

    model = load_model(source)
    if kind == "model":
        model.save(path, overwrite=True)
    elif kind == "onnx":
        export_onnx(model, path, overwrite=True)
    elif kind == "package":
        about = About(name="a model", authors=("A. Nobody",))
        export_bioimageio(model, path, about, overwrite=True)


def main() -> None:
    kinds, paths, source, *limit = sys.argv[1:]
    asked = list(zip(kinds.split(","), map(Path, paths.split(",")), strict=True))
    if limit:
        import resource
        import signal

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit[0]),) * 2)
        for kind, path in asked:
            try:
                write(kind, path, Path(source))
            except UnetsegError as error:
                sys.stdout.write(f"{error}\n")
        return
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    for _ in range(1000):
        for kind, path in asked:
            write(kind, path, Path(source))


if __name__ == "__main__":
    main()
