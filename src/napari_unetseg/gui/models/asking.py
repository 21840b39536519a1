"""What the Models dock asks: a name, a file, an author."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from qtpy.QtWidgets import QFileDialog, QInputDialog, QLineEdit, QMessageBox

from napari_unetseg.runs import listing
from napari_unetseg.runs.travel import FORMATS

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

_COMES = f"Models and BioImage.IO packages (*{listing.MODEL_ENDING} *.zip)"
_GOES = {".zip": "BioImage.IO package (*.zip)", ".onnx": "ONNX (*.onnx)"}


class Destination(NamedTuple):
    """Where a model is to be written.

    Attributes
    ----------
    path : Path
        The file.
    author : str
        Of a package: who made it.
    """

    path: Path
    author: str


def new_name(owner: QWidget, name: str) -> str:
    """Ask for another name of a model; "" if it is to stay."""
    text, is_meant = QInputDialog.getText(
        owner, "Rename a model", "Name:", QLineEdit.EchoMode.Normal, name
    )
    text = text.strip()
    return text if is_meant and text != name else ""


def may_delete(owner: QWidget, name: str) -> bool:
    """Ask whether a model is to be deleted."""
    answer = QMessageBox.question(
        owner,
        "Delete a model",
        f"Delete the model '{name}' and its picture for good? Labels that were made "
        "with it stay.",
    )
    return bool(answer == QMessageBox.StandardButton.Yes)


def what_comes(owner: QWidget) -> Path | None:
    """Ask for a file to import."""
    name, _ = QFileDialog.getOpenFileName(
        owner, "Import a model", "", f"{_COMES};;All files (*)"
    )
    return Path(name) if name else None


def where_to(owner: QWidget, name: str) -> Destination | None:
    """Ask for the file to export a model to, and of a package for its author."""
    text, chosen = QFileDialog.getSaveFileName(
        owner, "Export a model", f"{name}.zip", ";;".join(_GOES.values())
    )
    if not text:
        return None
    path = Path(text)
    if path.suffix.lower() not in FORMATS:
        # The system's dialog does not add the ending of the format that was chosen.
        ending = next((end for end in FORMATS if _GOES[end] == chosen), ".zip")
        path = path.with_name(path.name + ending)
    if path.suffix.lower() != ".zip":
        return Destination(path, "")
    author, is_meant = QInputDialog.getText(
        owner, "Export a model", "Author, as the package names you:"
    )
    return Destination(path, author.strip()) if is_meant else None
