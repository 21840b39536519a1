"""What a network is trained and validated on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from napari_unetseg.core.events import Edited, Event, Note
from napari_unetseg.core.prepare.repaint import repaint
from napari_unetseg.core.prepare.samples import in_memory
from napari_unetseg.core.prepare.split import follow

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from napari_unetseg.core.frames import Frames
    from napari_unetseg.core.prepare.edits import Edit
    from napari_unetseg.core.prepare.samples import Sample
    from napari_unetseg.core.prepare.teaching import Teaching

    Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class TrainingData:
    """What a network is trained and validated on.

    Attributes
    ----------
    train, validation : list of Sample
        `validation` may be empty. Frames that are painted later join `train`.
    teaching : Teaching
        What is painted on them means.
    spacing : tuple of float
        Pixel size of volumes along (Z, Y, X); empty if they are cubes.
    colour : bool
        Whether the channels are red, green and blue.
    spare : list of Sample
        Frames of which nothing is painted yet.
    labels : sequence of Frames
        The labels images, by number, for what is painted over.
    """

    train: list[Sample]
    validation: list[Sample]
    teaching: Teaching
    spacing: tuple[float, ...] = ()
    colour: bool = False
    spare: list[Sample] = field(default_factory=list)
    labels: Sequence[Frames] = ()

    @property
    def shapes(self) -> list[Shape]:
        """([Z,] Y, X) of the training samples, in pixels of the model."""
        return [one.model_shape for one in self.train]

    def change(
        self, edits: Sequence[Edit], step: int
    ) -> Generator[Event, None, tuple[list[Sample], bool]]:
        """Take painted changes over, and tell them.

        Returns
        -------
        list of Sample
            Training samples that teach something else now, new ones among them.
        bool
            Whether what is scored has changed.
        """
        every = [*self.train, *self.validation, *self.spare]
        touched, pixels = repaint(edits, every, self.labels, self.validation)
        for edit, count in zip(edits, pixels, strict=True):
            yield Edited(number=edit.number, step=step, pixels=count)
            yield from self._strangers(edit)
        changed, scored = [], False
        for one in touched:
            if one in self.validation:
                scored = True
            elif one in self.train:
                changed.append(one)
            else:
                changed.append((yield from self._join(one)))
        return changed, scored

    def _strangers(self, edit: Edit) -> Iterator[Event]:
        """Tell of what was painted and cannot be learnt."""
        axes = self.labels[edit.image].image.axes if self.labels else ""
        if axes and edit.values.ndim != len(axes):
            yield Note(
                text=f"Change {edit.number} has {edit.values.ndim} axes and the labels "
                f"have {axes}: it is left out.",
                level="warning",
            )
            return
        new = set(np.unique(edit.values).tolist()) - {0, *self.teaching.ids}
        if new and self.teaching.instances is None:
            names = ", ".join(map(str, sorted(new)))
            yield Note(
                text=f"Painted now is {names}, which is no class of this training: it "
                "is not learnt. Begin a training anew for another class.",
                level="warning",
            )

    def _join(self, sample: Sample) -> Generator[Event, None, Sample]:
        """Let a frame teach of which nothing was painted before."""
        self.spare.remove(sample)
        if all(one.is_held for one in self.train):
            sample = in_memory(sample)
        self.train.append(sample)
        place = sample.image, sample.index
        if any(follow((one.image, one.index), place) for one in self.validation):
            yield Note(
                text="What is painted now lies beside a validation slice and is learnt "
                "from: expect a little less than the score on others.",
                level="warning",
            )
        return sample
