"""What tests of the Segment dock need: a model's file, and the dock."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from napari_unetseg.core.config import NetworkConfig
from napari_unetseg.core.network.card import ModelCard

if TYPE_CHECKING:
    from pathlib import Path

    from napari.components import ViewerModel
    from pytestqt.qtbot import QtBot

    from napari_unetseg.gui.segment.dock import SegmentDock


def model_file(path: Path, **values: object) -> Path:
    """Write a model that says something about itself but has no weights."""
    count, dimensions = values.pop("count", 1), values.pop("dimensions", 2)
    network = NetworkConfig(channels=count, classes=2, dimensions=dimensions)
    usual = {"spacing": (1.0,) * dimensions, "halo": (9,) * dimensions}
    card = ModelCard(network=network, classes=(1, 2), **usual | values)
    header = json.dumps({"__metadata__": {"unetseg": card.model_dump_json()}}).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    return path


def opened(model: ViewerModel, qtbot: QtBot) -> SegmentDock:
    """Open the dock on a viewer."""
    from napari_unetseg.gui.segment.dock import SegmentDock

    dock = SegmentDock(model)
    qtbot.addWidget(dock)
    return dock


def random_results(shape):
    """Labels of two classes, their scores and uncertainties, all at random."""
    random = np.random.default_rng(0)
    return {
        "labels": random.integers(0, 3, shape, dtype=np.uint8),
        "scores": random.random((2, *shape), dtype=np.float32),
        "uncertainty": random.random(shape, dtype=np.float32),
    }
