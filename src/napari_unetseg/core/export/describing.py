"""What a BioImage.IO package says of its model: the description, and a page to read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import torch

from napari_unetseg.core.export.sizes import AxisSizes, axis_sizes
from napari_unetseg.core.network.build import hollow
from napari_unetseg.core.units import PIXEL, unit_name

if TYPE_CHECKING:
    from napari_unetseg.core.config import NetworkConfig
    from napari_unetseg.core.export.bioimageio import About
    from napari_unetseg.core.network.card import ModelCard

FORMAT = "0.5.4"
_UNITS = {
    "pm": "picometer", "angstrom": "angstrom", "nm": "nanometer", "um": "micrometer",
    "mm": "millimeter", "cm": "centimeter", "m": "meter", "inch": "inch",
}  # fmt: skip
_OPSET = 20
_SHORTEST_NAME, _LONGEST_NAME = 5, 128
_CITE = [
    {
        "text": "Ronneberger, O., Fischer, P., Brox, T.: U-Net: Convolutional Networks "
        "for Biomedical Image Segmentation. MICCAI 2015",
        "doi": "10.1007/978-3-319-24574-4_28",
    }
]


def sizes_of(network: NetworkConfig) -> tuple[AxisSizes, ...]:
    """Sizes that a network takes; of one that needs a halo, more than the halo."""
    found = []
    for axis in axis_sizes(hollow(network)):
        steps = -(-(2 * axis.halo + 1) // axis.step)
        smallest = max(axis.smallest, steps * axis.step) if axis.halo else axis.smallest
        found.append(
            AxisSizes(
                smallest=smallest,
                step=axis.step,
                lost=axis.lost,
                halo=axis.halo,
                example=max(axis.example, smallest),
            )
        )
    return tuple(found)


def description(card: ModelCard, about: About, *, onnx: bool) -> str:
    """Write the description of a package, as YAML.

    Parameters
    ----------
    card : ModelCard
        What the model says about itself.
    about : About
        What only a person can say.
    onnx : bool
        Whether the weights are there as ONNX too.
    """
    import yaml

    weights: dict[str, Any] = {
        "pytorch_state_dict": {
            "source": "weights.pt",
            "architecture": {
                "import_from": "napari_unetseg.core.export.softmax",
                "callable": "build",
                "kwargs": card.network.model_dump(mode="json"),
            },
            "pytorch_version": torch.__version__.partition("+")[0],
        }
    }
    if onnx:
        weights["onnx"] = {
            "source": "weights.onnx",
            "opset_version": _OPSET,
            "parent": "pytorch_state_dict",
        }
    values = {
        "format_version": FORMAT,
        "type": "model",
        "name": _name(about.name),
        "description": f"{card.network.name} for {', '.join(_classes(card))}"[:1000],
        "authors": [{"name": author} for author in about.authors],
        "license": about.licence,
        "cite": _CITE,
        "tags": ["unet", "segmentation", f"{card.network.dimensions}d", "pytorch"],
        "documentation": "README.md",
        "covers": ["cover.png"],
        "attachments": [{"source": "unetseg.json"}],
        "inputs": [_input(card)],
        "outputs": [_output(card)],
        "weights": weights,
    }
    text: str = yaml.safe_dump(values, sort_keys=False, allow_unicode=True)
    return text


def documentation(card: ModelCard) -> str:
    """Write a page that tells what the model was trained on, and how good it is."""
    training, scores = card.training, card.validation
    lines = [
        "# Model",
        "",
        f"A {card.network.name} of {card.network.dimensions} dimensions, trained with "
        "napari-unetseg. Its output are the probabilities of the classes "
        f"{', '.join(_classes(card))}.",
        "",
        "# Training",
        "",
        f"Trained on {', '.join(training.get('images', [])) or 'images not named'}, "
        f"for {training.get('steps', '?')} steps.",
        "",
        "# Validation",
        "",
    ]
    if scores.get("mean_iou") is None:
        lines.append("Nothing was validated.")
    else:
        which = ", ".join(map(str, scores.get("slices", [])))
        lines.append(
            f"Mean IoU {scores['mean_iou']:.3f} on the slices {which}, which also "
            "chose the weights. Judge it on images of your own before you use it."
        )
    return "\n".join(lines) + "\n"


def _input(card: ModelCard) -> dict[str, Any]:
    axes: list[dict[str, Any]] = [{"type": "batch"}]
    names = card.channels or tuple(f"channel{i}" for i in range(card.network.channels))
    axes.append({"type": "channel", "channel_names": [*names]})
    for letter, axis, space in _spatial(card):
        size = {"min": axis.smallest, "step": axis.step}
        axes.append({"type": "space", "id": letter, "size": size} | space)
    space_axes = [letter for letter, _, _ in _spatial(card)]
    return {
        "id": "image",
        "axes": axes,
        "test_tensor": {"source": "test_input.npy"},
        "data": {"type": "float32"},
        "preprocessing": [
            _ensure_float32(),
            {
                "id": "zero_mean_unit_variance",
                "kwargs": {"axes": space_axes, "eps": 1e-6},
            },
            _ensure_float32(),
        ],
    }


def _output(card: ModelCard) -> dict[str, Any]:
    axes: list[dict[str, Any]] = [
        {"type": "batch"},
        {"type": "channel", "channel_names": _classes(card)},
    ]
    for letter, axis, space in _spatial(card):
        size = {"tensor_id": "image", "axis_id": letter, "offset": -axis.lost}
        halo = {"halo": axis.halo} if axis.halo else {}
        axes.append({"type": "space", "id": letter, "size": size} | halo | space)
    return {
        "id": "probabilities",
        "axes": axes,
        "test_tensor": {"source": "test_output.npy"},
        "data": {"type": "float32", "range": [0.0, 1.0]},
        "postprocessing": [_ensure_float32()],
    }


def _spatial(card: ModelCard) -> list[tuple[str, AxisSizes, dict[str, Any]]]:
    """Name, sizes and physical size of each spatial axis."""
    letters = "zyx"[-card.network.dimensions :]
    unit = unit_name(card.unit)
    found = []
    for i, (letter, axis) in enumerate(
        zip(letters, sizes_of(card.network), strict=True)
    ):
        space: dict[str, Any] = {}
        if unit != PIXEL and len(card.spacing) == len(letters):
            space = {"scale": float(card.spacing[i]), "unit": _UNITS[unit]}
        found.append((letter, axis, space))
    return found


def _ensure_float32() -> dict[str, Any]:
    # Said outright: what the format adds of itself would cast to the input's type.
    return {"id": "ensure_dtype", "kwargs": {"dtype": "float32"}}


def _classes(card: ModelCard) -> list[str]:
    return [card.class_names.get(str(i), f"class {i}") for i in card.classes]


def _name(text: str) -> str:
    """Keep the letters that the format allows in a name, and have enough of them."""
    plain = re.sub(r"[^\w+\- ()]", " ", text, flags=re.ASCII)
    short = " ".join(plain.split())[:_LONGEST_NAME]
    return short if len(short) >= _SHORTEST_NAME else f"U-Net {short}".strip()
