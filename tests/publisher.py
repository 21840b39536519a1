"""Somebody who publishes data sets: a web server on this computer, for tests.

It serves tiny archives that lie as the real ones do.
"""

from __future__ import annotations

import hashlib
import io
import threading
import zipfile
from contextlib import contextmanager, suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import numpy as np
import tifffile

from napari_unetseg.core.samples import public

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

FRAMES, SHAPE = 4, (24, 32)


def tiff(array: np.ndarray) -> bytes:
    """Return the bytes of a TIFF file."""
    stream = io.BytesIO()
    tifffile.imwrite(stream, array, photometric="minisblack")
    return stream.getvalue()


def archive(files: dict[str, bytes]) -> bytes:
    """Return the bytes of a zip file."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in files.items():
            target.writestr(name, data)
    return stream.getvalue()


def challenge(name: str = "PhC-C2DH-U373") -> bytes:
    """Two sequences; of the first, frame 2 is outlined by hand."""
    cells = np.zeros(SHAPE, np.uint16)
    cells[4:12, 4:12], cells[14:20, 16:28] = 1, 2
    image = np.random.default_rng(0).integers(0, 255, SHAPE, np.uint8)
    files = {f"{name}/readme.txt": b"no image"}
    for t in range(FRAMES):
        for sequence in ("01", "02"):
            files[f"{name}/{sequence}/t{t:03}.tif"] = tiff(image + np.uint8(t))
            files[f"{name}/{sequence}_ST/SEG/man_seg{t:03}.tif"] = tiff(cells)
        files[f"{name}/01_GT/TRA/man_track{t:03}.tif"] = tiff(cells)
    files[f"{name}/01_GT/SEG/man_seg002.tif"] = tiff(cells)
    return archive(files)


def membranes(**changes: bytes) -> bytes:
    """Stacks of images and labels, white in cells and black on membranes."""
    image = np.random.default_rng(0).integers(0, 255, (3, *SHAPE), np.uint8)
    labels = np.full(image.shape, 255, np.uint8)
    labels[:, ::8] = 0
    parts = {"volume": tiff(image), "labels": tiff(labels)} | changes
    return archive({f"train-{name}.tif": data for name, data in parts.items()})


class Publisher:
    """What is served under each path, and how.

    Attributes
    ----------
    files : dict
        Bytes by name; of other names the answer is 404.
    cut : int or None
        After so many bytes the connection is closed.
    hold : threading.Event or None
        Waited for in the middle of a file.
    asked : list of str
        Names that were asked for.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.cut: int | None = None
        self.hold: threading.Event | None = None
        self.asked: list[str] = []
        self.url = ""

    def publish(self, monkeypatch: pytest.MonkeyPatch, key: str, data: bytes) -> None:
        """Serve a data set in place of its publisher."""
        sample = public.PUBLIC[key]
        url = f"{self.url}/{sample.archive}"
        known = hashlib.sha256(data).hexdigest() if sample.sha256 else ""
        self.files[sample.archive] = data
        changed = replace(sample, url=url, sha256=known)
        monkeypatch.setitem(public.PUBLIC, key, changed)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        name = handler.path.rpartition("/")[2]
        self.asked.append(name)
        data = self.files.get(name)
        if data is None:
            handler.send_error(404)
            return
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        middle = len(data) // 2
        handler.wfile.write(data[: min(middle, self.cut or middle)])
        if self.hold is not None:
            handler.wfile.flush()
            self.hold.wait(20)
        if self.cut is None:
            handler.wfile.write(data[middle:])


@contextmanager
def published() -> Iterator[Publisher]:
    """Serve on a port of this computer until the end of the block."""
    publisher = Publisher()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            publisher.answer(self)

        def log_message(self, *_: object) -> None:
            pass

        def handle(self) -> None:
            # Whoever cancels closes the connection.
            with suppress(ConnectionError):
                super().handle()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    publisher.url = f"http://127.0.0.1:{server.server_port}/data"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield publisher
    finally:
        if publisher.hold is not None:
            publisher.hold.set()
        server.shutdown()
        server.server_close()
        thread.join()
