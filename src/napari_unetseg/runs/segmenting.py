"""Answer the question for a segmentation: of one image, or of a folder of images."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_unetseg.core import jobs
from napari_unetseg.core.errors import (
    DeviceError,
    InputError,
    ReadError,
    UnetsegError,
)
from napari_unetseg.core.events import Block, Item, Note, Tile
from napari_unetseg.core.network.card import read_card
from napari_unetseg.core.network.modelfile import load_model
from napari_unetseg.core.predict.fit import fit
from napari_unetseg.core.read import read_image
from napari_unetseg.core.read.files import READERS
from napari_unetseg.core.read.ome_zarr import is_zarr
from napari_unetseg.core.write.ome_tiff import write_ome_tiff
from napari_unetseg.core.write.ome_zarr import add_pyramid, move_into_place
from napari_unetseg.runs import journal
from napari_unetseg.runs.folder import programs
from napari_unetseg.runs.outputs import begin_output, check_outputs
from napari_unetseg.runs.store import RunStore

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

    from napari_unetseg.core.events import Event
    from napari_unetseg.core.image import Image
    from napari_unetseg.core.network.card import ModelCard
    from napari_unetseg.core.network.modelfile import Model
    from napari_unetseg.core.predict.workers import Workers
    from napari_unetseg.runs.questions import SegmentQuestion

ZARR = ".zarr"
IMAGES = tuple(READERS)
ITEMS = "items"


def segment(
    question: SegmentQuestion,
    folder: Path,
    focus: Callable[[], Any] = lambda: None,
) -> Generator[Event, None, dict[str, Any]]:
    """Answer a question, or what is left of it.

    Parameters
    ----------
    question : SegmentQuestion
        Its relative paths start at the folder.
    folder : Path
        The run folder.
    focus : callable
        The region that somebody looks at, or None.

    Returns
    -------
    dict
        What was made, as plain values.
    """
    # Read without its weights first: what does not fit is told at once.
    card = read_card(folder / question.model)
    told = _told(folder)
    source = folder / question.image
    is_folder = source.is_dir() and not is_zarr(source)
    items = images_in(source) if is_folder else [source]
    asked = [_item(question, path) for path in items] if is_folder else [question]
    for one in asked:
        check_outputs(folder, _outputs(one), overwrite=question.overwrite)
    if not is_folder:
        fit(_read(question, source), card)
    model = load_model(folder / question.model)
    with workers_of(question.dask) as workers:
        means = _Means(folder, model, focus, workers)
        if is_folder:
            return (yield from _all(asked, means, told))
        return (yield from _one(question, means, folder, told[""]))


@dataclass(frozen=True, slots=True)
class _Means:
    """What all images of a run are segmented with.

    Attributes
    ----------
    folder : Path
        The run folder.
    model : Model
        With its weights.
    focus : callable
        As for `segment`.
    workers : Workers or None
        Who computes in place of this process.
    """

    folder: Path
    model: Model
    focus: Callable[[], Any]
    workers: Workers | None


def _all(
    asked: list[SegmentQuestion], means: _Means, told: Mapping[str, list[Tile]]
) -> Generator[Event, None, dict[str, Any]]:
    """Segment all images of a folder; what cannot be used does not stop the rest."""
    made: list[str] = []
    failed: list[str] = []
    for number, one in enumerate(asked, start=1):
        name = Path(one.image).name
        yield Item(name=name, number=number, total=len(asked))
        state = means.folder / ITEMS / name
        try:
            result = yield from _one(one, means, state, told.get(name, []))
        except DeviceError:
            raise  # It would hinder all that follow, too.
        except UnetsegError as error:
            failed.append(name)
            yield Note(text=f"'{name}' is left out: {error}", level="warning")
        else:
            made += result["out"]
    if not made:
        raise InputError(
            f"None of the {len(asked)} images could be segmented",
            "The warnings above say why",
        )
    return {"out": made, "images": len(asked) - len(failed), "failed": failed}


@contextmanager
def workers_of(dask: str | None) -> Iterator[Workers | None]:
    """The workers of the cluster that a question names; None if it names none."""
    if dask is None:
        yield None
        return
    from napari_unetseg.core.predict.cluster import cluster_of

    with cluster_of(dask) as workers:
        yield workers


def images_in(folder: Path) -> list[Path]:
    """The images of a folder, by name.

    Raises
    ------
    ReadError
        If there is none.
    """
    found = sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in IMAGES and not path.name.startswith(".")
    )
    if not found:
        raise ReadError(
            f"There is no image in '{folder.name}'",
            f"Files of these endings are read: {', '.join(IMAGES)}",
        )
    return found


def _item(question: SegmentQuestion, path: Path) -> SegmentQuestion:
    """The question for one image of a folder."""
    stem = path.name
    for ending in (*IMAGES, ".ome"):
        if stem.lower().endswith(ending):
            stem = stem[: -len(ending)]
    name = stem + (ZARR if path.suffix.lower() == ZARR else ".ome.tif")
    extra = {
        kind: str(Path(where) / name)
        for kind in ("scores", "uncertainty")
        if (where := getattr(question, kind)) is not None
    }
    return question.model_copy(
        update={"image": str(path), "out": str(Path(question.out) / name), **extra}
    )


def _one(
    question: SegmentQuestion, means: _Means, state: Path, told: list[Tile]
) -> Generator[Event, None, dict[str, Any]]:
    """Segment one image into the outputs that its question names."""
    config = question.config.model_copy(
        update={"scores": question.scores is not None} | _uncertainty(question)
    )
    folder, model = means.folder, means.model
    card = model.card
    image = _read(question, folder / question.image)
    how = _provenance(image, card, question)
    store = RunStore(state, fit(image, card), card, config, told=told, description=how)
    # Workers may have another working directory.
    opened = partial(_opened, question, folder.resolve(), card)
    computer = means.workers and means.workers.reading(opened)
    result = yield from jobs.segment(
        image, model, config, store=store, focus=means.focus, computer=computer
    )
    assert result is not None
    made = {
        question.out: result.labels,
        question.scores: result.scores,
        question.uncertainty: result.uncertainty,
    }
    written: list[str] = []
    for path in _outputs(question):
        one = made[path]
        assert one is not None
        notes = how
        if one is result.labels:
            # By these notes napari opens the file as labels; see layers/notes.py.
            names = {} if one.name == "objects" else card.class_names
            notes = how | {"kind": "labels", "class_names": json.dumps(names)}
        if path.endswith(ZARR):
            for number, _ in enumerate(add_pyramid(store.path(one.name)), start=1):
                yield Block(done=number, total=0)
        name = begin_output(folder, path, overwrite=question.overwrite)
        if path.endswith(ZARR):
            move_into_place(store.path(one.name), folder / name, overwrite=True)
        else:
            write_ome_tiff(folder / name, one, overwrite=True, description=notes)
        written.append(Path(name).name)
    return {
        "image": image.name,
        "out": written,
        "shape": list(result.labels.shape),
        "axes": result.labels.axes,
    }


def _opened(question: SegmentQuestion, folder: Path, card: ModelCard) -> Image:
    """Read the image of a question, in whatever process."""
    return fit(_read(question, folder / question.image), card)


def _read(question: SegmentQuestion, path: Path) -> Image:
    image = read_image(path, axes=question.axes)
    if question.pixel_size is not None:
        size = question.pixel_size
        image = image.with_spacing(size.spacing, size.unit)
    return image


def _uncertainty(question: SegmentQuestion) -> dict[str, str]:
    """Which uncertainty is computed: the one asked for, or the one that is possible."""
    if question.uncertainty is None:
        return {"uncertainty": "none"}
    asked = question.config.uncertainty
    if asked != "none":
        return {}
    return {
        "uncertainty": "entropy"
        if question.config.average == "none"
        else "disagreement"
    }


def _outputs(question: SegmentQuestion) -> list[str]:
    wanted = (question.out, question.scores, question.uncertainty)
    return [path for path in wanted if path is not None]


def _told(folder: Path) -> dict[str, list[Tile]]:
    """The finished tiles of each image, "" for the only one, as the story tells."""
    found: dict[str, list[Tile]] = {"": []}
    name = ""
    for entry in journal.read(folder):
        if isinstance(entry.event, Item):
            name = entry.event.name
            found.setdefault(name, [])
        elif isinstance(entry.event, Tile):
            found[name].append(entry.event)
    return found


def _provenance(
    image: Image, card: ModelCard, question: SegmentQuestion
) -> dict[str, str]:
    """How a result was made: names and hashes, no paths."""
    return {
        "image": image.name,
        "model": Path(question.model).name,
        "model_sha256": card.sha256,
        "network": card.network.model_dump_json(),
        "classes": ",".join(map(str, card.classes)),
        "settings": question.config.model_dump_json(exclude_defaults=True),
        "made_by": " ".join(["napari-unetseg", programs()["napari-unetseg"]]),
    }
