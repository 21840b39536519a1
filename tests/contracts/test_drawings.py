"""The drawings of the documentation are those of the layers as they are now."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

from napari_unetseg.core.config import POOLINGS

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Draw all networks anew."""
    folder = tmp_path_factory.mktemp("drawn")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["drawings.py", str(folder)])
        runpy.run_path(str(DOCS / "drawings.py"), run_name="__main__")
    return folder


@pytest.mark.parametrize("name", ["unet", *POOLINGS])
def test_a_drawing_shows_the_layers(drawn, name):
    file = f"network-{name}.svg"
    assert (drawn / file).read_bytes() == (DOCS / "images" / file).read_bytes()
    page = (DOCS / "which-network.md").read_text(encoding="utf-8")
    assert f"(images/{file})" in page
    assert f"`{name}`" in page
