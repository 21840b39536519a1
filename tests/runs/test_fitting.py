"""A forecast in the words of a person."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_unetseg.core.config import NetworkConfig
from napari_unetseg.core.events import Forecast
from napari_unetseg.core.image import Image
from napari_unetseg.core.network.card import ModelCard
from napari_unetseg.runs.fitting import doubts, pixels_text, size_text, takes

TOLD = Forecast(
    tile=[512, 512],
    halo=[92, 92],
    tiles=1234,
    memory=120_000_000,
    free=8_000_000_000,
    seconds=130.0,
    size=2_000_000_000,
    disk=10_000_000_000,
)


def test_it_says_what_it_takes():
    assert takes(TOLD) == (
        "1,234 tiles of 512 x 512 pixels, 120 MB of memory, about 2 min 10 s, result "
        "up to 2.0 GB."
    )
    assert takes(replace(TOLD, tiles=1, seconds=0.2)).startswith("1 tile of")
    assert "about a second" in takes(replace(TOLD, seconds=0.2))
    assert "about" not in takes(replace(TOLD, seconds=0))


def test_what_fits_raises_no_doubt():
    assert doubts(TOLD) == ""
    # Nothing is said of a memory, or a disk, of which nothing is known.
    assert doubts(replace(TOLD, free=-1, disk=-1)) == ""


def test_too_little_memory_is_told_with_a_remedy():
    text = doubts(replace(TOLD, free=100_000_000))

    assert "120 MB of memory, and 100 MB are free: choose a smaller tile" in text


def test_too_small_a_disk_is_told_with_what_is_copied_to_it():
    assert doubts(TOLD, copied=7_000_000_000) == ""
    text = doubts(TOLD, copied=9_000_000_000)

    assert "up to 11.0 GB on the disk, where 10.0 GB are free" in text


@pytest.mark.parametrize(
    ("spacing", "unit", "text"),
    [
        ((8, 4, 4), "nm", "Its pixel size is the model's."),
        ((8, 4.1, 4.1), "nm", "Its pixel size is the model's."),
        ((8, 8, 8), "nm", "Your pixels are 2.0x larger than the model's: the image"),
        (
            (8, 1e-3, 1e-3),
            "um",
            "Your pixels are 4.0x smaller than the model's",
        ),
        ((8, 4, 60), "nm", "Your pixels are 15x larger along X than the model's"),
        ((8, 4, 4), "pixel", "Its pixel size is unknown: it is taken for the model's"),
    ],
)
def test_pixel_sizes_are_compared(spacing, unit, text):
    card = ModelCard(
        network=NetworkConfig(), classes=(1, 2), halo=(9, 9), spacing=(4, 4), unit="nm"
    )
    array = np.zeros((3, 40, 50))
    image = Image(array=array, axes="ZYX", spacing=spacing, unit=unit)

    assert pixels_text(image, card).startswith(text)


def test_a_model_without_a_pixel_size_takes_any():
    card = ModelCard(network=NetworkConfig(), classes=(1, 2), halo=(9, 9))

    assert pixels_text(Image(array=np.zeros((4, 5)), axes="YX"), card) == ""


def test_a_plane_for_volumes_is_not_compared():
    card = ModelCard(
        network=NetworkConfig(dimensions=3),
        classes=(1, 2),
        halo=(9, 9, 9),
        spacing=(4, 4, 4),
        unit="nm",
    )
    image = Image(array=np.zeros((4, 5)), axes="YX", spacing=(4, 4), unit="nm")

    assert pixels_text(image, card) == ""


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "1 kB"),
        (999, "1 kB"),
        (999_600, "1 MB"),
        (380e6, "380 MB"),
        (999_600_000, "1.0 GB"),
        (2.34e12, "2.3 TB"),
    ],
)
def test_sizes_have_one_unit(count, text):
    assert size_text(int(count)) == text
