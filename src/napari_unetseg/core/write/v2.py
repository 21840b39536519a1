"""An OME-Zarr image of version 0.5 made one of version 0.4, chunk by chunk.

Whoever adds to an image of version 0.4 must write as it is written: a group of zarr 2
must not hold one of zarr 3.
"""

from __future__ import annotations

import json
import shutil
from itertools import product
from typing import TYPE_CHECKING, Any

from napari_unetseg.core.write.atomic import write_text_atomic

if TYPE_CHECKING:
    from pathlib import Path

VERSION = "0.4"


def to_version_2(folder: Path) -> None:
    """Write the arrays of an image anew, as zarr 2, and its metadata as version 0.4.

    Parameters
    ----------
    folder : Path
        An image that `create_ome_zarr` made; what is in it is replaced.
    """
    import zarr

    attributes: dict[str, Any] = json.loads((folder / "zarr.json").read_bytes())[
        "attributes"
    ]
    ome = attributes.pop("ome")
    ome.pop("version", None)
    for part in (
        *ome["multiscales"],
        *([ome["image-label"]] if "image-label" in ome else []),
    ):
        part["version"] = VERSION
    for dataset in ome["multiscales"][0]["datasets"]:
        path = folder / dataset["path"]
        old = path.with_name(f"{path.name}-3")
        path.rename(old)
        source = zarr.open_array(old, mode="r")
        target = zarr.create_array(
            path,
            shape=source.shape,
            dtype=source.dtype,
            chunks=source.chunks,
            fill_value=0,
            zarr_format=2,
            chunk_key_encoding={"name": "v2", "separator": "/"},
        )
        starts = (
            range(0, n, size)
            for n, size in zip(source.shape, source.chunks, strict=True)
        )
        for corner in product(*starts):
            ends = zip(corner, source.chunks, strict=True)
            box = tuple(slice(start, start + size) for start, size in ends)
            target[box] = source[box]
        shutil.rmtree(old)
    (folder / "zarr.json").unlink()
    write_text_atomic(folder / ".zgroup", '{"zarr_format": 2}\n')
    text = json.dumps({**ome, **attributes}, indent=2)
    write_text_atomic(folder / ".zattrs", text + "\n")
