"""napari's Preferences and the settings file say the same, wherever it was said."""

from __future__ import annotations

import os
from pathlib import Path

import napari.settings
import pytest
from qtpy.QtCore import Qt

import napari_unetseg
from napari_unetseg.gui.parts import mirror
from napari_unetseg.runs import home, preferences
from napari_unetseg.runs.preferences import Preferences

pytestmark = pytest.mark.gui
MANIFEST = Path(napari_unetseg.__file__).with_name("napari.yaml")


# The tests of docks do without.
PAGE_OF_PREFERENCES = mirror.page_of_preferences


@pytest.fixture
def page(monkeypatch, qapp):
    """Make the page of Preferences that napari makes of the manifest; kept nowhere."""
    generator = pytest.importorskip("napari.settings._plugin_config_generator")
    npe2 = pytest.importorskip("npe2")
    manager = npe2.PluginManager()
    manager.register(npe2.PluginManifest.from_file(MANIFEST))
    made = generator.plugin_configuration_generator(manager)[mirror.PLUGIN]
    whole = made(config_path=None)
    page = getattr(whole, mirror.PAGE)
    monkeypatch.setattr(mirror, "page_of_preferences", lambda: page)
    yield page
    old = qapp.findChild(mirror.Mirror)
    if old is not None:
        old.setParent(None)
        old.deleteLater()
        qapp.processEvents()


def shown(page) -> Preferences:
    return Preferences(
        **{name: getattr(page, name) for name in Preferences.model_fields}
    )


def test_what_the_file_says_is_shown(page):
    preferences.settle(device="cpu", memory=40)
    mirror.keep_alike()
    assert shown(page) == Preferences(device="cpu", memory=40)
    assert preferences.read() == shown(page)


def test_what_is_chosen_there_is_kept_at_once(page):
    mirror.keep_alike()
    page.memory = 30
    assert preferences.read() == Preferences(memory=30)
    # As the window of Preferences tells it: several at once.
    page.update({"device": "cpu", "memory": 25})
    assert preferences.read() == Preferences(device="cpu", memory=25)


def test_what_was_chosen_before_any_dock_was_open_is_newer(page):
    preferences.settle(memory=40, device="cpu")
    mirror.keep_alike()
    page.events.disconnect()
    page.memory = 30
    # Meanwhile the command line changes what Preferences did not.
    preferences.settle(device="auto", models="/data/models")
    mirror.keep_alike()
    assert preferences.read() == Preferences(memory=30, models="/data/models")
    assert shown(page) == preferences.read()


def test_taking_it_back_there_takes_it_back(page):
    mirror.keep_alike()
    before = page.model_dump()
    page.update({"memory": 30, "python": "/opt/env/bin/python"})
    assert preferences.read().python == "/opt/env/bin/python"
    page.update(before)  # The button Cancel.
    assert preferences.read() == Preferences()


def test_coming_back_from_a_terminal_shows_what_was_set_there(page, qapp):
    mirror.keep_alike()
    preferences.settle(memory=60)
    assert page.memory == 100
    qapp.applicationStateChanged.emit(Qt.ApplicationState.ApplicationActive)
    assert page.memory == 60


def test_a_path_is_left_as_it_is_typed(page):
    mirror.keep_alike()
    for end in range(1, len("~/models") + 1):
        page.models = "~/models"[:end]
        assert page.models == "~/models"[:end]
    assert preferences.read().models == str(Path.home() / "models")
    mirror.keep_alike()
    assert page.models == str(Path.home() / "models")


def test_what_does_not_fit_is_told_and_what_counts_is_shown_again(page, monkeypatch):
    told = []
    monkeypatch.setattr(mirror, "show_warning", told.append)
    preferences.settle(models="/data/models")
    mirror.keep_alike()
    page.models = "models"
    assert preferences.read().models == "/data/models"
    assert page.models == "models"
    assert told == []
    mirror.the_mirror().refuse()
    assert page.models == preferences.read().models == "/data/models"
    assert len(told) == 1
    assert "models = 'models' does not fit. Give a whole path" in told[0]
    mirror.keep_alike()
    mirror.the_mirror().refuse()
    assert len(told) == 1


def test_it_waits_until_nothing_is_typed_any_more(page, monkeypatch, qtbot):
    monkeypatch.setattr(mirror, "PATIENCE_MS", 1)
    told = []
    monkeypatch.setattr(mirror, "show_warning", told.append)
    mirror.keep_alike()
    page.python = "python"
    qtbot.waitUntil(lambda: bool(told))
    assert page.python == ""


def test_settings_that_cannot_be_written_are_told(page, monkeypatch):
    told = []
    monkeypatch.setattr(mirror, "show_warning", told.append)
    file = home.settings_file()
    file.parent.parent.mkdir(parents=True, exist_ok=True)
    file.parent.write_text("no folder")
    mirror.keep_alike()
    page.memory = 30
    mirror.the_mirror().refuse()
    assert page.memory == 100
    assert "settings.json" in told[0]


def test_there_is_one_mirror_whatever_is_opened(page, qapp):
    mirror.keep_alike()
    mirror.keep_alike()
    assert len(qapp.findChildren(mirror.Mirror)) == 1


@pytest.fixture
def kept(monkeypatch, tmp_path):
    """Return napari's file of this plugin, which is not there yet."""
    told = type("Settings", (), {"config_path": tmp_path / "settings.yaml"})
    monkeypatch.setattr(napari.settings, "get_settings", told)
    monkeypatch.setattr(napari.settings, "_PLUGIN_SETTINGS", {}, raising=False)
    made = []

    def make():
        made.append(True)
        return {}

    monkeypatch.setattr(napari.settings, "get_plugin_settings", make, raising=False)
    return tmp_path / "napari-unetseg.yaml", made


def test_napari_reads_no_manifests_for_a_dock_where_nothing_was_said(kept):
    _, made = kept
    assert PAGE_OF_PREFERENCES() is None
    assert made == []


def test_what_was_said_in_an_earlier_session_is_looked_at_once(kept):
    file, made = kept
    file.write_text("computing: {memory: 30}")
    PAGE_OF_PREFERENCES()
    mirror.remember_file()
    PAGE_OF_PREFERENCES()
    assert len(made) == 1
    file.write_text("computing: {memory: 40}")
    os.utime(file, ns=(1, 1))
    PAGE_OF_PREFERENCES()
    assert len(made) == 2


def test_pages_that_are_made_cost_nothing_and_are_looked_at(kept, monkeypatch):
    _, made = kept
    pages = {"a plugin": object()}
    monkeypatch.setattr(napari.settings, "_PLUGIN_SETTINGS", pages, raising=False)
    PAGE_OF_PREFERENCES()
    assert len(made) == 1


def test_the_window_of_preferences_shows_what_counts_when_it_is_opened(page, qapp):
    mirror.keep_alike()
    preferences.settle(memory=60)
    qapp.focusWindowChanged.emit(None)
    assert page.memory == 60


def test_an_older_napari_has_no_such_page(monkeypatch, qapp):
    monkeypatch.delattr(napari.settings, "get_plugin_settings", raising=False)
    assert PAGE_OF_PREFERENCES() is None
    mirror.keep_alike()
    assert not home.settings_file().exists()
