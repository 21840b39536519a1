"""Picture of a public sample while it is downloaded; `screenshots.py` takes it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from unittest import mock

from screenshots import pause, wait

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari import Viewer
    from screenshots import Camera

MEGABYTE = 1_000_000


def downloaded(viewer: Viewer, camera: Camera) -> None:
    """Show a download half way, which comes from nowhere, and cancel it."""
    from napari_unetseg.core.samples.public import PUBLIC
    from napari_unetseg.gui.samples import downloading

    with mock.patch.object(downloading, "fetch", half_way):
        worker = downloading.download(PUBLIC["phc-u373"], viewer)
        assert worker is not None
        (bar,) = downloading.DownloadBar._all_instances
        wait("half of the file", lambda: bar.n > 0)
        pause(0.5)
        camera.take("sample-downloading")
        bar.cancel()
        wait("the end of the download", lambda: not worker.is_running)


def half_way(_: object) -> Iterator[object]:
    """Get no further."""
    from napari_unetseg.runs.downloads import Fetched

    while True:
        yield Fetched(17 * MEGABYTE, 40 * MEGABYTE)
        time.sleep(0.1)
