"""What painted ids teach, pixel by pixel from its definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.config import InstancesConfig
from napari_unetseg.core.prepare.targets import IGNORE
from napari_unetseg.core.prepare.teaching import Teaching
from oracles import weights as oracle

NUMBERS = ["uint8", "int8", ">u2", "uint16", "int32", "uint64", "int64", "float32"]


@st.composite
def scenes(draw):
    """Painted ids, per plane whether 0 is unknown, and perhaps a region."""
    rank = draw(st.sampled_from([2, 3]))
    shape = tuple(draw(st.integers(1, 7)) for _ in range(rank))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    painted = rng.integers(0, 4, shape) * (rng.random(shape) < draw(st.floats(0, 1)))
    flags = rng.random(shape[0] if rank == 3 else 1) < draw(
        st.sampled_from([0, 0.5, 1])
    )
    unknown = flags.reshape((-1, *(1,) * 2) if rank == 3 else (1, 1))
    inside = rng.random(shape) < 0.5 if draw(st.booleans()) else None
    return painted.astype(draw(st.sampled_from(NUMBERS))), unknown, inside


def is_hidden(pixel, painted, unknown, inside):
    """Whether nobody knows what a pixel is."""
    if painted[pixel] != 0:
        return False
    if inside is not None:
        return not inside[pixel]
    return bool(np.broadcast_to(unknown, painted.shape)[pixel])


@given(scenes())
def test_classes_are_counted_and_what_nobody_knows_is_ignored(scene):
    painted, unknown, inside = scene
    teaching = Teaching((0, 1, 3))
    found = teaching.taught(painted, unknown, inside)
    assert found.dtype == teaching.dtype == np.int16
    for pixel in np.ndindex(*painted.shape):
        if is_hidden(pixel, painted, unknown, inside):
            assert found[pixel] == IGNORE
        else:
            wanted = {0: 0, 1: 1, 3: 2}.get(int(painted[pixel]), IGNORE)
            assert found[pixel] == wanted
    np.testing.assert_array_equal(teaching.classes(found), found)


@given(scenes(), st.sampled_from([0.0, 1.0, 1.5, 3.0]), st.booleans())
def test_objects_keep_their_ids_and_get_a_ring_of_background(scene, ring, coarse):
    painted, unknown, inside = scene
    lengths = (2.0, 1.0, 1.0)[-painted.ndim :] if coarse else ()
    teaching = Teaching((0, 1, 2), InstancesConfig(ring=ring), lengths)
    found = teaching.taught(painted, unknown, inside)
    assert found.dtype == teaching.dtype == np.int32
    ids = painted.astype(np.int32)
    for pixel in np.ndindex(*painted.shape):
        if is_hidden(pixel, painted, unknown, inside):
            ids[pixel] = IGNORE
    np.testing.assert_array_equal(found, oracle.with_ring(ids, ring, lengths))


@given(scenes(), st.sampled_from(["border", "gap"]))
def test_classes_of_objects_are_derived(scene, apart):
    painted, unknown, inside = scene
    teaching = Teaching((0, 1), InstancesConfig(apart=apart, border=1, ring=1))
    found = teaching.taught(painted, unknown, inside)
    derived = oracle.border(found, 1) if apart == "border" else oracle.gap(found)
    np.testing.assert_array_equal(teaching.classes(found), derived)


@given(
    st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=6, unique=True),
    st.integers(0, 99),
    st.booleans(),
)
def test_objects_stay_apart_however_large_their_ids_are(ids, seed, unknown):
    """And become so small that float32 and tables of all ids hold them."""
    rng = np.random.default_rng(seed)
    painted = rng.choice(np.array(ids, np.uint64), (4, 5))
    teaching = Teaching((0, 1, 2), InstancesConfig(ring=0))
    found = teaching.taught(painted, np.full((1, 1), unknown))
    pairs = {*zip(painted.flat, found.flat, strict=True)}
    assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})
    assert found.max() < 2**16
    for label, one in pairs:
        assert one > 0 if label else one == (IGNORE if unknown else 0)


@given(st.integers(0, 99), st.sampled_from([(2, 2), (3, 1), (1, 2)]))
def test_an_image_of_finer_pixels_has_as_wide_a_ring(seed, zoom):
    """Its distances are measured in pixels of the model."""
    rng = np.random.default_rng(seed)
    painted = rng.integers(1, 4, (12, 13)) * (rng.random((12, 13)) < 0.05)
    teaching = Teaching((0, 1, 2), InstancesConfig(ring=2.0)).zoomed(zoom)
    found = teaching.taught(painted, np.ones((1, 1), bool))
    lengths = tuple(1 / factor for factor in zoom)
    ids = np.where(painted == 0, IGNORE, painted)
    np.testing.assert_array_equal(found, oracle.with_ring(ids, 2.0, lengths))


def test_zoom_composes_with_the_lengths_of_a_volumes_pixels():
    teaching = Teaching((0, 1, 2), InstancesConfig(), (3.0, 1.0, 1.0))
    assert teaching.zoomed(()) is teaching
    assert teaching.zoomed((1.0, 2.0, 0.5)).coarse == (3.0, 0.5, 2.0)
    assert Teaching((0, 1)).zoomed((2.0, 4.0)).coarse == (0.5, 0.25)
    sized = Teaching((0, 1, 2), InstancesConfig(), smallest=10.0)
    assert sized.zoomed((2.0, 4.0)).smallest == 80.0


@given(
    st.integers(0, 99),
    st.sampled_from([(), (2.0, 2.0), (0.5, 1.5), (3.0, 1.0)]),
    st.sampled_from(["none", "paper", "fiji"]),
    st.sampled_from([0.0, 1.0, 2.5]),
)
def test_what_is_farther_away_than_the_margins_does_not_matter(
    seed, zoom, weights, ring
):
    """Of a crop with the margin around a pixel, the pixel is as in the whole."""
    from napari_unetseg.core.prepare.samples import gaps

    rng = np.random.default_rng(seed)
    painted = rng.integers(1, 9, (80, 80)) * (rng.random((80, 80)) < 0.01)
    how = InstancesConfig(ring=ring, weights=weights, sigma=1.3)
    teaching = Teaching((0, 1, 2), how).zoomed(zoom)
    unknown = np.ones((1, 1), bool)
    taught = teaching.taught(painted, unknown)
    term = gaps(taught, teaching)
    for y, x in rng.integers(0, 80, (5, 2)).tolist():
        crop, at = around(painted, (y, x), teaching.margin)
        assert teaching.taught(crop, unknown)[at] == taught[y, x]
        crop, at = around(taught, (y, x), teaching.gap_margin)
        near = gaps(crop, teaching)
        assert (near is None) == (term is None) == (weights == "none")
        if term is not None:
            assert near[at] == pytest.approx(term[y, x], abs=1e-6)


def around(array, place, margin):
    """What lies around a pixel, and where the pixel lies in that."""
    box = tuple(slice(max(0, p - margin), p + margin + 1) for p in place)
    return array[box], tuple(p - side.start for p, side in zip(place, box, strict=True))


def test_classes_need_no_margin():
    assert Teaching((0, 1)).margin == Teaching((0, 1)).gap_margin == 0
