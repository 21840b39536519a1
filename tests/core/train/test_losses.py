"""Losses against their equations, and what is not annotated left out of them."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_unetseg.core.config import LOSSES, TrainConfig
from napari_unetseg.core.prepare.targets import IGNORE
from napari_unetseg.core.train import losses
from oracles import losses as oracle

NAMES = ["cross_entropy", "focal", "dice", "cross_entropy_and_dice"]


def case(seed, shape=(2, 5, 4), classes=3):
    rng = np.random.default_rng(seed)
    scores = rng.normal(0, 2, (shape[0], classes, *shape[1:]))
    targets = rng.integers(IGNORE, classes, shape)
    return torch.from_numpy(scores), torch.from_numpy(targets)


def some(weighted, seed, size):
    if not weighted:
        return None
    return torch.from_numpy(np.random.default_rng(seed).uniform(0, 3, size))


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=20)
@given(
    st.integers(0, 1000),
    st.booleans(),
    st.booleans(),
    st.sampled_from([(1, 3, 4), (2, 2, 3, 2)]),
)
def test_each_loss_is_its_equation(name, seed, pixels, classes, shape):
    scores, targets = case(seed, shape)
    weights, class_weights = some(pixels, seed, shape), some(classes, seed, 3)
    found = getattr(losses, name)(scores, targets, weights, class_weights)
    wanted = getattr(oracle, name)(
        *(None if g is None else g.numpy() for g in (scores, targets)),
        *(None if g is None else g.numpy() for g in (weights, class_weights)),
    )
    assert found.item() == pytest.approx(wanted, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_gradients_are_those_of_the_values(name):
    scores, targets = case(1, (1, 2, 3))
    weights, class_weights = some(True, 2, (1, 2, 3)), some(True, 3, 3)
    assert torch.autograd.gradcheck(
        lambda s: getattr(losses, name)(s, targets, weights, class_weights),
        scores.requires_grad_(),
    )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("weighted", [False, True])
def test_pixels_that_are_not_annotated_change_nothing(name, weighted):
    scores, targets = case(4)
    weights = some(weighted, 5, targets.shape)
    loss = getattr(losses, name)
    before = loss(scores.requires_grad_(), targets, weights)
    (gradient,) = torch.autograd.grad(before, scores)
    unknown = (targets == IGNORE)[:, None].expand_as(scores)
    assert not gradient[unknown].any()
    assert gradient[~unknown].any()
    other = torch.where(unknown, 30 * torch.randn_like(scores), scores)
    assert loss(other, targets, weights).item() == before.item()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("weighted", [False, True])
def test_a_weight_of_0_is_not_annotated(name, weighted):
    scores, targets = case(6)
    class_weights = some(weighted, 7, 3)
    loss = getattr(losses, name)
    known = (targets != IGNORE).double()
    hidden = loss(scores, targets.clamp(min=0), known, class_weights)
    wanted = loss(scores, targets, None, class_weights)
    assert hidden.item() == pytest.approx(wanted.item(), rel=1e-12)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("weighted", [False, True])
def test_where_nothing_is_annotated_the_loss_is_0(name, weighted):
    scores, targets = case(8)
    scores = (100 * scores.float()).requires_grad_()
    weights = some(weighted, 9, targets.shape)
    loss = getattr(losses, name)(scores, torch.full_like(targets, IGNORE), weights)
    loss.backward()
    assert loss.item() == 0
    assert not scores.grad.any()


@pytest.mark.parametrize("name", NAMES)
def test_certainty_has_finite_gradients(name):
    _, targets = case(10)
    scores = torch.zeros(2, 3, 5, 4)
    scores[:, 0] = 200
    loss = getattr(losses, name)(scores.requires_grad_(), targets)
    loss.backward()
    assert torch.isfinite(scores.grad).all()


@given(st.integers(0, 1000))
def test_median_frequency_is_that_of_the_samples_in_which_a_class_occurs(seed):
    rng = np.random.default_rng(seed)
    targets = [
        rng.choice([IGNORE, *rng.integers(0, 4, 2)], (3, 4, 5)).astype(np.int16)
        for _ in range(4)
    ]
    targets[0][0, 0, 0] = 0
    found = losses.median_frequency(iter(targets), 4)
    np.testing.assert_allclose(found, oracle.median_frequency(targets, 4))


def loss_of(config=None, targets=(), classes=3):
    return losses.loss_function(config or TrainConfig(), targets, classes)


def test_the_default_is_the_mean_over_annotated_pixels_to_the_bit():
    scores, targets = case(11, (4, 33, 31))
    scores = scores.float().requires_grad_()
    found = loss_of()([scores], targets)
    wanted = torch.nn.functional.cross_entropy(
        scores, targets, ignore_index=IGNORE, reduction="sum"
    ) / (targets != IGNORE).sum().clamp(min=1)
    assert found.item() == wanted.item()
    gradients = [torch.autograd.grad(loss, scores)[0] for loss in (found, wanted)]
    assert torch.equal(*gradients)


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_that_can_be_asked_for_is_there(name):
    scores, targets = case(12)
    config = TrainConfig(loss=name, class_weights="median-frequency")
    function = {"cross-entropy+dice": "cross_entropy_and_dice"}.get(
        name, name.replace("-", "_")
    )
    taught = [targets.numpy()]
    weights = torch.from_numpy(losses.median_frequency(taught, 3)).float()
    wanted = getattr(losses, function)(scores.float(), targets, None, weights)
    found = loss_of(config, taught)([scores], targets)
    assert found.item() == pytest.approx(wanted.item(), rel=1e-6)
    assert found.dtype == torch.float32


def test_levels_count_half_as_much_as_the_one_above():
    scores, targets = case(13, (2, 8, 12))
    coarse = torch.randn(2, 3, 4, 6), torch.randn(2, 3, 2, 6)
    weights = some(True, 14, targets.shape)
    found = loss_of()([scores, *coarse], targets, weights)
    parts = [
        losses.cross_entropy(scores.float(), targets, weights),
        losses.cross_entropy(coarse[0], targets[:, 1::2, 1::2], weights[:, 1::2, 1::2]),
        losses.cross_entropy(coarse[1], targets[:, 2::4, 1::2], weights[:, 2::4, 1::2]),
    ]
    wanted = (4 * parts[0] + 2 * parts[1] + parts[2]) / 7
    assert found.item() == pytest.approx(wanted.item(), rel=1e-6)
