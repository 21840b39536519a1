"""An ONNX file gives, in a runtime of others, what the network gives here."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from napari_unetseg.core.errors import InputError, WriteError
from napari_unetseg.core.export.onnx import export_onnx
from napari_unetseg.core.export.sizes import axis_sizes
from napari_unetseg.core.export.softmax import WithSoftmax
from oracles.models import random_model
from oracles.networks import model_of

if TYPE_CHECKING:
    from pathlib import Path

MODELS = {
    "unet-bn": random_model,
    "unet": lambda: random_model("unet", channels=2),
    "unet-res": lambda: random_model("unet-res", volumes=True),
    "fcn-8s": lambda: model_of("fcn-8s"),
    "segnet": lambda: model_of("segnet", upsampling="unpooling"),
    "patch": lambda: model_of("patch"),
}


@pytest.mark.exported
@pytest.mark.parametrize("name", MODELS)
def test_onnxruntime_gives_the_same_at_every_size(tmp_path: Path, name: str) -> None:
    import onnxruntime

    model = MODELS[name]()
    export_onnx(model, tmp_path / "m.onnx")
    session = onnxruntime.InferenceSession(
        tmp_path / "m.onnx", providers=["CPUExecutionProvider"]
    )
    told = session.get_modelmeta().custom_metadata_map
    assert json.loads(told["unetseg"]) == json.loads(model.card.model_dump_json())
    sizes = axis_sizes(model.network())
    network = WithSoftmax(model.network()).eval()
    for batch, steps in ((1, 0), (2, 1), (1, 5)):
        sides = [axis.smallest + steps * axis.step for axis in sizes]
        image = torch.randn(batch, model.card.network.channels, *sides)
        with torch.no_grad():
            wanted = network(image).numpy()
        (found,) = session.run(None, {"image": image.numpy()})
        np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_windows_that_are_averaged_are_not_exported(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'deconvnet' are, cannot be exported"):
        export_onnx(model_of("deconvnet", base=1), tmp_path / "m.onnx")
    assert not [*tmp_path.iterdir()]


@pytest.mark.exported
def test_nothing_of_this_computer_is_in_the_file(tmp_path: Path) -> None:
    export_onnx(random_model(), tmp_path / "m.onnx")
    assert b".py" not in (tmp_path / "m.onnx").read_bytes()


def test_without_the_package_a_sentence_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(InputError, match=r"napari-unetseg\[onnx\]"):
        export_onnx(random_model(), tmp_path / "m.onnx")
    assert not [*tmp_path.iterdir()]


def test_a_file_that_exists_is_not_replaced_unasked(tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(b"old")
    with pytest.raises(WriteError, match="exists"):
        export_onnx(random_model(), tmp_path / "m.onnx")
    assert (tmp_path / "m.onnx").read_bytes() == b"old"
