"""Real microscopy to tell a whole story on, and how a person annotates it.

A person paints what is typical of a class, sees where that was not enough, and paints
there too.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import ndimage
from skimage.measure import find_contours

from napari_unetseg.core.read import read_image

if TYPE_CHECKING:
    from pathlib import Path

    from napari.layers import Labels
    from numpy.typing import NDArray

    from napari_unetseg.core.image import Image

    Window = tuple[slice, slice]


@dataclass(frozen=True, eq=False)
class Story:
    """What is learnt, and what a person knows of it.

    Attributes
    ----------
    image : Image
        Grey values; of its axes T or Z is in front, and then Y and X.
    truth : ndarray
        The right label of each pixel, in the image's shape: 1 and 2 are classes; of
        single objects their numbers, and 0 around them.
    painted : tuple of int
        Slices that are painted before the training.
    objects : bool
        Whether single objects are learnt.
    brush : int
        Diameter of the brush, in pixels.
    window : int
        Side of the place that is corrected, in pixels.
    steps : int
        After how many steps a person judges, and after how many more once again.
    settings : dict
        Of the training, by the name of the field.
    """

    image: Image
    truth: NDArray[Any]
    painted: tuple[int, ...]
    objects: bool = False
    brush: int = 3
    window: int = 17
    steps: int = 150
    settings: dict[str, object] = field(default_factory=dict)


def em_membranes(data: Path, side: int = 160, slices: int = 4) -> Story:
    """Cells (1) and their membranes (2) in serial sections."""
    box = (slice(0, slices), slice(0, side), slice(0, side))
    folder = data / "isbi2012-em"
    image = cut(folder / "images.tif", box, axes="ZYX", spacing=(50, 4, 4), unit="nm")
    truth = cut(folder / "labels.tif", box).array
    return Story(image, truth, painted=tuple(range(slices)))


def phase_contrast(data: Path) -> Story:
    """Background (1) and cells (2) in a film."""
    box = (slice(0, 6), slice(100, 420), slice(100, 420))
    folder = data / "phc-u373"
    size = {"spacing": (0.65, 0.65), "unit": "um"}
    image = cut(folder / "02_images.tif", box, axes="TYX", **size)
    cells = cut(folder / "02_silver_labels.tif", box).array > 0
    truth = np.where(cells, 2, 1).astype(np.uint8)
    settings = {"depth": 3, "patch": 96}
    return Story(
        image, truth, (0, 2, 3, 5), brush=5, window=25, steps=200, settings=settings
    )


def nuclei_in_3d(data: Path) -> Story:
    """Background (1) and nuclei (2) in a volume."""
    box = (slice(20, 60), slice(0, 100), slice(0, 100))
    folder = data / "gonuclear-3d"
    image = cut(folder / "1135_raw.tif", box)
    nuclei = cut(folder / "1135_labels.tif", box).array > 0
    truth = np.where(nuclei, 2, 1).astype(np.uint8)
    settings = {"dimensions": 3, "patch": 32}
    return Story(image, truth, tuple(range(0, 40, 3)), window=13, settings=settings)


def cells_by_dic(data: Path) -> Story:
    """Single cells that touch one another, in some frames of a film."""
    box = (slice(0, 5), slice(0, 512, 2), slice(0, 512, 2))
    folder = data / "dic-hela"
    size = {"spacing": (0.38, 0.38), "unit": "um"}
    image = cut(folder / "01_gold_images.tif", box, axes="TYX", **size)
    truth = cut(folder / "01_gold_labels.tif", box).array.astype(np.uint16)
    settings = {"base": 8, "depth": 3, "patch": 96}
    return Story(
        image, truth, (0, 1, 2, 3, 4), objects=True, steps=250, settings=settings
    )


def cut(path: Path, box: tuple[slice, ...], **about: Any) -> Image:
    """A part of a file in memory, with what else is known of it."""
    whole = read_image(path)
    array = np.ascontiguousarray(np.asarray(whole.array)[box])
    return replace(whole, array=array, **about)


def paint_typical(layer: Labels, story: Story, dabs: int = 60) -> None:
    """Paint dabs of both classes where the grey values leave no doubt."""
    random = np.random.default_rng(0)
    layer.brush_size = story.brush
    around = (1, story.brush, story.brush)
    for label in (1, 2):
        mine = story.truth == label
        sure = ndimage.minimum_filter(mine, around)
        grey = ndimage.uniform_filter(story.image.array.astype(float), around)
        brighter = grey[mine].mean() > grey[story.truth == 3 - label].mean()
        typical = np.median(grey[sure])
        sure &= grey >= typical if brighter else grey <= typical
        for number in story.painted:
            places = np.argwhere(sure[number])
            for y, x in random.choice(places, min(dabs, len(places)), replace=False):
                layer.paint((number, y, x), label)


def paint_objects(layer: Labels, story: Story, left_out: dict[int, list[int]]) -> None:
    """Draw around all objects but those that are left out, by slice."""
    for number in story.painted:
        for label in np.unique(story.truth[number]):
            if label and label not in left_out.get(number, ()):
                draw_around(layer, story, number, label)


def draw_around(layer: Labels, story: Story, number: int, label: int) -> None:
    """Draw around one object."""
    mask = np.pad(story.truth[number] == label, 1)
    line = max(find_contours(mask, 0.5), key=len) - 1
    points = np.column_stack([np.full(len(line), number), line])
    layer.paint_polygon(points, int(label))


def correct(layer: Labels, story: Story, number: int, window: Window) -> None:
    """Paint the right label on every pixel of a place."""
    layer.brush_size = 1
    rows, columns = window
    for y in range(rows.start, rows.stop):
        for x in range(columns.start, columns.stop):
            layer.paint((number, y, x), int(story.truth[number, y, x]))


def worst(wrong: NDArray[np.bool_], side: int) -> Window:
    """The square with most wrong pixels, within the slice."""
    counts = ndimage.uniform_filter(wrong.astype(float), side, mode="constant")
    half = side // 2
    inner = counts[half : wrong.shape[0] - half, half : wrong.shape[1] - half]
    y, x = np.unravel_index(np.argmax(inner), inner.shape)
    return slice(int(y), int(y) + side), slice(int(x), int(x) + side)
