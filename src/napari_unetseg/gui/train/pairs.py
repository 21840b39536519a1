"""Further pairs to learn from: layers, and a folder whose files are not opened."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import QCheckBox, QFileDialog, QVBoxLayout, QWidget

from napari_unetseg.core.errors import InputError, UnetsegError
from napari_unetseg.core.read.folders import pairs_in
from napari_unetseg.gui.parts.choices import layers_of_kind
from napari_unetseg.gui.parts.form import Form, joined, sentence
from napari_unetseg.gui.run.dock import OPEN_ONE
from napari_unetseg.gui.train.links import Link, Links
from napari_unetseg.gui.train.pair import Pair, fitting
from napari_unetseg.gui.train.pair_row import PairRow, remove_button

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari.layers import Image, Labels

    from napari_unetseg.core.read.folders import FoundPairs
    from napari_unetseg.gui.train.dock import TrainDock
    from napari_unetseg.gui.train.look import Wish
    from napari_unetseg.gui.train.region import Region

TOOLTIP = "Other images with their labels that the same network learns from"
ADD = (
    "Learn from a further image and its labels: offered are layers of the same size, "
    "best those whose labels are called as the image"
)
FOLDER = (
    "Learn from files, too, which are not opened as layers: with the same names in the "
    "folders images and labels (or masks), or as NAME.tif and NAME-labels.tif"
)
NONE_FITS = (
    "There are no two layers left, an image and labels of its size: open or paint them "
    "first."
)
FILES = (
    "They are read where they lie. Painting while it trains goes for layers, not for "
    "these files"
)
ONLY = "Learn from the files of the folder, and not from the layers above"
ALONE = "Only the files of the folder are learnt from: untick 'Only these files'"


class FurtherPairs(QWidget):
    """The list of further pairs; links that add to it stand in a row of their own.

    Parameters
    ----------
    dock : TrainDock
        Whose layers are the first pair.

    Attributes
    ----------
    links : Links
        "Add a pair" and "Add a folder".
    rows : list of PairRow
        The pairs of layers.
    folder : FoundPairs or None
        The pairs of files.
    alone : QCheckBox
        Whether nothing but these files is learnt from.
    changed : Signal
        Another pair, or another choice in one.
    """

    changed = Signal()

    def __init__(self, dock: TrainDock) -> None:
        super().__init__()
        self._dock = dock
        self.rows: list[PairRow] = []
        self.folder: FoundPairs | None = None
        self.links = Links(
            (
                Link("Add a pair", ADD, self.add),
                Link("Add a folder", FOLDER, self.choose_folder),
            )
        )
        self.links.follow(dock.viewer.theme)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(8)
        self.found = sentence("folder")
        self.alone = QCheckBox("Only these files")
        self.alone.setToolTip(ONLY)
        self._files = Form()
        self._remove = remove_button(
            "Do not learn from this folder", self.remove_folder
        )
        self._files.add_row("Folder", FILES, joined(self.found.native, self._remove))
        self._files.add_row("", "", self.alone)
        self._layout.addWidget(self._files)
        self.alone.toggled.connect(self._on_choice)
        self._show()

    # -- what is chosen -----------------------------------------------------------

    @property
    def only_files(self) -> bool:
        """Whether no layer is learnt from."""
        if self.folder is None:
            return False
        first = (self._dock.image.value, self._dock.labels.value)
        return self.alone.isChecked() or None in first

    @property
    def several(self) -> bool:
        """Whether there is more than the first pair."""
        return bool(self.rows or self.folder)

    def complete(
        self, images: Sequence[Image], labels: Labels | None, region: Region | None
    ) -> list[Pair]:
        """All pairs of layers, the first one before the others.

        Raises
        ------
        InputError
            If the first pair is not complete.
        """
        if self.only_files:
            return []
        if not images:
            raise InputError("There is no image", OPEN_ONE)
        if labels is None:
            raise InputError(
                "There are no labels", "Add a labels layer and paint some of each class"
            )
        return [Pair(images, labels, region), *(row.pair() for row in self.rows)]

    def wish(self, labels: Labels | None, wish: Wish) -> tuple[Labels | None, Wish]:
        """What is to be looked at: the labels of all pairs."""
        if self.only_files:
            return None, replace(wish, region=None, folder=self.folder)
        pairs = [row.pair() for row in self.rows]
        further = tuple((pair.labels, pair.region) for pair in pairs)
        return labels, replace(wish, further=further, folder=self.folder)

    def name(self) -> str:
        """What the first thing to learn from is called; empty if there is none."""
        if self.only_files and self.folder is not None:
            return self.folder.folder.name
        image = self._dock.image.value
        return "" if image is None else str(image.name)

    # -- what is added and removed ------------------------------------------------

    def add(self) -> None:
        """Add two layers that fit one another and are in no pair yet."""
        dock = self._dock
        taken: set[Any] = {*dock.chosen_images(), dock.labels.value}
        for row in self.rows:
            taken |= {*row.pair().images, row.pair().labels}
        images, labels = (
            [layer for layer in layers_of_kind(dock.viewer, kind) if layer not in taken]
            for kind in ("image", "labels")
        )
        found = fitting(images, labels)
        if found is None:
            dock.say(NONE_FITS, "warning")
            return
        row = PairRow(dock.viewer, *found)
        row.changed.connect(self._on_choice)
        row.removed.connect(lambda: self.remove(row))
        self._layout.insertWidget(len(self.rows), row)
        self.rows.append(row)
        self._on_choice()

    def remove(self, row: PairRow) -> None:
        """Take a pair out; its layers stay as they are."""
        self._take_out(row)
        self._on_choice()

    def choose_folder(self) -> None:
        """Ask for a folder of pairs."""
        chosen = QFileDialog.getExistingDirectory(self, "Choose a folder of pairs")
        if chosen:
            self.add_folder(Path(chosen))

    def add_folder(self, folder: Path) -> None:
        """Learn from the pairs of a folder, in place of one that was chosen before."""
        try:
            self.folder = pairs_in(folder)
        except UnetsegError as error:
            self._dock.say(str(error), "error")
            return
        self.found.value = self.folder.sentence()
        self._on_choice()

    def remove_folder(self) -> None:
        """Forget the folder; its files stay as they are."""
        self.folder = None
        self.alone.setChecked(False)
        self._on_choice()

    def reset_choices(self) -> None:
        """Offer the layers that there are now; a pair goes with its layers."""
        for row in [*self.rows]:
            if not row.reset_choices():
                self._take_out(row)
        self._show()

    def offer(self, *, channels: bool, regions: bool) -> None:
        """Ask of each pair what is asked of the first: further channels, a region."""
        for row in self.rows:
            row.offer(channels=channels, regions=regions)
            row.setEnabled(not self.only_files)
        form = self._dock.form
        alone = self.only_files and self.alone.isChecked()
        for box in (self._dock.image, self._dock.labels):
            form.refuse(box.native, ALONE if alone else "")

    def _take_out(self, row: PairRow) -> None:
        self.rows.remove(row)
        self._layout.removeWidget(row)
        row.hide()
        row.deleteLater()

    def _show(self) -> None:
        for number, row in enumerate(self.rows, start=2):
            row.count(number)
        self._files.setVisible(self.folder is not None)
        layers = None not in (self._dock.image.value, self._dock.labels.value)
        self._files.show_row(self.alone, layers)
        self.setVisible(self.several)

    def _on_choice(self) -> None:
        self._show()
        self.changed.emit()
