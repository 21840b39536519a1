"""Files in, files out, and the rest of it after an interruption."""

import errno
import hashlib
import shutil
import time

import numpy as np
import pytest

from napari_unetseg.core.config import SegmentConfig
from napari_unetseg.core.errors import InputError, ModelError, RunError, WriteError
from napari_unetseg.core.events import (
    Edited,
    Finished,
    Paused,
    Previewed,
    Step,
    Tile,
    Waiting,
)
from napari_unetseg.core.image import Image
from napari_unetseg.core.network.card import read_card
from napari_unetseg.core.network.modelfile import Model, load_model
from napari_unetseg.core.presets import train_config
from napari_unetseg.core.read import read_image
from napari_unetseg.core.train import live
from napari_unetseg.core.train.checkpoint import Checkpoints
from napari_unetseg.core.write import disk
from napari_unetseg.core.write.ome_tiff import write_ome_tiff
from napari_unetseg.runs import client, edits, engine, interrupts, journal
from napari_unetseg.runs.answer import answer
from napari_unetseg.runs.library import entry
from napari_unetseg.runs.options import RunOptions
from napari_unetseg.runs.preferences import models_folder
from napari_unetseg.runs.previews import read_preview
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


def training(files, model, **options):
    return TrainQuestion(
        images=(str(files / "image.tif"),),
        labels=(str(files / "labels.tif"),),
        model=str(model),
        config=train_config(validation="2", **SMALL | {"steps": 8}),
        **options,
    )


@pytest.fixture(scope="module")
def whole(files):
    """A training that nobody disturbed: its run, and its model."""
    run, model = files / "whole.run", files / "whole.model"
    client.create(run, training(files, model))
    assert engine.execute(run) == engine.FINISHED
    return run, model


def keep_after_3(asked, folder, stop):
    """Answer, and ask to keep what is there after the third step."""
    story = answer(asked, folder, stop)
    while True:
        try:
            event = next(story)
        except StopIteration as end:
            return end.value
        yield event
        if isinstance(event, Step) and event.step == 3:
            client.keep(folder)


def test_a_kept_training_leaves_a_model_and_goes_on(
    files, whole, tmp_path, monkeypatch
):
    monkeypatch.setattr(interrupts, "LOOK_EVERY", 0)
    kept = tmp_path / "whole.model"
    finished = client.status(whole[0]).result

    run = tmp_path / "2.run"
    client.create(run, training(files, kept))
    assert engine.execute(run, keep_after_3) == engine.STOPPED
    status = client.status(run)
    assert (status.state, status.message) == ("stopped", "kept")
    assert set(status.result) == {*finished, "resumable"}
    assert status.result["resumable"]
    assert status.result["steps"] == 3
    card = read_card(kept)
    assert card.training["kept_step"] == status.result["kept_step"] <= 3
    assert card.validation == status.result["validation"]
    assert load_model(kept).network()
    first = digest(kept)

    # Started and kept at once: the same model again, of the same steps.
    kept.unlink()
    begun = journal.end(run)
    options = RunOptions(asked=time.time_ns())
    client.keep(run)
    assert engine.execute(run, options=options) == engine.STOPPED
    assert not any(isinstance(e.event, Step) for e in journal.read(run, begun))
    assert client.status(run).result == status.result
    assert digest(kept) == first

    # And to its end: as if it had never been stopped.
    assert engine.execute(run) == engine.FINISHED
    assert client.status(run).result == finished
    assert digest(kept) == digest(whole[1])


def painting(folder, at, *, die_after=None):
    """Answer; paint after each step of `at`, and die without a word when told."""

    def told(asked, run, stop):
        story = answer(asked, run, stop)
        while True:
            try:
                event = next(story)
            except StopIteration as end:
                return end.value
            yield event
            if isinstance(event, Step) and event.step in at:
                number = at.index(event.step)
                box = np.full((1, 9, 12), 1 + number % 2, np.uint8)
                client.paint(run, 0, ((2, 0, 1)[number], 3 * number, 5), box)
            if isinstance(event, Step) and event.step == die_after:
                # Nothing of what it does on its way out is kept.
                state = folder / "state"
                shutil.copytree(run / "state", state)
                raise KeyError("pulled the plug")

    return told


def losses(run):
    """The latest loss of each step."""
    events = (entry.event for entry in journal.read(run))
    return {e.step: e.loss for e in events if isinstance(e, Step)}


@pytest.mark.parametrize("saved", [2, 5])
def test_what_was_painted_is_learnt_from_the_same_step_on_when_it_is_resumed(
    files, whole, tmp_path, monkeypatch, saved
):
    monkeypatch.setattr(edits, "LOOK_EVERY", 0)
    monkeypatch.setattr(Checkpoints, "due", lambda self: self._step < saved)
    runs, models = {"unpainted": whole[0]}, {"unpainted": whole[1]}
    for name in ("whole", "parts"):
        runs[name], models[name] = tmp_path / f"{name}.run", tmp_path / name / "m"
        client.create(runs[name], training(files, models[name]))
    assert engine.execute(runs["whole"], painting(tmp_path, [2, 3, 5])) == 0

    parts = runs["parts"]
    dying = painting(tmp_path / "kept", [2, 3, 5], die_after=6)
    monkeypatch.setattr(Checkpoints, "due", lambda self: self._step < saved)
    assert engine.execute(parts, dying) == engine.BROKEN
    shutil.rmtree(parts / "state")
    shutil.copytree(tmp_path / "kept" / "state", parts / "state")
    begun = journal.end(parts)
    assert engine.execute(parts) == engine.FINISHED
    again = [
        e.event.step for e in journal.read(parts, begun) if isinstance(e.event, Step)
    ]
    assert again[0] == saved + 1

    assert losses(parts) == losses(runs["whole"])
    assert losses(parts) != losses(runs["unpainted"])
    assert client.status(parts).result == client.status(runs["whole"]).result
    assert digest(models["parts"]) == digest(models["whole"])
    assert digest(models["parts"]) != digest(models["unpainted"])
    told = [e.event for e in journal.read(runs["whole"]) if isinstance(e.event, Edited)]
    assert [(event.number, event.step) for event in told] == [(1, 2), (2, 3), (3, 5)]
    assert all(event.pixels for event in told)


def test_the_labels_it_began_with_are_kept(files, tmp_path, monkeypatch):
    monkeypatch.setattr(interrupts, "LOOK_EVERY", 0)
    painted = tmp_path / "painted.ome.tif"
    shutil.copy(files / "labels.tif", painted)
    runs = [tmp_path / "1.run", tmp_path / "2.run"]
    for number, run in enumerate(runs):
        asked = training(files, tmp_path / f"m{number}")
        client.create(run, asked.model_copy(update={"labels": (str(painted),)}))
    assert engine.execute(runs[0]) == engine.FINISHED
    assert engine.execute(runs[1], keep_after_3) == engine.STOPPED
    labels = read_image(painted)
    kept = read_image(runs[1] / "annotations" / "painted.ome.tif")
    np.testing.assert_array_equal(kept.array, labels.array)
    assert kept.spacing == labels.spacing
    write_ome_tiff(painted, labels.like(3 - labels.array, "ZYX", "x"), overwrite=True)
    assert engine.execute(runs[1]) == engine.FINISHED
    assert digest(tmp_path / "m1") == digest(tmp_path / "m0")


def test_the_last_model_lies_beside_its_run(files, tmp_path):
    client.create(tmp_path / "run", training(files, tmp_path / "m"))
    assert engine.execute(tmp_path / "run") == engine.FINISHED
    result = client.status(tmp_path / "run").result
    assert result["last"] == "last.unetseg.safetensors"
    last = load_model(tmp_path / "run" / result["last"])
    assert last.card.training["kept_step"] == result["steps"] == 8
    best = load_model(tmp_path / "m")
    assert best.card.training["kept_step"] == result["kept_step"]
    same = best.card.sha256 == last.card.sha256
    assert same == (result["kept_step"] == 8)


def test_a_model_waits_for_room_on_the_disk(files, tmp_path, monkeypatch):
    save = Model.save
    left = ["m", "m", "last.unetseg.safetensors"]

    def full(self, path, **options):
        if path.name in left:
            left.remove(path.name)
            raise WriteError("no") from OSError(errno.ENOSPC, "full")
        save(self, path, **options)

    monkeypatch.setattr(Model, "save", full)
    monkeypatch.setattr(disk.time, "sleep", lambda seconds: None)
    client.create(tmp_path / "run", training(files, tmp_path / "m"))
    assert engine.execute(tmp_path / "run") == engine.FINISHED
    told = [entry.event for entry in journal.read(tmp_path / "run")]
    waited = {event.what for event in told if isinstance(event, Waiting)}
    assert waited == {
        "room on the disk for 'm'",
        "room on the disk for 'last.unetseg.safetensors'",
    }
    assert load_model(tmp_path / "m")


@pytest.mark.parametrize("end", ["go on", "keep", "cancel"])
def test_a_pause_rests_and_changes_nothing(files, whole, tmp_path, monkeypatch, end):
    monkeypatch.setattr(interrupts, "LOOK_EVERY", 0)
    run, seen = tmp_path / "run", []

    def pausing(asked, folder, stop, **wishes):
        story = answer(asked, folder, stop, **wishes)
        while True:
            try:
                event = next(story)
            except StopIteration as done:
                return done.value
            yield event
            if isinstance(event, Step) and event.step == 3:
                client.pause(folder)
            elif isinstance(event, Paused):
                seen.append(client.status(folder))
                seen.extend((folder / "state").iterdir())
                client.command(folder, end)

    client.create(run, training(files, tmp_path / "b"))
    with monkeypatch.context() as patch:
        patch.setattr("napari_unetseg.runs.answer.answer", pausing)
        code = engine.execute(run)
    where, checkpoint = seen[:2]
    assert (where.state, where.paused, where.done) == ("running", True, 3)
    assert checkpoint.name == "step-00000003.safetensors"
    if end != "go on":
        assert code == engine.STOPPED
        assert list(losses(run)) == [1, 2, 3]
        code = engine.execute(run)
    assert code == engine.FINISHED
    assert losses(run) == losses(whole[0])
    assert digest(tmp_path / "b") == digest(whole[1])


def test_what_is_looked_at_is_predicted_and_changes_nothing(
    files, whole, tmp_path, monkeypatch
):
    for module, name in ((interrupts, "LOOK_EVERY"), (live, "EVERY"), (live, "_PAUSE")):
        monkeypatch.setattr(module, name, 0)
    run = tmp_path / "run"

    def looking(asked, folder, stop, **wishes):
        client.preview(folder, Y=(3, 9))
        return (yield from answer(asked, folder, stop, **wishes))

    client.create(run, training(files, tmp_path / "b"))
    with monkeypatch.context() as patch:
        patch.setattr("napari_unetseg.runs.answer.answer", looking)
        engine.execute(run)

    told = [e.event for e in journal.read(run) if isinstance(e.event, Previewed)]
    shown = read_preview(run, told[-1].number)
    assert [one.step for one in told] == list(losses(run))
    assert list(shown.start) == told[-1].start
    assert told[-1].start[-2] == 3
    assert told[-1].stop[-2] == 9
    assert shown.labels.size
    assert losses(run) == losses(whole[0])
    assert digest(tmp_path / "b") == digest(whole[1])


def test_a_training_that_is_kept_before_its_first_step_leaves_no_model(files, tmp_path):
    client.create(tmp_path / "run", training(files, tmp_path / "m"))
    options = RunOptions(asked=time.time_ns())
    client.keep(tmp_path / "run")
    assert engine.execute(tmp_path / "run", options=options) == engine.STOPPED
    assert client.status(tmp_path / "run").result == {"resumable": True}
    assert not (tmp_path / "m").exists()
    assert engine.execute(tmp_path / "run") == engine.FINISHED
    assert (tmp_path / "m").exists()


def test_names_and_colours_reach_the_model(files, tmp_path):
    asked = training(
        files,
        tmp_path / "m",
        class_names={"1": "cell", "3": "none of these"},
        class_colors={"2": "#00ff00"},
    )
    client.create(tmp_path / "run", asked)
    engine.execute(tmp_path / "run")
    card = read_card(tmp_path / "m")
    assert card.class_names == {"1": "cell"}
    assert card.class_colors == {"2": "#00ff00"}


def test_a_model_of_the_library_gets_a_thumbnail(files):
    path = models_folder() / "taught.unetseg.safetensors"
    run = files / "taught.run"
    client.create(run, training(files, path))
    assert engine.execute(run) == engine.FINISHED
    assert entry(path).thumbnail == path.with_name("taught.thumbnail.png")
    assert path.read_bytes().find(b"PNG") == -1


@pytest.mark.parametrize("colour", ["green", "#00ff0", "#00ff0000"])
def test_a_question_with_a_colour_that_is_none_cannot_be_asked(colour):
    with pytest.raises(InputError, match="class_colors"):
        TrainQuestion.check(
            images=("i",), labels=("l",), model="m", class_colors={"1": colour}
        )


TRAIN = TrainQuestion(
    images=("inputs/image.tif",),
    labels=("inputs/labels.tif",),
    start_from="inputs/m.unetseg.safetensors",
    model="model.unetseg.safetensors",
    config=train_config(validation="2", **SMALL),
)
SEGMENT = SegmentQuestion(
    image="inputs/image.tif",
    model="inputs/m.unetseg.safetensors",
    out="made/out.ome.tif",
    scores="made/scores.ome.tif",
)


@pytest.mark.parametrize(
    ("asked", "made"),
    [(TRAIN, [TRAIN.model]), (SEGMENT, [SEGMENT.out, SEGMENT.scores])],
    ids=["train", "segment"],
)
def test_a_folder_with_its_own_inputs_can_be_moved(files, tmp_path, asked, made):
    here, there = tmp_path / "here", tmp_path / "there"
    client.create(here, asked)
    (here / "inputs").mkdir()
    for name in ("image.tif", "labels.tif", "m.unetseg.safetensors"):
        shutil.copy(files / name, here / "inputs")
    shutil.copytree(here, there)
    assert engine.execute(here) == engine.FINISHED
    wanted = [digest(here / name) for name in made]
    moved = here.rename(tmp_path / "elsewhere")
    assert engine.execute(there) == engine.FINISHED
    assert [digest(there / name) for name in made] == wanted
    # What a run has made is its own, wherever it is.
    assert engine.execute(moved) == engine.FINISHED
    assert [digest(moved / name) for name in made] == wanted


def test_an_interrupted_segmentation_computes_only_what_is_missing(files, tmp_path):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    client.create(whole / "run", question(files, whole))
    engine.execute(whole / "run")

    client.create(parts / "run", question(files, parts))

    def interrupted(asked, folder, stop):
        for event in answer(asked, folder, stop):
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
    with pytest.raises(RunError, match="begun with another model"):
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
