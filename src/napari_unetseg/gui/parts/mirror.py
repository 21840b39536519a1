"""napari's Preferences and our settings file, kept alike; the file is what counts.

napari 0.9 keeps what a plugin's manifest configures in a file of its own, which no
command line knows. What was shown there last is remembered in ours: so it is known on
which of both sides a value was changed since.
"""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

import napari.settings
from napari.utils.notifications import show_warning
from qtpy.QtCore import QObject, QTimer, Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import QApplication

from napari_unetseg.core.errors import InputError, WriteError
from napari_unetseg.gui.parts.wording import in_a_dock
from napari_unetseg.runs import preferences, settings
from napari_unetseg.runs.preferences import Preferences

if TYPE_CHECKING:
    from collections.abc import Callable

PLUGIN, PAGE = "napari-unetseg", "computing"
SHOWN, LOOKED = "shown in Preferences", "looked at in Preferences"
# Long enough to type on: a path is no whole one after its first letter.
PATIENCE_MS = 3000


class Mirror(QObject):
    """Keeps a page of Preferences like the settings file, as long as napari runs.

    Before napari 0.9 there is no such page. It looks when a dock is opened, when the
    page changes, when another window comes to the front (that of Preferences perhaps),
    and when the user comes back to napari, from a terminal perhaps.

    Parameters
    ----------
    app : QApplication
        With which it ends.

    Attributes
    ----------
    looked : Signal
        The settings file may have other values now.
    """

    looked = Signal()

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._page: Callable[[], Any] = lambda: None
        self._is_writing = False
        self._refused: dict[str, str] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PATIENCE_MS)
        self._timer.timeout.connect(self.refuse)
        app.applicationStateChanged.connect(self.look)
        app.focusWindowChanged.connect(self.look)

    def look(self, _: object = None) -> None:
        """Bring both sides to the same values; what Preferences changed is newer."""
        if self._is_writing:
            return
        page = page_of_preferences()
        if page is not None:
            self._listen(page)
            self._is_writing = True
            try:
                self._refused = alike(page)
            finally:
                self._is_writing = False
            remember_file()
        if self._refused:
            self._timer.start()
        else:
            self._timer.stop()
        self.looked.emit()

    def refuse(self) -> None:
        """Say why a value does not fit, and show again the one that counts."""
        page, refused = self._page(), self._refused
        if page is None or not refused:
            return
        self._refused = {}
        show_warning(in_a_dock(" ".join(refused.values())))
        known = preferences.read().model_dump()
        for name in refused:
            settings.remember(SHOWN, settings.recall(SHOWN) | {name: known[name]})
            setattr(page, name, known[name])

    def _listen(self, page: Any) -> None:
        """Hear of a page's changes; napari makes another when plugins come and go."""
        if page is not self._page():
            self._page = weakref.ref(page)
            page.events.connect(self.look)


def the_mirror() -> Mirror:
    """Return the one of this napari; made when it is first asked for."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    return next(iter(app.findChildren(Mirror)), None) or Mirror(app)


def keep_alike() -> None:
    """Look now, and from now on."""
    the_mirror().look()


def page_of_preferences() -> Any:
    """What napari shows of this plugin; None if it shows nothing, or nothing new.

    Before 0.9 it shows nothing. Later it reads the manifests of all plugins to make its
    pages, once, which takes as long as there are plugins: that is left to the window of
    Preferences, unless something was said there that is not known yet.
    """
    if not (is_made() or is_new()):
        return None
    try:
        from napari.settings import get_plugin_settings
    except ImportError:
        return None
    # Without a manifest, in a test say, there is no page.
    return getattr(get_plugin_settings().get(PLUGIN), PAGE, None)


def is_made() -> bool:
    """Whether napari has made its pages, as far as it tells."""
    return bool(getattr(napari.settings, "_PLUGIN_SETTINGS", None))


def is_new() -> bool:
    """Whether Preferences have said something since they were looked at."""
    return settings.recall(LOOKED).get("changed") != _changed()


def remember_file() -> None:
    """Remember that what was said in Preferences is known."""
    if is_new():
        settings.remember(LOOKED, {"changed": _changed()})


def _changed() -> int | None:
    """When napari has written the file of this plugin; None if it has not."""
    kept = napari.settings.get_settings().config_path
    if not isinstance(kept, str | Path):  # It may be told to keep nothing.
        return None
    try:
        return Path(kept).with_name(f"{PLUGIN}.yaml").stat().st_mtime_ns
    except OSError:
        return None


def alike(page: Any) -> dict[str, str]:
    """Bring a page and the settings file to the same values.

    Parameters
    ----------
    page : napari.utils.events.EventedModel
        With the fields of `Preferences`.

    Returns
    -------
    dict of str to str
        Which of its values cannot be used, and why; nothing is done about these.
    """
    shown = Preferences().model_dump() | settings.recall(SHOWN)
    theirs = {name: getattr(page, name) for name in Preferences.model_fields}
    newer = {name: now for name, now in theirs.items() if now != shown[name]}
    known, refused = preferences.read(), {}
    before = known
    for name, value in newer.items():
        try:
            known = preferences.changed(known, **{name: value})
        except InputError as error:
            refused[name] = str(error)
    if known != before:
        try:
            preferences.write(known)
        except WriteError as error:
            return dict.fromkeys(newer, str(error))
    for name, value in known.model_dump().items():
        # What is being typed there stays as it is typed.
        if name not in newer and theirs[name] != value:
            setattr(page, name, value)
            theirs[name] = value
    now = {name: value for name, value in theirs.items() if name not in refused}
    if shown | now != shown:
        settings.remember(SHOWN, shown | now)
    return refused
