"""Zip files of others, unpacked: all of it or nothing, and nowhere else."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING

from napari_unetseg.core.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

# More is no data set of these, but a file that is made to fill the disk.
MOST_BYTES = 4 * 2**30
MOST_FILES = 20_000

_ENDINGS = (".tif", ".tiff")
_PIECE = 1 << 20
_LINK = 0o120000
# What zipfile raises for damaged, encrypted and strangely compressed files.
_ERRORS = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


def unpack(archive: Path, folder: Path) -> Generator[None, None, None]:
    """Unpack the TIFF files of an archive.

    Parameters
    ----------
    archive : Path
        A zip file.
    folder : Path
        Made when all is unpacked, and not before; that of another process is kept.

    Yields
    ------
    None
        Often, so that it can be given up; then nothing is left.

    Raises
    ------
    ReadError
        If it is damaged, encrypted, too large, or if a name in it leads out of the
        folder.
    OSError
        If the disk is full, or the folder cannot be made.
    """
    unfinished = folder.with_name(f".unfinished-{secrets.token_hex(6)}")
    try:
        unfinished.mkdir(parents=True)
        with _telling_damage(archive.name), zipfile.ZipFile(archive) as stream:
            wanted = _wanted(stream, archive.name)
            yield
            for entry, place in wanted:
                target = unfinished.joinpath(*place.parts)
                target.parent.mkdir(parents=True, exist_ok=True)
                with stream.open(entry) as source, target.open("wb") as file:
                    yield from _copy(source, file)
        if not folder.exists():
            unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


@contextlib.contextmanager
def _telling_damage(name: str) -> Iterator[None]:
    try:
        yield
    except _ERRORS as error:
        reason = str(error) or type(error).__name__
        raise ReadError(f"'{name}' is damaged, or no zip file ({reason})") from error


def _copy(source: IO[bytes], file: IO[bytes]) -> Generator[None, None, None]:
    while piece := source.read(_PIECE):
        file.write(piece)
        yield


def _wanted(
    stream: zipfile.ZipFile, name: str
) -> list[tuple[zipfile.ZipInfo, PurePosixPath]]:
    """TIFF files in an archive and where each belongs; all names are looked at."""
    found = []
    entries = stream.infolist()
    # zipfile reads no more of a file than is said here.
    if len(entries) > MOST_FILES or sum(e.file_size for e in entries) > MOST_BYTES:
        raise ReadError(
            f"'{name}' would unpack to more than {MOST_BYTES >> 30} GB or "
            f"{MOST_FILES} files, and is not unpacked"
        )
    for entry in entries:
        place = PurePosixPath(entry.filename.replace("\\", "/"))
        outside = place.is_absolute() or ".." in place.parts
        # ":" is a drive on Windows, or a stream of another file.
        if outside or ":" in entry.filename or "\0" in entry.orig_filename:
            raise ReadError(
                f"'{name}' holds the name '{entry.filename}', which leads out of its "
                "folder, and is not unpacked"
            )
        is_link = (entry.external_attr >> 16) & 0o170000 == _LINK
        if place.suffix.lower() in _ENDINGS and not entry.is_dir() and not is_link:
            found.append((entry, place))
    if not found:
        raise ReadError(f"'{name}' holds no TIFF file")
    return found
