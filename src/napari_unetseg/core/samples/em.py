"""A stack that looks like serial sections of nerve tissue in an electron microscope.

Everything that makes the real task hard is there: vesicles and reticulum as dark as
membranes, membranes that fade where they run obliquely, uneven staining, grain. No
threshold finds the membranes; their shape does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.ndimage import gaussian_filter

from napari_unetseg.core.image import Image
from napari_unetseg.core.samples.noise import grain, smooth_noise, to_uint8
from napari_unetseg.core.samples.organelles import scatter_organelles
from napari_unetseg.core.samples.tissue import grow_tissue

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_unetseg.core.samples.tissue import Tissue

    Field = NDArray[np.float32]

SHAPE = (16, 384, 384)
SPACING = (50.0, 8.0, 8.0)
PAD = 6  # Largest shift of a section, in pixels.
SEED = 1986


def em() -> tuple[Image, Image]:
    """Make the stack and its dense labels.

    Returns
    -------
    image : Image of shape (16, 384, 384) and dtype uint8
        Axes ZYX, spacing (50, 8, 8) nm.
    labels : Image of shape (16, 384, 384) and dtype uint8
        1 cell interior, 2 membrane, 3 mitochondrion, at every pixel.
    """
    rng = np.random.default_rng(SEED)
    sections, height, width = SHAPE
    field = (sections, height + 2 * PAD, width + 2 * PAD)
    tissue = grow_tissue(rng, field)
    thickness = np.exp(0.22 * smooth_noise(rng, field, (2, 35, 35))).clip(0.85, 1.7)
    labels = np.ones(field, dtype=np.uint8)
    labels[tissue.depth < 1.6 * thickness] = 2
    labels[tissue.inside > 0] = 3
    grey = _stain(rng, tissue, thickness)
    scatter_organelles(rng, grey, tissue)
    shifts = _drift(rng, sections)
    image = _expose(rng, _shifted(grey, shifts))
    return _image(image, "em"), _image(_shifted(labels, shifts), "em-labels")


def _image(array: NDArray[np.uint8], name: str) -> Image:
    """Give a stack its axes and its pixel size."""
    return Image(array=array, axes="ZYX", spacing=SPACING, unit="nm", name=name)


def _stain(rng: np.random.Generator, tissue: Tissue, thickness: Field) -> Field:
    """Grey values of cytoplasm, membranes and mitochondria before exposure."""
    shape = tissue.depth.shape
    tones = rng.normal(0, 5, int(tissue.cell.max()) + 1).astype(np.float32)
    grey = 152 + tones[tissue.cell]
    grey += 8 * smooth_noise(rng, shape, (0, 3.2, 3.2))
    grey += 6 * smooth_noise(rng, shape, (0, 9, 9))
    oblique = np.clip(smooth_noise(rng, shape, (1.5, 24, 24)) - 1.1, 0, 1.2)
    width = 1.25 * thickness * (1 + 2.2 * oblique)
    dark = 88 + 16 * smooth_noise(rng, shape, (1.5, 16, 16))
    dark *= 1 - 0.45 * oblique
    grey -= dark * np.exp(-0.5 * (tissue.depth / width) ** 2)
    synapse = np.clip(smooth_noise(rng, shape, (2, 15, 15)) - 2.0, 0, 0.6)
    grey -= 105 * synapse * np.exp(-0.5 * (tissue.depth / 4.5) ** 2)
    return _stain_mitochondria(rng, tissue, grey)


def _stain_mitochondria(rng: np.random.Generator, tissue: Tissue, grey: Field) -> Field:
    """Paint a double membrane, a dark matrix and the folds in it."""
    near = np.nonzero(tissue.inside > -4)
    inside, across = tissue.inside[near], tissue.across[near]
    bend = smooth_noise(rng, grey.shape, (1, 9, 9))[near]
    matrix = np.clip(inside, 0, 1) * (38 + 10 * bend)
    folds = np.clip(np.cos(1.25 * across + 1.6 * bend), 0, 1) * (inside > 3.0)
    outer = np.exp(-0.5 * ((inside - 0.8) / 0.9) ** 2)
    inner = np.exp(-0.5 * ((inside - 3.6) / 0.7) ** 2)
    grey[near] -= matrix + 48 * folds + 62 * outer + 25 * inner
    return grey


def _drift(rng: np.random.Generator, sections: int) -> NDArray[np.int_]:
    """Shift (row, column) of each section in pixels, within 0..2 `PAD`."""
    walk = np.cumsum(rng.integers(-2, 3, (sections, 2)), axis=0)
    return np.asarray(np.clip(PAD + walk - walk[sections // 2], 0, 2 * PAD))


def _shifted(stack: NDArray[Any], shifts: NDArray[np.int_]) -> NDArray[Any]:
    """Cut the image out of each padded section, shifted."""
    _, height, width = SHAPE
    return np.stack(
        [
            section[row : row + height, column : column + width]
            for section, (row, column) in zip(stack, shifts, strict=True)
        ]
    )


def _expose(rng: np.random.Generator, grey: Field) -> NDArray[np.uint8]:
    """Add what the microscope adds: blur, uneven light, grain, shot noise."""
    shape = grey.shape
    sections = shape[0]
    for section in grey:
        gaussian_filter(section, rng.uniform(0.55, 0.95), output=section, truncate=3.0)
    contrast = rng.normal(1, 0.07, (sections, 1, 1)).astype(np.float32)
    brightness = rng.normal(0, 7, (sections, 1, 1)).astype(np.float32)
    light = 15 * smooth_noise(rng, shape, (8, 190, 190))
    light += 6 * smooth_noise(rng, shape, (0, 90, 90))
    grey = 128 + contrast * (grey - 128) + brightness + light
    grey += 9 * grain(rng, shape, 0.8)
    shot = rng.standard_normal(shape, dtype=np.float32)
    grey += 0.7 * np.sqrt(np.clip(grey, 0, None)) * shot
    return to_uint8(grey)
