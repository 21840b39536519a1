"""Names of the units that pixel sizes are given in."""

from __future__ import annotations

PIXEL = "pixel"

# In micrometres; the names are those that napari understands.
LENGTHS = {
    "pm": 1e-6,
    "angstrom": 1e-4,
    "nm": 1e-3,
    "um": 1.0,
    "mm": 1e3,
    "cm": 1e4,
    "inch": 25.4e3,
    "m": 1e6,
}

_WORDS = {
    "picometer": "pm",
    "ångström": "angstrom",
    "nanometer": "nm",
    "micrometer": "um",
    "micron": "um",
    "millimeter": "mm",
    "centimeter": "cm",
    "meter": "m",
}

_SYMBOLS = {"Å": "angstrom", "\u212b": "angstrom", "in": "inch"}


def unit_name(text: str | None) -> str:
    r"""Give a unit of length its short ASCII name.

    Parameters
    ----------
    text : str or None
        As files and layers spell it: "µm", "micron", "\\u00B5m" (ImageJ), "nanometers".

    Returns
    -------
    str
        One of "pm", "angstrom", "nm", "um", "mm", "cm", "m", "inch"; "pixel" for
        everything else.
    """
    symbol = (text or "").strip()
    for micro in ("\\u00B5", "\\u00b5", "\u00b5", "\u03bc"):
        symbol = symbol.replace(micro, "u")
    # Symbols keep their case: Mm is not mm.
    symbol = _SYMBOLS.get(symbol, symbol)
    if symbol in LENGTHS:
        return symbol
    word = symbol.lower().replace("metre", "meter")
    singular = word.removesuffix("es" if word == "inches" else "s")
    name = _WORDS.get(singular, singular)
    return name if len(singular) > 2 and name in LENGTHS else PIXEL


def unit_ratio(unit: str, other: str) -> float | None:
    """How many of `other` one `unit` is; None if they cannot be compared."""
    if unit not in LENGTHS or other not in LENGTHS:
        return None
    return LENGTHS[unit] / LENGTHS[other]


def same_unit(
    sizes: dict[str, tuple[float, str]], axes: str
) -> tuple[tuple[float, ...], str]:
    """Bring pixel sizes that a file gives in several units to one.

    Parameters
    ----------
    sizes : dict of axis to (size, unit)
        Units as from `unit_name`. Axes may be absent.
    axes : str
        The spatial axes wanted, in this order.

    Returns
    -------
    spacing : tuple of float
        One size per axis. Where only one side of the pixels is known, they are taken to
        be squares; 1.0 for any other axis whose size is unknown.
    unit : str
        That of X, else of Y, else of Z; "pixel" only if none of them has a length.
    """
    given = [sizes[axis][1] for axis in "XYZ" if axis in sizes]
    unit = next((one for one in given if one in LENGTHS), PIXEL)
    known = {}
    for axis, (size, own) in sizes.items():
        ratio = 1.0 if own == unit else unit_ratio(own, unit)
        if ratio is not None:
            known[axis] = size * ratio
    for side, other in ("XY", "YX"):
        if side not in known and other in known:
            known[side] = known[other]
    return tuple(known.get(axis, 1.0) for axis in axes), unit
