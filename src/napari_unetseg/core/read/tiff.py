"""TIFF files: plain, ImageJ and OME, with their axes and pixel sizes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_unetseg.core.errors import ReadError
from napari_unetseg.core.image import AXES, SPATIAL, Image, check_axes
from napari_unetseg.core.read.annotations import (
    annotations_of,
    channels_in,
    noted_in,
    origin_in,
    unannotated_in,
)
from napari_unetseg.core.read.damage import AGAIN
from napari_unetseg.core.read.imagej import imagej_sizes, lut_colours, resolution_sizes
from napari_unetseg.core.read.ome import (
    OmeImage,
    first_file,
    metadata_file,
    ome_metadata,
)
from napari_unetseg.core.read.opened import Opened
from napari_unetseg.core.read.picked import without
from napari_unetseg.core.read.stored import POSITION, load
from napari_unetseg.core.units import same_unit, unit_ratio

if TYPE_CHECKING:
    import os

    from napari_unetseg.core.read.stored import Stored

SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
COMPANION = ".companion.ome"


def read_tiff(path: str | os.PathLike[str], *, axes: str | None = None) -> Image:
    """Read the first image of a TIFF file.

    Samples of a pixel (RGB) become channels; a stack whose axis the file does not name
    becomes Z; axes of length 1 are dropped from OME and ImageJ files, as tifffile does.

    Parameters
    ----------
    path : str or path
        The file. Of a multi-file OME-TIFF: the file with the metadata, be it one of
        them or a file of its own (.companion.ome). The others are refused: alone they
        are no image, and of a folder full of them each image is to be taken once.
    axes : str, optional
        One letter out of "TZCYX" per dimension of the stored array.

    Returns
    -------
    Image
        In native byte order; bool becomes uint8. An uncompressed image of more than
        64 MB is a read-only memory map; of another of more than 256 MB only what is
        asked for is read.

    Raises
    ------
    ReadError
        If the file is missing, damaged, no TIFF, of complex numbers, or if the meaning
        of its axes is unknown and `axes` is not given.
    InputError
        If `axes` does not fit the array.
    """
    return open_tiff(path, series=None, axes=axes).image


def open_tiff(
    path: str | os.PathLike[str], *, series: int | None = 0, axes: str | None = None
) -> Opened:
    """Read an image of a TIFF file with all that a viewer shows of it.

    Parameters
    ----------
    path, axes
        As for `read_tiff`.
    series : int or None
        Which image; positions of a stage are images of their own. None for the first,
        in which positions would be an axis.

    Raises
    ------
    ReadError, InputError
        As `read_tiff`.
    """
    file = Path(path)
    name = file.name or str(file)
    xml = None
    source = file
    if name.lower().endswith(COMPANION):
        xml, source = _companion(file, name)
    _check_signature(source, source.name or name)
    stored = load(source, name, series, xml)
    _check_whole(stored, file, name)
    return _opened(stored, name, axes)


def _opened(stored: Stored, name: str, axes: str | None) -> Opened:
    levels = stored.levels
    if axes is None:
        levels, axes = _known_axes(stored, name)
    else:
        check_axes(axes, len(levels[0].shape), name)
    array = levels[0]
    plane = array.shape[axes.index("Y")], array.shape[axes.index("X")]
    ome = ome_metadata(stored.ome, plane, stored.number)
    sizes = dict(ome.sizes)
    if not sizes:
        # Micro-Manager writes centimetres into ImageJ files that say "um".
        sizes = imagej_sizes(stored.imagej, stored.tags) if stored.imagej else {}
        sizes |= resolution_sizes(stored.tags)
    spacing, unit = same_unit(sizes, "".join(a for a in axes if a in SPATIAL))
    count = array.shape[axes.index("C")] if "C" in axes else 1
    notes = annotations_of(stored.ome) or noted_in(stored.imagej or {})
    known = (stored.samples, ome.channels, channels_in(notes))
    image = Image(
        array=array,
        axes=axes,
        spacing=spacing,
        unit=unit,
        channels=next((names for names in known if len(names) == count), ()),
        name=name,
        unannotated=unannotated_in(notes),
    )
    colours = ome.colours or lut_colours(stored.imagej or {})
    return Opened(
        image=image,
        levels=levels,
        origin=_origin(ome, image) or origin_in(notes),
        colours=colours if len(colours) == count and not stored.samples else (),
        notes=notes,
        series=stored.number,
        names=stored.names,
    )


def _origin(ome: OmeImage, image: Image) -> dict[str, float]:
    """Place of the first pixel, in the image's unit."""
    found = {}
    for axis, (place, unit) in ome.origin.items():
        ratio = unit_ratio(unit, image.unit)
        if axis in image.spatial_axes and ratio is not None:
            found[axis] = place * ratio
    return found


def _companion(file: Path, name: str) -> tuple[str, Path]:
    """OME-XML in a file of its own, and the first of the files that it describes."""
    try:
        xml = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ReadError(
            f"'{name}' does not exist", "Check the name and the folder"
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise ReadError(f"'{name}' cannot be read: {reason}") from error
    first = first_file(xml)
    if not first:
        raise ReadError(
            f"'{name}' does not name the TIFF files that it describes",
            "Open one of them",
        )
    return xml, file.with_name(Path(first).name)


def _check_whole(stored: Stored, file: Path, name: str) -> None:
    """Refuse a file that another one describes, together with further ones."""
    described = Path(metadata_file(stored.ome)).name
    if described and described != name:
        remedy = "Copy that file and all that belong to it into one folder; open it"
        if file.with_name(described).is_file():
            remedy = f"Open '{described}', which stands for them all"
        raise ReadError(
            f"'{name}' is one of several files that '{described}' describes as one "
            "image",
            remedy,
        )


def _check_signature(file: Path, name: str) -> None:
    """Refuse what is no TIFF file by its first bytes."""
    if file.is_dir():
        raise ReadError(f"'{name}' is a folder", "Give a TIFF file")
    try:
        with file.open("rb") as stream:
            start = stream.read(4)
    except FileNotFoundError:
        raise ReadError(
            f"'{name}' does not exist", "Check the name and the folder"
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is invalid"
        raise ReadError(f"'{name}' cannot be opened: {reason}") from error
    if not start:
        raise ReadError(f"'{name}' is empty (0 bytes)", "Save or copy it again")
    if start not in SIGNATURES:
        raise ReadError(
            f"'{name}' is not a TIFF file, whatever its ending says",
            "Open it in the program that made it and save it as TIFF",
        )


def _known_axes(stored: Stored, name: str) -> tuple[tuple[Any, ...], str]:
    """Translate tifffile's letters into ours.

    Returns
    -------
    tuple of arrays
        The stored ones, without unknown axes of length 1.
    axes : str
        Distinct letters out of "TZCYX".
    """
    axes = stored.axes
    shape = stored.levels[0].shape
    if len(axes) != len(shape):
        raise ReadError(
            f"'{name}' is damaged (of shape {shape} it has the axes {axes})", AGAIN
        )
    if "C" not in axes:
        axes = axes.replace("S", "C")
    idle = [i for i, a in enumerate(axes) if a not in AXES and shape[i] == 1]
    levels = stored.levels
    for axis in reversed(idle):
        levels = tuple(without(level, axis) for level in levels)
    axes = "".join(a for i, a in enumerate(axes) if i not in idle)
    unknown = [a for a in axes if a not in AXES]
    if len(unknown) == 1 and unknown[0] in "QI" and "Z" not in axes:
        axes = axes.replace(unknown[0], "Z")
        unknown = []
    if unknown or len(set(axes)) < len(axes) or not {"Y", "X"} <= set(axes):
        where = " (R: positions on the stage)" if POSITION in unknown else ""
        raise ReadError(
            f"'{name}' of shape {shape} has dimensions of unknown or "
            f"unusual meaning (TIFF axes {stored.axes}{where})",
            "Give one letter out of TZCYX per dimension with --axes (in Python: axes=)",
        )
    return levels, axes
