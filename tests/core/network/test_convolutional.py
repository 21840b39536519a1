"""A classifier of windows against the fully convolutional network made of it."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from napari_unetseg.core.config import NetworkConfig
from napari_unetseg.core.errors import ModelError
from napari_unetseg.core.network.build import build_network
from napari_unetseg.core.network.convolutional import convolutionalise
from napari_unetseg.core.network.patch import classifier


def n4():
    return classifier(NetworkConfig(name="patch", base=3))


def like_alexnet():
    """Large strides, and poolings that overlap."""
    return nn.Sequential(
        nn.Sequential(
            nn.Conv2d(2, 4, 11, stride=4),
            nn.ReLU(),
            nn.LocalResponseNorm(3),
            nn.MaxPool2d(3, stride=2),
            nn.Conv2d(4, 6, 3, groups=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2),
        ),
        nn.Flatten(),
        nn.Sequential(
            nn.Dropout(),
            nn.Linear(6 * 2 * 2, 8),
            nn.BatchNorm1d(8),
            nn.ReLU(),
            nn.Dropout(),
            nn.Linear(8, 3),
        ),
    )


def like_vgg():
    """Pairs of small convolutions, average poolings, and three linear layers."""
    return nn.Sequential(
        nn.Conv2d(1, 3, 3),
        nn.ReLU(),
        nn.Conv2d(3, 3, 3, bias=False),
        nn.BatchNorm2d(3),
        nn.ReLU(),
        nn.AvgPool2d(2),
        nn.Conv2d(3, 5, 3),
        nn.Tanh(),
        nn.Conv2d(5, 5, 3),
        nn.Tanh(),
        nn.MaxPool2d(2, 2),
        nn.Flatten(),
        nn.Linear(45, 7),
        nn.ReLU(),
        nn.Linear(7, 7, bias=False),
        nn.ReLU(),
        nn.Linear(7, 4),
        nn.Softmax(dim=1),
    )


# Classifier, side of its window, product of its strides, channels.
CLASSIFIERS = {
    "n4": (n4, 95, 16, 1),
    "alexnet": (like_alexnet, 67, 16, 2),
    "vgg": (like_vgg, 24, 4, 1),
}


def drawn(name):
    """Return a classifier in float64 whose norms know something, and its figures."""
    make, *figures = CLASSIFIERS[name]
    torch.manual_seed(0)
    network = make().double().eval()
    for layer in network.modules():
        if isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d)):
            layer.running_mean.normal_()
            layer.running_var.uniform_(0.5, 2)
    return network, *figures


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_strided_it_is_the_classifier_at_every_stride(name):
    network, window, stride, channels = drawn(name)
    image = torch.randn(
        1, channels, window + 2 * stride, window + stride + 3, dtype=torch.float64
    )
    with torch.no_grad():
        found = convolutionalise(network)(image)
        assert found.shape[2:] == (3, 2)
        for y in range(3):
            for x in range(2):
                top, left = y * stride, x * stride
                part = image[..., top : top + window, left : left + window]
                assert torch.allclose(found[..., y, x], network(part), atol=1e-12)


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_dense_it_is_the_classifier_window_by_window(name):
    network, window, _, channels = drawn(name)
    image = torch.randn(1, channels, window + 4, window + 2, dtype=torch.float64)
    with torch.no_grad():
        found = convolutionalise(network, dense=True)(image)
        assert found.shape[2:] == (5, 3)
        for y in range(5):
            for x in range(3):
                part = image[..., y : y + window, x : x + window]
                assert torch.allclose(found[..., y, x], network(part), atol=1e-12)


def test_both_forms_agree_where_both_have_scores():
    network, window, stride, _ = drawn("vgg")
    image = torch.randn(1, 1, window + 3 * stride, window, dtype=torch.float64)
    with torch.no_grad():
        strided = convolutionalise(network)(image)
        dense = convolutionalise(network, dense=True)(image)
    assert torch.allclose(dense[..., ::stride, :], strided, atol=1e-12)


def test_101_pixels_become_7():
    network = convolutionalise(classifier(NetworkConfig(name="patch")), dense=True)
    assert network(torch.zeros(1, 1, 101, 101)).shape == (1, 2, 7, 7)


def test_of_a_slice_of_the_challenge_dense_takes_475_times_less():
    sliding = classifier(NetworkConfig(name="patch", base=48))
    wholes = [(sliding, 95), (convolutionalise(sliding, dense=True), 512 + 94)]
    taken = []
    for network, side in wholes:
        with FlopCounterMode(display=False) as counter:
            network.to("meta")(torch.empty(1, 1, side, side, device="meta"))
        taken.append(counter.get_total_flops() / 2)
    assert round(512**2 * taken[0] / taken[1]) == 475


def test_the_classifier_is_not_changed():
    network, *_ = drawn("vgg")
    before = {name: values.clone() for name, values in network.state_dict().items()}
    convolutionalise(network, dense=True)[0].weight.data.zero_()
    for name, values in network.state_dict().items():
        assert torch.equal(values, before[name])


def test_the_network_predicts_what_it_is_taught_window_by_window():
    network = build_network("patch", base=3).double().eval()
    image = torch.randn(1, 1, 6, 5, dtype=torch.float64)
    padded = nn.functional.pad(image, [47] * 4)
    with torch.no_grad():
        scores = network(image)
        assert scores.shape == (1, 2, 6, 5)
        for y in range(6):
            for x in range(5):
                window = padded[..., y : y + 95, x : x + 95]
                [taught] = network.forward_all(window)
                assert torch.allclose(scores[..., y, x], taught[..., 0, 0], atol=1e-12)


class Branching(nn.Module):
    def forward(self, x):
        return x


@pytest.mark.parametrize(
    ("network", "words"),
    [
        (nn.Sequential(nn.Conv2d(1, 1, 3, padding=1)), "0 (Conv2d) pads"),
        (nn.Sequential(nn.Conv2d(1, 1, 3, padding="same")), "0 (Conv2d) pads"),
        (nn.Sequential(nn.Sequential(nn.MaxPool2d(2, ceil_mode=True))), "0.0 (MaxPo"),
        (nn.Sequential(nn.AdaptiveAvgPool2d(7)), "has no fully convolutional form"),
        (nn.Sequential(nn.Linear(4, 2)), "comes before the flattening"),
        (
            nn.Sequential(nn.Conv2d(1, 2, 1), nn.Flatten(), nn.Linear(6, 2)),
            "does not see a square map",
        ),
        (Branching(), "is no sequence"),
    ],
)
def test_what_cannot_be_turned_is_named(network, words):
    with pytest.raises(ModelError) as caught:
        convolutionalise(network)
    assert words in str(caught.value)


def test_rows_and_columns_are_treated_alike():
    network = nn.Sequential(nn.Conv2d(1, 1, 3, stride=(1, 2)))
    with pytest.raises(ModelError, match="rows and columns differently"):
        convolutionalise(network, dense=True)
