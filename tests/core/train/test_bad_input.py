"""Bad input is refused, or warned of, in a sentence before the first step.

What else may be wrong with the parts of a training has its tests beside those parts.
"""

import json
import shutil
from collections import namedtuple

import numpy as np
import pytest
import tifffile

import napari_unetseg as us
from napari_unetseg.core import jobs
from napari_unetseg.core.errors import InputError, ModelError, ReadError, WriteError
from napari_unetseg.core.events import Note, Planned, Started, Step
from napari_unetseg.core.image import Image
from napari_unetseg.core.prepare.samples import Sample
from napari_unetseg.core.train.doubts import (
    check_sizes,
    constant_channels,
    other_pixels,
)
from napari_unetseg.runs.answer import answer
from napari_unetseg.runs.questions import TrainQuestion
from oracles.models import random_model
from oracles.trainings import TINY, ask, drained, notes, of, stack

HOW = {"validation": "0.2", "steps": 2}
IMAGE, LABELS = (one.array for one in stack())
NAN = IMAGE.copy()
NAN[1, 2, 3], NAN[4, 5, 6] = np.nan, -np.inf
TWO = LABELS == 2


def em(array, axes="ZYX"):
    return Image(array=array, axes=axes, name="em")


def gt(array, axes="ZYX"):
    return Image(array=array, axes=axes, name="gt")


REFUSED = {
    # Labels without what can be learnt.
    "nothing is painted": (
        em(IMAGE),
        gt(0 * LABELS),
        {},
        "The labels 'gt' have no painted pixel. Paint at least two classes, or one "
        "class on a background of 0.",
    ),
    "one class in strokes": (
        em(IMAGE),
        gt(2 * TWO),
        {"unannotated": "0"},
        "Only class 2 is painted in 'gt', and 0 means 'not annotated'. Paint a second "
        "class too, or say that 0 is background",
    ),
    "one class everywhere": (
        em(IMAGE),
        gt(LABELS * 0 + 3),
        {},
        "Only class 3 is painted in 'gt', and it fills them. Paint a second class too.",
    ),
    "negative ids": (
        em(IMAGE),
        gt(LABELS.astype(int) - 2),
        {},
        "The labels 'gt' hold the negative id -1. Use 0 and positive ids.",
    ),
    "objects as classes": (
        em(IMAGE),
        gt(np.arange(LABELS.size).reshape(LABELS.shape) % 300 + 1000),
        {},
        "The labels 'gt' hold 300 different ids, which look like single objects",
    ),
    "an image as labels": (
        em(IMAGE),
        gt(IMAGE),
        {},
        "Labels are whole numbers; was an image given in their place?",
    ),
    "not a number as an id": (em(IMAGE), gt(NAN), {}, "Labels are whole numbers"),
    "complex labels": (em(IMAGE), gt(LABELS + 0j), {}, "Labels are whole numbers"),
    "coloured labels": (
        em(IMAGE),
        gt(np.stack([LABELS] * 3, -1), "ZYXC"),
        {},
        "Labels are whole numbers without a channel axis.",
    ),
    # Pairs that do not fit.
    "another shape": (
        em(IMAGE),
        gt(LABELS[:, :20]),
        {},
        "The shapes do not match: 'em' is 5 x 32 x 32 (ZYX), its labels 'gt' are 5 x "
        "20 x 32 (ZYX).",
    ),
    "another shape, transposed": (
        em(IMAGE[:, :20]),
        gt(LABELS[:, :, :20]),
        {},
        "The same numbers in another order: is one of them transposed?",
    ),
    "a channel axis that is not told": (
        em(np.stack([IMAGE[0]] * 3), "ZYX"),
        gt(LABELS[0], "YX"),
        {},
        "Labels have the image's shape, without its channels.",
    ),
    # Images that hold no numbers.
    "not a number, and infinity": (
        em(NAN),
        gt(LABELS),
        {},
        "'em' holds 2 pixels that are NaN or infinite, the first at z 1, c 0, y 2, x "
        "3. Replace them, or cut them off, before training.",
    ),
    "complex numbers": (
        em(IMAGE + 0j),
        gt(LABELS),
        {},
        "'em' holds complex64 values. Use real numbers.",
    ),
    "objects": (em(IMAGE.astype(object)), gt(LABELS), {}, "'em' holds object values."),
    "text": (em(IMAGE.astype(str)), gt(LABELS), {}, "Use real numbers."),
    "no slice": (
        em(IMAGE[:0]),
        gt(LABELS[:0]),
        {},
        "'em' is empty: it is 0 x 32 x 32 (ZYX). Give an image with pixels in it.",
    ),
    "no row": (em(IMAGE[:, :0]), gt(LABELS[:, :0]), {}, "'em' is empty"),
    "a single pixel": (
        em(IMAGE[:, :1, :1]),
        gt(np.arange(5).reshape(5, 1, 1) % 2 + 1),
        {},
        "A depth of 1 is too great for images of at most 1 pixels a side.",
    ),
    # What is asked for.
    "a plane for volumes": (
        em(IMAGE[0], "YX"),
        gt(LABELS[0], "YX"),
        {"dimensions": 3},
        "a network of three dimensions sees volumes",
    ),
    "validation of everything": (
        em(IMAGE),
        gt(LABELS),
        {"validation": "0-4"},
        "leave no annotated slice to train on. Validate on fewer slices.",
    ),
    "validation of what is not there": (
        em(IMAGE),
        gt(LABELS),
        {"validation": "7"},
        "do not exist: there are 5",
    ),
    "validation of what is not painted": (
        em(IMAGE),
        gt(LABELS * (np.arange(5) > 0)[:, None, None].astype(np.uint8)),
        {"validation": "0-0", "unannotated": "0"},
        "No validation slice of '0-0' is annotated. Annotated slices are 1-4.",
    ),
    "too deep": (em(IMAGE), gt(LABELS), {"depth": 6}, "A depth of 6 is too great"),
    "deep supervision of the paper's network": (
        em(IMAGE),
        gt(LABELS),
        {"network": "unet", "deep_supervision": True, "depth": 2},
        "choose 'unet-bn' or 'unet-res'",
    ),
    "freezing nothing": (
        em(IMAGE),
        gt(LABELS),
        {"freeze": True},
        "A fresh network has no contracting path that could keep its weights.",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_learnt_is_refused_in_a_sentence(name):
    image, labels, wishes, sentence = REFUSED[name]
    events = []
    with pytest.raises(InputError) as error:
        events.extend(ask(image, labels, **HOW | wishes))
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)
    assert not of(Started, events)
    assert not of(Step, events)


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ({"patience": 0}, "patience = 0 does not fit"),
        ({"learning_rate": 0}, "learning_rate = 0 does not fit"),
        ({"schedule": "sine"}, "schedule = 'sine' does not fit"),
        ({"optimiser": "lion"}, "optimiser = 'lion' does not fit"),
        ({"clip": -1}, "clip = -1 does not fit"),
        ({"averaging": 1}, "averaging = 1 does not fit"),
        ({"instances": {"apart": "hope"}}, "instances.apart = 'hope' does not fit"),
        ({"instances": {"border": 0}}, "instances.border = 0 does not fit"),
        ({"augment": {"bent": 2}}, "augment.bent = 2 does not fit"),
    ],
)
def test_settings_that_do_not_fit_are_named(wish, sentence):
    image, labels = stack()
    with pytest.raises(InputError, match=sentence):
        us.train(image, labels, **TINY | wish)


def test_numbers_of_files_that_differ_are_refused():
    image, labels = stack()
    config = us.train_config(**TINY | HOW)
    for images, painted in (([image], []), ([image] * 2, [labels])):
        with pytest.raises(InputError, match=r"There are \d images but \d labels"):
            drained(jobs.train(images, painted, config))


def test_images_with_other_channels_are_refused():
    image, labels = stack()
    two = Image(array=np.stack([IMAGE, IMAGE], 1), axes="ZCYX", name="two")
    config = us.train_config(**TINY | HOW)
    with pytest.raises(InputError, match="'em' has 1 channel but 'two' has 2"):
        drained(jobs.train([image, two], [labels, labels], config))


@pytest.mark.parametrize(
    ("region", "sentence"),
    [
        ([np.ones((5, 9, 9))], "The shapes do not match: the region 'region'"),
        ([np.zeros((5, 32, 32))], "Nothing is inside the region 'region'"),
        ([np.ones((5, 32, 32)), np.ones((5, 32, 32))], "2 regions but 1 labels"),
        ([np.ones((5, 32, 32), complex)], "A region is a mask"),
    ],
)
def test_regions_that_do_not_fit_are_refused(region, sentence):
    image, labels = stack()
    with pytest.raises(InputError, match=sentence):
        us.train(image, labels, regions=region, **TINY | HOW)


def test_axes_that_nobody_knows_are_asked_for():
    with pytest.raises(InputError, match=r"5 dimensions of unknown meaning\. Say"):
        us.train(np.zeros((1, 5, 1, 32, 32)), np.zeros((1, 5, 32, 32)), **TINY)
    us.train(IMAGE[None, :, None], LABELS[None], axes="TZCYX", **TINY | HOW)


def test_a_model_of_other_dimensions_is_refused():
    image, labels = stack()
    events = []
    with pytest.raises(InputError, match="has 3 dimensions, but 2 are asked for"):
        events.extend(ask(image, labels, start_from=random_model(volumes=True), **HOW))
    assert not of(Started, events)


def test_a_colour_that_is_none_is_refused_before_any_work():
    image, labels = stack()
    config = us.train_config(**TINY | HOW)
    events = []
    with pytest.raises(InputError, match="'red' is no colour for class 1"):
        events.extend(jobs.train([image], [labels], config, class_colors={1: "red"}))
    assert not of(Started, events)


def test_a_disk_that_is_full_is_refused_before_the_first_step(monkeypatch, tmp_path):
    usage = namedtuple("Usage", "total used free")(10**9, 10**9, 1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    image, labels = stack()
    events = []
    with pytest.raises(WriteError, match=r"0 MB are free\. Free space"):
        events.extend(ask(image, labels, state=tmp_path, **HOW))
    assert not of(Step, events)


# What is only doubted.


def test_labels_of_another_pixel_size_are_warned_of():
    image, labels = stack()
    image = image.with_spacing((1.0, 0.5, 0.5), "um")
    labels = labels.with_spacing((1.0, 4.0, 4.0), "um")
    events, trained = drained(ask(image, labels, **HOW))
    [text] = [text for text in notes(events, "warning") if "belong together" in text]
    assert text.startswith(
        "The pixels of 'em' are 1 x 0.5 x 0.5 um, and those of its labels 'gt' 1 x 4 x "
        "4 um: do they belong together?"
    )
    assert place(events, text) < events.index(of(Started, events)[0])
    assert trained.model.card.spacing == (0.5, 0.5)


def place(events, text):
    return next(
        i for i, e in enumerate(events) if isinstance(e, Note) and e.text == text
    )


@pytest.mark.parametrize(
    ("spacing", "unit", "axes"),
    [
        ((1.0, 500.0, 500.0), "nm", "ZYX"),
        ((1.0, 0.52, 0.49), "um", "ZYX"),
        ((1.0, 4.0, 4.0), "pixel", "ZYX"),
        ((0.5, 0.5), "um", "TYX"),
    ],
)
def test_labels_of_the_same_or_of_an_unknown_size_are_not(spacing, unit, axes):
    image, labels = stack()
    image = image.with_spacing((0.001 if unit == "nm" else 1.0, 0.5, 0.5), "um")
    labels = Image(array=LABELS, axes=axes, spacing=spacing, unit=unit)
    assert other_pixels([image], [labels]) == []


def test_an_image_that_shows_nothing_is_warned_of():
    _, labels = stack()
    events, _ = drained(ask(em(np.full(IMAGE.shape, 7, np.uint16)), labels, **HOW))
    text = "'em' is constant: there is nothing to be seen in it."
    assert text in notes(events, "warning")
    assert place(events, text) < events.index(of(Planned, events)[0])
    assert np.isfinite([e.loss for e in of(Step, events)]).all()


def test_so_is_a_channel_but_not_a_slice_of_an_image():
    _, labels = stack()
    both = np.stack([IMAGE, np.zeros_like(IMAGE)], axis=1)
    named = Image(array=both, axes="ZCYX", channels=("dna", "none"), name="em")
    events, _ = drained(ask(named, labels, **HOW))
    [text] = [text for text in notes(events) if "constant" in text]
    assert text.startswith("'em', channel none, is constant")
    dark = IMAGE.copy()
    dark[1] = 0
    events, _ = drained(ask(em(dark), labels, **HOW))
    assert not any("constant" in text for text in notes(events))


def test_of_images_of_which_no_frame_is_in_memory_nothing_is_said():
    flat = Sample(np.zeros((1, 4, 4), np.float32), np.zeros((4, 4), np.int16), 1)
    images = [em(IMAGE), em(IMAGE)]
    assert len(constant_channels(images, [flat])) == 1
    assert constant_channels(images[:1], [flat]) == []


def test_sizes_are_looked_at_along_every_axis():
    check_sizes([em(IMAGE)])
    for axis in range(3):
        with pytest.raises(InputError, match="'em' is empty"):
            check_sizes([em(IMAGE.take([], axis))])


# What is unusual, and simply works.


def model_of(image, labels, **wishes):
    _, trained = drained(ask(image, labels, **HOW | wishes))
    return trained.model


@pytest.mark.parametrize("dtype", ["<i8", "<u8", ">i2", ">f8", "<f4"])
def test_numbers_of_any_type_teach_the_same(dtype):
    """Also large ones, which float32 would not hold, and those that may not change."""
    whole = np.rint(IMAGE).clip(0)
    wanted = model_of(em(whole.astype(np.float64)), gt(LABELS))
    array = whole.astype(dtype)
    if dtype.endswith("8") and dtype[1] in "iu":
        array += 2**40
    array.flags.writeable = False
    labels = LABELS[::-1].copy()[::-1]
    found = model_of(em(array), gt(labels))
    for name, tensor in wanted.tensors.items():
        np.testing.assert_allclose(
            found.tensors[name].numpy(), tensor.numpy(), atol=1e-3, err_msg=name
        )


@pytest.mark.parametrize(
    ("ids", "dtype"),
    [((1, 2), ">i4"), ((7, 300), "u2"), ((5, 2**40), "i8"), ((9, 2**64 - 1), "u8")],
)
def test_ids_may_be_any_numbers(ids, dtype):
    wanted = model_of(em(IMAGE), gt(LABELS))
    painted = np.asarray(ids, np.uint64)[LABELS - 1].astype(dtype)
    found = model_of(em(IMAGE), gt(painted))
    assert found.card.classes == ids
    for name, tensor in wanted.tensors.items():
        assert (found.tensors[name] == tensor).all(), name


@pytest.mark.parametrize("shape", [(5, 3, 32), (5, 7, 9), (2, 2, 2), (5, 33, 31)])
def test_small_and_odd_images_are_learnt_from(shape):
    array = np.resize(IMAGE, shape)
    labels = (np.arange(array.size).reshape(shape) // 3 % 2 + 1).astype(np.uint8)
    for network in ("unet-bn", "unet"):
        model = model_of(em(array), gt(labels), network=network, patch=64)
        assert model.card.training["steps"] == 2


# Files.


def asked(folder, image, *, start_from=None):
    """Events of a run up to its first step."""
    tifffile.imwrite(folder / "gt.tif", LABELS, imagej=True, metadata={"axes": "ZYX"})
    question = TrainQuestion(
        images=(image,),
        labels=("gt.tif",),
        model="m.unetseg.safetensors",
        start_from=start_from,
        config=us.train_config(**TINY | HOW),
    )
    events = []
    for event in answer(question, folder):
        events.append(event)
        assert not isinstance(event, Step)
    return events


def written(folder):
    path = folder / "em.tif"
    tifffile.imwrite(path, IMAGE, imagej=True, metadata={"axes": "ZYX"})
    return path


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_truncated_stack_is_refused(tmp_path, share):
    path = written(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(ReadError, match=r"em\.tif"):
        asked(tmp_path, "em.tif")


@pytest.mark.parametrize("junk", [b"", b"II*\0", b"not an image at all"])
def test_what_is_no_image_is_refused(tmp_path, junk):
    (tmp_path / "em.tif").write_bytes(junk)
    with pytest.raises(ReadError, match=r"em\.tif"):
        asked(tmp_path, "em.tif")


def newer(data):
    """A model file that says it is of a later version."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    card = json.loads(header["__metadata__"]["unetseg"])
    header["__metadata__"]["unetseg"] = json.dumps(card | {"format": 99})
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data[8 + length :]


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda data: b"PK\3\4" + data, "Only tensors are accepted"),
        (lambda data: data[:-50], "incomplete"),
        (lambda data: data[:-9] + bytes([data[-9] ^ 64]) + data[-8:], "checksum"),
        (newer, "newer napari-unetseg"),
    ],
    ids=["pickle", "truncated", "flipped", "newer"],
)
def test_a_model_that_is_none_cannot_be_started_from(tmp_path, damage, sentence):
    written(tmp_path)
    path = tmp_path / "old.unetseg.safetensors"
    random_model("unet-bn", depth=2).save(path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ModelError, match=sentence):
        asked(tmp_path, "em.tif", start_from=path.name)
