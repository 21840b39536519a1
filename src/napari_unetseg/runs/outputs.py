"""Which outputs a run has begun to write: those it may replace when it resumes."""

from __future__ import annotations

from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING

from napari_unetseg.core.write.atomic import check_writable, write_text_atomic

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_BEGUN = "outputs.txt"


def check_outputs(folder: Path, paths: Sequence[str], *, overwrite: bool) -> None:
    """Refuse, before any work, what could not be written.

    Parameters
    ----------
    folder : Path
        The run folder.
    paths : sequence of str
        Files to write, as the question names them: absolute, or relative to the folder.
    overwrite : bool
        Whether existing ones may be replaced; the run's own always may.

    Raises
    ------
    WriteError
        If a file exists and is not the run's own, or cannot be written.
    """
    own = set(_begun(folder))
    for path in paths:
        its_own = not own.isdisjoint(islice(_names(path), len(own) + 1))
        check_writable(folder / path, overwrite=overwrite or its_own)


def begin_output(folder: Path, path: str, *, overwrite: bool = False) -> str:
    """Note that from here on a file is the run's own; return its name.

    Parameters
    ----------
    folder : Path
        The run folder.
    path : str
        File wanted. A name relative to the folder stays so: the folder may be moved.
    overwrite : bool
        Whether a file that is not the run's own may be replaced. Where it may not, and
        one has come up since `check_outputs`, a number is added to the name.
    """
    own = _begun(folder)
    free = (
        name
        for name in _names(path)
        if name in own or overwrite or not (folder / name).exists()
    )
    name = next(free)
    if name not in own:
        write_text_atomic(folder / _BEGUN, "\n".join([*own, name]))
    return name


def _names(path: str) -> Iterator[str]:
    """Yield the name itself, and then with the numbers 2, 3, ... before its endings."""
    yield path
    file = Path(path)
    stem, dot, endings = file.name.partition(".")
    for number in count(2):
        yield str(file.with_name(f"{stem}-{number}{dot}{endings}"))


def _begun(folder: Path) -> list[str]:
    try:
        return (folder / _BEGUN).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
