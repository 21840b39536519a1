"""A model as a BioImage.IO package, made and checked without a network connection."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from napari_unetseg.core.errors import InputError, ModelError
from napari_unetseg.core.export.describing import description, documentation, sizes_of
from napari_unetseg.core.export.importing import CARD, DESCRIPTION, WEIGHTS
from napari_unetseg.core.export.softmax import WithSoftmax
from napari_unetseg.core.write.atomic import atomic_path, check_writable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_unetseg.core.image import Image
    from napari_unetseg.core.network.modelfile import Model

ONNX = "weights.onnx"
COVER = "cover.png"
_EPSILON = 1e-6
_COVER_SIDE = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What only a person can say of a package.

    Attributes
    ----------
    name : str
        What it is called.
    authors : tuple of str
        Names.
    licence : str
        An SPDX identifier.
    """

    name: str
    authors: tuple[str, ...]
    licence: str = "CC-BY-4.0"


def export_bioimageio(
    model: Model,
    path: str | Path,
    about: About,
    *,
    example: Image | None = None,
    overwrite: bool = False,
) -> None:
    """Write a model as a BioImage.IO package.

    It holds the weights for PyTorch, with the name of our function that builds the
    network, and as ONNX if that is installed; a test input and output; a cover; and
    what the model says about itself.

    Parameters
    ----------
    model : Model
        The model.
    path : str or Path
        The file, ending in .zip.
    about : About
        What only a person can say.
    example : Image, optional
        Whose middle is the test input and the cover. Without it they are noise, since
        images are somebody's to give away.
    overwrite : bool
        Whether a file of this name may be replaced.

    Raises
    ------
    InputError
        If the package that it takes is not installed, or the example does not fit.
    WriteError
        If the file exists or cannot be written.
    """
    check_writable(path, overwrite=overwrite)
    spec = _spec()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        has_onnx = _fill(folder, model, example)
        text = description(model.card, about, onnx=has_onnx)
        (folder / DESCRIPTION).write_text(text, encoding="utf-8")
        found = spec.load_description(folder / DESCRIPTION, perform_io_checks=True)
        if not isinstance(found, spec.model.v0_5.ModelDescr):
            raise ModelError(
                "The package does not pass the checks of bioimageio.spec: "
                f"{_first_fault(found)}"
            )
        made = folder / "package.zip"
        spec.save_bioimageio_package(found, output_path=made)
        with atomic_path(path, overwrite) as unfinished:
            shutil.copyfile(made, unfinished)


def _spec() -> Any:
    try:
        import bioimageio.spec as spec
    except ImportError as error:
        raise InputError(
            f"A BioImage.IO package needs '{error.name}', which is not installed",
            'Install it with: pip install "napari-unetseg[bioimageio]"',
        ) from error
    return spec


def _fill(folder: Path, model: Model, example: Image | None) -> bool:
    """Write all files but the description; tell whether ONNX is one of them."""
    network = WithSoftmax(model.network()).eval()
    image = _test_input(model, example)
    with torch.no_grad():
        scores = network(torch.from_numpy(_normalised(image))).numpy()
    np.save(folder / "test_input.npy", image)
    np.save(folder / "test_output.npy", scores)
    torch.save(network.state_dict(), folder / WEIGHTS)
    (folder / CARD).write_text(model.card.model_dump_json(indent=2), encoding="utf-8")
    text = documentation(model.card)
    (folder / "README.md").write_text(text, encoding="utf-8")
    _draw_cover(folder / COVER, image, scores)
    try:
        from napari_unetseg.core.export.onnx import onnx_bytes

        (folder / ONNX).write_bytes(onnx_bytes(model))
    except InputError:
        return False  # Not installed: the package does without.
    return True


def _test_input(model: Model, example: Image | None) -> NDArray[np.float32]:
    """Noise, or the middle of an image: (1, channels, [Z,] Y, X)."""
    network = model.card.network
    shape = [axis.example for axis in sizes_of(network)]
    if example is None:
        rng = np.random.default_rng(0)
        noise = rng.normal(100, 20, (1, network.channels, *shape))
        return noise.astype(np.float32)
    axes = "C" + "ZYX"[-network.dimensions :]
    array: Any = example.array
    index = []
    for axis, length in zip(example.axes, example.shape, strict=True):
        if axis == "C":
            index.append(slice(None))
        elif axis not in axes:
            index.append(slice(length // 2, length // 2 + 1))
        else:
            side = shape["ZYX"[-network.dimensions :].index(axis)]
            if length < side:
                raise InputError(
                    f"'{example.name}' is {length} pixels along {axis}; the example "
                    f"of this model has {side}",
                    "Give a larger image, or leave the example out",
                )
            start = (length - side) // 2
            index.append(slice(start, start + side))
    part = np.asarray(array[tuple(index)])
    outer = [i for i, axis in enumerate(example.axes) if axis not in axes]
    part = part.squeeze(tuple(outer))
    left = [axis for axis in example.axes if axis in axes]
    if "C" not in left:
        part, left = part[None], ["C", *left]
    part = part.transpose([left.index(axis) for axis in axes])
    if part.shape[0] != network.channels:
        raise InputError(
            f"'{example.name}' has {part.shape[0]} channels, the model "
            f"{network.channels}",
            "Give an image like those that the model was trained on",
        )
    return np.ascontiguousarray(part[None], np.float32)


def _normalised(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean 0 and deviation 1 per channel, as the package's preprocessing does it."""
    axes = tuple(range(2, image.ndim))
    mean = image.mean(axes, keepdims=True)
    deviation = image.std(axes, keepdims=True)
    return np.asarray((image - mean) / (deviation + _EPSILON), np.float32)


def _draw_cover(
    path: Path, image: NDArray[np.float32], scores: NDArray[np.float32]
) -> None:
    """Draw the test input beside the classes that the model sees in it."""
    from PIL import Image as Pillow

    def plane(array: NDArray[Any]) -> NDArray[Any]:
        return array if array.ndim == 2 else array[array.shape[0] // 2]

    def gray(array: NDArray[Any]) -> NDArray[np.uint8]:
        low, high = float(array.min()), float(array.max())
        return ((array - low) / max(high - low, 1e-12) * 255).astype(np.uint8)

    left = gray(plane(image[0, 0]))
    right = gray(plane(scores[0].argmax(0)))
    cut = [(n - m) // 2 for n, m in zip(left.shape, right.shape, strict=True)]
    left = left[cut[0] : cut[0] + right.shape[0], cut[1] : cut[1] + right.shape[1]]
    picture = Pillow.fromarray(np.concatenate([left, right], 1))
    scale = max(1, _COVER_SIDE // right.shape[0])
    picture = picture.resize((picture.width * scale, picture.height * scale))
    picture.save(path)


def _first_fault(found: Any) -> str:
    errors = [
        f"{'.'.join(map(str, error.loc))}: {error.msg}"
        for detail in found.validation_summary.details
        for error in detail.errors
    ]
    return errors[0] if errors else "for no reason that is told"
