"""Start-up: what asks loads nothing heavy, so that napari and `--help` come at once.

Import-linter proves the same from the source; here the interpreter itself is asked.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {"napari", "pydantic", "qtpy", "scipy", "skimage", "tifffile", "torch", "zarr"}


def loaded_by(statements: str) -> set[str]:
    """Return the top-level modules that a new interpreter holds after `statements`."""
    report = "import json, sys; print(json.dumps([*sys.modules]))"
    answer = subprocess.run(
        [sys.executable, "-c", f"{statements}\n{report}"],
        capture_output=True,
        check=False,
        text=True,
    )
    assert answer.returncode == 0, answer.stderr
    names = json.loads(answer.stdout.splitlines()[-1])
    return {name.partition(".")[0] for name in names}


def test_the_package_loads_nothing_heavy() -> None:
    loaded = loaded_by("import napari_unetseg")

    assert "napari_unetseg" in loaded
    assert not loaded & HEAVY


def test_listing_the_public_names_loads_nothing_heavy() -> None:
    loaded = loaded_by("import napari_unetseg; assert dir(napari_unetseg)")

    assert not loaded & HEAVY


@pytest.mark.parametrize("module", ["cli", "contributions", "core", "runs.client"])
def test_what_asks_loads_no_torch(module: str) -> None:
    loaded = loaded_by(
        "import importlib, pkgutil\n"
        f"module = importlib.import_module('napari_unetseg.{module}')\n"
        "for part in pkgutil.iter_modules(getattr(module, '__path__', ())):\n"
        "    if not part.ispkg and part.name != 'jobs':\n"
        "        importlib.import_module(f'{module.__name__}.{part.name}')\n"
    )

    assert "torch" not in loaded


def test_napari_finds_the_plugin_without_loading_it() -> None:
    loaded = loaded_by(
        "import npe2\n"
        "npe2.PluginManager.instance().discover()\n"
        "manifest = npe2.PluginManager.instance().get_manifest('napari-unetseg')\n"
        "assert manifest.contributions.commands\n"
    )

    assert not loaded & {"napari", "torch", "zarr"}
