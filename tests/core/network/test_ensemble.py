"""An ensemble gives the mean of what its members give alone, whatever the tiles are."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
import torch

from napari_unetseg.api.questions import segment
from napari_unetseg.core import jobs
from napari_unetseg.core.config import SegmentConfig
from napari_unetseg.core.draining import result_of
from napari_unetseg.core.errors import InputError, ModelError, UnetsegError
from napari_unetseg.core.frames import Frames
from napari_unetseg.core.image import Image
from napari_unetseg.core.network.card import Objects
from napari_unetseg.core.network.ensemble import Ensemble
from napari_unetseg.core.network.geometry import axis_geometries
from napari_unetseg.core.network.measure import network_geometry
from napari_unetseg.core.network.modelfile import Model
from napari_unetseg.core.network.planewise import Planewise
from napari_unetseg.core.network.twin import valid_twin
from napari_unetseg.core.predict import whole
from napari_unetseg.core.predict.plan import Plan
from napari_unetseg.core.predict.planning import make_plan, tile_memory
from napari_unetseg.core.predict.uncertainty import Average
from oracles.doubles import Narrow
from oracles.models import random_model
from oracles.networks import model_of, small, trained


def told(model, **card):
    """A model whose card says something else."""
    return Model(model.card.model_copy(update=card), model.tensors)


def made(name, classes=(0, 1, 2), seed=0, **card):
    model = model_of(name, seed, base=1, classes=len(classes))
    return told(model, classes=classes, sha256=name, **card)


def noise(*shape, axes, spacing=1.0, unit="um", channels=(), seed=0):
    array = np.random.default_rng(seed).normal(size=shape)
    count = len([axis for axis in axes if axis in "ZYX"])
    return Image(
        array=array, axes=axes, spacing=(spacing,) * count, unit=unit, channels=channels
    )


def scores_of(model, image, **options):
    labels, scores = segment(image, model, scores=True, device="cpu", **options)
    assert tuple(scores.shape[1:]) == tuple(labels.shape)
    return np.asarray(getattr(scores, "array", scores))


@pytest.fixture(scope="module")
def models():
    """Networks of the strides 4, 32 and 1, valid and padded ones."""
    return [made(name) for name in ("unet", "segnet", "patch")]


@pytest.fixture(scope="module")
def unlike():
    """Models that see half as many pixels, twice as many, volumes, and as they are."""
    plane, volume = random_model(), random_model(volumes=True)
    return [
        told(random_model(seed=5), spacing=(2.0, 2.0), sha256="coarse"),
        told(plane, spacing=(500.0, 500.0), unit="nm", sha256="fine"),
        told(volume, spacing=(2.0, 1.0, 1.0), sha256="volume"),
        told(random_model(seed=6), spacing=(1.0, 1.0), unit="pixel", sha256="plain"),
    ]


def test_it_averages_what_its_members_say(models):
    image = np.random.default_rng(0).normal(size=(20, 37))
    each = [scores_of(one, image) for one in models]
    found = scores_of(models, image)
    assert np.abs(found - np.mean(each, axis=0)).max() < 1e-6
    assert np.abs(found - each[0]).max() > 1e-2


def test_its_tiles_do_not_change_it(models):
    image = np.random.default_rng(1).normal(size=(70, 41))
    whole = scores_of(models[:2], image, tile="whole")
    assert np.abs(scores_of(models[:2], image, tile=32) - whole).max() < 1e-4


@pytest.mark.parametrize("average", ["none", "flips"])
@pytest.mark.parametrize("tile", ["whole", 16])
def test_members_of_other_pixels_and_dimensions(unlike, average, tile):
    """Each alone is given back in the image's pixels, and so is the mean."""
    image = noise(5, 33, 40, axes="ZYX")
    options = {"average": average, "tile": tile}
    each = [scores_of(one, image, **options) for one in unlike]
    found = scores_of(unlike, image, **options)
    assert found.shape == (3, 5, 33, 40)
    assert np.abs(found - np.mean(each, axis=0)).max() < 1e-4
    for one in each:
        assert np.abs(found - one).max() > 1e-2


def test_the_order_of_the_models_does_not_matter(unlike):
    image = noise(3, 20, 24, axes="ZYX")
    found = [scores_of(order, image) for order in permutations(unlike[1:])]
    for one in found[1:]:
        assert np.abs(one - found[0]).max() < 1e-6


def test_without_rescaling_all_see_the_image_as_it_is(unlike):
    image = noise(20, 24, axes="YX")
    pair = [unlike[0], unlike[1]]
    each = [scores_of(one, image, rescale=False) for one in pair]
    found = scores_of(pair, image, rescale=False)
    assert np.abs(found - np.mean(each, axis=0)).max() < 1e-6


def test_each_takes_its_channels_by_their_names():
    one = told(random_model(), channels=("GFP",), sha256="g")
    both = told(random_model(channels=2), channels=("DAPI", "GFP"), sha256="dg")
    other = told(random_model(seed=5), channels=("RFP",), sha256="r")
    names = ("GFP", "brightfield", "RFP", "DAPI")
    image = noise(4, 20, 24, axes="CYX", channels=names)
    models = [one, both, other]
    each = [scores_of(model, image) for model in models]
    found = scores_of(models, image)
    assert np.abs(found - np.mean(each, axis=0)).max() < 1e-6
    with pytest.raises(InputError, match="has no channel 'RFP'"):
        scores_of(models, noise(2, 9, 9, axes="CYX", channels=("GFP", "DAPI")))


@pytest.mark.parametrize(
    "names", [(("A", "B"), ("B", "A")), (("A", "B"), ()), ((), ()), (("C", "D"), ())]
)
@pytest.mark.parametrize("shown", [(), ("A", "B"), ("B", "A"), ("B", "X", "A")])
def test_channels_are_those_that_each_would_take_alone(names, shown):
    """By name where both know names, and as they stand otherwise."""
    models = [
        told(random_model(channels=2, seed=4 + n), channels=own, sha256=str(n))
        for n, own in enumerate(names)
    ]
    image = noise(max(2, len(shown)), 20, 24, axes="CYX", channels=shown)
    try:
        each = [scores_of(model, image) for model in models]
    except UnetsegError:
        with pytest.raises(UnetsegError):
            scores_of(models, image)
        return
    found = scores_of(models, image)
    assert np.abs(found - np.mean(each, axis=0)).max() < 1e-6
    turned = scores_of(models[::-1], image)
    assert np.abs(found - turned).max() < 1e-6


def test_one_channel_of_two_names_is_the_only_one():
    pair = [told(random_model(seed=n), channels=(name,)) for n, name in enumerate("AB")]
    image = noise(20, 24, axes="YX")
    each = [scores_of(model, image) for model in pair]
    assert np.abs(scores_of(pair, image) - np.mean(each, axis=0)).max() < 1e-6


def test_it_is_told_which_model_an_image_does_not_fit(models):
    two = told(random_model(channels=2), classes=(0, 1, 2), channels=("A", "B"))
    with pytest.raises(
        ModelError, match=r"Model 2 of 2 expects 2 channels \(A, B\), but"
    ):
        scores_of([models[0], two], noise(9, 9, axes="YX"))


def test_broken_pixels_are_filled_as_each_would_fill_them():
    image = noise(5, 33, 40, axes="ZYX", spacing=1.0)
    image.array[2, 10:13, 20] = np.nan
    image.array[4, 5, 5] = np.inf
    models = [random_model(volumes=True), random_model(), random_model(seed=5)]
    each = [scores_of(model, image) for model in models]
    assert np.abs(scores_of(models, image) - np.mean(each, axis=0)).max() < 1e-4


def test_classes_in_another_order_are_the_same_classes():
    one, volume = random_model(), random_model(volumes=True)
    turned = told(random_model(seed=5), classes=(7, 0, 3), sha256="turned")
    image = noise(2, 20, 24, axes="ZYX")
    found = scores_of([one, turned, volume], image)
    first, second, third = (scores_of(m, image) for m in (one, turned, volume))
    assert np.abs(found - (first + second[[1, 2, 0]] + third) / 3).max() < 1e-4
    # What is written names the classes of the first.
    assert Ensemble.of([turned, volume]).card.classes == (7, 0, 3)


def test_disagreement_is_that_of_the_views_of_the_mean(models):
    array, pair = np.random.default_rng(2).normal(size=(24, 24)), models[:2]
    average = Average(4)
    for turned in product((False, True), repeat=2):
        axes = [axis for axis, flip in zip((-2, -1), turned, strict=True) if flip]
        each = [scores_of(one, np.flip(array, axes)) for one in pair]
        average.add(np.flip(np.mean(each, axis=0), axes).astype(np.float32))
    config = SegmentConfig(average="flips", uncertainty="disagreement", device="cpu")
    image = Image(array=array, axes="YX")
    found = result_of(jobs.segment(image, Ensemble.of(pair), config))
    assert np.abs(found.uncertainty.array - average.disagreement()).max() < 1e-5
    assert average.disagreement().max() > 1e-3


def test_too_little_memory_changes_nothing(unlike, monkeypatch):
    image, pair = noise(40, 48, axes="YX"), unlike[:2]
    wanted = scores_of(pair, image, tile="whole")
    monkeypatch.setattr(
        whole, "valid_twin", lambda *given: Narrow(valid_twin(*given), 32 * 32)
    )
    found = scores_of(pair, image, tile="whole")
    assert np.abs(found - wanted).max() < 1e-4


def test_it_takes_the_memory_of_the_largest_and_the_tiles_of_the_smallest(models):
    frames = Frames(noise(300, 300, axes="YX"))
    members = Ensemble.of(models).members()
    asked = {"device": "cpu", "precision": "fp32", "free": 1 << 24}
    plan = make_plan(frames, members, SegmentConfig(), **asked)
    alone = [make_plan(frames, [one], SegmentConfig(), **asked) for one in members]
    assert plan.sides == tuple(
        map(min, zip(*(one.sides for one in alone), strict=True))
    )
    for member, own in zip(members, plan.of_each(), strict=True):
        assert tile_memory(own, frames.shape, member.network) <= 1 << 24


def test_a_plan_knows_the_grids_of_all():
    plan = Plan(grid=(3, 4), sides=(2, 2), besides=((6, 8), (3, 4)))
    values = plan.to_values()
    assert Plan.from_values(values) == plan
    assert [one.grid for one in plan.of_each()] == [(3, 4), (6, 8), (3, 4)]
    del values["besides"]  # As plans of earlier versions are.
    assert Plan.from_values(values).grids == ((3, 4),)


def test_its_card_tells_that_it_is_another_model(models):
    both = Ensemble.of(models[:2])
    assert both.card.sha256 not in {one.card.sha256 for one in models}
    assert both.card.classes == (0, 1, 2)
    assert Ensemble.of(models[1::-1]).card.sha256 == both.card.sha256


def test_thresholds_of_one_model_do_not_count_for_all():
    one = made("unet", thresholds={1: 0.4})
    assert Ensemble.of([one, made("unet", seed=1)]).card.thresholds == {}
    assert Ensemble.of([one, one]).card.thresholds == {1: 0.4}


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (made("unet", (0, 1)), "'b' and 'a' have other classes"),
        (
            made("unet", objects=Objects()),
            "'b' and 'a' have other ways to find objects",
        ),
        (told(random_model(channels=2), classes=(0, 1, 2)), "have other channels"),
    ],
)
def test_models_that_do_not_fit_are_refused_by_name(models, other, words):
    with pytest.raises(InputError, match=words):
        Ensemble.of([models[0], other], ["a", "b"])


def test_objects_of_another_kind_are_found_in_another_way():
    kinds = [Objects(kind="watershed", centre=1, border=2), Objects()]
    with pytest.raises(InputError, match="other ways to find objects"):
        Ensemble.of([made("unet", objects=how) for how in kinds])


def test_no_model_is_too_few():
    with pytest.raises(InputError, match="There is no model"):
        segment(np.zeros((4, 4)), [])


def test_a_network_of_planes_sees_each_plane_of_a_volume_alone():
    plane = trained(small("unet-bn", 2, classes=3, base=1))
    network = Planewise(plane)
    assert axis_geometries(network)[1:] == axis_geometries(plane)
    found = network_geometry(network, (4, 9, 9))
    alone = network_geometry(plane, (9, 9))
    assert found.input_shape == (4, *alone.input_shape)
    assert found.multiply_adds == 4 * alone.multiply_adds
    assert alone.memory_inference < found.memory_inference
    image = torch.randn(2, 1, *found.input_shape)
    with torch.inference_mode():
        scores = valid_twin(network)(image)
        twin = valid_twin(plane)
        assert scores.shape == (2, 3, *found.output_shape)
        for z in range(4):
            assert torch.equal(scores[:, :, z], twin(image[:, :, z]))
