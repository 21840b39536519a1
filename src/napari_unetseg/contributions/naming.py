"""Names of the files that layers are written to."""

from __future__ import annotations

from pathlib import Path

from napari_unetseg.core.errors import WriteError
from napari_unetseg.runs.listing import file_name

ENDINGS = (".ome.tif", ".ome.tiff", ".imagej.tif", ".imagej.tiff", ".tif", ".tiff")
ZARR = ".zarr"
PAIRS = ".pairs"


def target_of(path: str) -> Path:
    """Complete a name; then napari has not asked about the file."""
    if Path(path).suffix.lower() in {".tif", ".tiff", ZARR}:
        return Path(path)
    return new(Path(f"{path}.ome.tif"))


def pair_files(path: str, name: str) -> tuple[Path, Path | None]:
    """Files of the image and the labels; None for labels inside their image."""
    if path.lower().endswith(PAIRS):
        file = f"{file_name(name)}.ome.tif"
        folder = Path(path)
        if folder.is_file():
            raise WriteError(f"'{folder.name}' is a file", "Choose another name")
        return new(folder / "images" / file), new(folder / "labels" / file)
    target = target_of(path)
    if target.suffix.lower() == ZARR:
        return target, None
    ending = next(e for e in ENDINGS if target.name.lower().endswith(e))
    name = f"{target.name[: -len(ending)]}-labels.ome.tif"
    return target, new(target.with_name(name))


def new(path: Path) -> Path:
    """Refuse a file that exists, of which napari has not asked."""
    if path.exists():
        raise WriteError(
            f"'{path.name}' exists", "Choose another name, or remove that file first"
        )
    return path
