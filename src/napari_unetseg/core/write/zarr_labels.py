"""Labels as OME-Zarr inside the image that they belong to."""

from __future__ import annotations

import json
import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_unetseg.core.errors import WriteError
from napari_unetseg.core.write.atomic import write_error, write_text_atomic
from napari_unetseg.core.write.ome_zarr import move_into_place
from napari_unetseg.core.write.v2 import to_version_2
from napari_unetseg.core.write.whole_zarr import fill

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from napari_unetseg.core.image import Image
    from napari_unetseg.core.write.ngff import LabelNotes

LABELS = "labels"


def write_labels_into(
    zarr_path: str | os.PathLike[str],
    name: str,
    labels: Image,
    notes: LabelNotes,
    *,
    description: Mapping[str, str] | None = None,
    origin: Mapping[str, float] | None = None,
) -> Path:
    """Add labels to an OME-Zarr image, in its group ``labels`` and in its version.

    Parameters
    ----------
    zarr_path : str or path
        The image, of version 0.4 or 0.5. Nothing of it is changed but the list of its
        labels.
    name : str
        Of the labels; none of this name may be there.
    labels : Image
        Of the image's shape, without its channels.
    notes : LabelNotes
        What they mean.
    description, origin
        As for `write_ome_zarr`.

    Returns
    -------
    Path
        The folder of the labels.

    Raises
    ------
    WriteError
        If it is no such image, the labels do not fit, or their name is taken.
    """
    image = Path(zarr_path)
    version, ome = _described(image)
    group = image / LABELS
    target = group / name
    if target.exists():
        raise WriteError(
            f"'{image.name}' has labels '{name}' already",
            "Give the layer another name, so that nothing is replaced",
        )
    _check_shape(image, ome, labels)
    # Outside of the image, which stays valid whatever happens meanwhile.
    hidden = image.with_name(f".unfinished-{secrets.token_hex(6)}.zarr")
    try:
        fill(hidden, labels, notes, description, origin)
        if version == 2:
            to_version_2(hidden)
        group.mkdir(exist_ok=True)
        _list(group, [], version)
        # The list names the labels once they are there, and as a whole.
        move_into_place(hidden, target, overwrite=False)
        _list(group, [name], version)
    except OSError as error:
        raise write_error(target, error) from error
    finally:
        shutil.rmtree(hidden, ignore_errors=True)
    return target


def _described(image: Path) -> tuple[int, dict[str, Any]]:
    """Version of zarr in which an image is stored, 2 or 3, and its OME metadata."""
    try:
        if (image / "zarr.json").is_file():
            ome = json.loads((image / "zarr.json").read_bytes())["attributes"]["ome"]
            version = 3
        else:
            ome, version = json.loads((image / ".zattrs").read_bytes()), 2
        if "multiscales" in ome:
            return version, ome
    except (LookupError, OSError, TypeError, ValueError):
        pass
    raise _no_image(image)


def _no_image(image: Path) -> WriteError:
    return WriteError(
        f"'{image.name}' is no OME-Zarr image to which labels could be added",
        "Choose another name for the labels, or an image of version 0.4 or 0.5",
    )


def _check_shape(image: Path, ome: dict[str, Any], labels: Image) -> None:
    """Refuse labels of another shape than the image has, without its channels."""
    import zarr

    try:
        whole = ome["multiscales"][0]
        axes = [str(axis["name"]).upper() for axis in whole["axes"]]
        array = zarr.open_array(image / whole["datasets"][0]["path"], mode="r")
        lengths = dict(zip(axes, map(int, array.shape), strict=True))
    except (LookupError, OSError, TypeError, ValueError) as error:
        raise _no_image(image) from error
    lengths.pop("C", None)
    found = dict(zip(labels.axes, labels.shape, strict=True))
    # An axis of length 1 may be missing.
    longer = {axis: length for axis, length in lengths.items() if length > 1}
    if not longer.keys() <= found.keys() or not found.items() <= lengths.items():
        raise WriteError(
            f"'{labels.name}' is {_text(found)}, but '{image.name}' is "
            f"{_text(lengths)} without its channels",
            "Labels have the image's shape; choose the image they were painted on",
        )


def _text(lengths: Mapping[str, int]) -> str:
    return f"{' x '.join(map(str, lengths.values()))} ({''.join(lengths)})"


def _list(group: Path, names: list[str], version: int) -> None:
    """Add names to the list of labels, which is made if it is missing."""
    file = group / ("zarr.json" if version == 3 else ".zattrs")
    known: dict[str, Any] = {}
    if file.is_file():
        known = json.loads(file.read_bytes())
    if version == 3:
        node: dict[str, Any] = {"zarr_format": 3, "node_type": "group"}
        node = node | {"attributes": {}} | known
        ome = node["attributes"].setdefault("ome", {"version": "0.5"})
        ome["labels"] = [*ome.get("labels", []), *names]
        write_text_atomic(file, json.dumps(node, indent=2) + "\n")
        return
    known["labels"] = [*known.get("labels", []), *names]
    if not (group / ".zgroup").is_file():
        write_text_atomic(group / ".zgroup", '{"zarr_format": 2}\n')
    write_text_atomic(file, json.dumps(known, indent=2) + "\n")
