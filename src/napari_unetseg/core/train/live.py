"""What the network says by now of what somebody looks at, while it learns.

It is the real prediction, with the averaged weights, and nothing of it reaches what is
learnt: the weights are copied, and no random number is drawn.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from napari_unetseg.core.config import SegmentConfig
from napari_unetseg.core.draining import result_of
from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.core.events import Event, Note, Previewed
from napari_unetseg.core.frames import Frames
from napari_unetseg.core.network.member import Member
from napari_unetseg.core.predict.asked import Finish
from napari_unetseg.core.predict.finish import finish
from napari_unetseg.core.predict.planning import make_plan
from napari_unetseg.core.predict.result import Wanted
from napari_unetseg.core.predict.store import Memory, tile_arrays
from napari_unetseg.core.predict.whole import Local
from napari_unetseg.core.train.wishes import Predicted, bounded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray
    from torch import nn

    from napari_unetseg.core.image import Image
    from napari_unetseg.core.network.card import ModelCard
    from napari_unetseg.core.predict.plan import Plan
    from napari_unetseg.core.predict.work import Region
    from napari_unetseg.core.train.material import Material
    from napari_unetseg.core.train.state import TrainingState
    from napari_unetseg.core.train.wishes import View, Wishes

# Seconds between two predictions, and how many times as long as one took.
EVERY = 2.0
_PAUSE = 9.0
# Pixels that are predicted at most, at first and ever; in between as many as take
# about this many seconds, for a training that computes hears nobody meanwhile.
MOST = 1 << 20
_FIRST = {2: 1 << 16, 3: 1 << 14}
# Fewer would not be done sooner: what the network sees around them is larger.
_LEAST = 1 << 14
_SECONDS = 2.0


class Live:
    """Predicts what is in view, seldom enough not to hold the training up.

    Parameters
    ----------
    material : Material
        The images, and their frames with the statistics that a prediction takes.
    card : ModelCard
        What the network is.
    device : str
        Where to predict.
    now : callable
        A clock in seconds, never set back.
    """

    def __init__(
        self,
        material: Material,
        card: ModelCard,
        device: str,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._images = material.images
        self._samples = material.samples
        self._card = card
        self._device = device
        self._now = now
        self._next = -float("inf")
        self._seen: tuple[View, int] | None = None
        self._most = _FIRST[card.network.dimensions]
        self._given_up = False
        # How views of some lengths are tiled; to find it takes longer than a small one.
        self._plans: dict[tuple[int, ...], Plan] = {}

    def look(self, state: TrainingState, wishes: Wishes) -> Iterator[Event]:
        """Predict what is in view and show it, if it is time.

        Yields
        ------
        Previewed
            After it was shown.
        Note
            Once, if it cannot be predicted; it is not tried again.
        """
        if self._given_up or self._now() < self._next:
            return
        self._next = self._now() + EVERY
        view = wishes.view()
        if view is None or (view, state.step) == self._seen:
            return
        self._seen = view, state.step
        begun = self._now()
        try:
            found = self.predicted(state.average, view, state.step)
        except UnetsegError as error:
            self._given_up = True
            yield Note(text=f"The prediction cannot be shown meanwhile: {error}")
            return
        if found is None:
            return
        self._wait(found.labels.size, self._now() - begun)
        number = wishes.show(found)
        if number:
            ends = zip(found.start, found.labels.shape, strict=True)
            yield Previewed(
                number=number,
                step=found.step,
                image=found.image,
                start=list(found.start),
                stop=[first + size for first, size in ends],
            )

    def predicted(self, network: nn.Module, view: View, step: int) -> Predicted | None:
        """Predict what is in view, or as much of its middle as is soon done.

        Parameters
        ----------
        network : nn.Module
            As it is trained; it is not changed.
        view : View
            What is looked at.
        step : int
            Number of steps behind the network.

        Returns
        -------
        Predicted or None
            None if the view lies outside the images.

        Raises
        ------
        DeviceError
            If the memory is too small for the smallest tile.
        UnetsegError
            If the network gives something that is not a number.
        """
        if not 0 <= view.image < len(self._images):
            return None
        image = self._images[view.image]
        region = bounded(view.region, _lengths(image), self._most)
        if region is None:
            return None
        config = SegmentConfig(region=region)
        plan = self._plan(view.image, network, config)
        labels, unsure = self._labels(image, network, plan, config)
        axes = f"{image.plane_axes}YX"
        start = tuple(region[axis][0] for axis in axes)
        found = np.asarray(labels.array)
        return Predicted(step, view.image, axes, start, found, unsure)

    def _plan(self, number: int, network: nn.Module, config: SegmentConfig) -> Plan:
        """Tile a region of an image, as one of the same lengths was tiled before."""
        lengths = (stop - start for start, stop in config.region.values())
        key = (number, *lengths)
        if key not in self._plans:
            image, device = self._images[number], self._device
            frames = Frames(image, self._card.network.dimensions)
            members = (Member.of(self._card, network),)
            made = make_plan(frames, members, config, device=device, precision="fp32")
            self._plans = {key: made}
        statistics = self._statistics(number, config.region)
        return replace(self._plans[key], region=config.region, statistics=statistics)

    def _labels(
        self, image: Image, network: nn.Module, plan: Plan, config: SegmentConfig
    ) -> tuple[Image, NDArray[np.float32]]:
        """Predict a plan's region alone, and do with it what a segmentation does.

        Returns its labels, and how unsure they are.
        """
        card, frames = self._card, Frames(image, self._card.network.dimensions)
        axes = f"{image.plane_axes}YX"
        first = [plan.region[axis][0] for axis in axes]
        spec = tile_arrays(frames, plan, card.classes, {})["labels"]
        ends = (plan.region[axis] for axis in axes)
        spec = {**spec, "shape": tuple(stop - start for start, stop in ends)}
        array = Memory().array("labels", spec)
        unsure = np.zeros(spec["shape"], np.float32)
        work = plan.work(frames)
        wanted = Wanted(card.classes, card.thresholds, uncertainty="entropy")
        source = Local.of(image, [Member.of(card, network)], plan, wanted)
        for result in source.results(work[number] for number in range(len(work))):
            found = result()
            task = found.task
            box = frames.place(task.index, [slice(*ends) for ends in task.box])
            place = tuple(
                slice(side.start - a, side.stop - a)
                for side, a in zip(box, first, strict=True)
            )
            for made, into in (("labels", array), ("uncertainty", unsure)):
                into[place] = found.arrays[made].reshape(into[place].shape)
        asked = Finish.of(image, card, config)
        labels = image.like(array, axes, "labels")
        steps = finish(labels, frames.dimensions, asked, spec, Memory())
        return result_of(steps), unsure

    def _statistics(
        self, image: int, region: Region
    ) -> dict[int, tuple[list[float], list[float]]]:
        """Means and deviations of the frames that a region reaches, by number."""
        axes = Frames(self._images[image], self._card.network.dimensions).grid_axes
        own = (one for one in self._samples if one.image == image)
        found = {}
        for number, one in enumerate(own):
            place = zip(axes, one.index, strict=True)
            if all(region[axis][0] <= i < region[axis][1] for axis, i in place):
                known = one.values.normaliser
                found[number] = known.mean.tolist(), known.std.tolist()
        return found

    def _wait(self, pixels: int, seconds: float) -> None:
        """Choose when to predict again, and how much."""
        self._next = self._now() + max(EVERY, _PAUSE * seconds)
        soon = int(pixels * _SECONDS / max(seconds, 1e-3))
        self._most = min(MOST, max(_LEAST, soon))


def _lengths(image: Image) -> dict[str, int]:
    pairs = zip(image.axes, image.shape, strict=True)
    return {axis: length for axis, length in pairs if axis != "C"}
