"""Several networks that predict the same tasks, and what they say on average."""

from __future__ import annotations

from collections import deque
from contextlib import ExitStack, closing
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from napari_unetseg.core.predict.uncertainty import Average

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from napari_unetseg.core.predict.found import Found
    from napari_unetseg.core.predict.predictor import Predictor
    from napari_unetseg.core.predict.work import Task


@dataclass(frozen=True, slots=True, eq=False)
class Averaged:
    """A task that several networks have computed; the twin of `found.Found`.

    Attributes
    ----------
    each : sequence of Found
        What each of them has found.
    orders : sequence of tuple of int
        The place of each class among the scores of each.
    """

    each: Sequence[Found]
    orders: Sequence[tuple[int, ...]]

    @property
    def task(self) -> Task:
        """Which one."""
        return self.each[0].task

    @property
    def finite(self) -> NDArray[np.bool_] | None:
        """Where the image holds numbers within the task's box; None for everywhere."""
        return self.each[0].finite

    def scores(self) -> tuple[NDArray[np.float32], Average | None]:
        """Average the probabilities of the task's box.

        Returns
        -------
        scores : ndarray of shape (classes, *box), float32
            The mean over all networks and views.
        average : Average or None
            What is known of the views if there are several.

        Raises
        ------
        UnetsegError
            If a network gave something that is not a number.
        """
        looks = self.each[0].looks
        views = zip(*(found.views() for found in self.each), strict=True)
        means = (self._mean(view) for view in views)
        if looks == 1:
            return next(means), None
        average = Average(looks)
        for mean in means:
            average.add(mean)
        return average.mean(), average

    def _mean(self, view: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """What all say in one view, summed in float64 in the order of the networks."""
        total = np.zeros(view[0].shape, np.float64)
        for scores, order in zip(view, self.orders, strict=True):
            total += scores[list(order)]
        return (total / len(view)).astype(np.float32)


class Together:
    """Predicts tasks by several networks, one after the other, as one `Predictor`.

    Parameters
    ----------
    predictors : sequence of Predictor
        Of the same image.
    orders : sequence of tuple of int
        As of `Averaged`.
    """

    def __init__(
        self, predictors: Sequence[Predictor], orders: Sequence[tuple[int, ...]]
    ) -> None:
        self._predictors = predictors
        self._orders = orders

    @property
    def parts(self) -> tuple[int, ...] | None:
        """Longest sides that any computes at once, if the memory was too small."""
        known = [one.parts for one in self._predictors if one.parts is not None]
        return tuple(map(min, zip(*known, strict=True))) if known else None

    def predict(self, tasks: Iterable[Task]) -> Iterator[Averaged]:
        """Predict tasks, in their order; see `Predictor.predict`."""
        drawn = _Drawn(tasks, len(self._predictors))
        with ExitStack() as stack:
            each = [
                stack.enter_context(closing(one.predict(drawn.copy(number))))
                for number, one in enumerate(self._predictors)
            ]
            for found in zip(*each, strict=True):
                yield Averaged(found, self._orders)


class _Drawn:
    """Tasks that several threads take, each all of them and in one order."""

    def __init__(self, tasks: Iterable[Task], count: int) -> None:
        self._tasks = iter(tasks)
        self._lock = Lock()
        self._waiting: list[deque[Task]] = [deque() for _ in range(count)]

    def copy(self, number: int) -> Iterator[Task]:
        """All tasks, drawn when the first thread asks for them."""
        own = self._waiting[number]
        while True:
            with self._lock:
                if not own:
                    task = next(self._tasks, None)
                    if task is None:
                        return
                    for waiting in self._waiting:
                        waiting.append(task)
                task = own.popleft()
            yield task
