"""An ONNX file gives, in a runtime of others, what the network gives here."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from napari_unetseg.core.errors import InputError, WriteError
from napari_unetseg.core.export.onnx import export_onnx
from napari_unetseg.core.export.sizes import axis_sizes
from napari_unetseg.core.export.softmax import WithSoftmax
from oracles.models import random_model

if TYPE_CHECKING:
    from pathlib import Path

NETWORKS = [
    {"name": "unet-bn"},
    {"name": "unet", "channels": 2},
    {"name": "unet-res", "volumes": True},
]


@pytest.mark.exported
@pytest.mark.parametrize("options", NETWORKS, ids=lambda options: options["name"])
def test_onnxruntime_gives_the_same_at_every_size(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    import onnxruntime

    model = random_model(**options)
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
