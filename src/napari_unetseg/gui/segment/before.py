"""What a segmentation would take, told under the form before it is started."""

from __future__ import annotations

from itertools import compress
from typing import TYPE_CHECKING

from qtpy.QtCore import QTimer

from napari_unetseg.core.events import Failed, Forecast
from napari_unetseg.core.image import SPATIAL
from napari_unetseg.gui.parts.dock import Message
from napari_unetseg.gui.parts.lifetime import when_destroyed
from napari_unetseg.gui.parts.wording import in_a_dock
from napari_unetseg.gui.parts.worker import Worker, start_worker
from napari_unetseg.gui.run.copies import copied_bytes
from napari_unetseg.gui.segment.question import INSIDE
from napari_unetseg.runs.described import Described
from napari_unetseg.runs.fitting import doubts, pixels_text, takes
from napari_unetseg.runs.foreteller import Foreteller
from napari_unetseg.runs.preferences import preferred
from napari_unetseg.runs.story import forecast_sentence

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from napari_unetseg.core.events import Event
    from napari_unetseg.core.image import Image
    from napari_unetseg.core.network.card import ModelCard
    from napari_unetseg.gui.parts.dock import Dock
    from napari_unetseg.gui.run.plan import Plan
    from napari_unetseg.runs.questions import SegmentQuestion

# While somebody turns a wheel or types a number nothing is worked out.
PAUSE_MS = 500
# Room for what mostly is to be said: what stands below does not move when it is.
LINES, _PADDING = 3, 6
WORKING = "Working out what it takes…"


class ForecastRow(Message):
    """A sentence in the form: what it takes, and what would not fit.

    It is worked out in a process of its own.

    Parameters
    ----------
    dock : Dock
        With which the process ends.
    """

    def __init__(self, dock: Dock) -> None:
        super().__init__()
        self._dock = dock
        self._asked: tuple[object, ...] | None = None
        self._plan: Plan | None = None
        self._pixels = self._note = ""
        self._worker: Worker | None = None
        self._number = 0
        self._foreteller = Foreteller()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self._begin)
        self.follow(dock.viewer.theme)
        self.setMinimumHeight(LINES * self.fontMetrics().lineSpacing() + _PADDING)
        when_destroyed(dock, self._foreteller.close)

    def at(self, plan: Plan, card: ModelCard, note: str = "") -> None:
        """Say what a plan would take, unless that is told already.

        Parameters
        ----------
        plan : Plan
            Of a segmentation.
        card : ModelCard
            Its model.
        note : str
            What is said before it.
        """
        asked = (*_essence(plan), card.sha256, note)
        if asked == self._asked:
            return
        self._asked, self._plan, self._note = asked, plan, note
        self._pixels = pixels_text(plan.inputs["image"].image, card)
        self._number += 1
        if not self.text():
            # What was told before stays in sight meanwhile: nothing jumps.
            self._tell(WORKING)
        self._timer.start()

    def tell(self, text: str) -> None:
        """Say something in place of a forecast, as why there is none, or nothing."""
        self._forget()
        self._tell(text, before="")

    def stop(self) -> None:
        """Leave the computer to a run."""
        # What was told stays in sight, so that nothing below it moves.
        self._forget()
        self._foreteller.close()

    def _forget(self) -> None:
        self._timer.stop()
        self._number += 1
        self._asked = self._plan = None
        if self._worker is not None:
            self._worker.quit()
            self._worker = None

    def _begin(self) -> None:
        plan = self._plan
        if plan is None:
            return
        if self._worker is not None:
            self._worker.quit()
        number = self._number
        self._worker = start_worker(
            foretold(self._foreteller, plan),
            owner=self._dock,
            name="Working out what a segmentation takes",
            on_event=lambda _: None,
            on_return=lambda events: self._hear(number, events),
            on_error=lambda error: self._fail(number, error),
        )

    def _hear(self, number: int, events: Sequence[Event]) -> None:
        if number != self._number or self._plan is None:
            return
        self._worker = None
        text = doubt = more = ""
        for event in events:
            match event:
                case Forecast():
                    text, more = takes(event), forecast_sentence(event)
                    copied = copied_bytes(self._plan.inputs["image"])
                    doubt = doubts(event, copied=copied)
                case Failed(message=message):
                    doubt = message
        self._tell(text, doubt, more)

    def _fail(self, number: int, error: Exception) -> None:
        if number == self._number:
            self._worker = None
            self._tell("", str(error))

    def _tell(
        self, text: str, doubt: str = "", more: str = "", *, before: str | None = None
    ) -> None:
        if before is None:
            before = f"{self._note} {self._pixels}".strip()
        whole = in_a_dock(" ".join(filter(None, (before, text, doubt))))
        self.show_text(whole, "warning" if doubt else "info")
        self.setToolTip(more)


def question_of(plan: Plan) -> SegmentQuestion:
    """What a plan asks, with names in place of paths that are not there yet."""
    question = plan.ask({name: name for name in plan.inputs})
    assert question.job == "segment"
    return question


def foretold(
    foreteller: Foreteller, plan: Plan
) -> Generator[None, None, tuple[Event, ...]]:
    """Ask, beside the window; see `Foreteller.ask`."""
    given, shapes = plan.inputs["image"], plan.files.get(INSIDE, "")
    # The shapes have the axes of what the run will read.
    image = as_read(given.image) if copied_bytes(given) else given.image
    return (yield from foreteller.ask(question_of(plan), image, plan.folder, shapes))


def as_read(image: Image) -> Image:
    """An image as its copy comes back, without axes of length 1; it has no pixels."""
    told = Described.of(image)
    kept = [a in "CYX" or n > 1 for a, n in zip(told.axes, told.shape, strict=True)]
    axes = "".join(compress(told.axes, kept))
    found = {
        "axes": axes,
        "shape": tuple(compress(told.shape, kept)),
        "spacing": tuple(image.spacing_of(a) for a in axes if a in SPATIAL),
    }
    return told.model_copy(update=found).image()


def _essence(plan: Plan) -> tuple[object, ...]:
    """What a forecast depends on, to be compared."""
    image = plan.inputs["image"].image
    return (
        preferred(question_of(plan)).model_dump_json(),
        image.shape,
        image.dtype.str,
        image.axes,
        image.spacing,
        image.unit,
        image.channels,
        plan.files,
    )
