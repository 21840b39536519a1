"""Where a segmentation grows: in memory, or wherever else a `Store` keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypedDict

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_unetseg.core.frames import Frames
    from napari_unetseg.core.predict.plan import Plan


class ArraySpec(TypedDict):
    """An array that is written: its shape, type, axes and a friendly chunk."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    axes: str
    chunk: tuple[int, ...]


class Store(Protocol):
    """Keeps the plan and the arrays of a segmentation, and knows what is finished."""

    def plan(self) -> Plan | None:
        """The plan of a segmentation that was begun here, if there is one."""

    def keep(self, plan: Plan) -> None:
        """Keep a plan, in place of the one before."""

    def array(self, name: str, spec: ArraySpec, *, anew: bool = False) -> Any:
        """The array of a name, as it was left; empty if it is new or made anew."""

    def done(self) -> set[int]:
        """Numbers of the tasks that are finished and undamaged."""

    def free(self) -> int:
        """Bytes that are free for the arrays; -1 if that does not matter."""


class Memory:
    """Arrays of numpy; nothing is left when they are gone."""

    def plan(self) -> None:
        """Return None: nothing was begun."""

    def keep(self, plan: Plan) -> None:
        """Forget the plan."""

    def array(self, name: str, spec: ArraySpec, *, anew: bool = False) -> Any:
        """Make an array of zeros."""
        return np.zeros(spec["shape"], spec["dtype"])

    def done(self) -> set[int]:
        """Return an empty set."""
        return set()

    def free(self) -> int:
        """Return -1: what is free in memory is another question."""
        return -1


def tile_arrays(
    frames: Frames, plan: Plan, classes: tuple[int, ...], wanted: Mapping[str, bool]
) -> dict[str, ArraySpec]:
    """Describe the arrays that tiles are written to.

    Parameters
    ----------
    frames : Frames
        The image.
    plan : Plan
        Whose tiles the chunks fit.
    classes : tuple of int
        Painted ids.
    wanted : mapping of str to bool
        Whether there are "scores" and "uncertainty" beside the "labels".

    Returns
    -------
    dict of str to ArraySpec
        Labels and uncertainty have the image's axes without C, Y and X last; the scores
        have C before these.
    """
    image = frames.image
    shape = (*image.plane_grid, *image.plane_shape)
    axes = image.plane_axes + "YX"
    sides = dict(zip(frames.axes, plan.sides, strict=True))
    bounds = _SIDES[frames.dimensions]
    chunk = tuple(
        _chunk(sides.get(axis, 1), size, *bounds.get(axis, ()))
        for axis, size in zip(axes, shape, strict=True)
    )
    labels = np.min_scalar_type(max(classes))
    found: dict[str, ArraySpec] = {
        "labels": {"shape": shape, "dtype": labels, "axes": axes, "chunk": chunk}
    }
    if wanted.get("scores"):
        found["scores"] = {
            "shape": (len(classes), *shape),
            "dtype": np.dtype(np.float32),
            "axes": f"C{axes}",
            "chunk": (1, *chunk),
        }
    if wanted.get("uncertainty"):
        found["uncertainty"] = {**found["labels"], "dtype": np.dtype(np.float32)}
    return found


# Smallest and largest sides of chunks along the axes of a plane and of a volume: none
# is tiny, and none has more than some megabytes of labels.
_SIDES = {
    2: {"Y": (128, 1024), "X": (128, 1024)},
    3: {"Z": (32, 128), "Y": (128, 256), "X": (128, 256)},
}


def _chunk(side: int, size: int, least: int = 1, most: int = 1) -> int:
    """Side of a chunk: a tile writes whole ones, or they hold whole tiles."""
    if side >= size:
        return min(size, most)
    if side < least:
        side *= -(-least // side)
    if side > most:
        parts = range(-(-side // most), side // least + 1)
        side = next((side // n for n in parts if side % n == 0), most // 2)
    return min(side, size)
