"""``result.zarr``: the result of a segmentation while it grows, tile by tile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_unetseg.core.errors import RunError

if TYPE_CHECKING:
    from pathlib import Path

    from napari_unetseg.core.image import Image

RESULT = "result.zarr"
_CHUNK = 512


def open_store(
    folder: Path, arrays: dict[str, dict[str, Any]], image: Image, model_sha256: str
) -> dict[str, Any]:
    """Open the arrays that a segmentation fills, or make them.

    Parameters
    ----------
    folder : Path
        The run folder.
    arrays : dict
        Shape and dtype by name, as `jobs.result_arrays` gives them.
    image : Image
        What is segmented.
    model_sha256 : str
        Checksum of the model.

    Returns
    -------
    dict of str to zarr array

    Raises
    ------
    RunError
        If the folder holds the beginning of another result.
    """
    import zarr

    question: Any = {
        "model_sha256": model_sha256,
        "image": [image.name, list(image.shape), image.axes, str(image.dtype)],
    }
    group = zarr.open_group(folder / RESULT, mode="a")
    if group.attrs.setdefault("question", question) != question:
        raise RunError(
            "This run was begun with another model or image",
            "Add --overwrite to begin anew, or name another run folder",
        )
    found = {}
    for name, array in arrays.items():
        leading = len(array["shape"]) - 2
        chunks = (1,) * leading + tuple(min(_CHUNK, n) for n in array["shape"][-2:])
        found[name] = group.require_array(name, **array, chunks=chunks)
    return found
