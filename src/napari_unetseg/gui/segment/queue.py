"""Several images, one after the other: what is next, and what became of each."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.core.events import Event, Failed, Finished

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from napari_unetseg.gui.parts.dock import Kind
    from napari_unetseg.gui.run.plan import Plan

T = TypeVar("T")
Asked = TypeVar("Asked")


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What is asked for, image by image.

    Attributes
    ----------
    plans : list of Plan
        One run for each image.
    left_out : dict of str to str
        Why an image cannot be segmented, by its name.
    """

    plans: list[Plan]
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def note(self) -> str:
        """What is said of several before they are begun; "" for one alone."""
        others = "".join(
            f" {_left_out(name, why)}" for name, why in self.left_out.items()
        )
        if len(self.plans) == 1:
            return others.strip()
        return f"{len(self.plans)} images, one after the other.{others} The first:"


def each(
    items: Iterable[Asked], name: Callable[[Asked], str], make: Callable[[Asked], T]
) -> tuple[list[T], dict[str, str]]:
    """Make something of each item, and leave out those of which it cannot be made.

    Parameters
    ----------
    items : iterable
        At least one.
    name : callable
        Names an item.
    make : callable
        Makes it, or raises an `UnetsegError`.

    Returns
    -------
    made : list
    left_out : dict of str to str
        Why not, by name.

    Raises
    ------
    UnetsegError
        That of the first one, if nothing could be made.
    """
    made: list[T] = []
    errors: dict[str, UnetsegError] = {}
    for item in items:
        try:
            made.append(make(item))
        except UnetsegError as error:
            errors[name(item)] = error
    if not made:
        raise next(iter(errors.values()))
    return made, {key: str(error) for key, error in errors.items()}


class Queue:
    """The images that wait, and what became of the others.

    Parameters
    ----------
    batch : Batch, optional
        What is asked for; nothing without.

    Attributes
    ----------
    current : Path or None
        Folder of the run that was begun last.
    going : bool
        Whether another one is about to be begun.
    reading : set of Path
        Folders of the runs whose labels are not yet in a layer.
    """

    def __init__(self, batch: Batch | None = None) -> None:
        plans, left_out = (batch.plans, batch.left_out) if batch else ([], {})
        self._waiting = deque(_numbered(plans))
        self._total = len(plans) + len(left_out)
        self._name = ""
        self._names: dict[Path, str] = {}
        self._done: list[str] = []
        self._lost = dict(left_out)
        self._warnings: list[str] = []
        self.current: Path | None = None
        self.going = False
        self.reading: set[Path] = set()

    @property
    def several(self) -> bool:
        """Whether there was more than one image to begin with."""
        return self._total > 1

    def next(self) -> tuple[Plan, str]:
        """Take the next image, and its name."""
        plan = self._waiting.popleft()
        self._name, self.current, self.going = _source(plan), plan.folder, False
        self._names[plan.folder] = self._name
        return plan, self._name

    def is_of(self, run: Path | None) -> bool:
        """Whether a run is of one of several images; None is one that has not begun."""
        return self.several and run in (None, self.current)

    def take(self, run: Path, end: Event, warnings: Sequence[str]) -> bool:
        """Note how a run has ended; whether another one is to be begun."""
        if run != self.current:
            return False
        if isinstance(end, Finished):
            self._done.append(self._name)
        elif isinstance(end, Failed):
            self._lost[self._name] = end.message
        else:
            return False  # It was stopped, and so are those that wait.
        return self._go_on(warnings)

    def lose(self, why: str) -> bool:
        """Note that a run could not be begun; whether another one is to be begun."""
        self._lost[self._name] = why
        return self._go_on(())

    def forget(self, run: Path, why: str) -> bool:
        """Note that what one of several runs has made cannot be read."""
        name = self._names.get(run)
        if not self.several or name not in self._done:
            return False
        self._done.remove(name)
        self._lost[name] = why
        return True

    def sentence(self, text: str, kind: Kind) -> tuple[str, Kind]:
        """Say what became of all images.

        Parameters
        ----------
        text : str
            What is said of the last one.
        kind : str
            How.
        """
        lost = [_left_out(name, why) for name, why in self._lost.items()]
        more = " ".join([*lost, *self._warnings])
        waiting = len(self._waiting)
        if waiting:
            images, them = f"{waiting} more images wait", "them"
            if waiting == 1:
                images, them = "1 more image waits", "it"
            wait = f"{images}: Go on segments {them} too."
            return f"{text} {wait} {more}".strip(), kind
        if self._name not in (*self._done, *self._lost):
            return f"{text} {more}".strip(), kind  # Stopped at the last one.
        total, done = self._total, len(self._done)
        if not done:
            return f"None of the {total} images is segmented. {more}", "error"
        many = f"All {total}" if done == total else f"{done} of {total}"
        told = f"{many} images are segmented, each in a layer named after it."
        return f"{told} {more}".strip(), "warning" if more else "done"

    def _go_on(self, warnings: Sequence[str]) -> bool:
        self.going = bool(self._waiting)
        if self.going:  # Those of the last one are told with its end.
            self._warnings += [f"'{self._name}': {text}" for text in warnings]
        return self.going


def _numbered(plans: Sequence[Plan]) -> Iterator[Plan]:
    """Plans that know which of how many they are, if they are several."""
    total = len(plans)
    for number, plan in enumerate(plans, start=1):
        item = {"name": _source(plan), "number": number, "total": total}
        yield plan if total == 1 else _with_item(plan, item)


def _with_item(plan: Plan, item: dict[str, object]) -> Plan:
    copied = plan.copied and _with_item(plan.copied, item)
    return replace(plan, layer={**plan.layer, "item": item}, copied=copied)


def _source(plan: Plan) -> str:
    # The images of a folder belong to no layer.
    return str(plan.layer.get("source") or plan.folder.name)


def _left_out(name: str, why: str) -> str:
    return f"'{name}' is left out: {why.rstrip('.')}."
