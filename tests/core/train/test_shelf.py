"""What is read patch by patch teaches what it would teach from memory."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_unetseg.core.augment.deform import coordinate_map, draw_deformation
from napari_unetseg.core.augment.resample import resample
from napari_unetseg.core.config import AugmentConfig, InstancesConfig, TrainConfig
from napari_unetseg.core.image import Image
from napari_unetseg.core.prepare.annotation import Annotation
from napari_unetseg.core.prepare.divide import divide
from napari_unetseg.core.prepare.edits import Edit
from napari_unetseg.core.prepare.pixelsize import PixelSize
from napari_unetseg.core.prepare.repaint import repaint
from napari_unetseg.core.prepare.samples import in_memory, painted_frames, samples
from napari_unetseg.core.prepare.targets import IGNORE
from napari_unetseg.core.prepare.teaching import Teaching
from napari_unetseg.core.train.batches import Batches
from napari_unetseg.core.train.shelf import Shelf
from oracles.doubles import Watched, threads

# float32 holds places to about so many pixels, on either side of a border.
CLOSE = 1e-4
CLASSES = Teaching((0, 1, 2))
RINGS = Teaching((0, 1, 2), InstancesConfig(apart="border", weights="none", ring=2))
GAPS = Teaching((0, 1), InstancesConfig(apart="gap", weights="paper", sigma=3, ring=3))
# Its weights reach 43 pixels far, of which a volume would have many.
WIDE = Teaching(
    (0, 1, 2), InstancesConfig(apart="border", weights="fiji", sigma=3, ring=1)
)
KINDS = [
    *(((30, 26), teaching) for teaching in (CLASSES, RINGS, GAPS, WIDE)),
    *(((9, 16, 14), teaching) for teaching in (CLASSES, RINGS, GAPS)),
]


def pair(shape, seed=0, spacing=(), largest=3):
    """Smooth values, and boxes painted on what is not annotated."""
    rng = np.random.default_rng(seed)
    places = np.meshgrid(*map(np.arange, shape), indexing="ij")
    waves = [np.sin(p * rng.uniform(0.2, 0.6) + rng.uniform(0, 6)) for p in places]
    painted = np.zeros(shape, np.uint8)
    for number in range(14):
        corners = np.sort([rng.integers(0, n + 1, 2) for n in shape])
        box = tuple(slice(a, min(b, a + 9)) for a, b in corners.tolist())
        painted[box] = number % largest
    axes = "ZYX"[-len(shape) :]
    grey = (100 * sum(waves)).astype(np.float32)
    options = {"axes": axes, "spacing": spacing, "unit": "um"}
    return Image(array=grey, **options), Image(array=painted, **options)


def both(pairs, teaching, size=None):
    """Samples that are read patch by patch, and the same in memory."""
    unknown = tuple(
        dict.fromkeys(painted.planes(), number % 2 == 0)
        for number, (_, painted) in enumerate(pairs)
    )
    known = Annotation(teaching.ids, unknown, unknown, "")
    found = []
    for _ in "ab":
        images = [Image(array=Watched(one.array), axes=one.axes) for one, _ in pairs]
        images = [
            one.with_spacing(image.spacing, image.unit)
            for one, (image, _) in zip(images, pairs, strict=True)
        ]
        labels = [
            Image(array=Watched(one.array.copy()), axes=one.axes) for _, one in pairs
        ]
        dimensions = len(pairs[0][0].axes)
        found.append(
            samples(images, labels, known, teaching, dimensions=dimensions, size=size)
        )
    return found[0], [in_memory(one) for one in found[1]]


def is_between(coordinates):
    """Whether a place is as near to two pixels: either may be taken."""
    part = np.abs(coordinates % 1 - 0.5) < CLOSE
    return torch.from_numpy(part.any(axis=0))


def patches(lazy, held, teaching, coordinates):
    """What a patch is made of, read and from memory."""
    made = []
    for one in (lazy, held):
        piece, start = Shelf([one], teaching, "cpu").piece(0, coordinates)
        column = np.asarray(start, np.float32).reshape(-1, *(1,) * len(start))
        made.append(
            resample(
                piece.image,
                piece.target,
                torch.from_numpy(coordinates - column),
                IGNORE,
                extra=piece.term,
            )
        )
    return made


def check_same(read, kept, between):
    torch.testing.assert_close(read[0], kept[0], atol=1e-5, rtol=1e-5)
    assert torch.equal(read[1][~between], kept[1][~between])
    assert len(read) == len(kept)
    if len(kept) == 3:
        counts = (kept[1] != IGNORE) & ~between
        torch.testing.assert_close(
            read[2][counts], kept[2][counts], atol=1e-3, rtol=1e-4
        )


@settings(max_examples=60)
@given(st.sampled_from(KINDS), st.sampled_from([1.0, 0.0]), st.integers(0, 9999))
def test_a_patch_is_as_from_memory(kind, bent, seed):
    """Also where it lies beyond the border, wherever that is."""
    rng = np.random.default_rng(seed)
    longest, teaching = kind
    shape = tuple(rng.integers(1, n + 1) for n in longest)
    [lazy], [held] = both([pair(shape, seed)], teaching)
    size = tuple(rng.integers(2, 20, len(shape)).tolist())
    centre = tuple(rng.uniform(-3, np.array(shape) + 3).tolist())
    config = AugmentConfig(bent=bent, elastic_sigma=2, elastic_spacing=8)
    bending = draw_deformation(centre, size, config, rng)
    coordinates = coordinate_map(bending, size)
    read, kept = patches(lazy, held, teaching, coordinates)
    check_same(read, kept, is_between(coordinates))


@settings(max_examples=30)
@given(st.sampled_from(KINDS), st.sampled_from([0.5, 1.3, 2.0]), st.integers(0, 9999))
def test_a_patch_of_other_pixels_is_as_from_memory(kind, factor, seed):
    rng = np.random.default_rng(seed)
    shape, teaching = kind
    rank = len(shape)
    one = pair(shape, seed, spacing=(1.0,) * rank)
    size = PixelSize((factor,) * rank, "um")
    [lazy], [held] = both([one], teaching, size)
    assert lazy.zoom == held.zoom == (factor,) * rank
    centre = tuple(rng.uniform(0, np.array(shape) - 1).tolist())
    config = AugmentConfig(bent=1, elastic_sigma=1, elastic_spacing=8)
    bending = draw_deformation(centre, (8,) * rank, config, rng, zoom=lazy.zoom)
    coordinates = coordinate_map(bending, (8,) * rank)
    read, kept = patches(lazy, held, teaching, coordinates)
    check_same(read, kept, is_between(coordinates))


def test_no_more_is_read_than_a_patch_needs():
    image, painted = pair((90, 80))
    [lazy], _ = both([(image, painted)], RINGS)
    read = []
    values, target = lazy.values, lazy.target
    watch(values, read)
    watch(target, read)
    places = np.stack(np.meshgrid(np.arange(20, 30), np.arange(0, 12), indexing="ij"))
    Shelf([lazy], RINGS, "cpu").piece(0, places.astype(np.float32))
    # Three pixels for the interpolation, and for the target the ring of two.
    assert read == [
        (slice(None), slice(17, 33), slice(0, 15)),
        (slice(0, 1), slice(15, 35), slice(0, 17)),
    ]


def watch(view, read):
    frame = view._frame

    class Frame:
        shape, dtype = frame.shape, frame.dtype

        def __getitem__(self, box):
            read.append(box)
            return frame[box]

    view._frame = Frame()


def batches(found, teaching, size, **options):
    config = TrainConfig(
        seed=3, augment=AugmentConfig(bent=0.5, elastic_sigma=2, noise=0.1)
    )
    given = tuple(n + 4 for n in size)
    return Batches(
        found,
        teaching,
        config,
        batch=3,
        input_shape=given,
        output_shape=size,
        device="cpu",
        **options,
    )


def check_batches(first, second, steps):
    for step in steps:
        read, kept = first.draw(step), second.draw(step)
        torch.testing.assert_close(read.images, kept.images, atol=1e-4, rtol=1e-4)
        # A border of objects moves with a pixel that lies between two.
        assert (read.targets != kept.targets).float().mean() < 2e-3
        assert (read.weights is None) == (kept.weights is None)
        if kept.weights is not None:
            same = read.targets == kept.targets
            torch.testing.assert_close(
                read.weights[same], kept.weights[same], atol=1e-3, rtol=1e-4
            )


@pytest.mark.parametrize(("shape", "teaching"), KINDS)
def test_batches_are_as_from_memory_after_painting_too(shape, teaching):
    rank = len(shape)
    pairs = [pair(shape, 1), pair(tuple(n + 3 for n in shape), 2)]
    lazy, held = both(pairs, teaching)
    frames = [painted_frames(one, one, rank) for _, one in pairs]
    size = (4, 12, 12)[-rank:]
    first, second = (batches(one, teaching, size) for one in (lazy, held))
    try:
        check_batches(first, second, [0, 1, 2, 7, 8, 3])
        assert threads() == ["unetseg-ahead"]
        for number in range(3):
            image = number % 2
            start = (number,) * rank
            values = np.full((5,) * rank, number % 3, np.uint8)
            edit = Edit(number, image, start, values)
            for one, found in ((first, lazy), (second, held)):
                touched, _ = repaint([edit], found, frames)
                one.repaint(touched)
            check_batches(first, second, [4 + number, 5 + number])
    finally:
        first.close()
        second.close()


def test_what_was_read_ahead_is_forgotten_when_something_is_painted():
    """It takes effect at the very next batch."""
    image, painted = pair((30, 30))
    [lazy], _ = both([(image, painted)], CLASSES)
    found = batches([lazy], CLASSES, (24, 24))
    found.draw(0)
    edit = Edit(1, 0, (0, 0), np.full((30, 30), 2, np.uint8))
    touched, _ = repaint([edit], [lazy], [painted_frames(painted, painted, 2)])
    found.repaint(touched)
    assert set(found.draw(1).targets.unique().tolist()) <= {IGNORE, 2}
    found.close()


@pytest.mark.parametrize("chosen", [0, 1])
def test_who_erases_everything_may_paint_again(chosen):
    image, painted = pair((30, 30))
    one = both([(image, painted)], CLASSES)[chosen]
    frames = [painted_frames(painted, painted, 2)]
    # Where 0 is background it would go on to teach that.
    one[0].painted._unknown[:] = True
    found = batches(one, CLASSES, (12, 12))
    for value in (0, 2):
        edit = Edit(1, 0, (0, 0), np.full((30, 30), value, np.uint8))
        found.repaint(repaint([edit], one, frames)[0])
        taught = {*found.draw(value).targets.unique().tolist()}
        assert taught <= ({IGNORE, 2} if value else {IGNORE})
        assert 2 in taught or not value
    found.close()


@pytest.mark.parametrize("held", [True, False])
def test_a_frame_that_is_painted_later_is_taken_up(held):
    pairs = [pair((30, 30), 1), pair((30, 30), 2)]
    read, kept = both(pairs, CLASSES)
    chosen = kept if held else read
    shelf = Shelf(chosen[:1], CLASSES, "cpu")
    shelf.repaint([chosen[1]])
    assert shelf.samples == chosen
    places = np.stack(np.meshgrid(np.arange(5), np.arange(5), indexing="ij"))
    piece, start = shelf.piece(1, places.astype(np.float32))
    corner = piece.image[0, -start[0] :, -start[1] :][:5, :5]
    np.testing.assert_allclose(corner, kept[1].values[0, :5, :5])


@pytest.mark.parametrize("drawn", [0, 1, 3])
def test_the_thread_has_ended_when_the_batches_are_closed(drawn):
    lazy, _ = both([pair((30, 30))], CLASSES)
    found = batches(lazy, CLASSES, (8, 8))
    for step in range(drawn):
        found.draw(step)
    assert threads() == ["unetseg-ahead"] * (drawn > 0)
    found.close()
    assert threads() == []
    found.close()
    # They may be drawn from again.
    found.draw(5)
    found.close()
    assert threads() == []


def test_no_thread_is_started_for_what_is_in_memory():
    _, held = both([pair((30, 30))], CLASSES)
    batches(held, CLASSES, (8, 8)).draw(0)
    assert threads() == []


def test_what_goes_wrong_while_it_is_read_is_raised():
    lazy, _ = both([pair((30, 30))], CLASSES)
    found = batches(lazy, CLASSES, (8, 8))

    class Broken:
        shape = lazy[0].values.shape

        def __getitem__(self, box):
            raise OSError("the disk is gone")

    object.__setattr__(lazy[0], "values", Broken())
    with pytest.raises(OSError, match="the disk is gone"):
        found.draw(0)
    found.close()
    assert threads() == []


def test_a_block_that_validates_is_not_taught_from_disk_either():
    rng = np.random.default_rng(0)
    array = rng.integers(1, 3, (60, 60)).astype(np.uint8)
    labels = Image(array=array, axes="YX")
    [lazy], _ = both([(Image(array=array.astype(float), axes="YX"), labels)], CLASSES)
    parts = divide([lazy], [[True]], "0.2", lambda: (4, 4), 3)
    assert parts.block is not None
    shelf = Shelf(parts.train, CLASSES, "cpu")
    at = [float(side.start) for side in parts.block]
    piece, _ = shelf.piece(0, np.array(at, np.float32).reshape(2, 1, 1))
    y, x = 3, 3
    assert piece.target[y, x] == IGNORE
    scored, _ = Shelf(parts.validation, CLASSES, "cpu").piece(
        0, np.array(at, np.float32).reshape(2, 1, 1)
    )
    assert scored.target[y, x] == array[tuple(map(int, at))]
