"""Saves what napari's window shows as small pictures."""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from qtpy.QtCore import QBuffer

if TYPE_CHECKING:
    from napari import Viewer
    from qtpy.QtWidgets import QDialog

REPOSITORY = Path(__file__).resolve().parents[1]
OTHERS = REPOSITORY / "build" / "screenshots"
README = ("train-running", "segment-done", "report-done")
SIZE = (1366, 768)


class Camera:
    """Saves the window or a dialog, to one folder or to where pictures usually go."""

    def __init__(self, viewer: Viewer, folder: Path | None) -> None:
        self._viewer = viewer
        self._folder = folder

    def take(self, name: str, dialog: QDialog | None = None) -> None:
        """Save what the window shows, or a dialog, as NAME.png, or NAME-light.png."""
        if dialog is not None:
            picture = _picture_of(dialog)
        else:
            pixels = self._viewer.window.screenshot(flash=False, canvas_only=False)
            picture = Image.fromarray(pixels).convert("RGB")
        if dialog is None and picture.size != SIZE:
            raise RuntimeError(f"{name}: a dock makes the window {picture.size}")
        if self._viewer.theme != "dark":
            name = f"{name}-{self._viewer.theme}"
        usual = REPOSITORY / "docs" / "images" if name in README else OTHERS
        path = (self._folder or usual) / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        few_colours(picture).save(path, optimize=True)
        sys.stdout.write(f"{path} ({path.stat().st_size / 1000:.0f} kB)\n")


def few_colours(picture: Image.Image) -> Image.Image:
    """Reduce to a palette: grey noise of full colour is too large for a repository."""
    flat = 16  # The flat colours of the window stay exactly as they are.
    counts = sorted(picture.getcolors(2**24) or (), reverse=True)
    exact = [part for _, colour in counts[:flat] for part in colour]
    others = picture.quantize(256 - flat, Image.Quantize.FASTOCTREE).getpalette()
    palette = Image.new("P", (1, 1))
    palette.putpalette(exact + (others or []))
    return picture.quantize(palette=palette, dither=Image.Dither.NONE)


def _picture_of(dialog: QDialog) -> Image.Image:
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.ReadWrite)
    dialog.grab().save(buffer, "PNG")
    return Image.open(BytesIO(buffer.data().data())).convert("RGB")
