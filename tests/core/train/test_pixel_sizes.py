"""Images of different pixel sizes come to the model's, and their scores back."""

import numpy as np
import pytest
import torch
from scipy import ndimage

import napari_unetseg as us
from napari_unetseg.core import jobs
from napari_unetseg.core.events import Step
from napari_unetseg.core.image import Image
from napari_unetseg.core.train.batches import Batches
from oracles.trainings import TINY, drained, notes, of, same_model

STILL = dict.fromkeys(("bent", "noise", "blur", "gamma", "contrast", "brightness"), 0)
STILL |= {"rotate": False, "flip": False}
EXTENT = 32.0


def scene(pixel, slices=1, seed=0, unit="um", noise=0.0):
    """Discs on waves, 32 x 32 um, in pixels of any size, and their labels."""
    rng = np.random.default_rng(seed)
    side = round(EXTENT / pixel)
    places = (np.arange(side) + 0.5) * pixel
    y, x = np.meshgrid(places, places, indexing="ij")
    grey = np.empty((slices, side, side), np.float32)
    labels = np.ones(grey.shape, np.uint8)
    for values, ids in zip(grey, labels, strict=True):
        cy, cx = rng.uniform(10, 22, 2)
        away = np.hypot(y - cy, x - cx)
        ids[away < 8] = 2
        values[:] = 1 / (1 + np.exp(away - 8)) + 0.2 * np.sin(y / 3) * np.cos(x / 4)
        values += rng.normal(0, noise, values.shape)
    factor = {"um": 1, "nm": 1000}[unit]
    options = {"axes": "ZYX", "spacing": (1.0, pixel * factor, pixel * factor)}
    options |= {"unit": unit}
    return (
        Image(array=grey, name=f"grey-{pixel}", **options),
        Image(array=labels, name=f"gt-{pixel}", **options),
    )


def job(pairs, start_from=None, state=None, **settings):
    config = us.train_config(**TINY | settings)
    images, labels = zip(*pairs, strict=True)
    return jobs.train(images, labels, config, start_from=start_from, state=state)


@pytest.fixture
def drawn(monkeypatch):
    found = []
    real = Batches.draw

    def draw(self, step):
        found.append(real(self, step))
        return found[-1]

    monkeypatch.setattr(Batches, "draw", draw)
    return found


@pytest.fixture(scope="module")
def model():
    """A model of pixels of 1 um."""
    _, trained = drained(job([scene(1.0, 2)], validation="0.2", steps=1))
    return trained.model


@pytest.mark.parametrize(
    ("pixel", "unit"), [(1.0, "um"), (0.5, "um"), (0.5, "nm"), (0.25, "um"), (2, "um")]
)
def test_a_patch_shows_the_same_whatever_the_pixels_are(model, drawn, pixel, unit):
    """All of the scene, in pixels of 1 um, as it looks there."""
    how = {"validation": "0", "steps": 1, "augment": STILL, "patch": 32}
    _, trained = drained(job([scene(pixel, unit=unit)], model, **how))
    image, labels = scene(1.0)
    grey = image.array[0]
    if pixel < 0.7:
        # What is finer than the new grid is blurred away, by a triangle of its pixels.
        fine = scene(pixel)[0].array[0]
        n = round(1 / pixel)
        kernel = np.convolve(np.ones(n), np.ones(n)) / n**2
        for axis in (0, 1):
            fine = ndimage.correlate1d(fine, kernel, axis, mode="nearest")
        low = fine.reshape(32, n, 32, n)
        grey = low[:, n // 2 - 1 : n // 2 + 1, :, n // 2 - 1 : n // 2 + 1].mean((1, 3))
    for one, target in zip(drawn[0].images, drawn[0].targets, strict=True):
        assert one.shape == (1, 32, 32)
        both = np.corrcoef(one[0].numpy().ravel(), grey.ravel())[0, 1]
        assert both > 0.999
        assert (target.numpy() + 1 == labels.array[0]).mean() > 0.97
    card = trained.model.card
    assert (card.spacing, card.unit) == (model.card.spacing, "um")


def test_the_first_image_says_what_the_pixels_of_the_model_are():
    pairs = [scene(0.5, 2), scene(1.0, 2, unit="nm")]
    events, trained = drained(job(pairs, validation="0.2", steps=1))
    assert trained.model.card.spacing == (0.5, 0.5)
    [told] = [text for text in notes(events) if "pixels of" in text]
    assert told == (
        "The pixels of 'grey-1.0' are 1000 x 1000 nm and the model's 0.5 x 0.5 um: the "
        "image comes to the model's while it is learnt."
    )


def test_pixels_of_a_tenth_more_are_taken_as_they_are():
    pairs = [scene(1.0, 2), scene(32 / 30, 2)]
    events, _ = drained(job(pairs, validation="0.2", steps=1))
    assert not any("pixels of" in text for text in notes(events))


def test_pixels_of_unknown_size_are_taken_as_they_are():
    image, labels = scene(0.5, 2)
    unknown = [Image(array=one.array, axes="ZYX") for one in (image, labels)]
    how = {"validation": "0.2", "steps": 1}
    events, _ = drained(job([scene(1.0, 2), unknown], **how))
    assert not any("comes to the model's" in text for text in notes(events))


@pytest.fixture(scope="module")
def both():
    """A network that has learnt from both sizes, validated on either."""
    pairs = [scene(1.0, 3, 1, noise=0.3), scene(0.5, 3, 2, noise=0.3)]
    how = {"validation": "2,5", "steps": 60, "base": 4, "depth": 2, "patch": 32}
    how |= {"averaging": 0.9, "batch": 4}
    return pairs, drained(job(pairs, **how))


def test_a_network_learns_from_both_and_is_validated_on_both(both):
    _, (events, trained) = both
    assert trained.model.card.validation["mean_iou"] > 0.85
    assert of(Step, events)[-1].step == 60


def test_the_score_is_that_of_the_real_prediction(both):
    """Of either image in its own pixels, through the real rescaling."""
    pairs, (_, trained) = both
    wrong = pixels = 0
    for image, labels in pairs:
        found = us.segment(image, trained.model, tile="whole").array[2]
        wrong += np.count_nonzero(found != labels.array[2])
        pixels += found.size
    card = trained.model.card
    # Where two classes are all but equal, the last digit decides.
    assert card.validation["pixel_error"] * pixels == pytest.approx(wrong, abs=2)
    assert wrong > 0


def test_trainings_on_several_sizes_are_resumed_to_the_bit(tmp_path):
    pairs = [scene(1.0, 2, 1), scene(0.5, 2, 2)]
    how = {"validation": "0.2", "steps": 4}
    _, whole = drained(job(pairs, **how))
    drained(
        job(pairs, **how, state=tmp_path),
        lambda events: isinstance(events[-1], Step) and events[-1].step == 2,
    )
    _, resumed = drained(job(pairs, **how, state=tmp_path))
    assert same_model(resumed.model, whole.model)


def test_an_image_of_the_model_s_pixels_is_learnt_as_ever(model):
    """Whatever is added to the training besides."""
    pair = scene(1.0, 2)
    how = {"validation": "1", "steps": 2}
    _, alone = drained(job([pair], **how))
    nanometres = [one.with_spacing((1.0, 1000.0, 1000.0), "nm") for one in pair]
    _, same = drained(job([nanometres], **how))
    for name, tensor in alone.model.tensors.items():
        assert torch.equal(tensor, same.model.tensors[name])
    events, _ = drained(job([nanometres], model, **how))
    assert not any("comes to the model's" in text for text in notes(events))


@pytest.mark.parametrize("pixel", [0.5, 2.0])
def test_a_block_of_a_single_image_validates_in_its_own_pixels(model, pixel):
    """The guard band is as wide as the network sees, in pixels of the image."""
    side = round(EXTENT / pixel)
    wide = [
        Image(
            array=np.tile(one.array, (1, 8, 8)),
            axes="ZYX",
            spacing=one.spacing,
            unit="um",
        )
        for one in scene(pixel)
    ]
    events, trained = drained(job([wide], model, validation="0.1", steps=1))
    [told] = [e.parts for e in events if type(e).__name__ == "Divided"]
    parts = {part["name"]: part for part in told}
    assert tuple(parts["train"]["stop"]) == (1, 8 * side, 8 * side)
    block, guard = parts["validation"], parts["gap"]
    band = max(
        abs(a - b)
        for end in ("start", "stop")
        for a, b in zip(block[end], guard[end], strict=True)
    )
    # A tiny network of one pooling sees 8 pixels of 1 um far.
    assert 8 <= band * pixel <= 8 + 4 * max(1, pixel)
    assert trained.model.card.validation["mean_iou"] is not None
