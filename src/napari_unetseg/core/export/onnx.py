"""A model as ONNX, which runs without PyTorch and without this program."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from typing import TYPE_CHECKING, Any, cast

import torch

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.export.sizes import axis_sizes
from napari_unetseg.core.export.softmax import WithSoftmax
from napari_unetseg.core.network.card import KEY
from napari_unetseg.core.write.atomic import check_writable, write_bytes_atomic

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

    from napari_unetseg.core.network.modelfile import Model

OPSET = 20
INPUT, OUTPUT = "image", "probabilities"


def export_onnx(model: Model, path: str | Path, *, overwrite: bool = False) -> None:
    """Write a model as ONNX.

    The input is (batch, channels, [Z,] Y, X), float32, each channel of each image with
    mean 0 and deviation 1; the output are the probabilities of the classes. What the
    model says about itself is in the metadata, under "unetseg".

    Parameters
    ----------
    model : Model
        The model.
    path : str or Path
        The file, best ending in .onnx.
    overwrite : bool
        Whether a file of this name may be replaced.

    Raises
    ------
    InputError
        If the packages that it takes are not installed, or it is a network that no
        other program can be told.
    WriteError
        If the file exists or cannot be written.
    """
    check_writable(path, overwrite=overwrite)
    write_bytes_atomic(path, onnx_bytes(model), overwrite)


def onnx_bytes(model: Model) -> bytes:
    """The content of an ONNX file."""
    example = example_input(model.network())
    try:
        import onnx
    except ImportError as error:
        raise InputError(
            f"ONNX needs the package '{error.name}', which is not installed",
            'Install it with: pip install "napari-unetseg[onnx]"',
        ) from error
    network = WithSoftmax(model.network()).eval()
    program = _exported(network, example)
    found = onnx.load_model_from_string(program)
    while found.metadata_props:
        found.metadata_props.pop()  # Paths of this computer.
    card = model.card.model_dump_json()
    onnx.helper.set_model_props(found, {KEY: card})
    found.producer_name = "napari-unetseg"
    found.doc_string = ""
    for node in found.graph.node:
        node.doc_string = ""
        while node.metadata_props:
            node.metadata_props.pop()
    onnx.checker.check_model(found)
    content: bytes = found.SerializeToString()
    return content


def example_input(network: nn.Module) -> torch.Tensor:
    """Noise of a size that the network takes; no data of anybody."""
    first = next(p for p in network.parameters() if p.ndim > 2)
    sides = [axis.example for axis in axis_sizes(network)]
    generator = torch.Generator().manual_seed(0)
    # A batch of one would be taken for the only size there is.
    return torch.randn(2, first.shape[1], *sides, generator=generator)


def _exported(network: nn.Module, example: torch.Tensor) -> bytes:
    """Let torch translate the network, silently."""
    sides = ("z", "y", "x")[-(example.ndim - 2) :]
    names = {0: "batch"} | dict(enumerate(sides, start=2))
    dynamic: dict[str, Any] = {INPUT: names, OUTPUT: names}
    content = io.BytesIO()
    quiet = io.StringIO()
    with warnings.catch_warnings(), contextlib.redirect_stdout(quiet):
        warnings.simplefilter("ignore")
        logging.disable(logging.WARNING)
        try:
            # The tracing exporter: it knows sizes that are no multiples by themselves,
            # and takes a thirtieth of the time of the other one.
            torch.onnx.export(
                network,
                (example,),
                cast(Any, content),  # A file too, by what torch says of it.
                input_names=[INPUT],
                output_names=[OUTPUT],
                dynamic_axes=dynamic,
                opset_version=OPSET,
                dynamo=False,
            )
        finally:
            logging.disable(logging.NOTSET)
    return content.getvalue()
