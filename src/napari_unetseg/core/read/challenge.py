"""Folders as the Cell Tracking Challenge has them: a time series and its annotation.

A sequence ``01`` holds the images ``t000.tif``, ``t001.tif``, ... Beside it lie, where
they exist, ``01_GT/SEG`` (cells outlined by hand, of some frames, in 3D often of single
slices), ``01_ST/SEG`` (computed outlines of all frames) and ``01_GT/TRA`` (markers).
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.errors import ReadError
from napari_unetseg.core.image import Image
from napari_unetseg.core.read.frames import series_of
from napari_unetseg.core.read.opened import Opened
from napari_unetseg.core.read.tiff import read_tiff

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_SEQUENCE = re.compile(r"\d{2}")
_FRAME = re.compile(r"t(\d{3,})\.tiff?", re.IGNORECASE)
# man_seg004.tif, man_track004.tif; of one slice of a volume man_seg_004_012.tif.
_DRAWN = re.compile(r"man_(?:seg|track)_?(\d{3,})(?:_(\d{3,}))?\.tiff?", re.IGNORECASE)
_ANNOTATIONS = ("GT/SEG", "ST/SEG", "GT/TRA")
FRAMES = "annotated_frames"


@dataclass(frozen=True, slots=True)
class _Sequence:
    """The files of a sequence and what was read of the first."""

    folder: Path
    frames: dict[int, Path]
    first: Image

    @property
    def numbers(self) -> list[int]:
        return sorted(self.frames)


def sequences(folder: Path) -> list[Path]:
    """Sequences in a folder, or the folder itself if it is one; none is opened.

    Parameters
    ----------
    folder : Path
        Looked at one level deep.

    Returns
    -------
    list of Path
        Empty where there is none, or the folder cannot be read.
    """
    try:
        if _SEQUENCE.fullmatch(folder.name):
            return [folder] if _has_frames(folder) else []
        inside = sorted(e for e in folder.iterdir() if _SEQUENCE.fullmatch(e.name))
        return [one for one in inside if one.is_dir() and _has_frames(one)]
    except OSError:
        return []


def open_sequence(folder: Path, *, series: int = 0) -> list[Opened]:
    """Open a sequence as a time series, with the annotations that lie beside it.

    Parameters
    ----------
    folder : Path
        The sequence, or the folder that holds it.
    series : int
        Which of the sequences.

    Returns
    -------
    list of Opened
        The images, then one for each annotation. Its note "annotated_frames" lists the
        frames, counted from 0, that somebody has annotated, if that is not all.

    Raises
    ------
    ReadError
        If a file is damaged, or does not belong to the others.
    """
    known = sequences(folder)
    if series not in range(len(known)):
        raise ReadError(f"'{folder.name}' holds {len(known)} sequences of images")
    place = known[series]
    files = {
        int(found[1]): e for e in place.iterdir() if (found := _FRAME.fullmatch(e.name))
    }
    first = read_tiff(files[min(files)])
    sequence = _Sequence(place, files, first)
    names = tuple(one.name for one in known)
    opened = [_images(sequence, series, names)]
    for part in _ANNOTATIONS:
        drawn = place.with_name(f"{place.name}_{part[:2]}") / part[3:]
        if drawn.is_dir():
            opened += _annotation(sequence, drawn, f"{place.name}_{part}")
    return opened


def _has_frames(folder: Path) -> bool:
    return any(_FRAME.fullmatch(entry.name) for entry in folder.iterdir())


def _images(sequence: _Sequence, series: int, names: tuple[str, ...]) -> Opened:
    first = sequence.first
    if "T" in first.axes:
        raise ReadError(
            f"'{first.name}' holds a time series, where it should be one frame",
            "Open that file itself",
        )
    array = series_of(sequence.frames, sequence.numbers, first.shape, first.dtype)
    image = _over_time(
        sequence, array, first.axes, sequence.folder.name, first.channels
    )
    return Opened(image=image, levels=(array,), series=series, names=names)


def _over_time(
    sequence: _Sequence, array: Any, axes: str, name: str, channels: Sequence[str] = ()
) -> Image:
    first = sequence.first
    return Image(
        array=array,
        axes="T" + axes,
        spacing=first.spacing,
        unit=first.unit,
        channels=tuple(channels),
        name=name,
    )


def _annotation(sequence: _Sequence, folder: Path, name: str) -> list[Opened]:
    """Labels of all frames, zeros where nothing was annotated."""
    whole: dict[int, Path] = {}
    slices: dict[int, dict[int, Path]] = defaultdict(dict)
    for entry in sorted(folder.iterdir()):
        if not (found := _DRAWN.fullmatch(entry.name)):
            continue
        number = int(found[1])
        if number not in sequence.frames:
            raise ReadError(
                f"'{name}/{entry.name}' annotates frame {number}, which is not in "
                f"'{sequence.folder.name}'",
                "Copy the missing images, or move that file elsewhere",
            )
        if found[2] is None:
            whole[number] = entry
        else:
            slices[number][int(found[2])] = entry
    if not whole and not slices:
        return []
    axes = sequence.first.axes.replace("C", "")
    shape = [
        n
        for n, axis in zip(sequence.first.shape, sequence.first.axes, strict=True)
        if axis != "C"
    ]
    files = [*whole.values(), *(f for z in slices.values() for f in z.values())]
    dtype = np.result_type(_label_type(files[0]), np.uint16)
    array = series_of(whole, sequence.numbers, shape, dtype)
    if slices:
        array = _with_slices(np.asarray(array), slices, sequence, axes)
    image = _over_time(sequence, array, axes, name)
    annotated = sorted({*whole, *slices})
    indices = [sequence.numbers.index(number) for number in annotated]
    notes = {}
    if len(indices) < len(sequence.frames):
        notes[FRAMES] = ",".join(map(str, indices))
    return [Opened(image=image, levels=(array,), labels=True, notes=notes)]


def _label_type(file: Path) -> np.dtype[Any]:
    dtype = read_tiff(file).dtype
    if dtype.kind not in "iu":
        raise ReadError(
            f"'{file.name}' should hold labels, but holds {dtype} values",
            "Move it elsewhere",
        )
    return dtype


def _with_slices(
    array: Any, slices: dict[int, dict[int, Path]], sequence: _Sequence, axes: str
) -> Any:
    """Put annotations of single slices where they belong."""
    depth = array.shape[1] if axes == "ZYX" else 0
    for number, planes in slices.items():
        frame = array[sequence.numbers.index(number)]
        for z, file in planes.items():
            drawn = np.asarray(read_tiff(file).array)
            if z >= depth or drawn.shape != frame.shape[1:]:
                raise ReadError(
                    f"'{file.name}' of shape {drawn.shape} annotates slice {z}, which "
                    f"does not fit the images of shape {frame.shape}",
                    "Move it elsewhere, or copy it again from its source",
                )
            frame[z] = drawn
    return array
