"""Which prediction goes with which truth: files, or folders of files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari_unetseg.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence


def pairs(files: Sequence[Path], truths: Sequence[Path]) -> list[tuple[Path, Path]]:
    """Pair predictions with truths.

    Parameters
    ----------
    files : sequence of Path
        Predictions; without `truths` a prediction and its truth, which may be folders.
    truths : sequence of Path
        One for each prediction.

    Returns
    -------
    list of (prediction, truth)
        Of folders, files of the same name before the first dot, by name.

    Raises
    ------
    InputError
        If they cannot be paired.
    """
    if not truths:
        if len(files) != 2:
            raise InputError(
                f"There are {len(files)} files to compare",
                "Give a prediction and its truth, or predictions and --truth with as "
                "many truths",
            )
        files, truths = files[:1], files[1:]
    if len(files) != len(truths):
        raise InputError(
            f"There are {len(files)} predictions but {len(truths)} truths",
            "Give one truth for each prediction, in the same order",
        )
    found: list[tuple[Path, Path]] = []
    for prediction, truth in zip(files, truths, strict=True):
        found += _in_folders(prediction, truth) or [(prediction, truth)]
    return found


def _in_folders(prediction: Path, truth: Path) -> list[tuple[Path, Path]]:
    """Pair the files of two folders; nothing of two files."""
    from napari_unetseg.core.read.ome_zarr import is_zarr

    folders = [path.is_dir() and not is_zarr(path) for path in (prediction, truth)]
    if not any(folders):
        return []
    if not all(folders):
        raise InputError(
            f"Only one of '{prediction.name}' and '{truth.name}' is a folder",
            "Give two folders, or two files",
        )
    from napari_unetseg.runs.items import images_in

    sides = [
        {path.name.partition(".")[0]: path for path in images_in(folder)}
        for folder in (prediction, truth)
    ]
    lonely = sorted({*sides[0]} ^ {*sides[1]})
    common = sorted({*sides[0]} & {*sides[1]})
    if not common or lonely:
        raise InputError(
            f"'{prediction.name}' and '{truth.name}' hold different files, as "
            f"'{lonely[0]}'",
            "Give both folders the same images, named alike before the first dot",
        )
    return [(sides[0][name], sides[1][name]) for name in common]
