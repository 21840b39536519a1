"""Where models, runs and settings lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_unetseg.runs import home

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

PLACES = (
    home.usual_models_folder,
    home.runs_folder,
    home.settings_file,
    home.machine_file,
    home.samples_folder,
)


def test_one_variable_moves_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(home.VARIABLE, str(tmp_path))

    assert all(place().is_relative_to(tmp_path) for place in PLACES)


def test_models_lie_among_the_documents_and_nothing_is_made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(home.VARIABLE, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))

    assert len({place() for place in PLACES}) == len(PLACES)
    assert home.usual_models_folder().parts[-2:] == ("napari-unetseg", "models")
    assert not any(tmp_path.iterdir())
