"""What a training says meanwhile, as files: whole, numbered, and only the latest."""

from __future__ import annotations

import errno
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_unetseg.core.errors import RunError
from napari_unetseg.core.train.wishes import Predicted
from napari_unetseg.runs import previews
from napari_unetseg.runs.previews import read_preview, write_preview

if TYPE_CHECKING:
    from pathlib import Path


def predicted(step: int) -> Predicted:
    labels = np.full((1, 3, 4), step, np.uint8)
    return Predicted(step, 0, "ZYX", (2, 10, 20), labels)


def test_a_prediction_comes_back_as_it_was(tmp_path: Path) -> None:
    number = write_preview(tmp_path, predicted(7))

    found = read_preview(tmp_path, number)

    assert number == 1
    assert (found.step, found.image) == (7, 0)
    assert (found.axes, found.start) == ("ZYX", (2, 10, 20))
    assert found.labels.dtype == np.uint8
    assert np.array_equal(found.labels, predicted(7).labels)


def test_how_unsure_it_is_comes_back_in_256_steps(tmp_path: Path) -> None:
    unsure = np.linspace(0, 1, 12, dtype=np.float32).reshape(1, 3, 4)

    number = write_preview(tmp_path, replace(predicted(7), uncertainty=unsure))
    found = read_preview(tmp_path, number).uncertainty

    assert found is not None
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, unsure, atol=0.5 / 255 + 1e-6)
    assert (
        read_preview(tmp_path, write_preview(tmp_path, predicted(8))).uncertainty
        is None
    )


def test_only_the_latest_are_kept_and_numbers_go_on(tmp_path: Path) -> None:
    numbers = [write_preview(tmp_path, predicted(step)) for step in range(1, 6)]

    assert numbers == [1, 2, 3, 4, 5]
    names = sorted(path.name for path in (tmp_path / "previews").iterdir())
    assert names == ["000004.npz", "000005.npz"]
    with pytest.raises(RunError, match=r"000003\.npz cannot be read"):
        read_preview(tmp_path, 3)


def test_a_full_disk_shows_nothing_and_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(previews.np, "savez_compressed", full)

    assert write_preview(tmp_path, predicted(1)) == 0
    assert not list((tmp_path / "previews").iterdir())


@pytest.mark.parametrize(
    "arrays",
    [
        {"labels": np.zeros((2, 2), np.uint8)},
        {
            "labels": np.zeros((2, 2), np.uint8),
            "start": np.zeros(2, int),
            "step": np.array(1),
            "image": np.array(0),
            "axes": np.array("YX"),
            "unsure": np.zeros((2, 3), np.uint8),
        },
        {
            "labels": np.zeros((2, 2), np.float32),
            "start": np.zeros(2, int),
            "step": np.array(1),
            "image": np.array(0),
            "axes": np.array("YX"),
        },
        {
            "labels": np.zeros((2, 2), np.uint8),
            "start": np.zeros(3, int),
            "step": np.array(1),
            "image": np.array(0),
            "axes": np.array("YX"),
        },
    ],
)
def test_a_damaged_file_is_refused(
    tmp_path: Path, arrays: dict[str, np.ndarray]
) -> None:
    (tmp_path / "previews").mkdir()
    np.savez(tmp_path / "previews" / "000001.npz", **arrays)

    with pytest.raises(RunError, match=r"000001\.npz"):
        read_preview(tmp_path, 1)
