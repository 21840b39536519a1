"""Files that would run a program if they were read as others read them."""

from __future__ import annotations

import json
import os
import pickle
import zipfile
from typing import TYPE_CHECKING, Any

import torch

from napari_unetseg.core.export.importing import CARD, WEIGHTS
from napari_unetseg.core.network.header import ENDING
from oracles.models import random_model

if TYPE_CHECKING:
    from pathlib import Path

KINDS = ["pickle", "torch", "pt2", "package", "our package", "header", "huge header"]
NAMES = [f"evil{ENDING}", "evil.pt", "evil.pth", "evil.pt2", "evil.zip", "evil.onnx"]


class Payload:
    """Makes a file when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return os.system, (f"touch '{self.mark}'",)


def malicious(kind: str, mark: Path) -> bytes:
    """Make the content of a file of one of the kinds.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    mark : Path
        The file that is there afterwards if the program was run.
    """
    evil = pickle.dumps({"weights": Payload(mark)})
    made = mark.with_name("made")
    if kind == "torch":
        torch.save({"weights": Payload(mark)}, made)
    elif kind == "pt2":
        # What torch.export.load would unpickle.
        members = {"archive_format": "pt2", "data/sample_inputs/model.pt": evil}
        zipped(made, members)
    elif "package" in kind:
        torch.save({"weights": Payload(mark)}, made)
        zipped(made, package(mark, made.read_bytes(), ours=kind == "our package"))
    else:
        lengths = {"header": 5000, "huge header": 2**62}
        return lying_header(lengths[kind]) if kind in lengths else evil
    data = made.read_bytes()
    made.unlink()
    return data


def package(mark: Path, weights: bytes, *, ours: bool) -> dict[str, str | bytes]:
    """Members of a BioImage.IO package with code inside; ours, but for its weights."""
    rdf = {
        "type": "model",
        "format_version": "0.5.3",
        "weights": {
            "pytorch_state_dict": {
                "source": WEIGHTS,
                "architecture": {"source": "unet.py", "callable": "UNet"},
            }
        },
    }
    code = f"open({str(mark)!r}, 'w')"
    card = {CARD: random_model().card.model_dump_json()} if ours else {}
    return {"rdf.yaml": json.dumps(rdf), "unet.py": code, WEIGHTS: weights, **card}


def zipped(path: Path, members: dict[str, str | bytes]) -> None:
    """Write a zip file."""
    with zipfile.ZipFile(path, "w") as file:
        for name, content in members.items():
            file.writestr(name, content)


def lying_header(length: int) -> bytes:
    """Begin a safetensors file whose header is said to be as long as this."""
    return length.to_bytes(8, "little") + b'{"__metadata__":{}}'
