"""A look into the files of a folder of pairs, which are not opened as layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari_unetseg.core.prepare.counting import count_steps
from napari_unetseg.core.read import read_image
from napari_unetseg.runs.described import Described

if TYPE_CHECKING:
    from collections.abc import Generator

    from napari_unetseg.core.image import Image
    from napari_unetseg.core.prepare.counting import Counts
    from napari_unetseg.core.read.folders import FilePair, FoundPairs

    Known = dict[Any, "SeenFiles"]


@dataclass(frozen=True, eq=False)
class SeenFiles:
    """What two files hold.

    Attributes
    ----------
    image, labels : Image
        All but their pixels, which are 0 and take no memory.
    counts : dict
        Pixels of each id in each plane of the labels.
    """

    image: Image
    labels: Image
    counts: Counts


def look_into(
    found: FoundPairs, known: Known
) -> Generator[None, None, list[SeenFiles]]:
    """Read the files of a folder, one pair at a time; only what is new is read.

    Parameters
    ----------
    found : FoundPairs
        The pairs.
    known : dict
        What was read before, of files; what is read now is added.

    Yields
    ------
    None
        Before each pair, and after each plane of labels.

    Returns
    -------
    list of SeenFiles
        In the order of the pairs.

    Raises
    ------
    ReadError, InputError
        Naming a file that cannot be read, or whose labels are none.
    """
    seen = []
    for pair in found.pairs:
        yield
        state = _state(pair)
        one = known.get(state) or (yield from _look(pair))
        if state is not None:
            known[state] = one
        seen.append(one)
    return seen


def _look(pair: FilePair) -> Generator[None, None, SeenFiles]:
    image = Described.of(read_image(pair.image)).image()
    labels = read_image(pair.labels)
    counts = yield from count_steps(labels)
    return SeenFiles(image, Described.of(labels).image(), counts)


def _state(pair: FilePair) -> object:
    """What tells whether files have changed; None of folders, as zarr's are."""
    if pair.image.is_dir() or pair.labels.is_dir():
        return None
    try:
        about = [path.stat() for path in (pair.image, pair.labels)]
    except OSError:
        return None  # Reading them says what is wrong.
    return pair, *((one.st_mtime_ns, one.st_size) for one in about)
