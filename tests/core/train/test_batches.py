"""Batches depend on seed and step alone; those of planes are what they ever were."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_unetseg.core.config import AugmentConfig, TrainConfig
from napari_unetseg.core.prepare.samples import Sample
from napari_unetseg.core.prepare.targets import IGNORE
from napari_unetseg.core.prepare.teaching import Teaching
from napari_unetseg.core.train.batches import Batches
from oracles.patches import batch_of_planes

CONFIG = TrainConfig(seed=1)
SEVEN = Teaching(tuple(range(7)))
STILL = AugmentConfig(
    elastic_sigma=0,
    rotate=False,
    flip=False,
    scale=0,
    contrast=0,
    brightness=0,
    gamma=0,
    blur=0,
    noise=0,
)


def noise(*shapes, classes=3, channels=1):
    rng = np.random.default_rng(0)
    return [
        Sample(
            rng.normal(size=(channels, *shape)).astype(np.float32),
            rng.integers(IGNORE, classes, shape).astype(np.int16),
            number,
        )
        for number, shape in enumerate(shapes)
    ]


def batches(samples, given, kept=None, *, config=CONFIG, batch=2, **options):
    return Batches(
        samples,
        SEVEN,
        config,
        batch=batch,
        input_shape=given,
        output_shape=kept or given,
        device="cpu",
        **options,
    )


@settings(max_examples=20, deadline=None)
@given(
    st.sampled_from([(32, 32), (48, 12), (29, 13), (64, 64)]),
    st.sampled_from([AugmentConfig(bent=n, gamma=0, blur=0) for n in (0.25, 1, 0)]),
    st.integers(0, 2**40),
    st.integers(0, 1000),
)
def test_planes_give_the_very_patches_that_they_ever_gave(sides, augment, seed, step):
    inside, outside = sides
    config = TrainConfig(seed=seed, augment=augment)
    samples = noise((48, 40), (31, 60), channels=2)
    found = batches(samples, (inside,) * 2, (outside,) * 2, config=config, batch=3)
    wanted = batch_of_planes(
        samples, SEVEN, config, batch=3, inside=inside, outside=outside, step=step
    )
    for one, other in zip(found.draw(step)[:2], wanted, strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("shape", [(40, 40), (9, 20, 24)])
def test_batches_depend_on_seed_and_step_alone(shape):
    size = (8, 16, 16)[-len(shape) :]
    first, second = (batches(noise(shape), size) for _ in range(2))
    first.draw(0)
    for one, other in zip(first.draw(5)[:2], second.draw(5)[:2], strict=True):
        assert torch.equal(one, other)
    assert not torch.equal(first.draw(5)[0], first.draw(6)[0])


def test_pixels_that_are_not_annotated_stay_so():
    samples = noise((48, 48))
    samples[0].target[:] = IGNORE
    samples[0].target[0, 0] = 1
    _, targets, _ = batches(samples, (32, 32)).draw(0)
    assert (targets == IGNORE).any()
    assert targets.shape == (2, 32, 32)


@pytest.mark.parametrize(
    ("shape", "given", "kept"),
    [((48, 48), (30, 30), (10, 10)), ((9, 20, 22), (8, 14, 16), (4, 6, 8))],
)
def test_the_target_is_the_centre_of_a_valid_patch(shape, given, kept):
    target = np.arange(np.prod(shape), dtype=np.int64).reshape(shape) % 7
    sample = Sample(target[None].astype(np.float32), target.astype(np.int16), 0)
    config = CONFIG.model_copy(update={"augment": STILL})
    images, targets, _ = batches([sample], given, kept, config=config).draw(0)
    borders = [(a - b) // 2 for a, b in zip(given, kept, strict=True)]
    inside = [slice(c, c + n) for c, n in zip(borders, kept, strict=True)]
    assert torch.equal(images[:, 0, *inside].round().long(), targets)
    assert targets.shape == (2, *kept)


@settings(max_examples=25, deadline=None)
@given(st.tuples(*[st.integers(1, 11)] * 3), st.tuples(*[st.integers(1, 5)] * 3))
def test_patches_of_volumes_that_are_not_bent_keep_their_pixels(shape, half):
    """Also where the volume is thinner than the patch, by an odd number."""
    size = tuple(2 * n for n in half)
    sample = Sample(
        np.arange(np.prod(shape), dtype=np.float32).reshape(1, *shape),
        np.zeros(shape, np.int16),
        0,
    )
    still = STILL.model_copy(update={"rotate": True, "flip": True, "bent": 0.0})
    config = CONFIG.model_copy(update={"augment": still})
    images, targets, _ = batches([sample], size, config=config, batch=4).draw(3)
    torch.testing.assert_close(images, images.round(), atol=1e-2, rtol=0)
    assert (targets == 0).any()


def test_volumes_lie_channels_last():
    images, targets, _ = batches(noise((9, 20, 24), channels=2), (8, 16, 12)).draw(0)
    assert images.shape == (2, 2, 8, 16, 12)
    assert images.is_contiguous(memory_format=torch.channels_last_3d)
    assert (targets.shape, targets.dtype) == ((2, 8, 16, 12), torch.int64)
