"""A window of napari that is watched, and somebody who uses it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

TICK_MS = 10
SLIDE_MS = 100
# A mouse tells 100 times a second where it is. A stroke takes 0.6 s, and then it rests.
MOUSE_MS = 10
STROKE, REST = 60, 30
PATIENCE = 120.0


def shown() -> Any:
    """Open napari in a window of 1366 x 768, and wait until it is painted."""
    import napari
    from napari.settings import get_settings

    get_settings().application.gui_notification_level = "none"
    viewer = napari.Viewer()
    viewer.window.set_geometry(0, 0, 1366, 768)
    rest(2)
    return viewer


def close(viewer: Any) -> None:
    """Close the window, and wait for what runs beside it, as `napari.run` does."""
    from qtpy.QtCore import QThreadPool

    viewer.close()
    QThreadPool.globalInstance().waitForDone()


def settle() -> None:
    """Let the window do what is due: timers of 0 ms, layout, painting."""
    from qtpy.QtWidgets import QApplication

    for _ in range(3):
        QApplication.processEvents()


def rest(seconds: float) -> None:
    """Leave the window to itself for some time."""
    from qtpy.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    QTimer.singleShot(int(1000 * seconds), loop.quit)
    loop.exec()


def until(reached: Callable[[], bool]) -> None:
    """Leave the window to itself until something is so."""
    end = time.monotonic() + PATIENCE
    while not reached():
        if time.monotonic() > end:
            raise TimeoutError
        rest(0.05)


def gaps(name: str, happening: Callable[[], None]) -> dict[str, Any]:
    """Time between two ticks of a timer while something happens, in ms."""
    from qtpy.QtCore import Qt, QTimer

    ticks: list[float] = []
    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(lambda: ticks.append(time.perf_counter()))
    timer.start(TICK_MS)
    happening()
    timer.stop()
    found = 1000 * np.diff(ticks)
    figures = {f"p{p}": float(np.percentile(found, p)) for p in (50, 99)}
    figures["largest"] = float(found.max())
    return {
        f"{name}: {part} gap of a {TICK_MS} ms timer (ms)": round(value, 1)
        for part, value in figures.items()
    }


def slide(viewer: Any, seconds: float) -> None:
    """Move the slider through the stack, ten slices a second."""
    from qtpy.QtCore import QTimer

    count = viewer.layers[0].data.shape[0]
    timer = QTimer()
    timer.timeout.connect(
        lambda: viewer.dims.set_current_step(
            0, (viewer.dims.current_step[0] + 1) % count
        )
    )
    timer.start(SLIDE_MS)
    rest(seconds)
    timer.stop()


def paint(viewer: Any, seconds: float) -> int:
    """Drag a brush over the labels with the mouse; return the number of strokes."""
    from napari.layers import Labels
    from qtpy.QtCore import QEvent, QPointF, Qt, QTimer
    from qtpy.QtGui import QMouseEvent
    from qtpy.QtWidgets import QApplication

    [labels] = (
        one for one in viewer.layers if isinstance(one, Labels) and one.editable
    )
    viewer.layers.selection.active = labels
    labels.mode, labels.brush_size = "paint", 10
    canvas = viewer.window._qt_viewer.canvas.native
    painted: list[object] = []
    labels.events.paint.connect(painted.append)
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    tick = 0

    def send(kind: Any, button: Any, buttons: Any) -> None:
        # Back and forth over the middle of the canvas, never twice the same way.
        at = QPointF(
            canvas.width() * (0.5 + 0.2 * np.sin(0.031 * tick)),
            canvas.height() * (0.5 + 0.2 * np.sin(0.047 * tick)),
        )
        everywhere = QPointF(canvas.mapToGlobal(at.toPoint()))
        keys = Qt.KeyboardModifier.NoModifier
        event = QMouseEvent(kind, at, everywhere, button, buttons, keys)
        QApplication.sendEvent(canvas, event)

    def move() -> None:
        nonlocal tick
        phase = tick % (STROKE + REST)
        if phase == 0:
            labels.selected_label = 3 - min(labels.selected_label, 2)
            send(QEvent.Type.MouseButtonPress, left, left)
        elif phase < STROKE:
            send(QEvent.Type.MouseMove, none, left)
        elif phase == STROKE:
            send(QEvent.Type.MouseButtonRelease, left, none)
        tick += 1

    timer = QTimer()
    timer.timeout.connect(move)
    timer.start(MOUSE_MS)
    rest(seconds)
    timer.stop()
    send(QEvent.Type.MouseButtonRelease, left, none)
    labels.mode = "pan_zoom"
    return len(painted)
