"""Which images are segmented: one layer, those that are selected, or a folder's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from magicgui.types import FileDialogMode
from magicgui.widgets import ComboBox, FileEdit
from psygnal import Signal

from napari_unetseg.core.errors import InputError, listed
from napari_unetseg.gui.parts.choices import LayerBox, layers_of_kind
from napari_unetseg.gui.parts.form import sentence
from napari_unetseg.gui.run.dock import OPEN_ONE
from napari_unetseg.gui.segment.folder import MOST_OPENED, free_folder

if TYPE_CHECKING:
    from napari.layers import Layer
    from napari.viewer import Viewer

    from napari_unetseg.gui.parts.form import Form

ONE, SELECTED, FOLDER = "one layer", "selected layers", "a folder"
SOURCES = (ONE, SELECTED, FOLDER)
# Names of layers that are listed.
MOST_NAMED = 6


class Source:
    """A box to choose the kind of images, and one to choose them.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose layers are offered.

    Attributes
    ----------
    kind : ComboBox
        One of `SOURCES`.
    image : LayerBox
        The one layer.
    listed : Label
        Names of the layers that are selected.
    folder, out : FileEdit
        Of the images, and of their labels.
    changed : Signal
        Other images are chosen.
    """

    changed = Signal()

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._kept: list[Layer] = []
        self.kind = ComboBox(
            name="kind",
            label="Images",
            choices=SOURCES,
            value=ONE,
            tooltip="One layer, all image layers that are selected in napari's list, "
            "or all images in a folder. Several are segmented one after the other.",
        )
        self.image = LayerBox(
            viewer,
            "image",
            name="image",
            label="Image",
            tooltip="Layer to segment. Stacks are segmented slice by slice.",
        )
        self.listed = sentence("listed")
        self.listed.tooltip = (
            "Click layers in napari's list with Ctrl (on a Mac: Cmd) or Shift held "
            "down to select several. Each gets labels of its own."
        )
        self.folder = FileEdit(
            name="folder",
            label="Folder",
            mode=FileDialogMode.EXISTING_DIRECTORY,
            nullable=True,
            tooltip="Folder of the images to segment: TIFF files and OME-Zarr. They "
            "are only read.",
        )
        self.out = FileEdit(
            name="out",
            label="Results",
            mode=FileDialogMode.EXISTING_DIRECTORY,
            nullable=True,
            tooltip="Folder for the labels, one file per image, with the image's name. "
            "Nothing that is there is replaced. Up to "
            f"{MOST_OPENED} can be opened as layers then.",
        )
        for box in (self.folder, self.out):
            box.choose_btn.text = "Choose…"
            box.line_edit.tooltip = box.choose_btn.tooltip = box.tooltip
        self.kind.changed.connect(lambda _: self.changed.emit())
        self.image.changed.connect(lambda _: self.changed.emit())
        self.folder.changed.connect(self._propose)
        self.out.changed.connect(lambda _: self.changed.emit())

    @property
    def is_folder(self) -> bool:
        """Whether images are read from files, and labels written to files."""
        return bool(self.kind.value == FOLDER)

    @property
    def is_one(self) -> bool:
        """Whether a single layer is chosen here."""
        return bool(self.kind.value == ONE)

    def layers(self) -> list[Layer]:
        """The layers that are chosen, the lowest first.

        Raises
        ------
        InputError
            If there is none.
        """
        if self.is_one:
            if self.image.value is None:
                raise InputError("There is no image", OPEN_ONE)
            return [self.image.value]
        found = self._selected()
        if not found:
            raise InputError(
                "No image layer is selected",
                "Select some in napari's list of layers, with Ctrl held down",
            )
        return found

    def add_to(self, form: Form) -> None:
        """Put all rows into a form."""
        form.extend([self.kind, self.image, self.listed, self.folder, self.out])

    def show_rows(self, form: Form) -> None:
        """Show the rows of the chosen kind, and which layers are selected."""
        selected = "" if self.is_one or self.is_folder else _names(self._selected())
        self.listed.value = selected
        form.show_row(self.image.native, self.is_one)
        form.show_row(self.listed.native, bool(selected))
        for box in (self.folder, self.out):
            form.show_row(box.native, self.is_folder)

    def paths(self) -> tuple[Path | None, Path | None]:
        """The folder of the images, and that of the results."""
        return _chosen(self.folder), _chosen(self.out)

    def propose_again(self) -> None:
        """Propose a folder for the next results: the last one has some."""
        out = _chosen(self.out)
        if self.is_folder and out is not None and out.exists():
            self._propose(self.folder.value)

    def _propose(self, _: object) -> None:
        folder = _chosen(self.folder)
        with self.out.changed.blocked():
            self.out.value = None if folder is None else free_folder(folder)
        self.changed.emit()

    def _selected(self) -> list[Layer]:
        """Images that are selected; if there are none, those that were, and stay.

        napari selects every layer that is added, as labels are that were just made.
        """
        selection = self._viewer.layers.selection
        offered = layers_of_kind(self._viewer, "image")
        offered.reverse()
        chosen = [layer for layer in offered if layer in selection]
        self._kept = chosen or [layer for layer in offered if layer in self._kept]
        return self._kept


def _chosen(box: FileEdit) -> Path | None:
    """The folder in a box; None if it is empty."""
    value = box.value
    return value if isinstance(value, Path) and str(value) not in ("", ".") else None


def _names(layers: list[Layer]) -> str:
    if not layers:
        return ""
    names = [str(layer.name) for layer in layers]
    return f"{len(layers)} selected: {listed(names, MOST_NAMED)}."
