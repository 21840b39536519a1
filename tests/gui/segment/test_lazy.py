"""Results that are larger than memory are layers all the same, read where one looks."""

from __future__ import annotations

import json

import numpy as np
import pytest

from gui.segmenting import model_file, random_results
from napari_unetseg.core.config import SegmentConfig
from napari_unetseg.core.draining import result_of as done
from napari_unetseg.core.write.ome_zarr import add_pyramid, create_ome_zarr
from napari_unetseg.gui.segment import pixels
from napari_unetseg.gui.segment.live import unfinished
from napari_unetseg.gui.segment.result import result_of
from napari_unetseg.gui.segment.shown import show
from napari_unetseg.runs import client
from napari_unetseg.runs.questions import SegmentQuestion

pytestmark = pytest.mark.gui

SHAPE = (2, 1200, 700)
ABOUT = {
    "source": "grey",
    "image": "grey",
    "placement": {"scale": [50, 8, 8], "translate": [0, 0, 0]},
    "order": "ZYX",
    "box": dict(zip("ZYX", ([0, size] for size in SHAPE), strict=True)),
    "cut": {},
}
NAMES = {"labels": "labels.zarr", "scores": "scores.zarr", "uncertainty": "unsure.zarr"}


@pytest.fixture
def arrays():
    return random_results(SHAPE)


@pytest.fixture
def run(tmp_path, arrays, monkeypatch):
    """Make the folder of a run whose results do not fit into memory."""
    monkeypatch.setattr(pixels, "_MOST", 1000)
    folder = tmp_path / "run"
    question = SegmentQuestion(
        image="i",
        model=str(model_file(tmp_path / "m.unetseg.safetensors")),
        out=NAMES["labels"],
        scores=NAMES["scores"],
        uncertainty=NAMES["uncertainty"],
        config=SegmentConfig(),
    )
    client.create(folder, question)
    (folder / "layer.json").write_text(json.dumps(ABOUT))
    for name, array in arrays.items():
        axes = "CZYX" if name == "scores" else "ZYX"
        write(folder / NAMES[name], array, axes)
        list(add_pyramid(folder / NAMES[name]))
    return folder


def write(path, array, axes):
    target = create_ome_zarr(
        path,
        shape=array.shape,
        dtype=array.dtype,
        axes=axes,
        spacing=(),
        unit="pixel",
        channels=("one", "two") if "C" in axes else (),
        name=path.stem,
        chunks=(1,) * (array.ndim - 2) + (256, 256),
    )
    target[:] = array


def test_labels_scores_and_uncertainty_are_lazy_pyramids(run, model, arrays):
    found = done(result_of(run))

    assert [made.kind for made in found] == [
        "labels",
        "scores",
        "scores",
        "uncertainty",
    ]
    for made in found:
        assert len(made.array) > 1
        assert all(hasattr(level, "dask") for level in made.array)

    added = show(model, found, run.name)

    expected = [arrays["labels"], *arrays["scores"], arrays["uncertainty"]]
    for layer, array in zip(added, expected, strict=True):
        assert layer.multiscale
        level = layer.data[0]
        assert hasattr(level, "dask")
        np.testing.assert_array_equal(
            np.asarray(level[1, 300:310, 5:9]), array[1, 300:310, 5:9]
        )
    assert [layer.name for layer in model.layers][-1] == "grey segmented"


def test_what_was_stopped_is_lazy_too(run, arrays):
    write(run / "result" / "labels.zarr", arrays["labels"], "ZYX")

    made = done(unfinished(run, 50))

    assert hasattr(made.array, "dask")
    assert made.attributes["name"] == "grey segmented (50 % done)"
    np.testing.assert_array_equal(
        np.asarray(made.array[0, :5, :5]), arrays["labels"][0, :5, :5]
    )
