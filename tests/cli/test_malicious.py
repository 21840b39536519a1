"""Files that would run a program are refused by every door, and run nothing."""

from __future__ import annotations

import json
import os
import pickle
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

import napari_unetseg as us
from napari_unetseg.contributions import reader
from napari_unetseg.core.errors import ModelError, UnetsegError
from napari_unetseg.core.image import Image
from napari_unetseg.core.network.card import read_card
from napari_unetseg.core.write.ome_tiff import write_ome_tiff
from napari_unetseg.gui.runs import opening
from napari_unetseg.runs import home, library
from napari_unetseg.runs.foreign import bring_in_foreign

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ENDING = ".unetseg.safetensors"


class Payload:
    """Runs a program when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.mark}",)


def evil_pickle(mark: Path) -> bytes:
    return pickle.dumps({"weights": Payload(mark)})


def evil_pt2(path: Path, mark: Path) -> bytes:
    """Make what torch.export.load would unpickle."""
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("archive_format", "pt2")
        file.writestr("data/sample_inputs/model.pt", evil_pickle(mark))
    return path.read_bytes()


def evil_package(path: Path, mark: Path) -> bytes:
    """Make a BioImage.IO package with code inside."""
    rdf = {
        "type": "model",
        "format_version": "0.5.3",
        "weights": {
            "pytorch_state_dict": {
                "source": "weights.pt",
                "architecture": {"source": "unet.py", "callable": "UNet"},
            }
        },
    }
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("rdf.yaml", json.dumps(rdf))
        file.writestr("unet.py", f"open({str(mark)!r}, 'w')")
        file.writestr("weights.pt", evil_pickle(mark))
    return path.read_bytes()


def lying_header(length: int) -> bytes:
    header = b'{"__metadata__":{}}'
    return length.to_bytes(8, "little") + header


KINDS = ["pickle", "torch", "pt2", "package", "header", "huge header"]


@pytest.fixture(params=KINDS)
def evil(request: pytest.FixtureRequest, tmp_path: Path) -> bytes:
    mark = tmp_path / "mark"
    if request.param == "pickle":
        return evil_pickle(mark)
    if request.param == "torch":
        torch.save({"weights": Payload(mark)}, tmp_path / "a")
        return (tmp_path / "a").read_bytes()
    if request.param == "pt2":
        return evil_pt2(tmp_path / "a", mark)
    if request.param == "package":
        return evil_package(tmp_path / "a", mark)
    return lying_header(2**62 if request.param == "huge header" else 5000)


def test_no_door_lets_it_in(
    evil: bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    unetseg: Callable[..., Any],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(home.VARIABLE, str(tmp_path / "home"))
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")
    write_ome_tiff(tmp_path / "em.ome.tif", Image(array=np.eye(32), axes="YX"))
    for name in (f"evil{ENDING}", "evil.pt", "evil.pt2", "evil.zip", "evil.onnx"):
        path = tmp_path / name
        path.write_bytes(evil)
        for words in (
            ("info", name),
            ("export", name, "--to", "onnx", "--out", "out.onnx"),
            ("models", "import", name),
            ("models", "import", name, "--network", "unet-bn"),
        ):
            answer = unetseg(*words)
            assert answer.code == 2, words
            assert answer.err.startswith("Error: ")
            assert answer.err.count("\n") == 1
        for load in (us.load_model, read_card):
            with pytest.raises(ModelError):
                load(path)
        with pytest.raises(UnetsegError):
            library.bring_in(path, "evil")
        with pytest.raises(UnetsegError):
            bring_in_foreign(path, "evil", {})
        assert library.entry(path).fault
        assert reader.get_reader(path) is None
    # What takes a while: once is enough.
    name = f"evil{ENDING}"
    answer = unetseg("segment", "em.ome.tif", "--model", name, "--out", "out.ome.tif")
    assert answer.code == 2
    assert answer.err.startswith("Error: ")
    # What the docks and drag and drop ask first.
    path = tmp_path / name
    assert opening.get_reader(str(path)) is opening.show
    with pytest.raises(ModelError):
        opening.read_card(path)
    assert not (tmp_path / "mark").exists()
    assert not (tmp_path / "home/models").exists() or not [
        *(tmp_path / "home/models").iterdir()
    ]
