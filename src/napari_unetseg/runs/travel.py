"""Models that come and go, for whoever never loads torch: a child process does it.

The child is ``unetseg models import`` or ``unetseg export``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_unetseg.core.errors import ModelError
from napari_unetseg.runs import child, library, listing
from napari_unetseg.runs.preferences import engine_python

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

# What `unetseg export` writes, by the ending of the file.
FORMATS = {".zip": "bioimageio", ".onnx": "onnx"}
_PROGRAM = ("-P", "-m", "napari_unetseg")


def bringing_in(path: Path) -> Generator[None, None, Path]:
    """Import a model file or a package into the library, under a name that is free.

    Parameters
    ----------
    path : Path
        The file; it stays where it is.

    Yields
    ------
    None
        Ten times a second; closing it stops the import.

    Returns
    -------
    Path
        The new file.

    Raises
    ------
    ModelError, InputError, WriteError, RunError
        If it is no model, or cannot be written.
    """
    yield
    own = listing.model_name(path)
    if own == path.name:
        own = own.partition(".")[0]
    target = listing.new_model(own)
    name = listing.model_name(target)
    if path.name.endswith(listing.MODEL_ENDING):
        return library.bring_in(path, name)
    yield from _done(["models", "import", str(path), "--name", name])
    return target


def exporting(model: Path, out: Path, author: str = "") -> Generator[None, None, None]:
    """Write a model for other programs, in the format that the file's ending names.

    Parameters
    ----------
    model : Path
        The model file.
    out : Path
        ``NAME.zip`` for a BioImage.IO package, ``NAME.onnx``. A file that is there is
        replaced.
    author : str
        Of a package: who made it.

    Yields
    ------
    None
        Ten times a second; closing it stops the export.

    Raises
    ------
    ModelError, RunError
        If the ending is another, or the child says why not.
    """
    to = FORMATS.get(out.suffix.lower())
    if to is None:
        endings = " or ".join(FORMATS)
        raise ModelError(
            f"'{out.name}' names no format",
            f"Let the name of the file end in {endings}",
        )
    asked = ["export", str(model), "--to", to, "--out", str(out), "--overwrite"]
    if author and to == "bioimageio":
        asked += ["--author", author]
    yield from _done(asked)


def _done(asked: Sequence[str]) -> Generator[None, None, None]:
    """Let a child do it.

    Raises
    ------
    ModelError
        With what the child complains of.
    """
    said = yield from child.printed([engine_python(None), *_PROGRAM, *asked])
    if said.code:
        raise ModelError(child.complaint(said))
