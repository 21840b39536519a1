"""The public data sets of File > Open Sample, as napari asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_unetseg.core.draining import result_of
from napari_unetseg.core.samples.public import PUBLIC
from napari_unetseg.runs.downloads import fetch, is_here
from napari_unetseg.runs.public_data import is_to_learn_from, open_public

if TYPE_CHECKING:
    from pathlib import Path

    from napari_unetseg.core.samples.public import PublicSample
    from napari_unetseg.layers.to_layer import LayerData


def isbi2012() -> list[LayerData]:
    """Sections of nerve tissue, cells and membranes labelled."""
    return _open(PUBLIC["isbi2012"])


def phc_u373() -> list[LayerData]:
    """Phase contrast of glioblastoma cells, some frames outlined by hand."""
    return _open(PUBLIC["phc-u373"])


def dic_hela() -> list[LayerData]:
    """Interference contrast of HeLa cells, some frames outlined by hand."""
    return _open(PUBLIC["dic-hela"])


def public_layers(sample: PublicSample, folder: Path) -> list[LayerData]:
    """Read a data set that is here, as layers; computed outlines are hidden.

    Raises
    ------
    ReadError
        If a file is missing or damaged.
    """
    # Only now: the rest of this module is loaded to list what can be downloaded.
    from napari_unetseg.layers.to_layer import layers_of_opened

    return [
        (data, about | {"visible": not one.labels or is_to_learn_from(one)}, kind)
        for one in open_public(sample, folder)
        for data, about, kind in layers_of_opened(one)
    ]


def _open(sample: PublicSample) -> list[LayerData]:
    """Layers of what is here; what is not comes later, if there is a window.

    A script that calls `viewer.open_sample` waits for them.
    """
    from napari.utils.notifications import show_info

    viewer = _waiting_window()
    if viewer is not None and not is_here(sample):
        from napari_unetseg.gui.samples.downloading import download

        download(sample, viewer)
        # napari takes an empty list for a failure; an image of no channels is nothing.
        return [(np.zeros((0, 1, 1)), {"channel_axis": 0}, "image")]
    layers = public_layers(sample, result_of(fetch(sample)))
    show_info(f"{sample.title}: {sample.terms}")
    return layers


def _waiting_window() -> object:
    """The viewer whose window must not stand still: where Qt's events are running."""
    import napari

    try:
        from qtpy.QtCore import QThread
    except ImportError:
        return None
    thread = QThread.currentThread()
    is_running = thread is not None and thread.loopLevel() > 0
    return napari.current_viewer() if is_running else None
