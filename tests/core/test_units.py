"""Names of units."""

from __future__ import annotations

import pytest

from napari_unetseg.core.units import same_unit, unit_name


@pytest.mark.parametrize(
    ("written", "name"),
    [
        *((u, "um") for u in ("µm", "μm", "um", "micron", "microns", "\\u00B5m")),
        *((u, "um") for u in ("micrometer", "Micrometres", " um ")),
        *((u, "nm") for u in ("nm", "nanometer", "nanometre")),
        *((u, "mm") for u in ("mm", "millimeter")),
        *((u, "angstrom") for u in ("Å", "\u212b", "angstrom", "Ångström")),
        *((u, "inch") for u in ("in", "inch", "inches")),
        *((u, "pixel") for u in (None, "", "pixel", "voxel", "Mm", "sec", "s", "ms")),
    ],
)
def test_spellings_of_a_unit_become_one(written: str | None, name: str) -> None:
    assert unit_name(written) == name


def test_axes_in_several_units_are_brought_to_that_of_x() -> None:
    sizes = {"X": (0.5, "um"), "Y": (500.0, "nm"), "Z": (1e-3, "mm")}
    assert same_unit(sizes, "ZYX") == (pytest.approx((1.0, 0.5, 0.5)), "um")


def test_a_depth_that_is_unknown_or_of_no_length_is_1() -> None:
    sizes = {"X": (0.5, "um"), "Y": (0.25, "um"), "Z": (3.0, "pixel")}
    assert same_unit(sizes, "ZYX") == ((1.0, 0.25, 0.5), "um")
    assert same_unit({}, "YX") == ((1.0, 1.0), "pixel")


@pytest.mark.parametrize(
    "sizes",
    [
        {"Y": (0.25, "um")},
        {"X": (0.5, "pixel"), "Y": (0.25, "um")},  # Its unit is misspelt.
        {"X": (0.25, "um")},
        {"X": (250.0, "nm"), "Y": (7.0, "pixel"), "Z": (2.0, "um")},
    ],
)
def test_pixels_of_which_one_side_is_known_are_squares(
    sizes: dict[str, tuple[float, str]],
) -> None:
    (z, y, x), unit = same_unit(sizes, "ZYX")
    assert x == y
    assert (x, unit) in {(0.25, "um"), (250.0, "nm")}
    assert z == (2000.0 if "Z" in sizes else 1.0)
