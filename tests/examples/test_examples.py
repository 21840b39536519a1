"""The examples run as they say."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

import napari_unetseg as us
from napari_unetseg.core.image import Image
from napari_unetseg.core.write.ome_tiff import write_ome_tiff

EXAMPLES = Path(__file__).parents[2] / "examples"


def example(name):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_an_array(capsys):
    example("numpy_array").main(minutes=None, steps=2)
    assert "mean" in capsys.readouterr().out


def test_a_folder_of_tiffs(tmp_path):
    (tmp_path / "images").mkdir()
    image, labels = us.sample_data("em")
    model = us.train(image, labels, preset="fast", steps=2, validation="15")
    model.save(tmp_path / "m.unetseg.safetensors")
    for name in ("a.ome.tif", "b.ome.tif"):
        plane = Image(array=image.array[0], axes="YX", name=name)
        write_ome_tiff(tmp_path / "images" / name, plane)
    out = tmp_path / "out"
    model_file = str(tmp_path / "m.unetseg.safetensors")
    example("folder_of_tiffs").main(str(tmp_path / "images"), model_file, str(out))
    found = sorted(out.iterdir())
    assert len(found) == 2
    wanted = us.segment(image.array[0], model)
    for path in found:
        np.testing.assert_array_equal(us.read_image(path).array, wanted)


@pytest.mark.slow
def test_a_zarr_on_a_local_cluster(tmp_path):
    example("zarr_on_a_local_cluster").main(str(tmp_path), 1, 2)
    assert us.read_image(tmp_path / "out.zarr").axes == "ZYX"


def test_slurm_without_its_library_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "dask_jobqueue", None)
    monkeypatch.setattr(sys, "argv", ["slurm.py", "i", "m", "o", "--dry-run"])
    assert example("slurm").main() == 2
    assert "pip install dask-jobqueue" in capsys.readouterr().out
