"""The samples: shapes, pixel sizes, reproducibility, and that they are not trivial."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, label
from skimage.filters import threshold_otsu

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.samples import CLASS_NAMES, SAMPLES, sample_data
from napari_unetseg.core.samples.noise import grain, smooth_noise
from napari_unetseg.core.samples.scribbles import SECTIONS, scribble

INTERIOR, MEMBRANE, MITOCHONDRION = 1, 2, 3


@pytest.fixture(scope="module")
def em():
    return sample_data("em")


@pytest.fixture(scope="module")
def cells():
    return sample_data("cells")


@pytest.fixture(scope="module", name="em-scribbles")
def em_scribbles():
    return sample_data("em-scribbles")


@pytest.fixture(scope="module")
def scribbles(request):
    return request.getfixturevalue("em-scribbles")


def iou(found, truth):
    return np.count_nonzero(found & truth) / np.count_nonzero(found | truth)


def test_an_unknown_sample_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match=r"'brain'.*em, cells, em-scribbles"):
        sample_data("brain")


def test_every_sample_says_what_its_classes_are_called():
    assert SAMPLES == ("em", "cells", "em-scribbles") == tuple(CLASS_NAMES)
    assert CLASS_NAMES["em"][MEMBRANE] == "membrane"


@pytest.mark.parametrize("name", ["cells", "em-scribbles"])
def test_two_calls_give_the_same_bytes_in_arrays_of_their_own(name, request):
    np.random.seed(3)  # noqa: NPY002 - a sample must not depend on it
    again = sample_data(name)
    for first, second in zip(request.getfixturevalue(name), again, strict=True):
        assert first.array.tobytes() == second.array.tobytes()
        assert not np.shares_memory(first.array, second.array)


def test_em_is_a_stack_in_nanometres(em):
    for image, name in zip(em, ("em", "em-labels"), strict=True):
        assert (image.shape, image.axes, image.dtype) == ((16, 384, 384), "ZYX", "u1")
        assert (image.spacing, image.unit, image.name) == ((50, 8, 8), "nm", name)
        assert image.array.flags.c_contiguous
        assert image.array.flags.writeable


def test_em_has_every_class_on_every_section(em):
    assert set(np.unique(em[1].array)) == set(CLASS_NAMES["em"])
    for value, least in ((INTERIOR, 0.6), (MEMBRANE, 0.1), (MITOCHONDRION, 0.02)):
        assert np.all((em[1].array == value).mean(axis=(1, 2)) > least)


def test_em_grey_values_are_spread_and_rarely_clipped(em):
    assert 90 < em[0].array.mean() < 160
    assert em[0].array.std() > 20
    assert np.mean((em[0].array == 0) | (em[0].array == 255)) < 0.01


@pytest.mark.parametrize("sigma", [0, 1, 2])
def test_no_threshold_finds_the_membranes(em, sigma):
    image, labels = em
    smooth = gaussian_filter(image.array.astype(np.float32), (0, sigma, sigma))
    truth = labels.array == MEMBRANE
    best = max(iou(smooth < level, truth) for level in range(50, 160, 5))
    assert best < 0.5
    assert iou(smooth < threshold_otsu(smooth), truth) < 0.5


def test_membranes_are_dark_lines_that_separate_cells(em):
    image, labels = em
    section, classes = image.array[8].astype(float), labels.array[8]
    interior = section[classes == INTERIOR]
    membrane = section[classes == MEMBRANE]
    assert interior.mean() - membrane.mean() > 1.5 * interior.std()
    assert label(classes != MEMBRANE)[1] > 50
    network = label(classes == MEMBRANE, np.ones((3, 3)))[0]
    assert np.bincount(network[network > 0]).max() > 0.9 * np.count_nonzero(network)


def test_neighbouring_sections_resemble_each_other_more_than_distant_ones(em):
    borders = em[1].array == MEMBRANE
    near = np.mean([iou(borders[z], borders[z + 1]) for z in range(15)])
    far = np.mean([iou(borders[z], borders[z + 8]) for z in range(8)])
    assert near > 1.5 * far


def test_cells_are_a_time_lapse_in_micrometres(cells):
    image, labels = cells
    assert (image.dtype, labels.dtype) == (np.uint8, np.uint16)
    for part, name in zip(cells, ("cells", "cells-labels"), strict=True):
        assert (part.shape, part.axes) == ((8, 320, 320), "TYX")
        assert (part.spacing, part.unit, part.name) == ((0.65, 0.65), "um", name)


def test_cells_keep_their_id_and_move_only_a_bit(cells):
    frames = cells[1].array
    ids = np.unique(frames)
    assert ids[0] == 0
    assert 20 < len(ids) < 60
    for before, after in pairwise(frames):
        assert np.array_equal(np.unique(after), ids)
        for cell in ids[1:]:
            assert iou(before == cell, after == cell) > 0.5
    assert not np.array_equal(frames[0], frames[-1])


def test_each_cell_is_one_piece(cells):
    for frame in cells[1].array:
        assert all(label(frame == cell)[1] == 1 for cell in np.unique(frame)[1:])


def test_many_cells_touch(cells):
    for frame in cells[1].array:
        pairs = set()
        for here, there in ((frame[1:], frame[:-1]), (frame[:, 1:], frame[:, :-1])):
            border = (here != there) & (here > 0) & (there > 0)
            ids = np.sort(np.stack([here[border], there[border]]), axis=0)
            pairs |= set(map(tuple, ids.T))
        assert len(pairs) >= 15


def test_a_halo_surrounds_the_cells_and_hardly_parts_them(cells):
    grey, ids = cells[0].array.astype(float), cells[1].array
    rim = np.stack([gaussian_filter((f > 0).astype(float), 3) for f in ids])
    halo = grey[(ids == 0) & (rim > 0.1)].mean()
    inside, empty = grey[ids > 0].mean(), grey[rim < 1e-6].mean()
    assert halo > empty + 8 > inside + 8


def test_scribbles_lie_on_the_very_image_of_em(em, scribbles):
    assert np.array_equal(em[0].array, scribbles[0].array)
    assert (em[0].spacing, em[0].unit) == (scribbles[1].spacing, scribbles[1].unit)
    assert scribbles[1].name == "em-scribbles"


def test_scribbles_agree_with_the_dense_labels(em, scribbles):
    painted = scribbles[1].array
    assert painted.dtype == np.uint8
    assert np.array_equal(painted[painted > 0], em[1].array[painted > 0])


def test_scribbles_are_few_and_of_all_classes_on_some_sections(scribbles):
    for z, section in enumerate(scribbles[1].array):
        if z in SECTIONS:
            assert set(np.unique(section)) == {0, INTERIOR, MEMBRANE, MITOCHONDRION}
            assert 0.003 < np.mean(section > 0) < 0.02
        else:
            assert not section.any()


def test_a_stroke_needs_its_class_to_be_there():
    empty = np.ones((1, 20, 20), dtype=np.uint8)
    strokes = ((2, 3, 10), (1, 1, 10))
    painted = scribble(empty, [0], strokes, np.random.default_rng(0), brush=6)
    assert set(np.unique(painted)) == {0, 1}


def test_a_stroke_is_as_wide_as_the_brush():
    wide = np.ones((1, 60, 60), dtype=np.uint8)
    painted = scribble(wide, [0], ((1, 1, 0),), np.random.default_rng(1), brush=6)
    rows, columns = np.nonzero(painted[0])
    assert np.ptp(rows) + 1 == np.ptp(columns) + 1 == 7


@pytest.mark.parametrize("scales", [(0, 4, 9), (3, 0, 0), (2.5, 40, 40)])
def test_smooth_noise_has_unit_variance_everywhere(scales):
    rng = np.random.default_rng(5)
    fields = np.stack([smooth_noise(rng, (4, 11, 12), scales) for _ in range(400)])
    assert fields.dtype == np.float32
    assert np.abs(fields.mean(axis=0)).max() < 0.3
    assert np.abs(fields.std(axis=0) - 1).max() < 0.2


def test_smooth_noise_changes_over_the_length_that_was_asked_for():
    field = smooth_noise(np.random.default_rng(6), (300, 300), (0, 20))
    assert np.abs(np.diff(field, axis=1)).mean() < 0.1
    assert np.abs(np.diff(field, axis=0)).mean() > 0.8


def test_grain_is_correlated_within_a_plane_only():
    field = grain(np.random.default_rng(7), (3, 200, 200), 1.0)
    assert np.mean(field[:, :, 1:] * field[:, :, :-1]) > 0.5
    assert abs(np.mean(field[1:] * field[:-1])) < 0.05


def test_making_samples_loads_neither_torch_nor_qt_nor_napari():
    program = (
        "import sys\n"
        "from napari_unetseg.core.samples import sample_data\n"
        "assert not {'scipy', 'skimage'} & set(sys.modules)\n"
        "sample_data('cells'), sample_data('em-scribbles')\n"
        "assert not {'torch', 'qtpy', 'napari', 'skimage'} & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
