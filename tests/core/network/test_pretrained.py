"""Weights of VGG16 from a file: what is taken, and what is refused."""

from __future__ import annotations

import pickle

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from napari_unetseg.core.errors import InputError, ModelError
from napari_unetseg.core.network.build import build_network
from napari_unetseg.core.network.plans import FULLY_CONNECTED, VGG
from napari_unetseg.core.network.pretrained import check_vgg16, load_vgg16

BASE = 2


def vgg16(*, norm=False, connected=True, base=BASE):
    """Weights as torchvision names them, of a narrower network."""
    torch.manual_seed(0)
    layers = []
    before = 3
    for widths in VGG:
        for width in widths:
            layers.append(nn.Conv2d(before, width * base, 3, padding=1))
            layers += [nn.BatchNorm2d(width * base)] if norm else []
            layers.append(nn.ReLU())
            before = width * base
        layers.append(nn.MaxPool2d(2))
    wide = FULLY_CONNECTED * base
    classifier = nn.Sequential(
        nn.Linear(before * 49, wide),
        nn.ReLU(),
        nn.Dropout(),
        nn.Linear(wide, wide),
        nn.ReLU(),
        nn.Dropout(),
        nn.Linear(wide, 10),
    )
    parts = {"features": nn.Sequential(*layers)}
    if connected:
        parts["classifier"] = classifier
    return nn.ModuleDict(parts).eval()


def written(path, network):
    state = network.state_dict()
    if path.suffix == ".safetensors":
        save_file(state, path)
    else:
        torch.save(state, path)
    return path


@pytest.mark.parametrize("ending", ["pth", "safetensors"])
def test_fcn_becomes_vgg16(tmp_path, ending):
    """At the middle of a window all is as in the classifier, without its padding."""
    source = vgg16()
    path = written(tmp_path / f"vgg16.{ending}", source)
    network = build_network("fcn-32s", base=BASE, channels=3).eval()
    told = load_vgg16(network, path)
    assert told == (
        f"The convolutions of VGG16 and its fully connected layers come from "
        f"'vgg16.{ending}'."
    )
    image = torch.randn(1, 3, 224, 224)
    network.down[0][0].padding = (1, 1)  # As VGG16, and not FCN, has it.
    x = image
    for stage, pool in zip(network.down, network.pool, strict=True):
        x = pool(stage(x))
    assert torch.allclose(x, source["features"](image), atol=1e-5)
    wanted = source["classifier"][:5](x.flatten(1))
    assert torch.allclose(network.fc7(network.fc6(x)).flatten(1), wanted, atol=1e-4)


def test_a_grey_image_gives_what_it_would_give_in_colour(tmp_path):
    path = written(tmp_path / "vgg16.pth", vgg16(connected=False))
    grey = build_network("segnet", base=BASE)
    coloured = build_network("segnet", base=BASE, channels=3)
    assert "fully connected" not in load_vgg16(grey, path)
    load_vgg16(coloured, path)
    image = torch.randn(1, 1, 9, 9)
    first = grey.down[0][0](image)
    wanted = coloured.down[0][0](image.expand(1, 3, 9, 9))
    assert torch.allclose(first, wanted, atol=1e-5)


@pytest.mark.parametrize("name", ["segnet", "deconvnet"])
def test_statistics_come_with_the_variant_that_has_them(tmp_path, name):
    source = vgg16(norm=True)
    source["features"][1].running_mean.fill_(7)
    network = build_network(name, base=BASE, channels=3)
    load_vgg16(network, written(tmp_path / "vgg16_bn.pth", source))
    assert (network.down[0][1].running_mean == 7).all()
    last = source["features"][40].weight
    assert torch.equal(network.down[4][6].weight, last)


def test_another_width_is_told_with_the_one_that_fits(tmp_path):
    path = written(tmp_path / "vgg16.pth", vgg16(base=3, connected=False))
    network = build_network("segnet", base=BASE, channels=3)
    before = network.down[0][0].weight.clone()
    with pytest.raises(ModelError, match="--base 3"):
        load_vgg16(network, path)
    assert torch.equal(network.down[0][0].weight, before)


def test_wrong_files_are_named(tmp_path):
    network = build_network("fcn-8s", base=1, channels=3)
    other = tmp_path / "resnet.pth"
    torch.save({"conv1.weight": torch.zeros(1)}, other)
    text = tmp_path / "text.pth"
    text.write_text("no weights")
    code = tmp_path / "code.pth"
    code.write_bytes(pickle.dumps(print))
    listed = tmp_path / "list.pth"
    torch.save([1, 2], listed)
    for path, words in (
        (other, "'resnet.pth' has 0 convolutions named as in VGG16"),
        (text, "'text.pth' holds no weights"),
        (code, "'code.pth' holds no weights, or more than weights"),
        (listed, "'list.pth' is no state dict"),
        (tmp_path / "gone.pth", "There is no file 'gone.pth'"),
    ):
        with pytest.raises(ModelError) as caught:
            load_vgg16(network, path)
        assert words in str(caught.value)
        assert "\n" not in str(caught.value)


def test_two_channels_are_neither_grey_nor_coloured(tmp_path):
    path = written(tmp_path / "vgg16.pth", vgg16(connected=False))
    with pytest.raises(InputError, match="these images have 2 channels"):
        load_vgg16(build_network("segnet", base=BASE, channels=2), path)


def test_what_can_be_refused_at_once_is(tmp_path):
    path = tmp_path / "vgg16.pth"
    with pytest.raises(ModelError, match=r"There is no file 'vgg16\.pth'"):
        check_vgg16(path, "fcn-8s")
    path.touch()
    check_vgg16(path, "fcn-8s")
    with pytest.raises(InputError, match="'unet-bn' is not built on VGG16"):
        check_vgg16(path, "unet-bn")
    with pytest.raises(InputError, match="not from both"):
        check_vgg16(path, "fcn-8s", also=object())
