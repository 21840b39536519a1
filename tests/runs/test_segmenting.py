"""A segmentation into whatever output, interrupted and gone on with."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from itertools import count
from pathlib import Path

import distributed
import numpy as np
import pytest
import zarr

import napari_unetseg as us
from napari_unetseg.core.config import NetworkConfig, SegmentConfig, Size
from napari_unetseg.core.errors import DeviceError, InputError, ReadError, RunError
from napari_unetseg.core.events import Item, Note, Tile, Waiting
from napari_unetseg.core.image import Image
from napari_unetseg.core.network.build import network_of
from napari_unetseg.core.network.card import ModelCard
from napari_unetseg.core.network.modelfile import Model
from napari_unetseg.core.predict import cluster
from napari_unetseg.core.read import read_image
from napari_unetseg.core.write.ome_tiff import write_ome_tiff
from napari_unetseg.runs import client, engine, interrupts, journal
from napari_unetseg.runs.answer import answer
from napari_unetseg.runs.questions import PixelSize, SegmentQuestion

MODEL = "m.unetseg.safetensors"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A model as it starts, and an image of 36 tiles of 16 pixels."""
    folder = tmp_path_factory.mktemp("files")
    network = NetworkConfig(base=2, depth=1)
    card = ModelCard(
        network=network,
        classes=(1, 3),
        class_names={"3": "cell"},
        class_colors={"3": "#ff0000"},
        halo=(8, 8),
        spacing=(4.0, 4.0),
        unit="nm",
    )
    weights = network_of(network, seed=3).state_dict()
    # No class shall have it all.
    weights["head.weight"] -= weights["head.weight"].mean((1, 2, 3), keepdim=True)
    Model(card, weights).save(folder / MODEL)
    rng = np.random.default_rng(0)
    array = rng.integers(0, 255, (3, 40, 50)).astype(np.uint8)
    image = Image(array=array, axes="ZYX", spacing=(50.0, 4.0, 4.0), unit="nm")
    write_ome_tiff(folder / "image.ome.tif", image)
    return folder


def question(files, folder, out="out.zarr", scores=None, **options):
    config = SegmentConfig(tile=16, **options.pop("config", {}))
    return SegmentQuestion(
        image=str(options.pop("image", files / "image.ome.tif")),
        model=str(files / MODEL),
        out=str(folder / out),
        scores=str(folder / scores) if scores else None,
        config=config,
        **options,
    )


def run(folder, asked):
    client.create(folder, asked)
    assert engine.execute(folder) == engine.FINISHED
    return [entry.event for entry in journal.read(folder)]


def digest(path):
    """Over the names and contents of a file, or of all files in a folder."""
    found = hashlib.sha256()
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file():
            found.update(str(file.relative_to(path)).encode() + file.read_bytes())
    return found.hexdigest()


def test_every_kind_of_output_holds_the_same(files, tmp_path):
    run(tmp_path / "1", question(files, tmp_path, "a.ome.tif", "as.ome.tif"))
    run(tmp_path / "2", question(files, tmp_path, "b.zarr", "bs.zarr"))
    for tiff, folder in (("a.ome.tif", "b.zarr"), ("as.ome.tif", "bs.zarr")):
        one, other = read_image(tmp_path / tiff), read_image(tmp_path / folder)
        assert one.axes.replace("C", "") == other.axes.replace("C", "") == "ZYX"
        assert (one.spacing, one.unit) == (other.spacing, other.unit)
        assert one.channels == other.channels
        order = [one.axes.index(axis) for axis in other.axes]
        np.testing.assert_array_equal(one.array.transpose(order), other.array[:])
    labels = zarr.open_array(tmp_path / "b.zarr" / "0")
    assert labels.shape == (3, 40, 50)
    assert 0.1 < (labels[:] == 3).mean() < 0.9
    assert not (tmp_path / "2" / "result" / "labels.zarr").exists()


@pytest.mark.parametrize("axes", ["TZYX", "ZTYX"])
def test_films_come_out_with_their_axes(files, tmp_path, axes):
    lengths = {"T": 2, "Z": 3, "Y": 20, "X": 18}
    shape = [lengths[axis] for axis in axes]
    array = np.random.default_rng(2).integers(0, 255, shape).astype(np.uint8)
    write_ome_tiff(tmp_path / "film.ome.tif", Image(array=array, axes=axes))
    asked = question(
        files, tmp_path, "a.zarr", "s.zarr", image=tmp_path / "film.ome.tif", axes=axes
    )
    run(tmp_path / "run", asked)
    labels, scores = (read_image(tmp_path / name) for name in ("a.zarr", "s.zarr"))
    assert (labels.axes, scores.axes) == ("TZYX", "TCZYX")
    film = array.transpose([axes.index(axis) for axis in "TZYX"])
    plain = us.segment(film, str(files / MODEL), axes="TZYX", tile=16)
    np.testing.assert_array_equal(labels.array[:], plain)
    best = np.array([1, 3])[scores.array[:].argmax(1)]
    np.testing.assert_array_equal(best, plain)


def test_what_is_in_memory_and_what_is_streamed_is_the_same(files, tmp_path):
    image = read_image(files / "image.ome.tif")
    path = tmp_path / "image.zarr"
    array = zarr.create_array(path, shape=image.shape, chunks=(1, 7, 50), dtype="u1")
    array[:] = image.array
    run(tmp_path / "1", question(files, tmp_path, "a.ome.tif"))
    size = PixelSize(spacing=image.spacing, unit=image.unit)
    run(
        tmp_path / "2", question(files, tmp_path, "b.zarr", image=path, pixel_size=size)
    )
    found = read_image(tmp_path / "b.zarr").array[:]
    np.testing.assert_array_equal(found, read_image(tmp_path / "a.ome.tif").array)


def pulled(after, *, of_all=False):
    """An answer that is broken off after so many tiles of an image, or of all."""
    seen = count(1)

    def interrupted(asked, folder, stop):
        for event in answer(asked, folder, stop):
            yield event
            if not isinstance(event, Tile):
                continue
            if (next(seen) if of_all else event.done) == after:
                raise KeyError("pulled the plug")

    return interrupted


def test_missing_tiles_alone_are_computed_and_the_bytes_are_the_same(files, tmp_path):
    run(tmp_path / "whole.run", question(files, tmp_path, "whole.zarr", "s.zarr"))
    asked = question(files, tmp_path, "parts.zarr", "t.zarr")
    folder = tmp_path / "parts.run"
    client.create(folder, asked)
    engine.execute(folder, pulled(17))
    begun = journal.end(folder)
    assert engine.execute(folder) == engine.FINISHED
    tiles = [e.event for e in journal.read(folder, begun) if isinstance(e.event, Tile)]
    assert [tile.done for tile in tiles] == list(range(18, 37))
    assert digest(tmp_path / "parts.zarr" / "0") == digest(
        tmp_path / "whole.zarr" / "0"
    )
    assert digest(tmp_path / "t.zarr" / "0") == digest(tmp_path / "s.zarr" / "0")


def test_a_tile_that_was_damaged_is_computed_again(files, tmp_path):
    run(tmp_path / "whole.run", question(files, tmp_path, "whole.zarr"))
    folder = tmp_path / "run"
    client.create(folder, question(files, tmp_path))
    engine.execute(folder, pulled(20))
    chunks = folder.joinpath("result", "labels.zarr", "0", "c").rglob("*")
    chunk = next(path for path in chunks if path.is_file())
    chunk.write_bytes(chunk.read_bytes()[:5])
    begun = journal.end(folder)
    assert engine.execute(folder) == engine.FINISHED
    tiles = [e.event for e in journal.read(folder, begun) if isinstance(e.event, Tile)]
    # The chunk holds several tiles of 16 pixels, and all of them are lost with it.
    assert {tile.number for tile in tiles} > set(range(20, 36))
    assert digest(tmp_path / "out.zarr" / "0") == digest(tmp_path / "whole.zarr" / "0")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"config": {"region": {"Y": (0, 9)}}}, "begun with other settings"),
        ({"image": "other.ome.tif"}, "begun with another image"),
    ],
)
def test_what_differs_refuses_to_go_on(files, tmp_path, change, sentence):
    other = read_image(files / "image.ome.tif")
    array = other.array.copy()
    array[2, 39, 49] ^= 1
    write_ome_tiff(tmp_path / "other.ome.tif", other.like(array, "ZYX", "other"))
    client.create(tmp_path / "run", question(files, tmp_path))
    engine.execute(tmp_path / "run", pulled(3))
    if "image" in change:
        change = {"image": tmp_path / change["image"]}
    with pytest.raises(RunError, match=sentence):
        list(answer(question(files, tmp_path, **change), tmp_path / "run"))


def test_a_plan_that_is_damaged_is_told(files, tmp_path):
    client.create(tmp_path / "run", question(files, tmp_path))
    engine.execute(tmp_path / "run", pulled(3))
    (tmp_path / "run" / "result" / "plan.json").write_text("{}")
    with pytest.raises(RunError, match=r"plan\.json is damaged.*--overwrite"):
        list(answer(question(files, tmp_path), tmp_path / "run"))


def test_tiles_in_view_come_first(files, tmp_path, monkeypatch):
    monkeypatch.setattr(interrupts, "LOOK_EVERY", 0)
    folder = tmp_path / "run"
    client.create(folder, question(files, tmp_path))

    def watched(asked, where, stop):
        nonlocal looked
        with interrupts.Interrupts(where, engine.RunOptions(asked=1)) as own:
            job = answer(asked, where, stop, own.focus)
            for event in job:
                own.reason()
                yield event
                if isinstance(event, Tile) and not looked:
                    client.look(where, Z=(2, 3), Y=(20, 30))
                    looked = True

    looked = False
    assert engine.execute(folder, watched) == engine.FINISHED
    tiles = [e.event for e in journal.read(folder) if isinstance(e.event, Tile)]
    assert sorted(tile.number for tile in tiles) == list(range(36))
    # A few were on their way already.
    first = [tile.number for tile in tiles].index(28)
    assert first < 9
    assert [tile.number for tile in tiles][first : first + 4] == [28, 29, 30, 31]


def test_a_folder_is_segmented_image_by_image(files, tmp_path):
    source = tmp_path / "images"
    source.mkdir()
    image = read_image(files / "image.ome.tif")
    for name, part in (("b.tif", image.array[:2]), ("a.ome.tif", image.array)):
        write_ome_tiff(source / name, image.like(part, "ZYX", name))
    (source / "broken.tif").write_bytes(b"II*\0 and no more")
    (source / "notes.txt").write_text("not an image")
    asked = question(files, tmp_path, "labels", "scores", image=source)
    folder = tmp_path / "run"
    client.create(folder, asked)
    engine.execute(folder, pulled(7))  # of the first image
    assert engine.execute(folder) == engine.FINISHED
    events = [entry.event for entry in journal.read(folder)]
    names = [event.name for event in events if isinstance(event, Item)]
    assert names == ["a.ome.tif", "a.ome.tif", "b.tif", "broken.tif"]
    tiles = [event for event in events if isinstance(event, Tile)]
    assert [tile.done for tile in tiles] == [*range(1, 37), *range(1, 25)]
    result = client.status(folder).result
    assert result["out"] == ["a.ome.tif"] * 2 + ["b.ome.tif"] * 2
    assert (result["images"], result["failed"]) == (2, ["broken.tif"])
    [note] = [e for e in events if isinstance(e, Note) and "left out" in e.text]
    assert "'broken.tif'" in note.text
    run(tmp_path / "alone", question(files, tmp_path, "alone.ome.tif"))
    found = read_image(tmp_path / "labels" / "a.ome.tif").array
    np.testing.assert_array_equal(found, read_image(tmp_path / "alone.ome.tif").array)
    assert read_image(tmp_path / "scores" / "b.ome.tif").axes == "CZYX"


def test_a_finished_image_of_a_folder_is_not_touched_again(files, tmp_path):
    """Its arrays have moved to where they belong; their rest is no beginning."""
    (tmp_path / "images").mkdir()
    image = read_image(files / "image.ome.tif")
    for name in ("a.ome.tif", "b.ome.tif"):
        write_ome_tiff(tmp_path / "images" / name, image)
    options = {"config": {"objects": "instances"}, "image": tmp_path / "images"}
    folder = tmp_path / "run"
    client.create(folder, question(files, tmp_path, "labels", "scores", **options))
    engine.execute(folder, pulled(36 + 9, of_all=True))
    made = tmp_path / "labels" / "a.ome.tif"
    before = made.stat().st_mtime_ns
    assert engine.execute(folder) == engine.FINISHED
    assert made.stat().st_mtime_ns == before
    events = [entry.event for entry in journal.read(folder)]
    names = [event.name for event in events if isinstance(event, Item)]
    assert names == ["a.ome.tif", "b.ome.tif", "b.ome.tif"]
    result = client.status(folder).result
    assert result["out"] == ["a.ome.tif"] * 2 + ["b.ome.tif"] * 2
    assert result["images"] == 2


def test_a_finished_image_that_has_changed_is_told(files, tmp_path):
    """What was made of it before stays, and is not said to be of this one."""
    (tmp_path / "images").mkdir()
    image = read_image(files / "image.ome.tif")
    for name in ("a.ome.tif", "b.ome.tif"):
        write_ome_tiff(tmp_path / "images" / name, image)
    folder = tmp_path / "run"
    client.create(
        folder, question(files, tmp_path, "labels", image=tmp_path / "images")
    )
    engine.execute(folder, pulled(36 + 9, of_all=True))
    before = digest(tmp_path / "labels" / "a.ome.tif")
    other = image.like(255 - image.array, "ZYX", "other")
    write_ome_tiff(tmp_path / "images" / "a.ome.tif", other, overwrite=True)
    assert engine.execute(folder) == engine.FINISHED
    assert digest(tmp_path / "labels" / "a.ome.tif") == before
    notes = [e.event for e in journal.read(folder) if isinstance(e.event, Note)]
    [told] = [note.text for note in notes if "left out" in note.text]
    assert "'a.ome.tif' is left out: This run was begun with another image" in told
    assert client.status(folder).result["failed"] == ["a.ome.tif"]


def test_what_was_written_is_told_in_the_order_of_the_question(files, tmp_path):
    run(tmp_path / "run", question(files, tmp_path, "labels.zarr", "scores.ome.tif"))
    result = client.status(tmp_path / "run").result
    assert result["out"] == ["labels.zarr", "scores.ome.tif"]


def test_what_was_being_written_when_it_was_killed_is_swept_up(files, tmp_path):
    folder = tmp_path / "run"
    client.create(folder, question(files, tmp_path))
    engine.execute(folder, pulled(9))
    chunk = next((folder / "result" / "labels.zarr" / "0" / "c").rglob("0"))
    chunk.with_name("0.5cd1.partial").write_bytes(b"half a ch")
    assert engine.execute(folder) == engine.FINISHED
    assert (tmp_path / "out.zarr").exists()
    assert not list(tmp_path.rglob("*.partial"))


def test_tiles_are_finished_only_where_all_arrays_are(files, tmp_path):
    """As if the scores had been moved to where they belong, and more had failed."""
    asked = question(files, tmp_path, "out.ome.tif", "scores.zarr")
    folder = tmp_path / "run"
    client.create(folder, asked)
    engine.execute(folder, pulled(20))
    shutil.rmtree(folder / "result" / "scores.zarr")
    assert engine.execute(folder) == engine.FINISHED
    run(tmp_path / "alone", question(files, tmp_path, "alone.ome.tif", "alone.zarr"))
    assert digest(tmp_path / "scores.zarr" / "0") == digest(
        tmp_path / "alone.zarr" / "0"
    )


def test_images_whose_results_would_have_one_name_are_refused(files, tmp_path):
    (tmp_path / "images").mkdir()
    for name in ("a.tif", "a.ome.tif"):
        shutil.copy(files / "image.ome.tif", tmp_path / "images" / name)
    client.create(
        tmp_path / "run", question(files, tmp_path, "out", image=tmp_path / "images")
    )
    assert engine.execute(tmp_path / "run") == engine.MENDABLE
    said = client.status(tmp_path / "run").message
    assert "'a.ome.tif' and 'a.tif' would both be called 'a.ome.tif'" in said
    assert not (tmp_path / "out").exists()


def test_who_has_all_tiles_asks_no_cluster(files, tmp_path, monkeypatch):
    """Killed in what comes after the tiles, it needs nobody to go on."""
    folder = tmp_path / "run"
    asked = question(files, tmp_path, config={"objects": "instances"})
    client.create(folder, asked)
    engine.execute(folder, pulled(36))
    lost = asked.model_copy(update={"dask": "tcp://127.0.0.1:9"})
    with monkeypatch.context() as patch:
        patch.setattr(cluster, "_CONNECT", 0.5)
        with pytest.raises(DeviceError):
            list(answer(lost, folder))
    # Only connected with: there is no worker.
    with distributed.LocalCluster(
        n_workers=0, processes=False, protocol="tcp://", dashboard_address=":0"
    ) as there:
        lost = asked.model_copy(update={"dask": there.scheduler_address})
        events = list(answer(lost, folder))
    assert not any(isinstance(event, Tile | Waiting) for event in events)
    assert (tmp_path / "out.zarr").exists()


def test_a_device_that_is_gone_is_told_with_what_can_be_done(files, tmp_path):
    folder = tmp_path / "run"
    client.create(folder, question(files, tmp_path))
    engine.execute(folder, pulled(5))
    place = folder / "result" / "plan.json"
    place.write_text(place.read_text().replace('"device": "cpu"', '"device": "mps"'))
    assert engine.execute(folder) == engine.MENDABLE
    said = client.status(folder).message
    assert said.startswith("This segmentation was begun on 'mps', which is missing")
    assert said.endswith("Go on where it is, or begin anew.")


def test_one_cluster_serves_all_images_of_a_folder(files, tmp_path, monkeypatch):
    started = []
    original = cluster.cluster_of
    monkeypatch.setattr(
        cluster, "cluster_of", lambda text: started.append(text) or original(text)
    )
    (tmp_path / "images").mkdir()
    image = read_image(files / "image.ome.tif")
    for name in ("a.ome.tif", "b.ome.tif"):
        write_ome_tiff(tmp_path / "images" / name, image)
    # Workers do not share this process's working directory for ever.
    monkeypatch.chdir(tmp_path)
    asked = question(files, Path(), "labels", image="images", dask="local:1")
    asked = asked.model_copy(update={"image": "../images", "out": "../labels"})
    run(Path("run"), asked)
    assert started == ["local:1"]
    run(tmp_path / "alone", question(files, tmp_path, "alone.ome.tif"))
    wanted = read_image(tmp_path / "alone.ome.tif").array
    for name in ("a.ome.tif", "b.ome.tif"):
        found = read_image(tmp_path / "labels" / name).array
        np.testing.assert_array_equal(found, wanted)


def test_a_cluster_that_is_lost_stops_a_folder(files, tmp_path, monkeypatch):
    """What hinders all images is no fault of one, and mended it can go on."""
    (tmp_path / "images").mkdir()
    image = read_image(files / "image.ome.tif")
    write_ome_tiff(tmp_path / "images" / "a.ome.tif", image)
    asked = question(
        files, tmp_path, "labels", image=tmp_path / "images", dask="tcp://127.0.0.1:9"
    )
    monkeypatch.setattr(cluster, "_CONNECT", 0.2)
    client.create(tmp_path / "run", asked)
    assert engine.execute(tmp_path / "run") == engine.MENDABLE
    assert "No Dask scheduler answers" in client.status(tmp_path / "run").message


def test_a_folder_without_an_image_that_can_be_used_is_told(files, tmp_path):
    (tmp_path / "images").mkdir()
    asked = question(files, tmp_path, "labels", image=tmp_path / "images")
    with pytest.raises(ReadError, match="no image in 'images'"):
        list(answer(asked, tmp_path / "run"))
    (tmp_path / "images" / "a.tif").write_bytes(b"nothing")
    with pytest.raises(InputError, match="None of the 1 images"):
        list(answer(asked, tmp_path / "run"))


def test_tidy_labels_and_objects_reach_the_file(files, tmp_path):
    config = {"smallest": {3: Size(value=30)}, "holes": {3: Size(value=160, unit="nm")}}
    run(tmp_path / "1", question(files, tmp_path, "a.zarr", config=config))
    run(tmp_path / "2", question(files, tmp_path, "b.ome.tif", config=config))
    tidy = read_image(tmp_path / "a.zarr").array[:]
    np.testing.assert_array_equal(tidy, read_image(tmp_path / "b.ome.tif").array)
    assert set(np.unique(tidy)) <= {1, 3}
    config = {"objects": "instances"}
    run(tmp_path / "3", question(files, tmp_path, "c.zarr", config=config))
    objects = read_image(tmp_path / "c.zarr").array[:]
    for plane in objects:
        ids = np.unique(plane[plane > 0])
        assert ids.tolist() == list(range(1, len(ids) + 1))
    notes = json.loads((tmp_path / "c.zarr" / "zarr.json").read_text())
    assert "objects" in notes["attributes"]["napari-unetseg"]["settings"]


def kill_after(folder, tiles):
    """Kill the engine's process once so many tiles are finished."""
    process = subprocess.Popen(
        client.engine_command(folder, sys.executable),
        cwd=folder,
        stderr=subprocess.DEVNULL,
    )
    offset = journal.end(folder)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        entries = journal.read(folder, offset)
        if sum(isinstance(entry.event, Tile) for entry in entries) >= tiles:
            break
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    return process.wait()


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
def test_a_segmentation_survives_being_killed(files, tmp_path):
    image = Image(
        array=np.random.default_rng(1).integers(0, 255, (500, 700)).astype(np.uint8),
        axes="YX",
    )
    write_ome_tiff(tmp_path / "image.ome.tif", image)
    asked = question(files, tmp_path, "parts.zarr", image=tmp_path / "image.ome.tif")
    asked = asked.model_copy(update={"config": SegmentConfig(tile=32)})
    run(
        tmp_path / "whole.run",
        asked.model_copy(update={"out": str(tmp_path / "w.zarr")}),
    )
    folder = tmp_path / "parts.run"
    client.create(folder, asked)
    for _ in range(2):
        assert kill_after(folder, 70) == -signal.SIGKILL
    assert engine.execute(folder) == engine.FINISHED
    tiles = [e.event for e in journal.read(folder) if isinstance(e.event, Tile)]
    assert len({tile.number for tile in tiles}) == 16 * 22
    # What a killed process had written and not told is computed again.
    assert len(tiles) <= 16 * 22 + 2 * 8
    assert digest(Path(asked.out) / "0") == digest(tmp_path / "w.zarr" / "0")
