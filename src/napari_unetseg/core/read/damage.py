"""Notice every way in which a TIFF file can be damaged.

tifffile shortens or zeroes a truncated image without an exception, but not without a
record in its log; other damage ends in almost any exception. Both become `ReadError`.
"""

from __future__ import annotations

import json
import logging
import re
import struct
import threading
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

from napari_unetseg.core.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tifffile import TiffFile, TiffPageSeries

AGAIN = "Copy the file again from its source or save it again"

# What fuzzed files have made tifffile and its codecs raise (the codecs' own errors
# are RuntimeErrors, the one of XML is a SyntaxError).
TIFF_ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)

# Of those, what says something of a program and nothing of a file.
_INTERNAL = (AssertionError, AttributeError, LookupError, TypeError, struct.error)

# What tifffile says where imagecodecs is too old for a file, or lacks a codec.
_UNKNOWN_CODEC = re.compile(r"COMPRESSION\.(\w+).*(?:not supported|requires)")

# One reader at a time: the log does not say which file a record is about.
_LOG_IN_USE = threading.RLock()


class Damage(logging.Handler):
    """Keeps the errors that are logged while a file is read."""

    def __init__(self, name: str) -> None:
        super().__init__(logging.ERROR)
        self.file = name
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record's text."""
        self.messages.append(record.getMessage())

    def check(self) -> None:
        """Raise a `ReadError` if there is a record."""
        if self.messages:
            raise _damaged(self.file, self.messages[0])


@contextmanager
def noticing_damage(name: str) -> Iterator[Damage]:
    """Turn what tifffile logs or raises inside the block into a `ReadError`.

    tifffile prints nothing meanwhile. Only calls of tifffile belong into the block,
    so that no bug of ours passes for damage.

    Parameters
    ----------
    name : str
        Name of the file, for the message.

    Yields
    ------
    Damage
        Its `check` raises at once what else is raised at the end of the block.

    Raises
    ------
    ReadError
        If anything went wrong in the block.
    """
    with _LOG_IN_USE, _log_of_tifffile(name) as log:
        try:
            yield log
        except MemoryError as error:
            raise ReadError(
                f"'{name}' is larger than the memory, or damaged so that it seems so",
                "Close other programs or give a part of the image",
            ) from error
        except TIFF_ERRORS as error:
            reason = log.messages[0] if log.messages else _reason(error)
            raise _damaged(name, reason) from error
    log.check()


@contextmanager
def _log_of_tifffile(name: str) -> Iterator[Damage]:
    """Collect tifffile's error records and keep the log from the terminal."""
    logger = logging.getLogger("tifffile")
    records = Damage(name)
    before = logger.propagate, logger.level, logger.disabled, logger.handlers[:]
    logger.propagate, logger.disabled = False, False
    logger.handlers[:] = [records]
    logger.setLevel(logging.ERROR)
    try:
        yield records
    finally:
        logger.propagate, level, logger.disabled, logger.handlers[:] = before
        logger.setLevel(level)


def _damaged(name: str, reason: str) -> ReadError:
    unknown = _UNKNOWN_CODEC.search(reason)
    if unknown:
        return ReadError(
            f"'{name}' is compressed with {unknown[1]}, which the installed "
            "imagecodecs does not read",
            "Update it: pip install -U imagecodecs; or save the file uncompressed",
        )
    # tifffile names its own objects: <tifffile.TiffFile 'a.tif'> invalid page offset 9,
    # <TiffTag.fromfile> raised TiffFileError('<tifffile...> invalid value offset 9')
    words = re.sub(r"<[tT]iff[^>]*>|raised \w+\(|@\d+", "", reason.partition("\n")[0])
    gist = " ".join(words.split())[:120].strip(" .()'\"")
    return ReadError(f"'{name}' is damaged or truncated ({gist})", AGAIN)


def _reason(error: BaseException) -> str:
    """Say why, without the path that an OSError holds."""
    if isinstance(error, _INTERNAL):
        return "its structure makes no sense"
    text = error.strerror if isinstance(error, OSError) else str(error)
    return text or type(error).__name__


def check_planes(tif: TiffFile, name: str) -> None:
    """Compare the planes that ImageJ or tifffile declared with those that are there.

    Parameters
    ----------
    tif : TiffFile
        Open file.
    name : str
        Name of the file, for the message.

    Raises
    ------
    ReadError
        If planes are missing.
    """
    declared = _declared_planes(tif)
    if declared < 2:
        return
    page = tif.pages.first
    found = len(tif.pages)
    if found == 1 and page.is_contiguous:
        # All planes may follow the only page's data.
        found = max(0, tif.filehandle.size - page.dataoffsets[0]) // page.nbytes
    if found < declared:
        raise _incomplete(name, found, declared, "it is truncated")


def _declared_planes(tif: TiffFile) -> int:
    """Count the first image's planes by its description; 0 if it says none."""
    page = tif.pages.first
    if tif.is_imagej and not tif.is_ome:
        declared = tif.imagej_metadata or {}
        # The colours of RGB are samples of one page.
        keys = ("frames", "slices", "channels")[: 2 if page.samplesperpixel > 1 else 3]
        planes = 1
        for key in keys:
            planes *= int(declared.get(key, 1))
        return planes
    if tif.is_shaped and page.description.startswith("{") and page.size > 0:
        planes = 1
        for length in json.loads(page.description)["shape"]:
            planes *= int(length)
        return planes // page.size
    return 0


def check_data(series: TiffPageSeries, name: str) -> None:
    """Check that the file is long enough for the data that its pages point to.

    Parameters
    ----------
    series : TiffPageSeries
        The image that will be read; its planes may lie in several files.
    name : str
        Name of the file, for the message.

    Raises
    ------
    ReadError
        If data or whole planes are missing.
    """
    if series.dataoffset is not None:
        end = series.dataoffset + series.nbytes
        if end > series.keyframe.parent.filehandle.size:
            raise _damaged(name, "the file ends before its data do")
        return
    pages = list(series)
    there = [page for page in pages if page is not None]
    if len(there) < len(pages):
        # Where a file of a multi-file OME-TIFF is missing, tifffile fills in zeros.
        why = "files that belong to it are missing, or it is truncated"
        raise _incomplete(name, len(there), len(pages), why)
    for page in there:
        segments = zip(page.dataoffsets, page.databytecounts, strict=True)
        if any(o + n > page.parent.filehandle.size for o, n in segments):
            raise _damaged(name, "the file ends before its data do")


def _incomplete(name: str, found: int, declared: int, why: str) -> ReadError:
    return ReadError(f"'{name}' holds {found} of {declared} planes; {why}", AGAIN)
