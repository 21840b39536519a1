"""The header of a safetensors file, of whatever origin, none of which is believed.

The file begins with the length of its header (8 bytes, little-endian) and the header
itself, JSON that tells where each tensor lies and holds metadata: strings by names.
"""

from __future__ import annotations

import json
import math
import shutil
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, Field, NonNegativeInt, TypeAdapter
from pydantic_core import from_json

from napari_unetseg.core.errors import ModelError
from napari_unetseg.core.write.atomic import atomic_path

if TYPE_CHECKING:
    from pathlib import Path

ENDING = ".unetseg.safetensors"

_LENGTH = 8
_LARGEST_HEADER = 1 << 20
_METADATA = "__metadata__"


class _Tensor(BaseModel):
    """What the header says about a tensor; the offsets count from the header's end."""

    shape: Annotated[tuple[NonNegativeInt, ...], Field(max_length=8)]
    data_offsets: tuple[NonNegativeInt, NonNegativeInt]

    def fits(self) -> bool:
        """Whether there is at least a byte for each number."""
        start, stop = self.data_offsets
        return math.prod(self.shape) <= stop - start


_TENSORS = TypeAdapter(dict[str, _Tensor])
_STRINGS = TypeAdapter(dict[str, str])


def metadata_of(path: Path) -> dict[str, str]:
    """Read the metadata of a safetensors file, once its header was found to be true.

    Parameters
    ----------
    path : Path
        A file of whatever origin; of its tensors nothing is read.

    Returns
    -------
    dict of str to str
        Empty if there are none.

    Raises
    ------
    ModelError
        If the file is missing, of another kind, or not as long as its header says.
    """
    raw, data = _raw_header(path)
    try:
        values = from_json(raw)
        metadata = _STRINGS.validate_python(values.pop(_METADATA, {}))
        tensors = _TENSORS.validate_python(values)
    except ValueError as error:
        raise no_model(path.name, "its header is no safetensors header") from error
    if not all(tensor.fits() for tensor in tensors.values()):
        raise no_model(path.name, "its header contradicts itself")
    promised = max((one.data_offsets[1] for one in tensors.values()), default=0)
    if data < promised:
        raise damaged(path, f"it is incomplete, {promised - data} bytes are missing")
    if data > promised:
        raise damaged(path, f"it is {data - promised} bytes too long")
    return metadata


def replace_metadata(path: Path, metadata: dict[str, str]) -> None:
    """Change some of the metadata of a safetensors file, whose tensors are copied.

    Parameters
    ----------
    path : Path
        The file; it is replaced in one piece or not at all.
    metadata : dict of str to str
        What is to be said under these names.

    Raises
    ------
    ModelError
        As `metadata_of`.
    WriteError
        If it cannot be written.
    """
    known = metadata_of(path)
    raw, _ = _raw_header(path)
    values = from_json(raw) | {_METADATA: known | metadata}
    text = json.dumps(values, separators=(",", ":")).encode()
    # Tensors begin at a multiple of 8, as the format asks.
    text += b" " * (-len(text) % _LENGTH)
    if len(text) > _LARGEST_HEADER:
        raise ModelError(
            f"'{path.name}' would say more of itself than a model can",
            "Shorten the names of its classes",
        )
    with atomic_path(path) as beside, path.open("rb") as old, beside.open("wb") as new:
        old.seek(_LENGTH + len(raw))
        new.write(len(text).to_bytes(_LENGTH, "little") + text)
        shutil.copyfileobj(old, new, 1 << 22)


def no_model(name: str, why: str) -> ModelError:
    """Say that a file is no model, and why."""
    return ModelError(
        f"'{name}' is not a model of napari-unetseg: {why}",
        f"Models end in {ENDING} and are made by training",
    )


def damaged(path: Path, why: str) -> ModelError:
    """Say that a file may have been a model once."""
    return ModelError(
        f"'{path.name}' is damaged: {why}", "Copy or fetch the file again"
    )


def _raw_header(path: Path) -> tuple[bytes, int]:
    """Return the header's bytes, and how many bytes come after it."""
    try:
        with path.open("rb") as file:
            start = file.read(_LENGTH)
            length = int.from_bytes(start, "little")
            if len(start) < _LENGTH:
                raise no_model(path.name, "it is no safetensors file")
            if length > _LARGEST_HEADER:
                raise _foreign(path, start)
            raw = file.read(length)
            data = path.stat().st_size - _LENGTH - length
    except FileNotFoundError as error:
        raise ModelError(
            f"There is no model file '{path.name}'", "Check the path"
        ) from error
    except OSError as error:
        raise no_model(path.name, error.strerror or str(error)) from error
    if not raw.startswith(b"{"):
        raise _foreign(path, start)
    if data < 0:
        raise damaged(path, f"it is incomplete, more than {-data} bytes are missing")
    return raw, data


def _foreign(path: Path, start: bytes) -> ModelError:
    """Say what a file is that begins otherwise than safetensors files do.

    Only then are its first bytes looked at: a header's length may begin like a pickle.
    """
    if start[:2] == b"PK" or start[:1] == b"\x80":
        return ModelError(
            f"'{path.name}' is a pickle, which can run any program when it is read",
            f"Only tensors are accepted: a file that ends in {ENDING}",
        )
    return no_model(path.name, "it is no safetensors file")
