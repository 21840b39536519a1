"""The name of the model that is to be trained."""

from __future__ import annotations

from magicgui.widgets import LineEdit

from napari_unetseg.runs import listing


class ModelName(LineEdit):
    """A name that is proposed until the user gives another one."""

    def __init__(self) -> None:
        super().__init__(
            name="model",
            label="Model name",
            tooltip="Name of the model file. An existing one is never replaced: the "
            "new one then gets a number.",
        )
        self._suggested = ""

    def suggest(self, name: str) -> None:
        """Name the model after what it learns from, unless the user has named it."""
        if name and self.value in {"", self._suggested}:
            self._suggested = listing.file_name(name)
            self.value = self._suggested
            # Of a long name, show the beginning.
            self.native.setCursorPosition(0)
