"""How a Dask cluster is named."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from napari_unetseg.core.errors import DeviceError, InputError

_LOCAL = re.compile(r"local:([1-9]\d*)")
_ADDRESS = re.compile(r"(tcp|tls|ws|wss|ucx)://\S+")
_FILE = ".json"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a cluster is.

    Attributes
    ----------
    text : str
        "tcp://host:8786" (or tls, ws), the path of a scheduler's file (.json), or
        "local:N" for N processes of this computer.
    """

    text: str

    @classmethod
    def check(cls, text: str) -> Address:
        """Understand an address; the path of a file becomes absolute.

        Raises
        ------
        InputError
            If it is none.
        DeviceError
            If Dask is not installed.
        """
        if text.endswith(_FILE) and not _ADDRESS.fullmatch(text):
            text = str(Path(text).absolute())
        elif not _LOCAL.fullmatch(text) and not _ADDRESS.fullmatch(text):
            raise InputError(
                f"'{text}' is no address of a Dask cluster",
                "Give tcp://HOST:PORT, the file of a scheduler (.json), or local:N for "
                "N processes of this computer",
            )
        if find_spec("distributed") is None:
            raise DeviceError(
                "Dask is needed to compute on a cluster, and is not installed",
                'Install it with: pip install "napari-unetseg[distributed]"',
            )
        return cls(text)

    @property
    def processes(self) -> int:
        """How many processes of this computer are meant; 0 for a cluster elsewhere."""
        local = _LOCAL.fullmatch(self.text)
        return int(local[1]) if local else 0

    @property
    def name(self) -> str:
        """What it is called in a sentence."""
        return Path(self.text).name if self.text.endswith(_FILE) else self.text

    def scheduler(self) -> str:
        """Where its scheduler is.

        Raises
        ------
        DeviceError
            If it should be read from a file that does not say it.
        """
        if not self.text.endswith(_FILE):
            return self.text
        try:
            found: str = json.loads(Path(self.text).read_text("utf-8"))["address"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DeviceError(
                f"'{self.name}' is not the file of a Dask scheduler",
                "Start one with: dask scheduler --scheduler-file FILE",
            ) from error
        return found
