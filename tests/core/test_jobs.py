"""The questions, asked of arrays."""

import numpy as np
import pytest

import napari_unetseg as us
from napari_unetseg.core import jobs
from napari_unetseg.core.errors import InputError, ModelError
from napari_unetseg.core.events import Forecast, Note, Planned, Started, Tile
from napari_unetseg.core.image import Image
from napari_unetseg.core.network.build import network_of
from napari_unetseg.core.network.card import ModelCard
from napari_unetseg.core.network.modelfile import Model
from napari_unetseg.core.predict.store import Memory
from napari_unetseg.core.prepare.channels import select_channels
from napari_unetseg.core.train.wishes import Wishes

SMALL = {"steps": 2, "base": 2, "depth": 1, "patch": 16, "batch": 1}


def pair(shape=(4, 24, 30), axes="ZYX", **options):
    rng = np.random.default_rng(0)
    labels = rng.integers(
        1, 3, [n for n, a in zip(shape, axes, strict=True) if a != "C"]
    )
    values = rng.integers(0, 255, shape).astype(np.uint8)
    image = Image(array=values, axes=axes, name="em", **options)
    return image, Image(array=labels, axes=axes.replace("C", ""), name="gt")


class Kept(Memory):
    """A store that remembers."""

    def __init__(self, finished=()):
        self.finished = set(finished)
        self.arrays = {}
        self.kept = None

    def plan(self):
        return self.kept

    def keep(self, plan):
        self.kept = plan

    def array(self, name, spec, *, anew=False):
        if anew or name not in self.arrays:
            self.arrays[name] = super().array(name, spec)
        return self.arrays[name]

    def done(self):
        return self.finished


def result_of(job):
    while True:
        try:
            next(job)
        except StopIteration as end:
            return end.value


@pytest.fixture(scope="module")
def model():
    image, labels = pair(spacing=(50, 4, 4), unit="nm")
    return us.train(image, labels, validation="3", **SMALL)


def test_arrays_give_arrays_and_images_give_images(model):
    image, labels = pair(spacing=(50, 4, 4), unit="nm")
    plain = us.segment(image.array, model)
    assert isinstance(plain, np.ndarray)
    found, scores = us.segment(image, model, scores=True)
    np.testing.assert_array_equal(found.array, plain)
    assert (found.axes, found.spacing, found.unit) == ("ZYX", (50, 4, 4), "nm")
    assert (scores.axes, scores.shape) == ("CZYX", (2, 4, 24, 30))
    assert scores.channels == ("class 1", "class 2")
    np.testing.assert_allclose(scores.array.sum(0), 1, atol=1e-5)
    np.testing.assert_array_equal(scores.array.argmax(0) + 1, plain)
    assert us.evaluate(found, labels).to_dict()["mean_iou"] > 0


def test_painted_ids_come_back_in_the_smallest_type():
    image, labels = pair()
    painted = np.where(labels.array == 1, 7, 300)
    model = us.train(image.array, painted, validation="0", **SMALL)
    found = us.segment(image.array, model)
    assert model.card.classes == (7, 300)
    assert found.dtype == np.uint16
    assert set(np.unique(found)) <= {7, 300}


def test_the_card_tells_how_the_model_was_made(model):
    card = model.card
    assert card.spacing == (4, 4)
    assert card.unit == "nm"
    assert card.training["images"] == ["em"]
    assert card.training["train_slices"] == [0, 1, 2]
    assert card.validation["slices"] == [3]
    assert card.validation["mean_iou"] is not None
    assert card.training["config"]["steps"] == 2
    assert "torch" in card.versions


def test_names_and_colours_of_classes_travel_with_the_model():
    image, labels = pair()
    model = us.train(
        image,
        labels,
        validation="3",
        class_names={1: "cell", 2: "", 5: "nobody"},
        class_colors={2: "#00ff00", 5: "#0000ff"},
        **SMALL,
    )
    assert model.card.class_names == {"1": "cell"}
    assert model.card.class_colors == {"2": "#00ff00"}
    _, scores = us.segment(image, model, scores=True)
    assert scores.channels == ("cell", "class 2")


def test_a_colour_that_is_none_is_refused_before_any_work():
    image, labels = pair()
    events = []
    with pytest.raises(InputError, match="'green' is no colour for class 2"):
        us.train(
            image, labels, class_colors={2: "green"}, listen=events.append, **SMALL
        )
    assert not any(isinstance(event, Started) for event in events)


def test_a_training_can_be_stopped_early():
    image, labels = pair()
    config = us.train_config(validation="3", **SMALL | {"steps": 9})
    asked = iter([False, False, True])
    wishes = Wishes(stop=lambda: next(asked))
    job = jobs.train([image], [labels], config, wishes=wishes)
    card = result_of(job).model.card
    assert card.training["steps"] == 2
    assert card.training["config"]["steps"] == 9
    assert card.validation["mean_iou"] is not None


def test_events_tell_what_happens(model):
    image, _ = pair()
    events = []
    us.segment(image, model, tile=16, listen=events.append)
    kinds = [type(event) for event in events if not isinstance(event, Note)]
    assert kinds[:3] == [Started, Forecast, Planned]
    tiles = [event for event in events if isinstance(event, Tile)]
    assert [tile.done for tile in tiles] == list(range(1, 17))
    assert tiles[0].start == [0, 0, 0]
    assert tiles[-1].stop == [4, 24, 30]


def test_finished_tiles_are_not_computed_again(model):
    image, _ = pair()
    store = Kept()
    whole = list(jobs.segment(image, model, us.SegmentConfig(tile=16), store=store))
    wanted = store.arrays["labels"].copy()
    store.arrays["labels"][2:] = 0
    store.finished = set(range(8))
    job = jobs.segment(image, model, us.SegmentConfig(tile=16), store=store)
    tiles = [event for event in job if isinstance(event, Tile)]
    assert [tile.done for tile in tiles] == list(range(9, 17))
    assert tiles == [event for event in whole if isinstance(event, Tile)][8:]
    np.testing.assert_array_equal(store.arrays["labels"], wanted)


def test_broken_pixels_are_labelled_0_and_told(model):
    image, _ = pair()
    array = image.array.astype(np.float32)
    array[1, 2, 3] = np.nan
    events = []
    found = us.segment(array, model, listen=events.append)
    assert found[1, 2, 3] == 0
    assert (found > 0).sum() == found.size - 1
    assert any("1 pixels are NaN" in e.text for e in events if isinstance(e, Note))


def test_another_pixel_size_is_told(model):
    events = []
    image, _ = pair(spacing=(50, 0.008, 0.008), unit="um")
    us.segment(image, model, listen=events.append)
    [note] = [e for e in events if isinstance(e, Note)]
    assert note.level == "info"
    assert "trained at 4 x 4 nm" in note.text
    assert "resampled" in note.text
    us.segment(image, model, rescale=False, listen=events.append)
    note = [e for e in events if isinstance(e, Note)][-1]
    assert note.level == "warning"
    assert "a poorer result" in note.text


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (17, 17)])
def test_an_image_smaller_than_a_tile_simply_works(model, shape):
    found = us.segment(np.zeros(shape, np.uint16), model)
    assert found.shape == shape


def test_rgb_and_channels_by_name():
    image, labels = pair((3, 16, 16, 3), "ZYXC", channels=("red", "green", "blue"))
    model = us.train(image, labels, validation="2", **SMALL)
    assert model.card.channels == ("red", "green", "blue")
    swapped = Image(
        array=image.array[..., ::-1], axes="ZYXC", channels=("blue", "green", "red")
    )
    np.testing.assert_array_equal(
        us.segment(swapped, model).array, us.segment(image, model).array
    )


def test_channels_are_selected_for_training():
    image, labels = pair((2, 3, 16, 16), "ZCYX", channels=("a", "b", "c"))
    job = jobs.train(
        [image], [labels], us.train_config(validation="1", **SMALL), channels=("c",)
    )
    assert result_of(job).model.card.channels == ("c",)


@pytest.mark.parametrize(
    ("names", "sentence"),
    [(("x",), "no channel 'x'.*a, b"), (("a", "b", "c"), "no channel 'c'")],
)
def test_unknown_channels_are_listed(names, sentence):
    image, _ = pair((2, 2, 16, 16), "ZCYX", channels=("a", "b"))
    with pytest.raises(InputError, match=sentence):
        select_channels(image, names)


def test_another_channel_count_is_refused(model):
    with pytest.raises(ModelError, match="expects 1 channel, but 'image' has 3"):
        us.segment(np.zeros((3, 20, 20)), model, axes="CYX")


def test_weights_that_do_not_fit_their_card_are_refused(model):
    other = model.card.network.model_copy(update={"base": 3})
    broken = Model(model.card.model_copy(update={"network": other}), model.tensors)
    with pytest.raises(ModelError, match="do not fit"):
        us.segment(np.zeros((20, 20)), broken)


def test_training_goes_on_from_a_model_with_other_classes(model):
    image, labels = pair()
    labels.array[:, :5] = 3
    events = []
    found = us.train(
        image, labels, start_from=model, listen=events.append, validation="3", **SMALL
    )
    assert found.card.network.classes == 3
    assert any(
        "last layer starts anew" in e.text for e in events if isinstance(e, Note)
    )


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ({"preset": "best"}, "default, fast, paper"),
        ({"network": "resnet"}, "Input should be 'unet-bn', 'unet', 'unet-res'"),
        ({"patch": 0}, "patch = 0"),
        ({"device": "tpu"}, "device = 'tpu'"),
        ({"batchsize": 3}, "batchsize"),
    ],
)
def test_bad_settings_get_a_sentence(wish, sentence):
    image, labels = pair()
    with pytest.raises(InputError, match=sentence):
        us.train(image, labels, **wish)


def test_axes_of_arrays_with_many_dimensions_must_be_said(model):
    with pytest.raises(InputError, match="Say which with axes"):
        us.segment(np.zeros((2, 2, 20, 20)), model)
    assert us.segment(np.zeros((2, 2, 20, 20)), model, axes="TZYX").shape == (
        2,
        2,
        20,
        20,
    )


@pytest.fixture(scope="module")
def volumetric():
    """A model of volumes with thick slices, as it starts."""
    architecture = us.NetworkConfig(
        dimensions=3, base=4, depth=1, pools=((1, 2, 2),), kernels=((1, 3, 3), (3,) * 3)
    )
    card = ModelCard(
        network=architecture,
        classes=(1, 7),
        halo=(2, 8, 8),
        spacing=(50, 4, 4),
        unit="nm",
    )
    return Model(card, network_of(architecture).state_dict())


@pytest.mark.parametrize("axes", ["TZYX", "ZTYX", "ZTCYX"])
def test_volumes_are_segmented_in_their_place(volumetric, axes):
    lengths = {"T": 2, "Z": 3, "C": 1, "Y": 24, "X": 30}
    image, _ = pair([lengths[a] for a in axes], axes, spacing=(50, 4, 4), unit="nm")
    events = []
    found, scores = us.segment(
        image, volumetric, tile=16, scores=True, listen=events.append
    )
    assert not any(isinstance(event, Note) for event in events)
    assert found.axes == axes.replace("C", "")
    assert (found.spacing, found.unit) == ((50, 4, 4), "nm")
    assert (scores.axes, scores.shape) == (f"C{found.axes}", (2, *found.shape))
    np.testing.assert_array_equal(np.array([1, 7])[scores.array.argmax(0)], found.array)
    assert set(np.unique(found.array)) == {1, 7}
    written = np.zeros(found.shape, int)
    tiles = [event for event in events if isinstance(event, Tile)]
    for tile in tiles:
        written[tuple(map(slice, tile.start, tile.stop))] += 1
    assert (written == 1).all()
    assert len(tiles) == tiles[0].total == 2 * 4
    for time in range(2):
        volume = image.array.take(time, axes.index("T")).reshape(3, 24, 30)
        alone = us.segment(volume, volumetric, tile="whole")
        different = found.array.take(time, found.axes.index("T")) != alone
        # Tiles round differently in the last digits, which may decide an equal vote.
        margin = np.abs(np.subtract(*scores.array.take(time, scores.axes.index("T"))))
        assert (margin[different] < 1e-4).all()


def test_finished_tiles_of_volumes_are_not_computed_again(volumetric):
    image, _ = pair((2, 3, 24, 30), "TZYX")
    whole = us.segment(image, volumetric, tile=16)
    store = Kept(finished=range(4))
    store.arrays["labels"] = whole.array.copy()
    store.arrays["labels"][1] = 0
    job = jobs.segment(image, volumetric, us.SegmentConfig(tile=16), store=store)
    tiles = [event for event in job if isinstance(event, Tile)]
    assert [tile.done for tile in tiles] == list(range(5, 9))
    np.testing.assert_array_equal(store.arrays["labels"], whole.array)


def test_broken_pixels_of_volumes_are_labelled_0(volumetric):
    image, _ = pair((3, 24, 30))
    array = image.array.astype(np.float32)
    array[1, 2, 3] = np.inf
    found = us.segment(array, volumetric)
    assert np.argwhere(found == 0).tolist() == [[1, 2, 3]]


def test_a_plane_is_refused_by_a_model_of_volumes_before_any_work(volumetric):
    events = []
    with pytest.raises(InputError, match="'image' has the axes YX"):
        us.segment(np.zeros((20, 20)), volumetric, listen=events.append)
    assert events == []


def test_the_spacing_of_slices_counts_for_volumes(volumetric):
    events = []
    image, _ = pair(spacing=(30, 4, 4), unit="nm")
    us.segment(image, volumetric, listen=events.append)
    [note] = [e for e in events if isinstance(e, Note)]
    assert "trained at 50 x 4 x 4 nm" in note.text


def test_a_card_forgives_what_it_does_not_need():
    card = ModelCard(network=us.NetworkConfig(), classes=(1, 2), halo=(92, 92))
    assert card.class_names == {}
