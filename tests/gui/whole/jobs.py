"""What a person does in the docks, from the choice of layers to the score."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from napari.layers import Image, Labels

    from napari_unetseg.gui.train.dock import TrainDock

    Until = Callable[..., None]

PLUGIN = "napari-unetseg"
SMALL = {"base": 4, "depth": 2, "patch": 64, "batch": 2}


def choose(
    train: TrainDock,
    image: Image,
    labels: Labels,
    further: Collection[str] = (),
    **settings: object,
) -> None:
    """Choose the layers of a training, the further channels by name, and settings."""
    train.image.value, train.labels.value = image, labels
    for box in train.channels.boxes:
        box.setChecked(box.name in further)
    for field, widget in train.training.widgets.items():
        if field.name in settings:
            field.show(widget, settings[field.name])


def press_start(dock: Any, until: Until) -> None:
    """Start what was chosen, once it can be."""
    until(lambda: dock.run.controls.start.isEnabled())
    dock.run.controls.start.click()


def iou_reported(
    dock: Any,
    until: Until,
    prediction: Labels,
    truth: Labels,
    kind: str = "classes",
) -> float:
    """Compare two layers in the dock that is opened for it."""
    report = dock("IoU report")
    report.prediction.value, report.truth.value = prediction, truth
    report.kind.value = kind
    report.compare()
    until(lambda: report.report is not None)
    return report.report.overlap.mean_iou
