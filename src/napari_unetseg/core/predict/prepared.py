"""All that is refused or decided before a segmentation begins."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from napari_unetseg.core.config.base import share_of
from napari_unetseg.core.errors import DeviceError, RunError
from napari_unetseg.core.events import Event, Note
from napari_unetseg.core.frames import Frames
from napari_unetseg.core.predict.asked import Finish
from napari_unetseg.core.predict.fit import fit_each, pixel_size_notes
from napari_unetseg.core.predict.inside import Inside
from napari_unetseg.core.predict.plan import grids_of, region_of
from napari_unetseg.core.predict.store import ArraySpec, Store, tile_arrays

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from napari_unetseg.core.config import SegmentConfig
    from napari_unetseg.core.image import Image
    from napari_unetseg.core.network.card import ModelCard
    from napari_unetseg.core.network.ensemble import Ensemble
    from napari_unetseg.core.network.member import Member
    from napari_unetseg.core.network.modelfile import Model
    from napari_unetseg.core.predict.computer import Computer
    from napari_unetseg.core.predict.plan import Plan


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """An image and a model that fit, and a plan; no tile is computed yet.

    Attributes
    ----------
    image : Image
        With the model's channels.
    card : ModelCard
        The model, or what several have in common.
    members : tuple of Member
        Its network, or theirs.
    config : SegmentConfig
        How.
    computer : Computer
        Where.
    plan : Plan
        Perhaps without its statistics.
    done : set of int
        Numbers of the tiles that are finished already.
    finish : Finish
        What is done to the classes of all tiles.
    arrays : dict of str to ArraySpec
        What tiles are written to.
    inside : Inside or None
        What is kept of the tiles, if not all.
    """

    image: Image
    card: ModelCard
    members: tuple[Member, ...]
    config: SegmentConfig
    computer: Computer
    plan: Plan
    done: set[int]
    finish: Finish
    arrays: dict[str, ArraySpec]
    inside: Inside | None = None

    @property
    def frames(self) -> Frames:
        """The image as the networks see it."""
        return Frames(self.image, self.card.network.dimensions)


def prepare(
    image: Image,
    model: Model | Ensemble,
    config: SegmentConfig,
    store: Store,
    computer: Computer | None,
    mask: Image | None = None,
) -> Generator[Event, None, Prepared]:
    """Check all that can be refused, and take the plan of before or make one.

    Parameters
    ----------
    image, model, config, store, computer, mask
        As for `segmentation.segment`.

    Yields
    ------
    Event
        `Note`, and what the computer tells until it is ready.

    Raises
    ------
    InputError, ModelError, DeviceError, RunError
        In one sentence.
    """
    card = model.card
    image, channels = fit_each(image, model.cards)
    region_of(config, image)
    asked = Finish.of(image, card, config)
    for text in _pixel_sizes(image, model.cards, config):
        yield Note(text=text, level="info" if config.rescale else "warning")

    from napari_unetseg.core.predict.planning import make_plan
    from napari_unetseg.core.predict.views import views
    from napari_unetseg.core.predict.whole import Here, can_be_turned

    pairs = zip(model.members(), channels, strict=True)
    members = tuple(replace(member, channels=own) for member, own in pairs)
    frames = Frames(image, card.network.dimensions)
    inside = None if mask is None else Inside.of(mask, frames)
    is_turned = all(
        can_be_turned(frames, member.network, grid)
        for member, grid in zip(members, grids_of(frames, members, config), strict=True)
    )
    views(config.average, frames.dimensions, is_turned)
    computer = computer or Here()
    plan = store.plan()
    if plan is not None and len(plan.grids) != len(members):
        raise RunError(
            "This run was begun by an earlier version, which averaged otherwise",
            "Add --overwrite to begin anew, or name another run folder",
        )
    done = store.done()
    if plan is None:
        yield from computer.ready()
        device = computer.device(config.device)
        plan = make_plan(
            frames,
            members,
            config,
            device=device,
            precision="fp32" if config.precision == "auto" else config.precision,
            free=share_of(computer.free(device), config.memory),
        )
        if inside is not None:
            plan = replace(plan, chosen=inside.touched(plan.work(frames)))
    elif len(done) < len(plan.work(frames)):
        yield from computer.ready()
        _check_device(plan, computer)
    wanted = {"scores": config.scores, "uncertainty": config.uncertainty != "none"}
    arrays = tile_arrays(frames, plan, card.classes, wanted)
    return Prepared(
        image, card, members, config, computer, plan, done, asked, arrays, inside
    )


def _pixel_sizes(
    image: Image, cards: Sequence[ModelCard], config: SegmentConfig
) -> Iterator[str]:
    """Say which models know another pixel size than the image."""
    for number, card in enumerate(cards, start=1):
        called = f"Model {number} of {len(cards)}" if len(cards) > 1 else "The model"
        yield from pixel_size_notes(image, card, rescale=config.rescale, called=called)


def _check_device(plan: Plan, computer: Computer) -> None:
    """Refuse to go on where the device of before is missing: bytes would differ."""
    try:
        computer.device(plan.device)
    except DeviceError as error:
        raise DeviceError(
            f"This segmentation was begun on '{plan.device}', which is missing here",
            "Go on where it is, or begin anew",
        ) from error
