"""Public data sets, downloaded once into a folder of the user's cache."""

from __future__ import annotations

import logging
import queue
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from napari_unetseg.core.errors import InputError, ReadError, UnetsegError, WriteError
from napari_unetseg.core.write.disk import is_full
from napari_unetseg.runs.home import samples_folder
from napari_unetseg.runs.unpacking import MOST_BYTES, unpack

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from napari_unetseg.core.samples.public import PublicSample

# Seconds: between two words of how far it is; for an answer; until it is given up.
EVERY = 0.1
PATIENCE = (10.0, 30.0)

_PIECE = 1 << 16
# Unpacked it takes about so many times the room.
_ROOM = 6


@dataclass(frozen=True, slots=True)
class Fetched:
    """How far a download is.

    Attributes
    ----------
    done, total : int
        Bytes; the total is 0 while it is not known, or never told.
    """

    done: int
    total: int


def folder_of(sample: PublicSample) -> Path:
    """Where the files of a data set lie once they are here."""
    return samples_folder() / sample.key


def is_here(sample: PublicSample) -> bool:
    """Whether a data set was downloaded before; then no network is needed."""
    return folder_of(sample).is_dir()


def fetch(sample: PublicSample) -> Generator[Fetched, None, Path]:
    """Download a data set and unpack it, unless it is here.

    A zip file that somebody has put into the folder is taken, if it is the right one.

    Parameters
    ----------
    sample : PublicSample
        Which.

    Yields
    ------
    Fetched
        Ten times a second. Closed in between, it leaves nothing, or all but unpacked.

    Returns
    -------
    Path
        Its folder.

    Raises
    ------
    UnetsegError
        In one sentence: offline, refused, broken off, another file than is known,
        damaged, disk full.
    """
    folder = folder_of(sample)
    if is_here(sample):
        return folder
    if find_spec("pooch") is None:
        raise InputError(
            f"{sample.title} cannot be downloaded without pooch",
            'Install it with: pip install "napari-unetseg[samples]"',
        )
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        archive = yield from _downloaded(sample, folder.parent)
        size = archive.stat().st_size
        yield Fetched(size, size)
        try:
            told = time.monotonic()
            for _ in unpack(archive, folder):
                if time.monotonic() > told + EVERY:
                    yield Fetched(size, size)
                    told = time.monotonic()
        except ReadError as error:
            archive.unlink(missing_ok=True)
            raise ReadError(f"{error.problem}; it was removed", _by_hand(sample)) from (
                error
            )
        archive.unlink(missing_ok=True)
    except OSError as error:
        raise _not_written(sample, folder.parent, error) from error
    return folder


class _Stopped(Exception):
    """Raised into a download that nobody waits for any more."""


class _Meter:
    """What pooch takes for a progress bar: counts, and breaks off when it is told."""

    def __init__(self) -> None:
        self.total = 0
        self.done = 0
        self.stopped = threading.Event()

    def update(self, count: int) -> None:
        """Take note of what has come."""
        self.done += count
        if self.stopped.is_set():
            raise _Stopped
        if self.done > MOST_BYTES:
            raise ReadError(f"More than {MOST_BYTES >> 30} GB came, which is no sample")

    def reset(self) -> None:
        """Begin again: pooch does so at the end, to show all of it."""
        self.done = 0

    def close(self) -> None:
        """Do nothing: there is nothing to close."""

    @property
    def fetched(self) -> Fetched:
        """How far it is."""
        return Fetched(min(self.done, self.total or self.done), self.total)


def _downloaded(sample: PublicSample, folder: Path) -> Generator[Fetched, None, Path]:
    """Let pooch download on a thread of its own, which a stalled network may hold."""
    meter, answers = _Meter(), queue.SimpleQueue[object]()

    def work() -> None:
        try:
            answers.put(_retrieve(sample, folder, meter))
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            answers.put(error)

    threading.Thread(target=work, name=f"download {sample.key}", daemon=True).start()
    try:
        while True:
            try:
                answer = answers.get(timeout=EVERY)
            except queue.Empty:
                yield meter.fetched
            else:
                break
    finally:
        meter.stopped.set()
    if isinstance(answer, BaseException):
        raise _told(sample, answer) from answer
    return folder / sample.archive


def _retrieve(sample: PublicSample, folder: Path, meter: _Meter) -> str:
    import pooch

    get = pooch.HTTPDownloader(progressbar=meter, chunk_size=_PIECE, timeout=PATIENCE)
    known = f"sha256:{sample.sha256}" if sample.sha256 else None
    with _quietly(pooch.get_logger()):
        file: str = pooch.retrieve(
            sample.url, known, fname=sample.archive, path=folder, downloader=get
        )
    return file


@contextmanager
def _quietly(logger: logging.Logger) -> Iterator[None]:
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def _told(sample: PublicSample, error: BaseException) -> BaseException:
    """What went wrong, in a sentence; what is nobody's to mend as it is."""
    # Came with pooch. Its errors are OSErrors, and some of them ValueErrors.
    from requests import exceptions

    if isinstance(error, UnetsegError):
        return error
    if isinstance(error, exceptions.HTTPError) and error.response is not None:
        answer = f"{error.response.status_code} {error.response.reason}".strip()
        return ReadError(
            f"{sample.host} does not give {sample.title} away (it answers {answer})",
            _by_hand(sample),
        )
    if isinstance(error, exceptions.ConnectTimeout | exceptions.ReadTimeout):
        what = f"{sample.host} does not answer, so that {sample.title} is not here"
        return ReadError(what, f"Try again later. {_by_hand(sample)}")
    if isinstance(error, exceptions.ChunkedEncodingError):
        what = f"The download of {sample.title} broke off; nothing of it was kept"
        return ReadError(what, f"Try again. {_by_hand(sample)}")
    if isinstance(error, exceptions.RequestException):
        return ReadError(
            f"{sample.host} cannot be reached, so that {sample.title} is not here: "
            "this computer seems to be offline",
            f"Connect it and try again. {_by_hand(sample)}",
        )
    if isinstance(error, ValueError) and "hash" in str(error).lower():
        return ReadError(
            f"What {sample.host} sent is not the {sample.title} that is known: its "
            "SHA-256 is another. It was removed",
            f"Try again later. {_by_hand(sample)}",
        )
    if isinstance(error, OSError):
        return _not_written(sample, samples_folder(), error)
    return error


def _by_hand(sample: PublicSample) -> str:
    return (
        f"Or fetch {sample.url} in another way and put it, as it is, into "
        f"{samples_folder()}"
    )


def _not_written(sample: PublicSample, folder: Path, error: OSError) -> WriteError:
    reason = error.strerror or str(error) or type(error).__name__
    room = f"Free space there: it takes about {_ROOM * sample.megabytes} MB"
    return WriteError(
        f"{sample.title} cannot be written to {folder}: {reason}",
        room if is_full(error) else "Make that folder one that can be written to",
    )
