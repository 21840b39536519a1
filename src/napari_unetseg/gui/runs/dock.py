"""The Runs dock: watch a run, go on with it, or delete it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QTimer, QUrl
from qtpy.QtGui import QDesktopServices, QGuiApplication
from qtpy.QtWidgets import QHBoxLayout, QMessageBox

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.gui.parts.buttons import make_button
from napari_unetseg.gui.parts.dock import Dock
from napari_unetseg.gui.parts.worker import start_worker
from napari_unetseg.gui.runs.opening import dock_of
from napari_unetseg.gui.runs.rows import JOBS, now, rows, size_text
from napari_unetseg.gui.runs.table import RunsTable
from napari_unetseg.runs import listing
from napari_unetseg.runs.home import runs_folder
from napari_unetseg.runs.methods import how_made

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari.viewer import Viewer

    from napari_unetseg.gui.parts.worker import Worker
    from napari_unetseg.gui.run.dock import RunDock
    from napari_unetseg.gui.runs.rows import Row

# Milliseconds between two looks at the runs that are under way.
LOOK = 1000


class RunsDock(Dock):
    """List the trainings and segmentations that the docks have started.

    Parameters
    ----------
    napari_viewer : napari.viewer.Viewer
        Where a run is shown.
    """

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__(napari_viewer)
        self.table = RunsTable()
        self.fill_with(self.table)
        self.open = make_button(
            "Show",
            "Show the run in its dock: watch it, or see what it made",
            self._open,
        )
        self.resume = make_button(
            "Go on", "Go on with a run that was stopped", self._resume
        )
        self.delete = make_button(
            "Delete…", "Delete the folder of a run; models stay", self._delete
        )
        self.again = make_button("Refresh", "Read the list anew", self.read)
        self.copy = make_button(
            "Copy how",
            "Copy how it was made: sentences for a paper, and the command line",
            self._copy,
        )
        self.folder = make_button("Folder", "Open the run's folder", self._folder)
        rows_of_buttons = (
            (self.open, self.resume, self.delete),
            (self.copy, self.folder, self.again),
        )
        for buttons in rows_of_buttons:
            row = QHBoxLayout()
            for button in buttons:
                row.addWidget(button)
            self.footer.addLayout(row)
        self.table.itemSelectionChanged.connect(self._on_choice)
        self.table.itemActivated.connect(lambda _: self._open())
        self._reading: Worker | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK)
        self._timer.timeout.connect(self._look)
        self._timer.start()
        self._on_choice()
        self.later(self.read)

    def read(self) -> None:
        """Read the list anew, beside the window."""
        if self._reading is not None:
            return
        self.again.setEnabled(False)
        self._reading = start_worker(
            rows(),
            owner=self,
            name="Reading the list of runs",
            on_event=lambda _: None,
            on_return=self._show,
            on_error=self._fail,
        )

    def _show(self, found: Sequence[Row]) -> None:
        self._done()
        self.table.show_rows(found)
        total = sum(row.bytes for row in found)
        if found:
            runs = f"{len(found)} run{'s' * (len(found) > 1)}"
            self.say(f"{runs}, {size_text(total)} in all.")
        else:
            self.say("There are no runs yet: train or segment something.")

    def _fail(self, error: Exception) -> None:
        self._done()
        self.say(f"The runs cannot be listed: {error}", "error")

    def _done(self) -> None:
        self._reading = None
        self.again.setEnabled(True)

    def _look(self) -> None:
        """Bring what is under way up to date, while somebody sees it."""
        if not self.isVisible():
            return
        for place, row in enumerate(self.table.rows):
            if not row.is_running:
                continue
            newer = now(row)
            if newer is None or not newer.is_running:
                self.read()  # It has ended, or gone: its size is another too.
                return
            self.table.show_row(place, newer)

    def _on_choice(self) -> None:
        row = self.table.chosen
        self.open.setEnabled(row is not None)
        self.folder.setEnabled(row is not None)
        self.copy.setEnabled(row is not None)
        self.resume.setEnabled(row is not None and row.can_go_on)
        self.delete.setEnabled(row is not None and not row.is_running)

    def _open(self) -> None:
        self._in_its_dock(lambda dock, row: dock.show_run(row.folder))

    def _resume(self) -> None:
        self._in_its_dock(lambda dock, row: dock.resume_run(row.folder))

    def _in_its_dock(self, do: Callable[[RunDock, Row], None]) -> None:
        """Open the dock of the chosen run, and do something with both."""
        row = self._up_to_date()
        if row is None:
            return
        dock = dock_of(self.viewer, row.where.job)
        if dock.run.running and dock.run.folder != row.folder:
            self.say(
                f"The dock shows another {JOBS[row.where.job]}, which is under way. "
                "Stop it first, or wait for its end.",
                "warning",
            )
            return
        do(dock, row)

    def _delete(self) -> None:
        row = self._up_to_date()
        if row is None:
            return
        if row.is_running:
            self.say("This run is under way: show it, and stop it first.", "warning")
            return
        answer = QMessageBox.question(
            self,
            "Delete a run",
            f"Delete the {JOBS[row.where.job]} of '{row.name}' "
            f"({size_text(row.bytes)})? It cannot go on then. Layers and finished "
            "models are not touched.",
        )
        if answer != QMessageBox.StandardButton.Yes:
            return
        listing.discard(row.folder)
        if row.folder.exists():
            self.say(f"{row.folder} cannot be deleted: is it open elsewhere?", "error")
        self.read()

    def _copy(self) -> None:
        row = self._up_to_date()
        clipboard = QGuiApplication.clipboard()
        if row is None or clipboard is None:
            return
        try:
            clipboard.setText(how_made(row.folder))
        except UnetsegError as error:
            self.say(str(error), "error")
        else:
            self.say("Copied: sentences for a paper, and the command line.", "done")

    def _folder(self) -> None:
        row = self.table.chosen
        folder = runs_folder() if row is None else row.folder
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    def _up_to_date(self) -> Row | None:
        """The chosen run as it stands now."""
        row = self.table.chosen
        newer = None if row is None else now(row)
        if row is not None and newer is None:
            self.say("This run has gone meanwhile.", "warning")
            self.read()
        return newer
