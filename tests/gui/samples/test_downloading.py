"""Public data sets from File > Open Sample, as a person sees them come."""

from __future__ import annotations

import threading
import time

import napari.utils.notifications as told
import numpy as np
import pytest
from napari.utils.progress import progress
from qtpy.QtCore import QTimer

from napari_unetseg.core.errors import ReadError
from napari_unetseg.core.samples.public import PUBLIC
from napari_unetseg.gui.samples import downloading, entries
from napari_unetseg.gui.samples.downloading import DownloadBar
from napari_unetseg.runs import downloads, home
from publisher import FRAMES, SHAPE, challenge, membranes, published

pytestmark = pytest.mark.gui

KEY = ("napari-unetseg", "phc-u373")


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setenv(home.VARIABLE, str(tmp_path / "home"))
    monkeypatch.setattr(downloads, "_PIECE", 256)
    with published() as publisher:
        publisher.publish(monkeypatch, "phc-u373", challenge())
        publisher.publish(monkeypatch, "isbi2012", membranes())
        yield publisher


@pytest.fixture
def said(monkeypatch):
    """Collect what napari tells, by its severity."""
    found = []
    for name in ("show_info", "show_error"):
        monkeypatch.setattr(downloading, name, found.append)
        monkeypatch.setattr(told, name, found.append)
    return found


def chosen(viewer, qtbot, key=KEY):
    """Choose a sample as the menu does: while Qt's events are running."""
    answers = []

    def choose():
        begun = time.monotonic()
        layers = viewer.open_sample(*key)
        answers.append((layers, time.monotonic() - begun))

    QTimer.singleShot(0, choose)
    qtbot.waitUntil(lambda: bool(answers), timeout=10_000)
    return answers[0]


def bars():
    return [one for one in progress._all_instances if isinstance(one, DownloadBar)]


def test_a_sample_comes_beside_the_window(make_napari_viewer, qtbot, server, said):
    viewer = make_napari_viewer()
    server.hold = threading.Event()
    layers, seconds = chosen(viewer, qtbot)

    assert layers == []
    assert seconds < 1
    assert len(viewer.layers) == 0
    activity = viewer.window._qt_window._activity_dialog
    assert not activity.isHidden()
    (bar,) = bars()
    assert bar.desc.strip(": ") == "Downloading PhC-U373"
    qtbot.waitUntil(lambda: 0 < bar.n < bar.total, timeout=10_000)
    chosen(viewer, qtbot)
    assert "is being downloaded" in said.pop()
    assert bars() == [bar]

    server.hold.set()
    qtbot.waitUntil(lambda: len(viewer.layers) == 3, timeout=20_000)
    assert bars() == []
    assert activity.isHidden()
    image, computed, drawn = viewer.layers
    assert [one.name for one in viewer.layers] == [
        "PhC-U373",
        "PhC-U373 outlines (computed)",
        "PhC-U373 outlines (by hand)",
    ]
    assert image.data.shape == (FRAMES, *SHAPE)
    assert tuple(image.scale) == (1, 0.65, 0.65)
    assert [image.visible, computed.visible, drawn.visible] == [True, False, True]
    assert viewer.dims.current_step[0] == 2, "the frame that is outlined"
    assert drawn.data[2].any()
    assert "Cell Tracking Challenge" in drawn.metadata["napari-unetseg"]["licence"]
    assert said == [f"PhC-U373: {PUBLIC['phc-u373'].terms}"]


def test_what_is_here_opens_at_once(make_napari_viewer, qtbot, server, said):
    viewer = make_napari_viewer()
    # A script's call waits for the layers.
    first = viewer.open_sample("napari-unetseg", "isbi2012")
    viewer.layers.clear()
    server.files.clear()
    second, _ = chosen(viewer, qtbot, ("napari-unetseg", "isbi2012"))

    for image, labels in (first, second):
        assert np.unique(labels.data).tolist() == [1, 2]
        assert tuple(image.scale) == (50, 4, 4)
        assert labels.features["class"].tolist() == ["cell interior", "membrane"]
    assert len(server.asked) == 1
    assert said == [f"ISBI 2012: {PUBLIC['isbi2012'].terms}"] * 2


def test_cancel_ends_it_and_leaves_nothing(make_napari_viewer, qtbot, server, said):
    viewer = make_napari_viewer()
    server.hold = threading.Event()
    chosen(viewer, qtbot)
    (bar,) = bars()
    qtbot.waitUntil(lambda: bar.total > 0, timeout=10_000)
    bar.cancel()

    assert bars() == []
    assert said == ["The download of PhC-U373 was cancelled"]
    worker = downloading._RUNNING["phc-u373"]
    qtbot.waitUntil(lambda: not worker.is_running, timeout=10_000)
    server.hold.set()
    for thread in threading.enumerate():
        if thread.name.startswith("download "):
            thread.join(10)
    assert list(home.samples_folder().iterdir()) == []
    assert len(viewer.layers) == 0


def test_offline_is_one_sentence_and_no_layer(make_napari_viewer, qtbot, server, said):
    viewer = make_napari_viewer()
    server.files.clear()
    chosen(viewer, qtbot)
    qtbot.waitUntil(lambda: bool(said), timeout=10_000)

    (sentence,) = said
    assert "does not give PhC-U373 away" in sentence
    assert str(home.samples_folder()) in sentence
    assert bars() == []
    assert len(viewer.layers) == 0


def test_a_bug_keeps_its_traceback(make_napari_viewer):
    viewer = make_napari_viewer()
    bar = DownloadBar("nothing", lambda: None)
    dock = downloading.ActivityDock(viewer)
    with pytest.raises(ZeroDivisionError):
        downloading._failed(bar, dock, ZeroDivisionError())
    assert bars() == []


def test_a_closed_window_ends_the_download(make_napari_viewer, qtbot, server, said):
    viewer = make_napari_viewer()
    server.hold = threading.Event()
    chosen(viewer, qtbot)
    worker = downloading._RUNNING["phc-u373"]
    viewer.close()
    server.hold.set()
    qtbot.waitUntil(lambda: not worker.is_running, timeout=10_000)
    assert said == []


def test_a_script_without_network_gets_the_sentence(make_napari_viewer, server, said):
    viewer = make_napari_viewer()
    server.files.clear()
    with pytest.raises(ReadError, match="does not give PhC-U373 away"):
        viewer.open_sample(*KEY)
    assert not downloads.is_here(PUBLIC["phc-u373"])
    assert entries._waiting_window() is None
