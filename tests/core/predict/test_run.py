"""From values to scores: what is computed, in which precision, and what is refused."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from torch import nn

import napari_unetseg as us
from napari_unetseg.core.errors import UnetsegError
from napari_unetseg.core.network.twin import valid_twin
from napari_unetseg.core.predict.run import Pending, Runner, check_finite
from oracles.models import random_model


def inputs(*shape, count=1):
    rng = np.random.default_rng(0)
    return [rng.normal(size=shape).astype(np.float32) for _ in range(count)]


def test_scores_are_waited_for_when_they_are_on_their_way():
    class Arriving:
        calls = 0

        def synchronize(self):
            self.calls += 1
            scores[0][:] = 7

    scores, arrived = [np.zeros((2, 3, 3), np.float32)], Arriving()
    [found] = Pending(scores, arrived).wait()
    assert arrived.calls == 1
    assert (found == 7).all()
    assert Pending(scores).wait() is scores


@pytest.mark.parametrize("volumes", [False, True])
def test_what_is_kept_are_probabilities_of_each_tile(volumes):
    model = random_model(volumes=volumes)
    twin = valid_twin(model.network())
    shape = (1, 11, 24, 26) if volumes else (1, 24, 26)
    values = inputs(*shape, count=3)
    runner = Runner(twin, "cpu", "fp32")
    keeps = [(slice(None),) * (2 + volumes) for _ in values]
    keeps[1] = (*keeps[1][:-2], slice(1, 4), slice(2, 10))
    staged = runner.stage(values)
    assert staged.shape == (3, *shape)
    found = runner.launch(staged, keeps).wait()
    for one, scores, keep in zip(values, found, keeps, strict=True):
        assert scores.dtype == np.float32
        with torch.no_grad():
            wanted = torch.softmax(twin(torch.from_numpy(one)[None]), 1)[0].numpy()
        np.testing.assert_allclose(scores, wanted[(slice(None), *keep)], atol=1e-5)
        np.testing.assert_allclose(scores.sum(axis=0), 1, atol=1e-5)


def test_a_tile_of_any_layout_in_memory_can_be_staged():
    [values] = inputs(2, 5, 7)
    runner = Runner(nn.Identity(), "cpu", "fp32")
    for turned in (values[:, ::-1], values.swapaxes(1, 2), values[..., ::2]):
        for several in ([turned], [turned, turned]):
            staged = runner.stage(several)
            assert staged.is_contiguous()
            assert len(staged) == len(several)
            np.testing.assert_array_equal(staged[-1].numpy(), turned)


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
@pytest.mark.parametrize("volumes", [False, True])
def test_a_reduced_precision_gives_about_the_same(precision, volumes):
    image = np.random.default_rng(0).normal(size=(4, 30, 30))
    model = random_model(volumes=volumes)
    wanted = us.segment(image, model, scores=True, device="cpu")[1]
    found = us.segment(image, model, scores=True, device="cpu", precision=precision)[1]
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.sum(axis=0), 1, atol=1e-5)
    difference = np.abs(found - wanted)
    assert difference.mean() < 0.01
    assert difference.max() < 0.2
    assert difference.max() > 1e-5, "it was computed in float32"


SCORES = hnp.arrays(
    np.float32,
    hnp.array_shapes(min_dims=3, max_dims=4, max_side=5),
    elements=st.floats(0, 1, width=32),
)


@given(SCORES, st.sampled_from([np.nan, np.inf, -np.inf]), st.data())
def test_what_is_no_number_is_refused_wherever_it_is(scores, value, data):
    box = tuple((9 * n, 9 * n + 5) for n in range(scores.ndim - 1))
    check_finite(scores, box)
    place = tuple(data.draw(st.integers(0, n - 1)) for n in scores.shape)
    scores[place] = value
    named = "z 0, y 9, x 18" if scores.ndim == 4 else "y 0, x 9"
    with pytest.raises(
        UnetsegError, match=f"not numbers in the tile at {named}. Train"
    ):
        check_finite(scores, box)


def test_an_infinity_and_its_opposite_do_not_cancel_out():
    scores = np.zeros((2, 3, 3), np.float32)
    scores[0, 1, 1], scores[1, 1, 1] = np.inf, -np.inf
    with np.errstate(invalid="ignore"), pytest.raises(UnetsegError, match="y 4, x 6"):
        check_finite(scores, ((4, 7), (6, 9)))
    check_finite(np.full((2, 3, 3), np.finfo(np.float32).max), ((0, 3), (0, 3)))
