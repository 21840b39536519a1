"""Real volumes through the command line: a tomogram, and nuclei of flat voxels."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_unetseg.cli.app import run
from napari_unetseg.core.network.card import read_card
from napari_unetseg.core.read import read_image
from napari_unetseg.core.write.ome_tiff import write_ome_tiff

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.data

MODEL = "m.unetseg.safetensors"
SMALL = (
    "--dimensions 3 --device cpu --precision fp32 --unannotated none --base 4 "
    f"--depth 2 --patch 32 --seed 0 --model {MODEL}"
)


def command(line: str, *paths: Path) -> None:
    """Run a line, whose braces stand for the paths."""
    given = iter(paths)
    words = [str(next(given)) if word == "{}" else word for word in line.split()]
    assert run(words) == 0


@pytest.mark.slow
def test_a_tomogram_whose_file_says_no_pixel_size(
    data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    image = data_folder / "microtubules-et-3d" / "stack02_raw.tif"
    labels = image.with_name("stack02_labels.tif")

    command(
        f"train --image {{}} --labels {{}} --pixel-size 2,1,1nm --steps 30 {SMALL}",
        image,
        labels,
    )
    command(f"segment {{}} --model {MODEL} --out out.ome.tif", image)

    card = read_card(tmp_path / MODEL)
    assert (card.spacing, card.unit) == ((2.0, 1.0, 1.0), "nm")
    # Two pixels along Z are as long as four along Y, which are pooled first.
    assert card.network.pools == ((1, 2, 2), (2, 2, 2))
    assert card.classes == (0, 1, 2)
    assert read_image(tmp_path / "out.ome.tif").shape == read_image(image).shape


def test_nuclei_whose_voxels_are_higher_than_wide(
    data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    images = [data_folder / "gonuclear-3d" / f"{n}_raw.tif" for n in (1135, 1136)]
    for path in images:
        single = read_image(path.with_name(path.name.replace("raw", "labels")))
        nuclei = (np.asarray(single.array) > 0).astype(np.uint8)
        write_ome_tiff(tmp_path / f"{path.stem}.ome.tif", replace(single, array=nuclei))

    command(
        "train --image {} {} --labels 1135_raw.ome.tif 1136_raw.ome.tif "
        f"--validation 0.5 --steps 60 {SMALL}",
        *images,
    )
    command(f"segment {{}} --model {MODEL} --out out.ome.tif", images[1])
    command("evaluate out.ome.tif 1136_raw.ome.tif --json report.json")

    card = read_card(tmp_path / MODEL)
    assert card.network.pools == ((1, 2, 2), (2, 2, 2))
    # The second volume as a whole, which the network has not learnt from.
    assert card.validation["slices"] == list(range(100, 200))
    found = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert found["mean_iou"] > 0.55
    assert read_image(tmp_path / "out.ome.tif").spacing == pytest.approx(
        read_image(images[1]).spacing
    )
