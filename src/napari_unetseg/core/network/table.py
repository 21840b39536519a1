"""A network's measures as rows of a table for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_unetseg.core.image import SPATIAL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from napari_unetseg.core.network.geometry import AxisGeometry
    from napari_unetseg.core.network.measure import NetworkGeometry


def describe(geometry: NetworkGeometry) -> list[tuple[str, str]]:
    """Rows of a table for people: what, and how much of it with its unit.

    Parameters
    ----------
    geometry : NetworkGeometry
        Of any network.

    Returns
    -------
    list of (str, str)
        Axes that differ are listed one by one, in the order [Z,] Y, X.
    """
    axes = geometry.axes
    rows = [
        ("channels -> classes", f"{geometry.channels} -> {geometry.classes}"),
        ("parameters", f"{geometry.parameters:,}"),
        ("stride", _each(axes, lambda a: f"{a.stride} px")),
        ("receptive field", _each(axes, _field)),
        ("reach to one side", _each(axes, _reach)),
        ("halo", _each(axes, _halo)),
        ("valid sizes", _each(axes, _sizes)),
        ("read origin", _each(axes, _read_origin)),
    ]
    if geometry.padded:
        rows.append(("training sizes", _each(axes, lambda a: f"{a.stride}k px")))
    tile, output, patch = (
        " x ".join(map(str, shape))
        for shape in (
            geometry.input_shape,
            geometry.output_shape,
            geometry.training_shape,
        )
    )
    return [
        *rows,
        ("tile", f"{tile} -> {output} px"),
        ("multiply-adds", _amount(geometry.multiply_adds)),
        (
            "multiply-adds per output pixel",
            _amount(geometry.multiply_adds_per_pixel),
        ),
        ("memory to predict this tile", _bytes(geometry.memory_inference)),
        (f"memory to train on {patch} px", _bytes(geometry.memory_training)),
    ]


def _each(axes: Sequence[AxisGeometry], text: Callable[[AxisGeometry], str]) -> str:
    """One text if all axes agree, else one per axis."""
    found = [text(axis) for axis in axes]
    if len(set(found)) == 1:
        return found[0]
    names = SPATIAL[-len(axes) :]
    return "; ".join(f"{n} {t}" for n, t in zip(names, found, strict=True))


def _field(axis: AxisGeometry) -> str:
    return _range(before + 1 + after for before, after in axis.reach)


def _reach(axis: AxisGeometry) -> str:
    return _range(side for sides in axis.reach for side in sides)


def _range(found: Iterable[int]) -> str:
    numbers = sorted(found)
    if numbers[0] == numbers[-1]:
        return f"{numbers[0]} px"
    return f"{numbers[0]} to {numbers[-1]} px"


def _halo(axis: AxisGeometry) -> str:
    if axis.before == axis.after:
        return f"{axis.before} px"
    return f"{axis.before} px before, {axis.after} px behind"


def _sizes(axis: AxisGeometry) -> str:
    inside = axis.input_size(axis.smallest)
    return f"{inside} + {axis.stride}k -> {axis.smallest} + {axis.stride}k px"


def _read_origin(axis: AxisGeometry) -> str:
    return f"{(axis.origin - axis.before) % axis.stride} modulo {axis.stride}"


def _amount(number: float) -> str:
    for unit, size in (("trillion", 1e12), ("billion", 1e9), ("million", 1e6)):
        if number >= size:
            return f"{number / size:.4g} {unit}"
    return f"{number:,.0f}"


def _bytes(number: int) -> str:
    for unit, size in (("GiB", 1 << 30), ("MiB", 1 << 20)):
        if number >= size:
            return f"{number / size:.3g} {unit}"
    return f"{number / 1024:.3g} KiB"
