"""``result/``: a segmentation while it grows, tile by tile, and the plan it follows.

``plan.json`` says what is segmented, by which model and how; the arrays beside it are
OME-Zarr. Which tiles are finished the run's story tells.
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_unetseg.core.errors import RunError
from napari_unetseg.core.image import SPATIAL
from napari_unetseg.core.predict.identity import fingerprint
from napari_unetseg.core.predict.plan import Plan
from napari_unetseg.core.predict.result import checksum
from napari_unetseg.core.write.atomic import write_text_atomic
from napari_unetseg.core.write.ome_zarr import LabelNotes, create_ome_zarr
from napari_unetseg.core.write.reordered import Reordered, stored_axes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from napari_unetseg.core.config import SegmentConfig
    from napari_unetseg.core.events import Tile
    from napari_unetseg.core.image import Image
    from napari_unetseg.core.network.card import ModelCard
    from napari_unetseg.core.predict.store import ArraySpec

RESULT = "result"
_PLAN = "plan.json"
_OTHER = {
    "model": "another model",
    "image": "another image",
    "settings": "other settings",
    "mask": "another mask",
}

# A process that is killed loses nothing that it has handed to the system. A power cut
# may cost what was written last: as much is read again and compared.
_LOOKED_AT = 4096


class RunStore:
    """Keeps a segmentation in a folder.

    Parameters
    ----------
    folder : Path
        Where ``result/`` is, or will be.
    image : Image
        What is segmented.
    card : ModelCard
        The model.
    config : SegmentConfig
        How.
    told : iterable of Tile
        What the story says of finished tiles.
    description : mapping of str to str
        How the result is made; written into it.
    mask : Image, optional
        Inside of which it is segmented.

    Attributes
    ----------
    description : dict of str to str
        The same.
    """

    def __init__(
        self,
        folder: Path,
        image: Image,
        card: ModelCard,
        config: SegmentConfig,
        *,
        told: Iterable[Tile] = (),
        description: Mapping[str, str] | None = None,
        mask: Image | None = None,
    ) -> None:
        self._folder = folder / RESULT
        self._image = image
        self._card = card
        self._told = list(told)
        self.description = dict(description or {})
        self._scores = config.scores
        self._uncertainty = config.uncertainty != "none"
        # Those that the model names count as if they had been asked for.
        chosen = {"thresholds": card.thresholds | config.thresholds}
        config = config.model_copy(update=chosen)
        self._identity = {
            "model": card.sha256,
            "image": fingerprint(image),
            # How much memory there was decides no pixel.
            "settings": config.model_dump_json(exclude={"memory"}),
            "mask": "" if mask is None else fingerprint(mask),
        }

    def plan(self) -> Plan | None:
        """The plan of what was begun in the folder, if anything was.

        Raises
        ------
        RunError
            If that was with another model, image, mask or settings.
        """
        try:
            text = (self._folder / _PLAN).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        try:
            values = json.loads(text)
            begun, plan = values["identity"], Plan.from_values(values["plan"])
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise RunError(
                f"{self._folder / _PLAN} is damaged",
                "Add --overwrite to begin anew, or name another run folder",
            ) from error
        for what, value in self._identity.items():
            # Of masks, earlier versions knew nothing.
            if begun.get(what, "") != value:
                raise RunError(
                    f"This run was begun with {_OTHER[what]}",
                    "Add --overwrite to begin anew, or name another run folder",
                )
        return plan

    def keep(self, plan: Plan) -> None:
        """Write the plan down."""
        self._folder.mkdir(parents=True, exist_ok=True)
        values = {"identity": self._identity, "plan": plan.to_values()}
        write_text_atomic(self._folder / _PLAN, json.dumps(values, indent=1))

    def path(self, name: str) -> Path:
        """Where the array of a name lies, an OME-Zarr."""
        return self._folder / f"{name}.zarr"

    def array(self, name: str, spec: ArraySpec, *, anew: bool = False) -> Any:
        """Open an array as it was left, or make it."""
        path = self.path(name)
        if anew or not self._is_whole(path):
            shutil.rmtree(path, ignore_errors=True)
            # Its folder has its name only when all of its metadata are there.
            unfinished = path.with_name(f".unfinished-{path.name}")
            shutil.rmtree(unfinished, ignore_errors=True)
            self._create(unfinished, name, spec)
            unfinished.rename(path)
        else:
            # What zarr was writing when the process was killed.
            for left_over in path.rglob("*.partial"):
                left_over.unlink()
        return self._open(name, spec["axes"])

    def done(self) -> set[int]:
        """Numbers of the tiles that the story tells of and that are as it tells."""
        told = {tile.number: tile for tile in self._told if tile.number >= 0}
        if not told or self.plan() is None:
            return set()
        axes = self._image.plane_axes + "YX"
        wanted = {"labels": axes}
        if self._scores:
            wanted["scores"] = f"C{axes}"
        if self._uncertainty:
            wanted["uncertainty"] = axes
        if not all(self._is_whole(self.path(name)) for name in wanted):
            return set()  # One was lost, or is already where it belongs.
        opened = {name: self._open(name, letters) for name, letters in wanted.items()}
        late = list(told.values())[-_LOOKED_AT:]
        damaged = {tile.number for tile in late if not _is_as_told(tile, opened)}
        return set(told) - damaged

    def free(self) -> int:
        """Bytes that are free on the disk."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return shutil.disk_usage(self._folder).free

    def _open(self, name: str, axes: str) -> Any:
        import zarr

        array = zarr.open_array(self.path(name) / "0", mode="r+")
        stored = stored_axes(axes)
        return array if stored == axes else Reordered(array, stored, axes)

    def _is_whole(self, path: Path) -> bool:
        return (path / "0").is_dir()

    def _create(self, path: Path, name: str, spec: ArraySpec) -> None:
        image, card, axes = self._image, self._card, stored_axes(spec["axes"])
        order = [spec["axes"].index(axis) for axis in axes]
        shape = tuple(spec["shape"][axis] for axis in order)
        spacing = tuple(image.spacing_of(axis) for axis in axes if axis in SPATIAL)
        names = tuple(card.class_names.get(str(i), f"class {i}") for i in card.classes)
        notes = None
        if name == "labels":
            notes = LabelNotes(names=card.class_names, colors=card.class_colors)
        elif name not in ("scores", "uncertainty"):
            notes = LabelNotes()
        create_ome_zarr(
            path,
            shape=shape,
            dtype=spec["dtype"],
            axes=axes,
            spacing=spacing,
            unit=image.unit,
            channels=names if "C" in axes else (),
            name=name,
            chunks=tuple(spec["chunk"][axis] for axis in order),
            labels=notes,
            description=self.description | ({} if notes else {"shows": name}),
        )


def begun_with(folder: Path) -> str:
    """sha256 of the model that a run was begun with; empty if that is not known."""
    try:
        values = json.loads((folder / RESULT / _PLAN).read_text(encoding="utf-8"))
        return str(values["identity"]["model"])
    except (OSError, ValueError, TypeError, KeyError):
        return ""


def _is_as_told(tile: Tile, arrays: Mapping[str, Any]) -> bool:
    """Compare a finished tile; what cannot be read is erased, to be written anew."""
    box = tuple(map(slice, tile.start, tile.stop))
    found = {}
    for name, array in arrays.items():
        place = (slice(None), *box) if name == "scores" else box
        try:
            found[name] = array[place]
        except Exception:  # noqa: BLE001 - whatever a damaged chunk makes a codec raise
            _erase(array, place)
    return len(found) == len(arrays) and checksum(found) == tile.checksum


def _erase(array: Any, box: tuple[slice, ...]) -> None:
    """Set whole chunks to 0, which unlike a part of one takes no reading."""
    chunks = array.chunks
    array[
        tuple(
            slice(part.start // n * n, min(-(-part.stop // n) * n, size))
            for part, n, size in (
                (slice(*part.indices(size)), n, size)
                for part, n, size in zip(box, chunks, array.shape, strict=True)
            )
        )
    ] = np.zeros((), array.dtype)
