"""Files in, files out, and the rest of it after an interruption."""

import hashlib

import numpy as np
import pytest

from napari_unetseg.core.config import SegmentConfig, train_config
from napari_unetseg.core.errors import InputError, ModelError, RunError
from napari_unetseg.core.events import Finished, Tile
from napari_unetseg.core.image import Image
from napari_unetseg.core.network.modelfile import load_model
from napari_unetseg.core.read import read_image
from napari_unetseg.core.write.ome_tiff import write_ome_tiff
from napari_unetseg.runs import client, engine, journal
from napari_unetseg.runs.answer import answer
from napari_unetseg.runs.questions import (
    PixelSize,
    SegmentQuestion,
    TrainQuestion,
)

SMALL = {"steps": 2, "base": 2, "depth": 1, "patch": 16, "batch": 1}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A trained model, its image and labels."""
    folder = tmp_path_factory.mktemp("files with spaces")
    rng = np.random.default_rng(0)
    labels = rng.integers(1, 3, (3, 40, 50)).astype(np.uint8)
    values = (labels * 60 + rng.integers(0, 60, labels.shape)).astype(np.uint8)
    write_ome_tiff(folder / "image.tif", Image(array=values, axes="ZYX"))
    write_ome_tiff(folder / "labels.tif", Image(array=labels, axes="ZYX"))
    question = TrainQuestion(
        images=(str(folder / "image.tif"),),
        labels=(str(folder / "labels.tif"),),
        model=str(folder / "m.unetseg.safetensors"),
        pixel_size=PixelSize(spacing=(50, 4, 4), unit="nm"),
        config=train_config(validation="2", **SMALL),
    )
    run = folder / "train.run"
    client.create(run, question)
    assert engine.execute(run) == engine.FINISHED
    return folder


def question(files, out, **options):
    return SegmentQuestion(
        image=str(files / "image.tif"),
        model=str(files / "m.unetseg.safetensors"),
        out=str(out / "out.ome.tif"),
        scores=str(out / "scores.ome.tif"),
        config=SegmentConfig(tile=16),
        **options,
    )


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_trained_model_knows_its_pixel_size(files):
    card = load_model(files / "m.unetseg.safetensors").card
    assert (card.spacing, card.unit) == ((4, 4), "nm")
    assert card.training["images"] == ["image.tif"]
    last = journal.read(files / "train.run")[-1].event
    assert isinstance(last, Finished)
    assert last.result["validation"]["slices"] == [2]


def test_an_interrupted_segmentation_computes_only_what_is_missing(files, tmp_path):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    client.create(whole / "run", question(files, whole))
    engine.execute(whole / "run")

    client.create(parts / "run", question(files, parts))

    def interrupted(asked, folder):
        for event in answer(asked, folder):
            yield event
            if isinstance(event, Tile) and event.done == 17:
                raise KeyError("pulled the plug")

    engine.execute(parts / "run", interrupted)
    before = journal.end(parts / "run")
    assert engine.execute(parts / "run") == engine.FINISHED
    tiles = [
        entry.event
        for entry in journal.read(parts / "run", before)
        if isinstance(entry.event, Tile)
    ]
    assert [tile.done for tile in tiles] == list(range(18, 37))
    for name in ("out.ome.tif", "scores.ome.tif"):
        assert digest(parts / name) == digest(whole / name)


def test_a_run_that_died_while_writing_finishes(files, tmp_path):
    client.create(tmp_path / "run", question(files, tmp_path))
    engine.execute(tmp_path / "run")
    wanted = digest(tmp_path / "scores.ome.tif")
    (tmp_path / "scores.ome.tif").unlink()
    assert engine.execute(tmp_path / "run") == engine.FINISHED
    assert digest(tmp_path / "scores.ome.tif") == wanted


def test_labels_and_scores_belong_together(files, tmp_path):
    client.create(tmp_path / "run", question(files, tmp_path))
    engine.execute(tmp_path / "run")
    labels = read_image(tmp_path / "out.ome.tif")
    scores = read_image(tmp_path / "scores.ome.tif")
    assert scores.dtype == np.float32
    assert scores.channels == ("class 1", "class 2")
    by_class = np.moveaxis(scores.array, scores.axes.index("C"), 0)
    np.testing.assert_array_equal(by_class.argmax(0) + 1, labels.array)


def test_another_model_refuses_to_resume(files, tmp_path):
    client.create(tmp_path / "run", question(files, tmp_path))
    engine.execute(tmp_path / "run")
    asked = question(files, tmp_path, overwrite=True)
    other = load_model(files / "m.unetseg.safetensors")
    other.tensors["head.bias"] += 1
    other.save(tmp_path / "other.unetseg.safetensors")
    asked = asked.model_copy(
        update={"model": str(tmp_path / "other.unetseg.safetensors")}
    )
    with pytest.raises(RunError, match="another model or image"):
        list(answer(asked, tmp_path / "run"))


def test_channels_are_found_by_name_and_others_refused(files, tmp_path):
    model = load_model(files / "m.unetseg.safetensors")
    named = model.card.model_copy(update={"channels": ("em",)})
    type(model)(named, model.tensors).save(tmp_path / "named.unetseg.safetensors")
    grey = read_image(files / "image.tif").array
    asked = question(files, tmp_path, overwrite=True).model_copy(
        update={
            "image": str(tmp_path / "two.ome.tif"),
            "model": str(tmp_path / "named.unetseg.safetensors"),
        }
    )
    for channels, fits in ((("dapi", "em"), True), (("dapi", "gfp"), False)):
        two = np.stack([255 - grey, grey])
        image = Image(array=two, axes="CZYX", channels=channels)
        write_ome_tiff(tmp_path / "two.ome.tif", image, overwrite=True)
        if fits:
            client.create(tmp_path / "run", asked)
            assert engine.execute(tmp_path / "run") == engine.FINISHED
            found = read_image(tmp_path / "out.ome.tif").array
            np.testing.assert_array_equal(found, segmented_alone(files, tmp_path))
        else:
            with pytest.raises((InputError, ModelError), match="no channel 'em'"):
                list(answer(asked, tmp_path / "other"))


def segmented_alone(files, tmp_path):
    out = tmp_path / "alone"
    client.create(out / "run", question(files, out))
    engine.execute(out / "run")
    return read_image(out / "out.ome.tif").array
