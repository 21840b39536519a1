"""Packages and saved weights of whatever origin, and how much may come out of them.

Packed files grow when they are read, and say themselves by how much: a few kilobytes
may become more than any memory. What comes out is therefore bounded by what the file is
large enough for, and by what the network that it is said to be of could hold.
"""

from __future__ import annotations

import io
import lzma
import pickle
import struct
import warnings
import zipfile
import zlib
from typing import TYPE_CHECKING

import torch

from napari_unetseg.core.errors import ModelError
from napari_unetseg.core.network.build import hollow

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from napari_unetseg.core.config import NetworkConfig

# Weights are noise: packed they are hardly smaller. Those of tiny networks, and text,
# may be packed well, which does no harm.
_MOST_PACKED = 10
_HARMLESS = 1 << 22
# Beside the numbers of a tensor, of up to 8 bytes each: its name, size and place.
_BYTES_OF_NUMBER, _BYTES_OF_TENSOR = 8, 4096
# By this torch tells its files from those of before.
_ZIP = b"PK\x03\x04"
_FAULTY_ZIP = (
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
    lzma.LZMAError,
    zipfile.BadZipFile,
    zlib.error,
)
# What damaged files make torch raise.
_FAULTY_WEIGHTS = (
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    OverflowError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
)


def member(path: Path, name: str, most: int) -> bytes:
    """Read one file of a package, which says how large it is and may lie.

    Parameters
    ----------
    path : Path
        The package, a zip file.
    name : str
        Of the file in it.
    most : int
        How many bytes such a file may have.

    Raises
    ------
    ModelError
        If the package is damaged or none, or the file is not in it or too large.
    """
    try:
        with zipfile.ZipFile(path) as package:
            if name not in package.namelist():
                raise foreign(path, f"there is no {name} in it")
            about = package.getinfo(name)
            packed = min(about.compress_size, path.stat().st_size)
            if about.file_size > min(most, _MOST_PACKED * packed + _HARMLESS):
                raise foreign(path, f"its {name} is larger than such a file can be")
            with package.open(about) as file:
                return file.read(about.file_size)
    except _FAULTY_ZIP as error:
        raise ModelError(
            f"'{path.name}' is damaged or no zip file: {error}",
            "Copy or fetch the file again",
        ) from error


def most_of_weights(config: NetworkConfig) -> int:
    """How many bytes the saved weights of a network may have.

    Raises
    ------
    ModelError
        If the network is larger than any computer.
    """
    tensors: Collection[torch.Tensor] = hollow(config).state_dict().values()
    numbers = sum(one.numel() for one in tensors)
    return numbers * _BYTES_OF_NUMBER + (len(tensors) + 1) * _BYTES_OF_TENSOR


def tensors_in(data: bytes, name: str) -> dict[str, torch.Tensor]:
    """Read tensors by name, and nothing else, whatever the environment allows.

    Parameters
    ----------
    data : bytes
        What `torch.save` wrote, or anything else.
    name : str
        Of the file that it is from, to be told.

    Raises
    ------
    ModelError
        If it is damaged, or holds anything but tensors on the CPU, each as large as it
        claims to be.
    """
    if _would_grow(data):
        raise _damaged(name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ModelError(
            f"'{name}' holds more than tensors, which can run any program when it is "
            "read; it was not read",
            "Save only the weights: torch.save(network.state_dict(), ...)",
        ) from error
    except _FAULTY_WEIGHTS as error:
        raise _damaged(name) from error
    is_plain = isinstance(found, dict) and all(
        isinstance(key, str) and _is_numbers(one) for key, one in found.items()
    )
    if not is_plain or not found:
        raise ModelError(
            f"'{name}' is no plain state_dict: tensors by their names",
            "Save only the weights: torch.save(network.state_dict(), ...)",
        )
    # A tensor may repeat one number a billion times, or share them with others.
    if sum(one.numel() * one.element_size() for one in found.values()) > len(data):
        raise _damaged(name)
    return dict(found)


def foreign(path: Path, why: str) -> ModelError:
    """Say that a package is none of ours."""
    return ModelError(
        f"'{path.name}' is no package of napari-unetseg: {why}",
        "Import packages that unetseg export has written; networks of others would "
        "need code to be run",
    )


def _damaged(name: str) -> ModelError:
    return ModelError(
        f"'{name}' is damaged or holds no tensors", "Copy or fetch the file again"
    )


def _would_grow(data: bytes) -> bool:
    """Whether parts of saved weights are packed, which torch never does."""
    if not data.startswith(_ZIP):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            return sum(part.file_size for part in parts.infolist()) > len(data)
    except _FAULTY_ZIP:
        return True


def _is_numbers(value: object) -> bool:
    """Whether something is an array of numbers as networks have them."""
    return (
        isinstance(value, torch.Tensor)
        and value.layout == torch.strided
        and value.device.type == "cpu"
        and not value.is_quantized
        and (value.is_floating_point() or value.dtype == torch.int64)
    )
