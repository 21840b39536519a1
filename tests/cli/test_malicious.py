"""Files that would run a program are refused by every door, and run nothing."""

from __future__ import annotations

import collections
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import napari_unetseg as us
from napari_unetseg.contributions import reader
from napari_unetseg.core.errors import ModelError, UnetsegError
from napari_unetseg.core.image import Image
from napari_unetseg.core.network.card import read_card
from napari_unetseg.core.write.ome_tiff import write_ome_tiff
from napari_unetseg.gui.runs import opening
from napari_unetseg.runs import home, library
from napari_unetseg.runs.answer import answer
from napari_unetseg.runs.foreign import bring_in_foreign
from napari_unetseg.runs.questions import SegmentQuestion, TrainQuestion
from oracles.malicious import KINDS, NAMES, malicious

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EVIL = NAMES[0]
IMAGE, LABELS = "em.ome.tif", "labels.ome.tif"


@pytest.fixture(params=KINDS)
def evil(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> bytes:
    """Work in a folder with an image; make the content of a malicious file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(home.VARIABLE, str(tmp_path / "home"))
    for variable in ("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "TORCH_ALLOW_PICKLE"):
        monkeypatch.setenv(variable, "1")
    square = np.eye(32)
    write_ome_tiff(tmp_path / IMAGE, Image(array=square, axes="YX"))
    painted = Image(array=square.astype("u1") + 1, axes="YX")
    write_ome_tiff(tmp_path / LABELS, painted)
    return malicious(request.param, tmp_path / "mark")


@pytest.fixture
def refused(
    evil: bytes, tmp_path: Path, unetseg: Callable[..., Any]
) -> Callable[..., None]:
    """Run a command that must say one sentence, run nothing and leave nothing."""

    def function(*words: object) -> None:
        before = sorted(tmp_path.iterdir())
        answer = unetseg(*words)
        assert answer.code == 2, words
        assert answer.err.startswith("Error: 'evil"), words
        assert answer.err.count("\n") == 1
        assert sorted(tmp_path.iterdir()) == before
        models = tmp_path / "home/models"
        assert not models.exists() or not [*models.iterdir()]

    return function


def test_the_payload_would_run(tmp_path: Path) -> None:
    """Whoever reads it otherwise is told: the other tests can fail."""
    pickle.loads(malicious("pickle", tmp_path / "mark"))  # noqa: S301
    assert (tmp_path / "mark").exists()


def test_no_command_reads_it(
    evil: bytes, tmp_path: Path, refused: Callable[..., None]
) -> None:
    for name in NAMES:
        (tmp_path / name).write_bytes(evil)
        refused("info", name)
        refused("export", name, "--to", "onnx", "--out", "out.onnx")
        refused("export", name, "--to", "bioimageio", "--out", "out.zip")
        refused("models", "import", name)
    refused("models", "import", "evil.pt", "--network", "unet-bn")
    refused("segment", IMAGE, "--model", EVIL, "--out", "out.ome.tif")
    refused("segment", IMAGE, "--model", EVIL, "--dry-run")
    data = ("--image", IMAGE, "--labels", LABELS, "--model", "new.safetensors")
    refused("train", *data, "--from", EVIL)


def test_no_function_reads_it(evil: bytes, tmp_path: Path) -> None:
    for name in NAMES:
        path = tmp_path / name
        path.write_bytes(evil)
        for load in (us.load_model, read_card):
            with pytest.raises(ModelError):
                load(path)
        with pytest.raises(UnetsegError):
            library.bring_in(path, "evil")
        with pytest.raises(UnetsegError):
            bring_in_foreign(path, "evil", {})
        assert library.entry(path).fault
        assert reader.get_reader(path) is None
    with pytest.raises(UnetsegError):
        us.segment(np.eye(32), tmp_path / EVIL)
    # What the docks and drag and drop ask first.
    assert opening.get_reader(str(tmp_path / EVIL)) is opening.show
    with pytest.raises(ModelError):
        opening.read_card(tmp_path / EVIL)
    assert not (tmp_path / "mark").exists()


def test_no_run_reads_it(evil: bytes, tmp_path: Path) -> None:
    """Put in the place of a model after its run was asked for."""
    (tmp_path / EVIL).write_bytes(evil)
    data: dict[str, Any] = {"images": (IMAGE,), "labels": (LABELS,)}
    for question in (
        TrainQuestion(**data, model="new.safetensors", start_from=EVIL),
        SegmentQuestion(image=IMAGE, model=EVIL, out="out.ome.tif"),
    ):
        with pytest.raises(ModelError):
            collections.deque(answer(question, tmp_path, lambda: False), maxlen=0)
    assert not (tmp_path / "mark").exists()
    assert not (tmp_path / "new.safetensors").exists()
