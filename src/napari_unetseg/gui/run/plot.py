"""Where the curves of a training stand in its dock, and when they are seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_unetseg.core.events import Started

if TYPE_CHECKING:
    from napari_unetseg.core.events import Event
    from napari_unetseg.gui.run.curves import Curves
    from napari_unetseg.gui.run.dock import RunDock


class Plot:
    """The curves of one run at a time, under the form of a dock.

    Parameters
    ----------
    dock : RunDock
        Where they stand.

    Attributes
    ----------
    curves : Curves or None
        None while no run with curves is shown.
    """

    def __init__(self, dock: RunDock) -> None:
        self._dock = dock
        self.curves: Curves | None = None

    def begin(self) -> None:
        """Draw a new run, in place of the one before."""
        from napari_unetseg.gui.run.curves import Curves

        self.drop()
        self.curves = Curves(self._dock.viewer.theme)
        self._dock.add_below_form(self.curves)
        self._dock.reveal(self.curves)

    def hear(self, news: tuple[Event, ...]) -> None:
        """Draw what a run has told."""
        if self.curves is None:
            return
        self.curves.hear(news)
        if any(isinstance(event, Started) for event in news):
            # Now the footer has a progress bar and a longer sentence: less is in sight.
            self._dock.reveal(self.curves)

    def follow(self, theme: str) -> None:
        """Take the colours of a napari theme."""
        if self.curves is not None:
            self.curves.follow(theme)

    def drop(self) -> None:
        """Take the curves out of the dock."""
        if self.curves is not None:
            self.curves.setParent(None)
            self.curves.deleteLater()
            self.curves = None
