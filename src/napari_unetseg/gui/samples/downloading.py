"""A download beside the window, with a bar and a Cancel in napari's activity dock."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from napari.layers import Layer
from napari.utils.notifications import show_error, show_info
from napari.utils.progress import cancelable_progress

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.core.read.annotations import NAMESPACE
from napari_unetseg.core.read.challenge import FRAMES
from napari_unetseg.gui.parts.worker import Worker, start_worker
from napari_unetseg.gui.samples.entries import public_layers
from napari_unetseg.runs.downloads import Fetched, fetch

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from napari.viewer import Viewer

    from napari_unetseg.core.samples.public import PublicSample
    from napari_unetseg.layers.to_layer import LayerData

_RUNNING: dict[str, Worker] = {}


class DownloadBar(cancelable_progress):
    """Bar of a download in napari's activity dock.

    Parameters
    ----------
    title : str
        What is downloaded.
    cancelled : callable
        Called when somebody presses Cancel; the bar is gone by then.
    """

    def __init__(self, title: str, cancelled: Callable[[], None]) -> None:
        self._cancelled = cancelled
        self._open = True
        self._known = 0
        # Of the usual words the Cancel button would be out of sight; napari shows what
        # stands behind the last bar.
        super().__init__(
            desc=f"Downloading {title}",
            total=0,
            unit_scale=True,
            bar_format="|{n_fmt}B of {total_fmt}B",
        )

    def show(self, fetched: Fetched) -> None:
        """Show how far it is."""
        if not self._open:
            return
        if fetched.total != self._known:
            self._known = self.total = fetched.total
        self.update(fetched.done - self.n)

    def cancel(self) -> None:
        """End the work at once: napari would ask for it at the next step only."""
        super().cancel()
        self.end()
        self._cancelled()

    def end(self) -> None:
        """Go away, if it is still there."""
        if self._open:
            self._open = False
            self.close()


class ActivityDock:
    """napari's dock of bars, opened as far as this napari lets us.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        In whose window it is.
    """

    def __init__(self, viewer: Viewer) -> None:
        window = viewer.window
        status = getattr(window, "_status_bar", None)
        dialog = getattr(window._qt_window, "_activity_dialog", None)
        self._toggle = getattr(status, "_toggle_activity_dock", None)
        # Somebody who has opened it keeps it open.
        self._is_ours = dialog is not None and not dialog.isVisible()
        self._set(shown=True)

    def close(self) -> None:
        """Close it, if it was opened here and nothing else is going on in it."""
        if not DownloadBar._all_instances:
            self._set(shown=False)

    def _set(self, *, shown: bool) -> None:
        if self._is_ours and self._toggle is not None:
            self._toggle(shown)


def download(sample: PublicSample, viewer: Viewer) -> Worker | None:
    """Begin to download a data set; its layers come when all of it is here.

    Parameters
    ----------
    sample : PublicSample
        Which.
    viewer : napari.viewer.Viewer
        Gets the layers. If its window is closed before, the download ends.

    Returns
    -------
    Worker or None
        None if it is being downloaded already.
    """
    before = _RUNNING.get(sample.key)
    if before is not None and before.is_running:
        show_info(f"{sample.title} is being downloaded; see 'activity', bottom right")
        return None

    def cancel() -> None:
        worker.quit()
        activity.close()
        show_info(f"The download of {sample.title} was cancelled")

    activity = ActivityDock(viewer)
    bar = DownloadBar(sample.title, cancel)
    worker = start_worker(
        _fetched(sample),
        owner=viewer.window._qt_window,
        name=f"Downloading {sample.title}",
        on_event=bar.show,
        on_return=partial(_arrived, sample, viewer, bar, activity),
        on_error=partial(_failed, bar, activity),
        outlives=True,
    )
    _RUNNING[sample.key] = worker
    return worker


def _fetched(
    sample: PublicSample,
) -> Generator[Fetched, None, list[LayerData]]:
    """Download and read, which takes seconds too."""
    folder = yield from fetch(sample)
    return public_layers(sample, folder)


def _arrived(
    sample: PublicSample,
    viewer: Viewer,
    bar: DownloadBar,
    activity: ActivityDock,
    layers: list[LayerData],
) -> None:
    bar.end()
    activity.close()
    for data, about, kind in layers:
        viewer.add_layer(Layer.create(data, about, kind))
    _go_to_annotation(viewer, layers[-1][1])
    show_info(f"{sample.title}: {sample.terms}")


def _failed(bar: DownloadBar, activity: ActivityDock, error: Exception) -> None:
    bar.end()
    activity.close()
    if not isinstance(error, UnetsegError):
        raise error
    show_error(str(error))


def _go_to_annotation(viewer: Viewer, about: dict[str, Any]) -> None:
    """Show the first frame that somebody has outlined: most have nothing to see."""
    frames = about.get("metadata", {}).get(NAMESPACE, {}).get(FRAMES, "")
    first = frames.partition(",")[0]
    if first:
        viewer.dims.set_current_step(0, int(first))
