"""The memory of the device and the layers of the network make the tile plan."""

import numpy as np
import pytest
import torch

from napari_unetseg.core.config import NetworkConfig, SegmentConfig
from napari_unetseg.core.errors import DeviceError
from napari_unetseg.core.frames import Frames
from napari_unetseg.core.image import Image
from napari_unetseg.core.network.build import network_of
from napari_unetseg.core.network.card import ModelCard
from napari_unetseg.core.network.geometry import axis_geometries
from napari_unetseg.core.network.measure import network_geometry
from napari_unetseg.core.network.member import Member
from napari_unetseg.core.predict import planning
from napari_unetseg.core.predict.planning import make_plan, tiles_for
from napari_unetseg.core.predict.tiling import plan, tile_sides

PLANE = {"depth": 4, "base": 2}
VOLUME = {"dimensions": 3, "depth": 2, "base": 2, "pools": ((1, 2, 2), (2, 2, 2))}
CASES = [(PLANE, (700, 300)), (VOLUME, (30, 200, 90))]


def planned(network, shape, *, device="cpu", precision="fp32", axes=None, **options):
    dimensions = len(axis_geometries(network))
    image = Image(array=np.zeros(shape), axes=axes or "ZYX"[-len(shape) :])
    card = ModelCard(
        network=NetworkConfig(dimensions=dimensions),
        classes=(1, 2),
        halo=(1,) * dimensions,
        spacing=(1.0,) * dimensions,
    )
    config = SegmentConfig(**options)
    frames, members = Frames(image, dimensions), [Member.of(card, network)]
    return make_plan(frames, members, config, device=device, precision=precision)


@pytest.mark.parametrize(("options", "shape"), CASES)
def test_much_memory_leaves_the_usual_plan(options, shape, monkeypatch):
    network = network_of(NetworkConfig(**options))
    usual = plan(shape, axis_geometries(network))
    sides = tile_sides(shape, axis_geometries(network))
    assert tiles_for(shape, network, "auto", 1 << 50) == usual
    monkeypatch.setattr(planning, "free_memory", lambda device: 1 << 50)
    assert planned(network, shape, device="cpu").sides == sides
    # What torch holds on a GPU between two steps of a training is not lost.
    monkeypatch.setattr(planning, "free_memory", lambda device: 0)
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda: (1 << 50) + 9)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda: 9)
    assert planned(network, shape, device="cuda").sides == sides


@pytest.mark.parametrize(("options", "shape"), CASES)
def test_half_of_the_free_memory_holds_every_tile(options, shape):
    network = network_of(NetworkConfig(**options))
    geometries = axis_geometries(network)
    usual = plan(shape, geometries)

    def needed(tile):
        output = [
            stop - start - axis.before - axis.after
            for (start, stop), axis in zip(tile.read, geometries, strict=True)
        ]
        return network_geometry(network, output).memory_inference

    free = needed(usual[0])
    tiles = tiles_for(shape, network, "auto", free)
    assert len(tiles) > len(usual)
    # The first tile is as large as any.
    assert free / 6 < needed(tiles[0]) <= free / 2


@pytest.mark.parametrize(
    ("base", "sides"),
    [
        (16, {(2048, 2048)}),
        (64, {(1024, 2048)}),
        (128, {(a, b) for a in (688, 672) for b in (688, 672)}),
    ],
)
def test_a_tile_of_a_plane_is_computed_soon(base, sides):
    with torch.device("meta"):
        network = network_of(NetworkConfig(base=base, depth=4))
    tiles = tiles_for((2048, 2048), network, "auto", 1 << 50)
    assert {tuple(s.stop - s.start for s in tile.write) for tile in tiles} == sides


@pytest.mark.parametrize(("options", "shape"), CASES)
def test_a_network_too_large_for_this_computer_is_refused(options, shape):
    network = network_of(NetworkConfig(**options))

    with pytest.raises(DeviceError, match=r"needs 0\.0 GB, and 0\.0 GB.*poolings"):
        tiles_for(shape, network, "auto", 1000)


def test_a_side_that_is_given_asks_for_no_memory():
    network = network_of(NetworkConfig(**VOLUME))
    assert len(tiles_for((4, 30, 9), network, 16, 0)) == 2
    assert len(tiles_for((4, 30, 9), network, "whole", 0)) == 1


@pytest.mark.parametrize(("options", "shape"), [(PLANE, (5, 6)), (VOLUME, (4, 5, 6))])
def test_a_frame_is_what_the_network_sees(options, shape):
    network = network_of(NetworkConfig(**options))
    found = planned(network, (4, 2, 5, 6), axes="ZTYX", tile="whole")
    assert found.sides == found.grid == shape
