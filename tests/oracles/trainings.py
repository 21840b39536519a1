"""Trainings that take a second: tiny pairs, and what a training tells."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

import napari_unetseg as us
from napari_unetseg.core import jobs
from napari_unetseg.core.events import Note
from napari_unetseg.core.image import Image

TINY = {
    "device": "cpu",
    "precision": "fp32",
    "base": 2,
    "depth": 1,
    "patch": 16,
    "batch": 2,
    "steps": 8,
    "seed": 1,
}


def stack(slices=5, side=32, seed=0, **options):
    """A stack of noisy discs of class 2 on class 1; 0 is what nobody has painted."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side]
    labels = np.ones((slices, side, side), np.uint8)
    for plane in labels:
        cy, cx = rng.uniform(side / 4, 3 * side / 4, 2)
        plane[(y - cy) ** 2 + (x - cx) ** 2 < (side / 4) ** 2] = 2
    grey = (100 * labels + rng.normal(0, 20, labels.shape)).astype(np.float32)
    return (
        Image(array=grey, axes="ZYX", name="em", **options),
        Image(array=labels, axes="ZYX", name="gt", **options),
    )


def ask(image, labels, *, start_from=None, state=None, wishes=None, **settings):
    """The generator of a tiny training of one pair."""
    config = us.train_config(**TINY | settings)
    return jobs.train(
        [image],
        [labels],
        config,
        start_from=start_from,
        state=state,
        wishes=wishes,
    )


def drained(job, until=None):
    """Events and result of a job; None if it was closed after the event `until`."""
    events = []
    while True:
        try:
            events.append(next(job))
        except StopIteration as end:
            return events, end.value
        if until is not None and until(events):
            job.close()
            return events, None


def of(kind, events):
    """The events of a kind."""
    return [event for event in events if isinstance(event, kind)]


def notes(events, level=None):
    """The sentences that are told."""
    return [e.text for e in of(Note, events) if level in (None, e.level)]


def same_model(one, other):
    """Whether two models are the same to the bit, and say the same."""
    assert one.card == other.card
    assert one.tensors.keys() == other.tensors.keys()
    return all(torch.equal(one.tensors[k], other.tensors[k]) for k in one.tensors)


class Painter:
    """Gives changes at their steps, as `Wishes.edits` is promised to.

    Parameters
    ----------
    at : dict of int to list of Edit
        By the number of steps that are done.
    """

    def __init__(self, at):
        self._left = sorted(
            (step, edit.number, edit) for step, edits in at.items() for edit in edits
        )

    def __call__(self, step):
        given = [one for one in self._left if one[0] <= step]
        self._left = self._left[len(given) :]
        return [replace(edit, step=taken) for taken, _, edit in given]
