"""Stand-ins: a store that remembers, and a network on a device of little memory."""

from __future__ import annotations

import threading
import time

import torch
from torch import nn

from napari_unetseg.core.predict.store import Memory


class Kept(Memory):
    """Keeps arrays in memory and all plans; what is finished it is told.

    Parameters
    ----------
    make : callable, optional
        Makes an array of what an `ArraySpec` says; numpy's zeros without.
    """

    def __init__(self, make=None):
        self.arrays, self.specs, self.plans, self.finished = {}, {}, [], set()
        self._make = make

    def plan(self):
        return self.plans[-1] if self.plans else None

    def keep(self, plan):
        self.plans.append(plan)

    def array(self, name, spec, *, anew=False):
        if anew or name not in self.arrays:
            self.specs[name] = spec
            made = self._make(spec) if self._make else super().array(name, spec)
            self.arrays[name] = made
        return self.arrays[name]

    def done(self):
        return self.finished


OUT_OF_MEMORY = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")


class Narrow(nn.Module):
    """A network that takes no more than so many pixels at once.

    Parameters
    ----------
    twin : nn.Module
        What computes.
    most : int
        Pixels of an input, in all of its batch.
    error : Exception
        What is raised of a larger one.
    later : (int, int), optional
        After so many calls the memory shrinks to so many pixels.
    before : callable, optional
        Called before an input is refused.

    Attributes
    ----------
    seen, refused : list of tuple of int
        Shapes of the inputs.
    """

    def __init__(self, twin, most, error=OUT_OF_MEMORY, later=None, before=None):
        super().__init__()
        self.twin, self.most, self.error = twin, most, error
        self.later, self.before = later, before
        self.seen, self.refused = [], []

    def forward(self, x):
        if self.later and len(self.seen) == self.later[0]:
            self.most = self.later[1]
        if x[:, 0].numel() > self.most:
            self.refused.append(tuple(x.shape))
            if self.before:
                self.before()
            raise self.error
        self.seen.append(tuple(x.shape))
        return self.twin(x)


class Watched:
    """An array that knows slices alone, and remembers what was read.

    Parameters
    ----------
    array : ndarray
        What it holds.
    """

    def __init__(self, array):
        self.array, self.shape, self.dtype = array, array.shape, array.dtype
        self.read = []

    def __getitem__(self, place):
        self.read.append(place)
        return self.array[place]


def until(condition):
    """Wait for what a thread does, but not for ever."""
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def threads():
    """Names of the program's threads that are alive."""
    names = [thread.name for thread in threading.enumerate()]
    return [name for name in names if name.startswith("unetseg-")]
