"""A model as a BioImage.IO package, made and checked without a network connection."""

from __future__ import annotations

import io
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from pydantic import TypeAdapter, ValidationError

from napari_unetseg.core.errors import InputError, ModelError
from napari_unetseg.core.export.describing import description, documentation
from napari_unetseg.core.export.example import draw_cover, input_to_test
from napari_unetseg.core.export.importing import CARD, DESCRIPTION, WEIGHTS
from napari_unetseg.core.export.softmax import WithSoftmax
from napari_unetseg.core.write.atomic import (
    atomic_path,
    check_writable,
    write_error,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_unetseg.core.image import Image
    from napari_unetseg.core.network.modelfile import Model

ONNX = "weights.onnx"
COVER = "cover.png"
_EPSILON = 1e-6


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
        If the package that it takes is not installed, or the example does not fit, or
        what is said about it.
    WriteError
        If the file exists or cannot be written.
    """
    check_writable(path, overwrite=overwrite)
    _check_about(_spec(), about)
    try:
        with tempfile.TemporaryDirectory() as place:
            made = _packed(Path(place), model, about, example)
            with atomic_path(path, overwrite) as unfinished:
                shutil.copyfile(made, unfinished)
    except OSError as error:
        # Where it is put together the disk may be another one, and full.
        raise write_error(Path(path), error) from error


def _packed(folder: Path, model: Model, about: About, example: Image | None) -> Path:
    """Put a package together in a folder, have it checked, and pack it."""
    spec = _spec()
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
    return made


def _spec() -> Any:
    try:
        import bioimageio.spec as spec
    except ImportError as error:
        raise InputError(
            f"A BioImage.IO package needs '{error.name}', which is not installed",
            'Install it with: pip install "napari-unetseg[bioimageio]"',
        ) from error
    return spec


def _check_about(spec: Any, about: About) -> None:
    """Refuse what the format refuses of what a person says, before any work."""
    wanted = spec.model.v0_5.ModelDescr.model_fields["license"].annotation
    try:
        TypeAdapter(wanted).validate_python(about.licence)
    except ValidationError as error:
        raise InputError(
            f"'{about.licence}' is no license that SPDX knows",
            "Give its identifier, in which capital letters count, as in --license MIT "
            "(in Python: licence=); they are listed at https://spdx.org/licenses",
        ) from error
    for author in about.authors:
        if not author.strip() or "/" in author:
            raise InputError(
                f"'{author}' is no name of an author",
                "Give a name without slashes with --author (in Python: authors=)",
            )


def _fill(folder: Path, model: Model, example: Image | None) -> bool:
    """Write all files but the description; tell whether ONNX is one of them."""
    network = WithSoftmax(model.network()).eval()
    image = input_to_test(model.card.network, example)
    with torch.no_grad():
        scores = network(torch.from_numpy(_normalised(image))).numpy()
    np.save(folder / "test_input.npy", image)
    np.save(folder / "test_output.npy", scores)
    weights = io.BytesIO()  # On a full disk torch would not say what is wrong.
    torch.save(network.state_dict(), weights)
    (folder / WEIGHTS).write_bytes(weights.getvalue())
    (folder / CARD).write_text(model.card.model_dump_json(indent=2), encoding="utf-8")
    text = documentation(model.card)
    (folder / "README.md").write_text(text, encoding="utf-8")
    draw_cover(folder / COVER, image, scores)
    try:
        from napari_unetseg.core.export.onnx import onnx_bytes

        (folder / ONNX).write_bytes(onnx_bytes(model))
    except InputError:
        return False  # Not installed: the package does without.
    return True


def _normalised(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean 0 and deviation 1 per channel, as the package's preprocessing does it."""
    axes = tuple(range(2, image.ndim))
    mean = image.mean(axes, keepdims=True)
    deviation = image.std(axes, keepdims=True)
    return np.asarray((image - mean) / (deviation + _EPSILON), np.float32)


def _first_fault(found: Any) -> str:
    errors = [
        f"{'.'.join(map(str, error.loc))}: {error.msg}"
        for detail in found.validation_summary.details
        for error in detail.errors
    ]
    return errors[0] if errors else "for no reason that is told"
