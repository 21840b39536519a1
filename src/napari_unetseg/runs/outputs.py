"""Which outputs a run has begun to write: those it may replace when it resumes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_unetseg.core.write.atomic import check_writable, write_text_atomic

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

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
    own = _begun(folder)
    for path in paths:
        check_writable(folder / path, overwrite=overwrite or path in own)


def begin_output(folder: Path, path: str) -> None:
    """Note that from here on a file of this name is the run's own.

    A name relative to the folder stays so: the folder may be moved.
    """
    own = _begun(folder)
    if path not in own:
        write_text_atomic(folder / _BEGUN, "\n".join([*own, path]))


def _begun(folder: Path) -> list[str]:
    try:
        return (folder / _BEGUN).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
