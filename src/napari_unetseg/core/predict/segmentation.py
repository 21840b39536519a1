"""The second question: an image and a model become labels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from napari_unetseg.core.config.base import share_of
from napari_unetseg.core.errors import WriteError
from napari_unetseg.core.events import Event, Forecast, Note, Planned, Started
from napari_unetseg.core.predict.finish import finish
from napari_unetseg.core.predict.prepared import Prepared, prepare
from napari_unetseg.core.predict.store import Memory, Store
from napari_unetseg.core.predict.work import Order

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from napari_unetseg.core.config import SegmentConfig
    from napari_unetseg.core.image import Image
    from napari_unetseg.core.network.card import ModelCard
    from napari_unetseg.core.network.ensemble import Ensemble
    from napari_unetseg.core.network.modelfile import Model
    from napari_unetseg.core.predict.computer import Computer
    from napari_unetseg.core.predict.work import Region


@dataclass(frozen=True, slots=True, eq=False)
class Segmentation:
    """Labels, and what else was asked for.

    Attributes
    ----------
    labels : Image
        Painted ids, or numbers of objects; the image's axes without C, Y and X last.
    scores : Image or None
        Softmax probabilities, float32; C first, then the axes of `labels`.
    uncertainty : Image or None
        From 0 (sure) to 1, float32; the axes of `labels`.
    """

    labels: Image
    scores: Image | None = None
    uncertainty: Image | None = None


def segment(
    image: Image,
    model: Model | Ensemble,
    config: SegmentConfig,
    *,
    store: Store | None = None,
    focus: Callable[[], Region | None] = lambda: None,
    computer: Computer | None = None,
    mask: Image | None = None,
) -> Generator[Event, None, Segmentation]:
    """Apply a model to every plane, or every volume, of an image.

    Parameters
    ----------
    image : Image
        numpy or lazy.
    model : Model or Ensemble
        As `train`, `load_model` or `Ensemble.of` returned it.
    config : SegmentConfig
        How.
    store : Store, optional
        Where the result grows; in memory if not given. A segmentation that was begun
        there goes on by its own plan, and computes only the tiles that are missing.
    focus : callable
        Asked before a tile is read, in any thread: the region that somebody looks at,
        whose tiles then come first, or None.
    computer : Computer, optional
        Who computes the tiles in place of this process.
    mask : Image, optional
        Numbers on the image's pixels, without channels: only where they are not 0 there
        is a result, the same as without the mask; elsewhere it is 0. Only tiles that
        touch it are computed. An object that its outline cuts ends there, and what it
        cuts in two are two objects. Of axes other than Y and X that the mask does not
        have, it is the same all along.

    Yields
    ------
    Event
        `Note`, `Waiting`, `Started`, `Forecast`, `Planned`, `Tile`, `Block`; a tile's
        event comes after it is written.

    Raises
    ------
    InputError, ModelError, DeviceError, RunError, WriteError
        In one sentence; what can be told before any work is told then. Later only the
        memory, the disk or a cluster can fail, and what is finished stays.
    """
    store = store or Memory()
    prepared = yield from prepare(image, model, config, store, computer, mask)
    done = prepared.done
    told = _forecast(prepared, store)
    plan, frames = prepared.plan, prepared.frames
    yield Started(job="segment", device=plan.device, precision=plan.precision)
    yield told
    yield from _check_room(told, len(done))
    if not plan.statistics:
        plan = plan.measured(frames)
        store.keep(plan)
        prepared = replace(prepared, plan=plan)
    work = plan.work(frames)
    yield Planned(total=len(work), unit="tile", seconds=told.seconds)
    arrays = {name: store.array(name, spec) for name, spec in prepared.arrays.items()}
    if len(done) < len(work):
        from napari_unetseg.core.predict.writing import write_tiles

        yield from write_tiles(prepared, store, arrays, Order(work, done, focus))
    axes = prepared.image.plane_axes + "YX"
    labels = yield from finish(
        prepared.image.like(arrays["labels"], axes, "labels"),
        frames.dimensions,
        prepared.finish,
        prepared.arrays["labels"],
        store,
        prepared.inside,
    )
    return _named(prepared.image, model.card, labels, arrays)


def foresee(
    image: Image,
    model: Model | Ensemble,
    config: SegmentConfig,
    *,
    store: Store | None = None,
    computer: Computer | None = None,
    mask: Image | None = None,
) -> Generator[Event, None, Forecast]:
    """Tell what a segmentation would take, and do nothing of it.

    Parameters
    ----------
    image, model, config, store, computer, mask
        As for `segment`.

    Yields
    ------
    Event
        `Note`, and what the computer tells until it is ready.

    Raises
    ------
    InputError, ModelError, DeviceError, RunError
        As `segment` would.
    """
    store = store or Memory()
    prepared = yield from prepare(image, model, config, store, computer, mask)
    return _forecast(prepared, store)


def _forecast(prepared: Prepared, store: Store) -> Forecast:
    from napari_unetseg.core.predict.forecast import forecast

    plan, frames, members = prepared.plan, prepared.frames, prepared.members
    computer, done = prepared.computer, len(prepared.done)
    each, free = 0.0, -1
    if done < len(plan.work(frames)):
        each = computer.seconds(members, plan, frames.shape)
        free = share_of(computer.free(plan.device), prepared.config.memory)
    return forecast(
        frames,
        members,
        plan,
        prepared.arrays,
        each=each,
        free=free,
        done=done,
        disk=store.free(),
    )


def _check_room(told: Forecast, done: int) -> Iterator[Event]:
    """Refuse what cannot be written, warn of what may not fit."""
    size = told.size * (told.tiles - done) / max(1, told.tiles)
    if told.disk < 0 or size <= told.disk:
        return
    have = f"{told.disk / 1e9:.1f} GB are free where it is written"
    if size > 50 * told.disk:
        raise WriteError(
            f"The result takes up to {size / 1e9:.1f} GB, and {have}",
            "Free space, or write it to another disk",
        )
    yield Note(
        text=f"The result takes up to {size / 1e9:.1f} GB before compression, and "
        f"{have}. If the disk gets full, what is done stays and can be gone on with.",
        level="warning",
    )


def _named(
    image: Image, card: ModelCard, labels: Image, arrays: dict[str, Any]
) -> Segmentation:
    axes = image.plane_axes + "YX"
    scores, uncertainty = arrays.get("scores"), arrays.get("uncertainty")
    names = tuple(card.class_names.get(str(i), f"class {i}") for i in card.classes)
    return Segmentation(
        labels=labels,
        scores=None
        if scores is None
        else replace(image.like(scores, f"C{axes}", "scores"), channels=names),
        uncertainty=None
        if uncertainty is None
        else image.like(uncertainty, axes, "uncertainty"),
    )
