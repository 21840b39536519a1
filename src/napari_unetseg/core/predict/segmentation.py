"""The second question: an image and a model become labels."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from napari_unetseg.core.errors import WriteError
from napari_unetseg.core.events import Event, Forecast, Note, Planned, Started, Tile
from napari_unetseg.core.frames import Frames
from napari_unetseg.core.predict.asked import Finish
from napari_unetseg.core.predict.finish import finish
from napari_unetseg.core.predict.fit import fit, pixel_size_notes
from napari_unetseg.core.predict.plan import region_of
from napari_unetseg.core.predict.store import ArraySpec, Memory, Store, tile_arrays
from napari_unetseg.core.predict.work import Order

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from contextlib import AbstractContextManager

    from torch import nn

    from napari_unetseg.core.config import SegmentConfig
    from napari_unetseg.core.image import Image
    from napari_unetseg.core.network.card import ModelCard
    from napari_unetseg.core.network.modelfile import Model
    from napari_unetseg.core.predict.plan import Plan
    from napari_unetseg.core.predict.result import Result, Wanted
    from napari_unetseg.core.predict.work import Region, Task

    Cluster = Callable[["Prepared", Wanted], AbstractContextManager[Any]]


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


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """An image and a model that fit, and a plan; no tile is computed yet.

    Attributes
    ----------
    image : Image
        With the model's channels.
    card : ModelCard
        The model.
    network : nn.Module
        As it was trained.
    config : SegmentConfig
        How.
    plan : Plan
        Perhaps without its statistics.
    finish : Finish
        What is done to the classes of all tiles.
    arrays : dict of str to ArraySpec
        What tiles are written to.
    """

    image: Image
    card: ModelCard
    network: nn.Module
    config: SegmentConfig
    plan: Plan
    finish: Finish
    arrays: dict[str, ArraySpec]

    @property
    def frames(self) -> Frames:
        """The image as the network sees it."""
        return Frames(self.image, self.card.network.dimensions)


def segment(
    image: Image,
    model: Model,
    config: SegmentConfig,
    *,
    store: Store | None = None,
    focus: Callable[[], Region | None] = lambda: None,
    cluster: Cluster | None = None,
) -> Generator[Event, None, Segmentation]:
    """Apply a model to every plane, or every volume, of an image.

    Parameters
    ----------
    image : Image
        numpy or lazy.
    model : Model
        As `train` or `load_model` returned it.
    config : SegmentConfig
        How.
    store : Store, optional
        Where the result grows; in memory if not given. A segmentation that was begun
        there goes on by its own plan, and computes only the tiles that are missing.
    focus : callable
        Asked before each tile: the region that somebody looks at, whose tiles then come
        first, or None.
    cluster : callable, optional
        Makes what computes the tiles in place of this process: a context manager that
        gives something like `whole.Local`.

    Yields
    ------
    Event
        `Note`, `Started`, `Forecast`, `Planned`, `Tile`, `Block`; a tile's event comes
        after it is written.

    Raises
    ------
    InputError, ModelError, DeviceError, WriteError
        Before any work, in one sentence.
    """
    store = store or Memory()
    prepared = yield from _prepare(image, model, config, store)
    done = store.done()
    told = _forecast(prepared, len(done), store)
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
        yield from _tiles(prepared, store, arrays, Order(work, done, focus), cluster)
    axes = prepared.image.plane_axes + "YX"
    labels = yield from finish(
        prepared.image.like(arrays["labels"], axes, "labels"),
        frames.dimensions,
        prepared.finish,
        prepared.arrays["labels"],
        store,
    )
    return _named(prepared.image, model.card, labels, arrays)


def foresee(
    image: Image, model: Model, config: SegmentConfig, *, store: Store | None = None
) -> Generator[Event, None, Forecast]:
    """Tell what a segmentation would take, and do nothing of it.

    Parameters
    ----------
    image, model, config, store
        As for `segment`.

    Yields
    ------
    Note

    Raises
    ------
    InputError, ModelError, DeviceError
        As `segment` would.
    """
    store = store or Memory()
    prepared = yield from _prepare(image, model, config, store)
    return _forecast(prepared, len(store.done()), store)


def _prepare(
    image: Image, model: Model, config: SegmentConfig, store: Store
) -> Generator[Event, None, Prepared]:
    """Check all that can be refused, and take the plan of before or make one."""
    card = model.card
    image = fit(image, card)
    region_of(config, image)
    asked = Finish.of(image, card, config)
    for text in pixel_size_notes(image, card, rescale=config.rescale):
        yield Note(text=text, level="info" if config.rescale else "warning")

    from napari_unetseg.core.device import choose_device
    from napari_unetseg.core.predict.planning import make_plan
    from napari_unetseg.core.predict.views import views
    from napari_unetseg.core.predict.whole import can_be_turned

    device = choose_device(config.device)
    precision = "fp32" if config.precision == "auto" else config.precision
    network = model.network()
    frames = Frames(image, card.network.dimensions)
    views(config.average, frames.dimensions, can_be_turned(frames, network))
    plan = store.plan() or make_plan(
        image, card, network, config, device=device, precision=precision
    )
    wanted = {"scores": config.scores, "uncertainty": config.uncertainty != "none"}
    arrays = tile_arrays(frames, plan, card.classes, wanted)
    return Prepared(image, card, network, config, plan, asked, arrays)


def _forecast(prepared: Prepared, done: int, store: Store) -> Forecast:
    from napari_unetseg.core.predict.forecast import forecast

    return forecast(
        prepared.frames,
        prepared.network,
        prepared.plan,
        prepared.arrays,
        done=done,
        disk=store.free(),
    )


def _check_room(told: Forecast, done: int) -> Iterator[Event]:
    """Refuse what cannot be written, warn of what may not fit."""
    size = told.size * (told.tiles - done) / told.tiles
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


def _tiles(
    prepared: Prepared,
    store: Store,
    arrays: dict[str, Any],
    order: Order,
    cluster: Cluster | None,
) -> Iterator[Event]:
    """Compute and write the tiles that are left."""
    from napari_unetseg.core.predict.ahead import Behind
    from napari_unetseg.core.predict.result import Wanted
    from napari_unetseg.core.predict.whole import Local

    plan, frames, config = prepared.plan, prepared.frames, prepared.config
    thresholds = prepared.card.thresholds | config.thresholds
    wanted = Wanted(
        prepared.card.classes, thresholds, config.scores, config.uncertainty
    )
    finished, total, broken = order.done, order.total, 0
    with ExitStack() as stack:
        if cluster is None:
            source: Any = Local.of(prepared.image, prepared.network, plan, wanted)
        else:
            source = stack.enter_context(cluster(prepared, wanted))
        behind: Behind[Result] = stack.enter_context(Behind())
        results = stack.enter_context(closing(source.results(order)))

        def written() -> Iterator[Result]:
            for result in results:
                yield from behind.put(partial(_write, result, frames, arrays))
            yield from behind.rest()

        for result in written():
            if source.parts != plan.parts:
                plan = replace(plan, parts=source.parts)
                store.keep(plan)
                yield _halved(plan)
            finished += 1
            broken += result.broken
            box = _place(frames, result.task)
            yield Tile(
                done=finished,
                total=total,
                start=[s.start for s in box],
                stop=[s.stop for s in box],
                number=result.task.number,
                checksum=result.checksum,
            )
    if broken:
        yield Note(
            text=f"{broken} pixels are NaN or infinite: they were predicted as their "
            "surroundings are, and are labelled 0.",
            level="warning",
        )


def _write(
    work: Callable[[], Result], frames: Frames, arrays: dict[str, Any]
) -> Result:
    """Work out a result and write it, in the thread behind."""
    result = work()
    box = _place(frames, result.task)
    shape = tuple(s.stop - s.start for s in box)
    for name, values in result.arrays.items():
        if name == "scores":
            values = values.reshape(len(values), *shape)
            arrays[name][(slice(None), *box)] = values
        else:
            arrays[name][box] = values.reshape(shape)
    return result


def _place(frames: Frames, task: Task) -> tuple[slice, ...]:
    return frames.place(task.index, tuple(slice(*ends) for ends in task.box))


def _halved(plan: Plan) -> Note:
    size = " x ".join(map(str, plan.parts or ()))
    return Note(
        text=f"The memory was too small for a tile: tiles are computed in parts of at "
        f"most {size} pixels from here on. The result is the same.",
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
