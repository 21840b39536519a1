"""What every test shares: the data folder, and which tests this machine cannot run."""

from __future__ import annotations

import gc
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

from napari_unetseg.runs import home

if TYPE_CHECKING:
    from collections.abc import Iterator

hypothesis.settings.register_profile("search", deadline=None)
# The same examples each time, so that fewer of them will do; "search" finds new ones.
hypothesis.settings.register_profile(
    "repeat", deadline=None, derandomize=True, max_examples=30
)
hypothesis.settings.load_profile("repeat" if os.environ.get("CI") else "search")

REPOSITORY = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("UNETSEG_DATA") or REPOSITORY.parent / "shared" / "data")


@pytest.fixture(scope="session", autouse=True)
def nobodys_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the settings of who runs the tests out of them, in their processes too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(home.VARIABLE, str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Return the folder of real microscopy, for tests marked `data`."""
    return DATA


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Deselect, rather than skip, what needs something that is not here."""
    deselected = []
    needed = (
        ("data", DATA.is_dir),
        ("gpu", has_cuda),
        ("others", has_others),
        ("exported", has_exported),
        ("judged", has_judge),
    )
    for marker, is_here in needed:
        marked = [item for item in items if item.get_closest_marker(marker)]
        if marked and not is_here():
            deselected += marked
    if deselected:
        config.hook.pytest_deselected(items=deselected)
        items[:] = [item for item in items if item not in deselected]


def pytest_collection_finish() -> None:
    """Leave what is loaded by now out of all collections of garbage to come.

    napari's fixture makes several after each viewer, which would take a second.
    """
    gc.collect()
    gc.freeze()


def has_others() -> bool:
    """Whether the programs of `tox -e others` are here."""
    return all(map(find_spec, ("ome_types", "ome_zarr")))


def has_exported() -> bool:
    """Whether the programs of `tox -e exported` are here."""
    return all(map(find_spec, ("bioimageio", "onnx", "onnxruntime")))


def has_judge() -> bool:
    """Whether the programs of `tox -e judged` are here."""
    return has_exported() and find_spec("bioimageio.core") is not None


def has_cuda() -> bool:
    """Load torch, which takes seconds: only asked when a test is marked `gpu`."""
    import torch

    return torch.cuda.is_available()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fail a test that opens a window where Qt would end the whole process."""
    displays = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if (
        item.get_closest_marker("gui")
        and sys.platform.startswith("linux")
        and not any(os.environ.get(name) for name in displays)
    ):
        pytest.fail("No display: install Xvfb, which pytest-xvfb then starts")
