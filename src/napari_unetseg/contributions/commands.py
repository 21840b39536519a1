"""Entries of napari's menus that are no widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_unetseg.core.errors import UnetsegError

if TYPE_CHECKING:
    import napari.viewer

PLUGIN = "napari-unetseg"


def open_with_axes(viewer: napari.viewer.Viewer) -> None:
    """Ask for TIFF files and open each with its axes, pixel size and channels.

    A file that cannot be read is told about, and the others are opened.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Given by napari when the entry is chosen.
    """
    from napari.utils.history import get_open_history, update_open_history
    from napari.utils.notifications import show_error
    from qtpy.QtWidgets import QApplication, QFileDialog

    files, _ = QFileDialog.getOpenFileNames(
        QApplication.activeWindow(),
        "Open with axes and pixel size",
        get_open_history()[0],
        "TIFF (*.tif *.tiff *.TIF *.TIFF)",
    )
    for file in files:
        try:
            viewer.open([file], stack=False, plugin=PLUGIN)
        except (UnetsegError, ValueError) as error:  # napari's when it is no TIFF
            show_error(str(error))
        else:
            update_open_history(file)
