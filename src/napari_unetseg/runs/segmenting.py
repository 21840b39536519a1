"""Answer the question for a segmentation: of one image, or of a folder of images."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_unetseg.core import jobs
from napari_unetseg.core.errors import DeviceError, UnetsegError
from napari_unetseg.core.events import Block, Item, Note, Tile
from napari_unetseg.core.predict.fit import fit, fit_each
from napari_unetseg.core.prepare.trace import traced
from napari_unetseg.core.write.atomic import write_text_atomic
from napari_unetseg.core.write.either import write_tiff
from napari_unetseg.core.write.ome_zarr import add_pyramid, move_into_place
from napari_unetseg.runs import images, items, journal, models
from napari_unetseg.runs.folder import read_date
from napari_unetseg.runs.made import provenance
from napari_unetseg.runs.outputs import begin_output, check_outputs
from napari_unetseg.runs.store import RunStore

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from napari_unetseg.core.events import Event
    from napari_unetseg.core.image import Image
    from napari_unetseg.core.network.card import ModelCard
    from napari_unetseg.core.network.ensemble import Ensemble
    from napari_unetseg.core.network.modelfile import Model
    from napari_unetseg.core.predict.workers import Workers
    from napari_unetseg.core.prepare.trace import Entry
    from napari_unetseg.runs.questions import SegmentQuestion

ITEMS = "items"
_WRITTEN = "written.json"


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
    asked = items.questions(question, folder)
    for one in asked:
        check_outputs(folder, items.outputs(one), overwrite=question.overwrite)
    # Without weights at first: what does not fit is told at once.
    cards = models.cards_of(question, folder)
    told = _told(folder)
    is_of_folder = items.is_of_folder(question, folder)
    image = None if is_of_folder else images.read(question, folder)
    if image is not None:
        fit_each(image, cards)
    model = models.load(question, folder)
    with images.workers_of(question) as workers:
        means = _Means(folder, model, focus, workers)
        if image is None:
            return (yield from _all(asked, means, told))
        mask = images.read_mask(question, folder, image)
        store = _store(question, image, means, folder, told[""], mask)
        written, labels = yield from _one(question, image, means, store, mask)
    return {
        "image": image.name,
        "out": [Path(name).name for name in written],
        "shape": list(labels.shape),
        "axes": labels.axes,
    }


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
    model: Model | Ensemble
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
        state = means.folder / ITEMS / name
        written = _finished(state, means.folder)
        if not written:
            yield Item(name=name, number=number, total=len(asked))
        try:
            image = images.read(one, means.folder)
            mask = images.read_mask(one, means.folder, image)
            store = _store(one, image, means, state, told.get(name, []), mask)
            if written:
                store.plan()  # Refuses what was made of another image or model.
            else:
                written, _ = yield from _one(one, image, means, store, mask)
                write_text_atomic(state / _WRITTEN, json.dumps(written))
        except UnetsegError as error:
            if means.workers and isinstance(error, DeviceError):
                raise  # Mended, all that is left can go on.
            failed.append(name)
            yield Note(text=f"'{name}' is left out: {error}", level="warning")
            continue
        made += [Path(path).name for path in written]
    if not made:
        raise images.none_can_be_used(asked)
    return {"out": made, "images": len(asked) - len(failed), "failed": failed}


def _finished(state: Path, folder: Path) -> list[str]:
    """What was written of an image of a folder, if it is finished and still there."""
    try:
        written: list[str] = json.loads((state / _WRITTEN).read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return []
    return written if all((folder / path).exists() for path in written) else []


def _store(
    question: SegmentQuestion,
    image: Image,
    means: _Means,
    state: Path,
    told: list[Tile],
    mask: Image | None,
) -> RunStore:
    """Where the segmentation of an image grows."""
    card, config = means.model.card, images.settings(question)
    how = provenance(image.name, means.model.cards, question, read_date(means.folder))
    seen = _seen(image, means.model.cards)
    if seen is not None:
        # Of a report it is asked which pixels the model has learnt from.
        how["seen"] = json.dumps(seen)
    fitting, _ = fit_each(image, means.model.cards)
    return RunStore(state, fitting, card, config, told=told, description=how, mask=mask)


def _seen(image: Image, cards: Sequence[ModelCard]) -> list[Entry] | None:
    """What any of some models has learnt from; None if one of them does not know."""
    found: list[Entry] = []
    for card in cards:
        notes = card.training.get("seen")
        if notes is None:
            return None
        found += traced(fit(image, card), notes)
    return found


def _one(
    question: SegmentQuestion,
    image: Image,
    means: _Means,
    store: RunStore,
    mask: Image | None,
) -> Generator[Event, None, tuple[list[str], Image]]:
    """Segment one image into the outputs that its question names."""
    folder, model = means.folder, means.model
    card, config = model.card, images.settings(question)
    how = store.description
    # Workers may have another working directory.
    opened = partial(_opened, question, folder.resolve(), model.cards)
    computer = means.workers and means.workers.reading(opened)
    result = yield from jobs.segment(
        image,
        model,
        config,
        store=store,
        focus=means.focus,
        computer=computer,
        mask=mask,
    )
    assert result is not None
    made = {
        question.out: result.labels,
        question.scores: result.scores,
        question.uncertainty: result.uncertainty,
    }
    written: dict[str, str] = {}
    paths = items.outputs(question)
    # What is moved away last can until then be gone on with.
    for path in sorted(paths, key=lambda path: path.endswith(items.ZARR)):
        one = made[path]
        assert one is not None
        notes = dict(how) if one is result.labels else how | {"shows": one.name}
        classes = None
        if one is result.labels:
            # By these notes napari opens the file as labels; see layers/notes.py.
            of_classes = one.name != "objects"
            names = card.class_names if of_classes else {}
            colours = card.class_colors if of_classes else {}
            classes = {int(i): colour for i, colour in colours.items()}
            notes |= {
                "kind": "labels",
                "class_names": json.dumps(names),
                "class_colors": json.dumps(colours),
            }
        if path.endswith(items.ZARR):
            for number, _ in enumerate(add_pyramid(store.path(one.name)), start=1):
                yield Block(done=number, total=0)
        name = begin_output(folder, path, overwrite=question.overwrite)
        if path.endswith(items.ZARR):
            move_into_place(store.path(one.name), folder / name, overwrite=True)
        else:
            write_tiff(folder / name, one, notes, classes)
        written[path] = name
    return [written[path] for path in paths], result.labels


def _opened(
    question: SegmentQuestion, folder: Path, cards: Sequence[ModelCard]
) -> Image:
    """Read the image of a question, in whatever process."""
    image, _ = fit_each(images.read(question, folder), cards)
    return image


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
