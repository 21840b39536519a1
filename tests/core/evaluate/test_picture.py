from __future__ import annotations

import numpy as np
import pytest
from PIL import Image as PilImage

from napari_unetseg.core.errors import InputError, WriteError
from napari_unetseg.core.evaluate.overlap import overlap
from napari_unetseg.core.evaluate.panels import (
    CLASS_COLOURS,
    ERROR_COLOURS,
    OTHER_ERRORS,
    blend,
    class_colours,
    errors,
    mistakes,
    paint,
    stretch,
)
from napari_unetseg.core.evaluate.picture import comparison, percent, write_png

SIDE = 480


@pytest.fixture
def plane():
    """Grey noise, class 1 left and 2 right, two wrong blocks of different kinds."""
    rng = np.random.default_rng(0)
    image = rng.normal(100, 10, (SIDE, SIDE)).astype(np.float32)
    truth = np.ones((SIDE, SIDE), np.uint8)
    truth[:, SIDE // 2 :] = 2
    prediction = truth.copy()
    prediction[10:20, 30:40] = 2
    prediction[10:15, 300:305] = 1
    return image, truth, prediction


def find(picture, colour):
    """(Y, X) of the pixels of one colour, above the legend."""
    return np.argwhere((picture[: SIDE + 80] == colour).all(axis=-1))


def test_four_panels_beside_each_other(plane):
    picture = comparison(*plane)
    assert picture.dtype == np.uint8
    assert picture.ndim == 3
    assert 4 * SIDE < picture.shape[1] < 4.6 * SIDE
    assert SIDE < picture.shape[0] < 1.5 * SIDE
    margins = (picture[:20], picture[-20:], picture[:, :20], picture[:, -20:])
    for margin in margins:
        assert (margin == 255).all()


def test_wrong_pixels_are_marked_by_kind_and_nowhere_else(plane):
    picture = comparison(*plane)
    common, rare = (find(picture, colour) for colour in ERROR_COLOURS[:2])
    assert len(common) == 100
    assert len(rare) == 25
    # The blocks stand where they are in the plane, in the last panel.
    assert common.min(axis=0).tolist() == [
        rare[:, 0].min(),
        rare[:, 1].min() - 300 + 30,
    ]
    assert common[:, 1].min() > 3 * SIDE


def test_a_perfect_prediction_has_no_marks(plane):
    image, truth, _ = plane
    picture = comparison(image, truth, truth)
    assert not len(find(picture, ERROR_COLOURS[0]))


def test_small_planes_are_magnified_and_large_ones_averaged():
    small = np.ones((8, 8), int)
    picture = comparison(small, small, small)
    assert picture.shape[1] > 4 * 400
    large = np.ones((50, 3000), int)
    picture = comparison(large, large, large)
    assert picture.shape[1] < 4.6 * 1024


def test_a_single_wrong_pixel_of_a_large_plane_is_still_seen():
    image = np.ones((2048, 2048))
    truth = np.ones((2048, 2048), np.uint8)
    prediction = truth.copy()
    prediction[1000, 1000] = 2
    right, wrong = (comparison(image, truth, p)[:1060] for p in (truth, prediction))
    assert (right[100:, -1000:] != wrong[100:, -1000:]).any()


@pytest.mark.parametrize("shape", [(300, 300, 3), (1, 1), (2, 900), (900, 2)])
def test_any_shape(shape):
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 12, shape[:2])
    names = dict.fromkeys(range(12), "a name that is much too long for the panel" * 2)
    picture = comparison(rng.random(shape), truth, truth[::-1], names=names)
    assert picture.shape[2] == 3


def test_nothing_to_compare(plane):
    image, truth, prediction = plane
    assert comparison(image, truth, prediction, ignore=(1, 2)).shape[2] == 3


def test_shapes_must_agree(plane):
    image, truth, prediction = plane
    with pytest.raises(InputError, match="differ in shape"):
        comparison(image, truth[1:], prediction)


def test_stretch_ignores_hot_pixels():
    image = np.linspace(10, 20, 10_000).reshape(100, 100)
    image[0, 0] = 1e6
    grey = stretch(image)
    assert grey.shape == (100, 100, 3)
    assert grey.min() == 0
    assert grey.max() == 255
    assert abs(int(grey[50, 0, 0]) - 128) < 4


def test_stretch_of_odd_images():
    assert (stretch(np.full((3, 3), 7)) == 128).all()
    holed = np.array([[np.nan, 0.0], [1.0, np.inf]])
    assert stretch(holed)[..., 0].tolist() == [[0, 0], [255, 0]]
    assert stretch(np.array([[True, False]]))[..., 0].tolist() == [[255, 0]]
    assert stretch(np.zeros((2, 2, 3))).shape == (2, 2, 3)


def test_0_stays_unpainted_unless_it_is_given_a_colour():
    assert class_colours((0, 1)) == {1: CLASS_COLOURS[0]}
    given = class_colours((0, 1, 2), {0: "#010203", 2: (4, 5, 6)})
    assert given == {0: (1, 2, 3), 1: CLASS_COLOURS[1], 2: (4, 5, 6)}


def test_paint_is_translucent():
    grey = np.full((1, 2, 3), 100, np.uint8)
    painted = paint(grey, np.array([[0, 1]]), {1: (200, 0, 100)})
    assert painted.tolist() == [[[100, 100, 100], [150, 50, 100]]]
    assert (grey == 100).all()


def test_rare_kinds_of_errors_are_joined():
    rng = np.random.default_rng(2)
    truth = rng.integers(1, 5, (40, 40))
    prediction = rng.integers(1, 5, (40, 40))
    kinds = mistakes(overlap(prediction, truth))
    assert len(kinds) == len(ERROR_COLOURS) + 1
    assert kinds[-1].truth is None
    shares = [kind.share for kind in kinds]
    assert shares[:-1] == sorted(shares[:-1], reverse=True)
    assert sum(shares) == pytest.approx((truth != prediction).mean())
    shown = errors(stretch(truth), truth, prediction, kinds)
    black = (shown == OTHER_ERRORS).all(axis=-1)
    assert black.mean() == pytest.approx(shares[-1])


def test_pixels_that_are_not_compared_are_not_marked():
    truth, prediction = np.array([[0, 1]]), np.array([[1, 0]])
    grey = stretch(truth)
    shown = errors(grey, truth, prediction, [], ignore=(0,))
    assert (shown == blend(grey, (255, 255, 255), 0.9)).all()


@pytest.mark.parametrize(
    ("share", "words"),
    [(0, "0.0 %"), (1e-6, "< 0.1 %"), (0.034, "3.4 %"), (1, "100.0 %")],
)
def test_percent(share, words):
    assert percent(share) == words


def test_png(plane, tmp_path):
    path = tmp_path / "comparison.png"
    picture = comparison(*plane)
    write_png(path, picture)
    with PilImage.open(path) as stored:
        assert stored.format == "PNG"
        assert (np.asarray(stored) == picture).all()
    with pytest.raises(WriteError):
        write_png(path, picture)
    write_png(path, picture[:50], overwrite=True)
    with PilImage.open(path) as stored:
        assert stored.height == 50
    assert [p.name for p in tmp_path.iterdir()] == ["comparison.png"]
