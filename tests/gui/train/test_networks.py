"""The networks that can be chosen in the Train dock, and what each stands for."""

from __future__ import annotations

import pytest

from napari_unetseg.core.config import NETWORKS, POOLINGS, WAYS_UP
from napari_unetseg.core.errors import InputError
from napari_unetseg.gui.train.dock import TrainDock

pytestmark = pytest.mark.gui


@pytest.fixture
def dock(model, stripes, qtbot, until):
    """Open the dock beside an image and its labels."""
    image, labels = stripes
    model.add_image(image, name="grey")
    model.add_labels(labels, name="painted")
    dock = TrainDock(model)
    qtbot.addWidget(dock)
    until(lambda: dock.look.seen is not None)
    return dock


def widget_of(dock, name):
    return next(w for f, w in dock.training.widgets.items() if f.name == name)


def test_every_network_is_offered_and_shows_its_own_settings(dock, model):
    network, up = widget_of(dock, "network"), widget_of(dock, "upsampling")
    assert tuple(network.choices) == NETWORKS
    for name in (*POOLINGS, "unet-bn"):
        network.value = name
        assert up.value == WAYS_UP[name][0]
        config = dock.training.config
        assert (config.network, config.upsampling) == (name, WAYS_UP[name][0])
        assert config.depth == POOLINGS.get(name, 4)
        dock.plan()
    up.value = "linear"
    assert dock.training.config.upsampling == "linear"


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        ({"network": "segnet", "dimensions": 3}, "'segnet' was made for planes"),
        ({"network": "patch", "upsampling": "linear"}, "'patch' can do: transposed"),
        ({"network": "unet", "upsampling": "unpooling"}, "'unet' can do: transposed"),
        ({"network": "fcn-8s", "depth": "3"}, "'fcn-8s' always has 5 poolings"),
    ],
)
def test_what_a_network_cannot_do_is_said_before_any_work(dock, choices, sentence):
    for name, value in choices.items():
        widget_of(dock, name).value = value
    with pytest.raises(InputError, match=sentence):
        dock.plan()
