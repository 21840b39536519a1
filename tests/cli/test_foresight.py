"""What a segmentation would take is told, and nothing is done of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_unetseg.core.events import Forecast, from_json
from napari_unetseg.core.image import Image
from napari_unetseg.core.write.ome_tiff import write_ome_tiff
from oracles.models import random_model

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FORESEE = "segment images/a.ome.tif --model m.safetensors --tile 16 --dry-run"
SIZE = "4 tiles of 16 x 16 pixels with a halo of 8 x 8"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two images, and a model."""
    monkeypatch.chdir(tmp_path)
    random_model().save(tmp_path / "m.safetensors")
    for name in ("a.ome.tif", "b.ome.tif"):
        array = np.random.default_rng(0).integers(0, 255, (32, 32)).astype(np.uint8)
        image = Image(array=array, axes="YX", spacing=(1.0, 1.0), unit="um")
        (tmp_path / "images").mkdir(exist_ok=True)
        write_ome_tiff(tmp_path / "images" / name, image)
    return tmp_path


@pytest.mark.parametrize("dask", ["", " --dask local:1"])
def test_it_is_told_in_sentences(
    folder: Path, unetseg: Callable[..., Any], dask: str
) -> None:
    before = sorted(folder.rglob("*"))
    answer = unetseg(*f"{FORESEE} --out new/out.zarr{dask}".split())
    assert answer.code == 0, answer.err
    assert SIZE in answer.err
    assert "Result: 1.0 kB before compression; " in answer.err
    assert "are free on the disk" in answer.err
    assert sorted(folder.rglob("*")) == before


def test_a_program_gets_an_event(folder: Path, unetseg: Callable[..., Any]) -> None:
    answer = unetseg(*f"{FORESEE} --json".split())
    assert answer.code == 0
    told = from_json(answer.out.splitlines()[-1])
    assert isinstance(told, Forecast)
    assert (told.tiles, told.tile, told.size) == (4, [16, 16], 32 * 32)
    assert told.disk > 0
    assert told.seconds > 0


def test_each_image_of_a_folder_is_told(
    folder: Path, unetseg: Callable[..., Any]
) -> None:
    answer = unetseg(*FORESEE.replace("images/a.ome.tif", "images").split())
    assert answer.code == 0
    assert "1 of 2: a.ome.tif\n" in answer.err
    assert "2 of 2: b.ome.tif\n" in answer.err
    assert answer.err.count(SIZE) == 2


def test_what_would_be_left_out_is_told(
    folder: Path, unetseg: Callable[..., Any]
) -> None:
    (folder / "images" / "c.tif").write_bytes(b"nothing")
    answer = unetseg(*FORESEE.replace("images/a.ome.tif", "images").split())
    assert answer.code == 0
    assert "Warning: 'c.tif' would be left out: " in answer.err
    assert answer.err.count(SIZE) == 2


def test_a_folder_of_nothing_that_can_be_used_is_refused(
    folder: Path, unetseg: Callable[..., Any]
) -> None:
    for path in (folder / "images").iterdir():
        path.write_bytes(b"nothing")
    answer = unetseg(*FORESEE.replace("images/a.ome.tif", "images").split())
    assert answer.code == 2
    assert answer.err.endswith(
        "Error: None of the 2 images could be segmented. The warnings above say why.\n"
    )


def test_what_is_written_besides_is_counted(
    folder: Path, unetseg: Callable[..., Any]
) -> None:
    answer = unetseg(*f"{FORESEE} --uncertainty u.tif --scores s.tif".split())
    # Labels, an uncertainty and the scores of three classes.
    assert f"Result: {32 * 32 * (1 + 4 + 3 * 4) / 1e3:.1f} kB" in answer.err


def test_what_would_be_refused_is_refused(
    folder: Path, unetseg: Callable[..., Any]
) -> None:
    answer = unetseg(*f"{FORESEE} --region x=40:50".split())
    assert answer.code == 2
    assert "lies outside" in answer.err
