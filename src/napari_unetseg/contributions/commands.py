"""Entries of napari's menus that are no widgets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari_unetseg.contributions.reader import read_layers
from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.core.read.opening import kind_of, open_images
from napari_unetseg.layers.to_layer import OTHERS

if TYPE_CHECKING:
    import napari.viewer

PLUGIN = "napari-unetseg"


def open_with_axes(viewer: napari.viewer.Viewer) -> None:
    """Ask for files and open each with its axes, pixel size and channels.

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
        "TIFF (*.tif *.tiff *.TIF *.TIFF *.companion.ome)",
    )
    for file in files:
        try:
            viewer.open([file], stack=False, plugin=PLUGIN)
        except (UnetsegError, ValueError) as error:  # napari's when it is no TIFF
            show_error(str(error))
        else:
            update_open_history(file)


def open_folder(viewer: napari.viewer.Viewer) -> None:
    """Ask for a folder of images and open it: a zarr, a sequence, or pairs.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Given by napari when the entry is chosen.
    """
    from napari.utils.history import get_open_history, update_open_history
    from napari.utils.notifications import show_error
    from qtpy.QtWidgets import QApplication, QFileDialog

    folder = QFileDialog.getExistingDirectory(
        QApplication.activeWindow(),
        "Open a zarr, or a folder of images and labels",
        get_open_history()[0],
    )
    if not folder:
        return
    try:
        if not kind_of(folder):
            open_images(folder)  # Refuses, and says what is read.
        viewer.open([folder], stack=False, plugin=PLUGIN)
    except (UnetsegError, ValueError) as error:
        show_error(str(error))
    else:
        update_open_history(folder)


def open_other(viewer: napari.viewer.Viewer) -> None:
    """Ask which of the other images in a layer's file to open, and open it.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Given by napari when the entry is chosen; the selected layer counts.
    """
    from napari.layers import Layer
    from napari.utils.notifications import show_error, show_info
    from qtpy.QtWidgets import QApplication, QInputDialog

    layer = viewer.layers.selection.active
    others = {} if layer is None else layer.metadata.get(OTHERS) or {}
    path = None if layer is None else layer.source.path
    if not others or not path:
        show_info(
            "Select a layer first whose file holds several images: the first layer "
            "that was opened of it"
        )
        return
    entries = {f"{number + 1}: {name}": number for number, name in others.items()}
    chosen, agreed = QInputDialog.getItem(
        QApplication.activeWindow(),
        "Open another image of the file",
        f"Image in '{Path(path).name}':",
        [*entries],
        editable=False,
    )
    if not agreed:
        return
    try:
        made = read_layers(path, series=entries[chosen])
    except UnetsegError as error:
        show_error(str(error))
        return
    for data, about, kind in made:
        if "channel_axis" in about:
            viewer.add_image(data, **about)
        else:
            viewer.add_layer(Layer.create(data, about, kind))
