"""Labels layers that do not lie on one grid."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.evaluate.report import evaluate
from napari_unetseg.core.image import Image
from napari_unetseg.layers.align import aligned
from napari_unetseg.layers.place import place
from oracles.alignment import on_grid_of_truth

NM = {"scale": (50, 8, 8), "units": ("nm",) * 3}
TURN = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]])
AXES = {2: "YX", 3: "ZYX", 4: "TZYX"}


def layer(array, name="truth", axes=None, **attributes):
    """Labels as a layer with these attributes has them."""
    axes = axes or AXES[len(array.shape)]
    return place(Image(array=array, axes=axes, name=name), attributes)


def pairs(found):
    """(predicted, true) of all pixels, read plane by plane as the evaluation does."""
    values = []
    for index in found.truth.planes():
        predicted, true = found.prediction.plane(index), found.truth.plane(index)
        assert np.shape(predicted) == np.shape(true)
        values += zip(
            np.ravel(predicted).tolist(), np.ravel(true).tolist(), strict=True
        )
    return values


def grid(shape, seed=0):
    return np.random.default_rng(seed).integers(0, 200, shape, dtype=np.uint8)


def refuse(prediction, truth):
    with pytest.raises(InputError) as error:
        aligned(prediction, truth)
    assert error.value.remedy
    return str(error.value)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {}),
        (NM, {"scale": (50, 8, 8), "units": ("nanometer",) * 3}),
        (NM, {"scale": (0.05, 0.008, 0.008), "units": ("um",) * 3}),
        (NM, {"scale": (50, 8, 8)}),
        ({"scale": (2, 2, 2)}, {"affine": np.diag([2, 2, 2, 1])}),
        ({"rotate": TURN}, {"affine": np.pad(TURN, (0, 1)) + np.diag([0, 0, 0, 1])}),
        ({"translate": (0, 1e-4, 0)}, {}),
    ],
)
def test_equal_places_are_compared_pixel_by_pixel(one, other):
    arrays = grid((2, 3, 4)), grid((2, 3, 4), 1)
    found = aligned(layer(arrays[0], **one), layer(arrays[1], **other))
    assert found.prediction.array is arrays[0]
    assert found.truth.array is arrays[1]
    assert (found.left_out, found.note) == (0, "")


@pytest.mark.parametrize("swap", [False, True])
def test_a_layer_without_place_fits_one_of_its_shape(swap):
    arrays = grid((3, 4)), grid((3, 4), 1)
    layers = [
        layer(arrays[0], "bare"),
        layer(arrays[1], "em", scale=(8, 8), translate=(80, 0), units=("nm", "nm")),
    ]
    found = aligned(*(layers[::-1] if swap else layers))
    assert {id(found.prediction.array), id(found.truth.array)} == {*map(id, arrays)}
    assert found.note == (
        "'bare' has neither pixel size nor place: compared with 'em' pixel by pixel."
    )


def test_coarser_truth_meets_the_pixel_at_its_centre():
    prediction = layer(
        np.arange(16).reshape(4, 4), "fine", scale=(8, 8), units=("nm", "nm")
    )
    truth = layer(
        np.zeros((2, 2), int),
        "coarse",
        scale=(0.024, 0.024),
        translate=(0.008, 0.008),
        units=("um", "um"),
    )
    found = aligned(prediction, truth)
    assert pairs(found) == [(5, 0)]
    assert found.left_out == 3
    assert found.note == (
        "The pixels of 'fine' measure 8 nm, those of 'coarse' 0.024 um: compared on "
        "the grid of 'coarse'; 75 % of its pixels lie outside 'fine' and are left out."
    )


def test_binned_truth_takes_the_same_pixel_everywhere():
    """Its centres lie on borders of pixels: rounding errors must not decide."""
    prediction = layer(np.arange(3000)[None].repeat(2, 0), scale=(0.1, 0.1))
    truth = layer(np.zeros((1, 1500), int), scale=(0.2, 0.2), translate=(0.05, 0.05))
    found = aligned(prediction, truth)
    assert [one for one, _ in pairs(found)] == [*range(1, 3000, 2)]


def test_mirrored():
    units = ("nm", "nm")
    prediction = layer(
        np.arange(6).reshape(2, 3), "a", scale=(1, -1), translate=(0, 2), units=units
    )
    truth = layer(np.zeros((2, 3), int), units=units)
    found = aligned(prediction, truth)
    assert [one for one, _ in pairs(found)] == [2, 1, 0, 5, 4, 3]
    assert found.note.startswith("'a' is mirrored against 'truth': compared on")


def test_cropped_and_shifted():
    whole = grid((4, 6, 7))
    crop = layer(whole[1:3, 2:, :5], "crop", scale=(50, 8, 8), translate=(50, 16, 0))
    found = aligned(crop, layer(whole, scale=(50, 8, 8)))
    assert all(one == other for one, other in pairs(found))
    assert len(pairs(found)) == 2 * 4 * 5
    assert found.left_out == 4 * 6 * 7 - 2 * 4 * 5
    assert "start at different places" in found.note
    corner = layer(whole[:2, :2, :2], "corner", scale=(50, 8, 8))
    assert "differ in size" in aligned(corner, layer(whole, scale=(50, 8, 8))).note


@pytest.mark.parametrize(
    ("length", "words"),
    [(1, "more than 99 %"), (120, "40 %"), (199, "less than 1 %"), (200, None)],
)
def test_share_that_is_left_out(length, words):
    found = aligned(layer(grid((length, 4))), layer(grid((200, 3))))
    assert found.left_out == (200 - length) * 3
    assert (words in found.note) if words else ("left out" not in found.note)


def test_what_is_handed_over_can_be_evaluated():
    truth = Image(
        array=np.array([[1, 2], [2, 2]]), axes="YX", spacing=(16, 16), unit="nm"
    )
    prediction = Image(
        array=np.ones((4, 4), np.uint16), axes="YX", spacing=(8, 8), unit="nm"
    )
    found = aligned(
        place(prediction, {"scale": (8, 8), "units": ("nm", "nm")}),
        place(truth, {"scale": (16, 16), "units": ("nm", "nm")}),
    )
    report = evaluate(found.prediction, found.truth)
    assert report.overlap.matrix.tolist() == [[1, 0], [3, 0]]
    assert report.ignored == ()
    assert report.spacing == {"Y": 16, "X": 16}


def test_pixels_outside_the_prediction_are_not_background():
    truth = layer(np.array([[0, 1, 1, 1]]))
    report_of = aligned(layer(np.array([[0, 1]])), truth)
    report = evaluate(report_of.prediction, report_of.truth)
    assert report.overlap.iou == {0: 1.0, 1: 1.0}
    assert report.overlap.total == 2


def test_time_and_depth_are_one_axis():
    found = aligned(
        layer(grid((2, 3, 4)), axes="TYX"), layer(grid((2, 3, 5)), axes="ZYX")
    )
    assert found.prediction.axes == found.truth.axes == "ZYX"


class Spy:
    """An array that is never read as a whole, and only by numbers and slices."""

    def __init__(self, array):
        self.array, self.shape, self.dtype = array, array.shape, array.dtype
        self.read = []

    def __getitem__(self, key):
        assert all(isinstance(one, int | slice) for one in key)
        part = self.array[key]
        self.read.append(part.size)
        return part


def test_lazy_labels_are_read_a_plane_at_a_time():
    spies = Spy(grid((6, 8, 8))), Spy(grid((3, 5, 9), 1))
    found = aligned(layer(spies[0], scale=(1, 2, 2)), layer(spies[1], scale=(2, 3, 1)))
    assert spies[0].read == spies[1].read == []
    found.prediction.plane((1,))
    assert len(spies[0].read) == 1
    assert max(spies[0].read) <= 64


@pytest.mark.parametrize("kind", ["dask", "zarr"])
def test_kinds_of_arrays(kind):
    array = grid((4, 6, 8))
    if kind == "dask":
        lazy = pytest.importorskip("dask.array").from_array(array, chunks=(1, 3, 8))
    else:
        zarr = pytest.importorskip("zarr")
        lazy = zarr.array(array, chunks=(1, 3, 8))
    place_of = {"scale": (2, 2, 2), "translate": (1, 0, -3)}
    truth = layer(grid((5, 7, 9), 1))
    assert pairs(aligned(layer(lazy, **place_of), truth)) == pairs(
        aligned(layer(array, **place_of), truth)
    )


def test_other_dimensions():
    words = refuse(layer(grid((3, 4)), "flat"), layer(grid((2, 3, 4))))
    assert "'flat' has 2 dimensions and 'truth' has 3" in words


def test_axes_in_another_order():
    words = refuse(
        layer(grid((2, 3, 4)), axes="ZYX"), layer(grid((2, 3, 4)), axes="YXZ")
    )
    assert "ZYX" in words
    assert "YXZ" in words


@pytest.mark.parametrize(
    "transform",
    [
        {"rotate": [[0.8, -0.6], [0.6, 0.8]]},
        {"shear": [0.1]},
        {"shear": [[1, 0], [0.1, 1]]},
        {"affine": [[0, 1, 0], [1, 0, 0], [0, 0, 1]]},
    ],
)
def test_turned_or_sheared(transform):
    words = refuse(layer(grid((30, 40)), "a", **transform), layer(grid((30, 41))))
    assert "'a' is turned or sheared against 'truth'" in words


def test_equally_turned_layers_are_upright_to_each_other():
    turned = {"rotate": [[0.8, -0.6], [0.6, 0.8]]}
    whole = grid((20, 30))
    found = aligned(layer(whole[:, :12], **turned), layer(whole, **turned))
    assert all(one == other for one, other in pairs(found))
    assert found.left_out == 20 * 18


@pytest.mark.parametrize("shift", [4, -4.1, 1000])
def test_no_overlap(shift):
    words = refuse(layer(grid((4, 4)), "a", translate=(0, shift)), layer(grid((3, 4))))
    assert "'a' and 'truth' do not overlap" in words


def test_units_that_cannot_be_converted():
    nm = {"scale": (8, 8), "units": ("nm", "nm")}
    words = refuse(layer(grid((4, 4)), "a", scale=(2, 2)), layer(grid((4, 4)), **nm))
    assert "'a' is measured in pixel and 'truth' in nm" in words
    # Of another shape even a layer without any place cannot be compared.
    refuse(layer(grid((4, 4))), layer(grid((4, 5)), **nm))


def test_units_do_not_matter_where_the_numbers_agree():
    """Time points have no length, and not everybody gives them a unit."""
    one = layer(
        grid((3, 4, 4)), axes="TYX", scale=(1, 8, 8), units=("second", "nm", "nm")
    )
    other = layer(
        grid((3, 8, 8)), axes="TYX", scale=(1, 4, 4), units=("pixel", "nm", "nm")
    )
    assert aligned(one, other).left_out == 0


@pytest.mark.parametrize("affine", [np.diag([1, 0, 1]), np.diag([1, np.nan, 1])])
def test_transforms_that_flatten(affine):
    flat = layer(grid((4, 4)), "flat", affine=affine)
    for pair in ((flat, layer(grid((4, 5)))), (layer(grid((4, 5))), flat)):
        assert "'flat' puts different pixels at one place" in refuse(*pair)


fractions = st.builds(Fraction, st.integers(1, 12), st.integers(1, 7))
shifts = st.builds(Fraction, st.integers(-12, 12), st.integers(1, 6))
lengths = st.integers(1, 6)


@st.composite
def cases(draw):
    """Two label arrays, each with scale and translate per axis and a unit."""
    ndim = draw(st.integers(2, 4))
    found = []
    for seed in range(2):
        shape = tuple(draw(lengths) for _ in range(ndim))
        signs = st.sampled_from((1, -1) if draw(st.booleans()) else (1,))
        scale = [draw(fractions) * draw(signs) for _ in range(ndim)]
        shift = [draw(shifts) for _ in range(ndim)]
        unit = draw(st.sampled_from(("um", "nm")))
        found.append((grid(shape, seed), [*zip(scale, shift, strict=True)], unit))
    return found


@given(cases())
def test_every_pixel_meets_its_place(case):
    """The grids are in um; a layer in nm has numbers a thousand times as large."""
    layers = []
    for (array, places, unit), name in zip(case, ("a", "b"), strict=True):
        factor = 1000 if unit == "nm" else 1
        layers.append(
            layer(
                array,
                name,
                scale=[float(scale * factor) for scale, _ in places],
                translate=[float(shift * factor) for _, shift in places],
                units=(unit,) * array.ndim,
            )
        )
    (one, one_grid, _), (other, other_grid, _) = case
    expected = on_grid_of_truth(one, one_grid, other, other_grid)
    if not expected:
        assert "do not overlap" in refuse(*layers)
        return
    found = aligned(*layers)
    assert pairs(found) == expected
    assert found.left_out == other.size - len(expected)
    assert bool(found.left_out) == ("left out" in found.note)
