"""The Models dock: use, rename, delete, import and export what was trained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QUrl
from qtpy.QtGui import QDesktopServices, QEnterEvent
from qtpy.QtWidgets import QHBoxLayout

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.gui.models import asking
from napari_unetseg.gui.models.card import CardView
from napari_unetseg.gui.models.table import ModelsTable, rows
from napari_unetseg.gui.parts.buttons import make_button
from napari_unetseg.gui.parts.dock import Dock
from napari_unetseg.gui.parts.worker import start_worker
from napari_unetseg.gui.runs.opening import dock_of
from napari_unetseg.runs import library, travel
from napari_unetseg.runs.listing import model_name
from napari_unetseg.runs.preferences import models_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from pathlib import Path

    from napari.viewer import Viewer

    from napari_unetseg.gui.models.table import Row
    from napari_unetseg.gui.parts.worker import Worker

NONE_YET = "There are no models yet: train one with Train U-Net, or import one."


class ModelsDock(Dock):
    """The library of models, and what can be done with each.

    Parameters
    ----------
    napari_viewer : napari.viewer.Viewer
        Whose Segment dock uses a model.
    """

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__(napari_viewer)
        self.table = ModelsTable()
        self.fill_with(self.table)
        self.card = CardView()
        self.footer.addWidget(self.card)
        self.use = make_button(
            "Segment", "Choose this model in the Segment dock", self._use
        )
        self.rename = make_button(
            "Rename…", "Give the model another name", self._rename
        )
        self.delete = make_button(
            "Delete…",
            "Delete the model's file, and the picture beside it",
            self._delete,
        )
        self.import_ = make_button(
            "Import…",
            "Copy a model file, or a BioImage.IO package that was exported here, into "
            "the library. No code in it is run.",
            self._import,
        )
        self.export = make_button(
            "Export…",
            "Write the model for other programs: as a BioImage.IO package, or as ONNX. "
            "No image of yours goes into it.",
            self._export,
        )
        self.folder = make_button("Folder", "Open the folder of models", self._folder)
        self.cancel = make_button("Cancel", "Stop the import or export", self._cancel)
        rows_of_buttons = (
            (self.use, self.rename, self.delete),
            (self.import_, self.export, self.folder, self.cancel),
        )
        for buttons in rows_of_buttons:
            row = QHBoxLayout()
            for button in buttons:
                row.addWidget(button)
            self.footer.addLayout(row)
        self.table.itemSelectionChanged.connect(self._on_choice)
        self.table.itemActivated.connect(lambda _: self._use())
        self._reading: Worker | None = None
        self._working: Worker | None = None
        self._choose: Path | None = None
        self._on_choice()
        self.later(self.read)

    def read(self) -> None:
        """Read the list anew, beside the window."""
        if self._reading is None:
            self._reading = start_worker(
                rows(),
                owner=self,
                name="Reading the list of models",
                on_event=lambda _: None,
                on_return=self._show,
                on_error=self._fail_to_read,
            )

    def enterEvent(self, event: QEnterEvent | None) -> None:
        """Show what was trained meanwhile to whoever comes to choose."""
        self.read()
        super().enterEvent(event)

    def _show(self, found: Sequence[Row]) -> None:
        self._reading = None
        self.table.show_rows(found, self._choose)
        self._choose = None
        if not self.said or self._hinting:  # What was done stays to be read.
            models = f"{len(found)} model{'s' * (len(found) > 1)}"
            self.hint(f"{models} in {models_folder()}" if found else NONE_YET)

    def _fail_to_read(self, error: Exception) -> None:
        self._reading = None
        self.say(f"The models cannot be listed: {error}", "error")

    def _on_choice(self) -> None:
        row = self.table.chosen
        self.card.show_entry(None if row is None else row.entry)
        is_idle = self._working is None
        for button in (self.rename, self.delete):
            button.setEnabled(row is not None and is_idle)
        self.use.setEnabled(row is not None and row.is_whole)
        self.export.setEnabled(row is not None and row.is_whole and is_idle)
        self.import_.setEnabled(is_idle)
        self.cancel.setEnabled(not is_idle)

    # -- at once -------------------------------------------------------------------

    def _use(self) -> None:
        row = self.table.chosen
        if row is not None and row.is_whole:
            dock_of(self.viewer, "segment").choose_model(row.path)

    def _rename(self) -> None:
        row = self.table.chosen
        name = "" if row is None else asking.new_name(self, row.entry.name)
        if row is None or not name:
            return
        old = row.entry.name
        self._try(lambda: library.rename(old, name), f"'{old}' is '{name}' now.")

    def _delete(self) -> None:
        row = self.table.chosen
        if row is None or not asking.may_delete(self, row.entry.name):
            return
        name = row.entry.name
        self._try(lambda: library.delete(name), f"'{name}' is deleted.")

    def _try(self, do: Callable[[], Path | None], done: str) -> None:
        """Do something with the library, and read it anew whatever comes of it."""
        try:
            self._choose = do()
        except UnetsegError as error:
            self.say(str(error), "error")
        else:
            self.say(done, "done")
        self.read()

    def _folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(models_folder())))

    # -- beside the window ---------------------------------------------------------

    def _import(self) -> None:
        path = asking.what_comes(self)
        if path is None:
            return

        def imported(new: Path) -> None:
            self._choose = new
            self.say(f"'{path.name}' is imported, as '{model_name(new)}'.", "done")

        self._start(travel.bringing_in(path), f"Importing {path.name}…", imported)

    def _export(self) -> None:
        row = self.table.chosen
        if row is None:
            return
        to = asking.where_to(self, row.entry.name)
        if to is None:
            return
        self._start(
            travel.exporting(row.path, to.path, to.author),
            f"Writing {to.path.name}…",
            lambda _: self.say(f"Written: {to.path}", "done"),
        )

    def _start(
        self,
        work: Generator[None, None, Any],
        saying: str,
        done: Callable[[Any], None],
    ) -> None:
        self.say(saying, "busy")
        self._working = start_worker(
            work,
            owner=self,
            name=saying,
            on_event=lambda _: None,
            on_return=lambda result: self._end(lambda: done(result)),
            on_error=lambda error: self._end(lambda: self._refuse(error)),
        )
        self._on_choice()

    def _end(self, tell: Callable[[], None]) -> None:
        self._working = None
        tell()
        self._on_choice()
        self.read()

    def _refuse(self, error: Exception) -> None:
        self.say(str(error), "error")
        if not isinstance(error, UnetsegError):
            raise error

    def _cancel(self) -> None:
        if self._working is not None:
            self._working.quit()
            self._end(lambda: self.say("Cancelled."))
