"""From a file to a file: open, paint, train, look, correct, segment, report, save."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from napari.layers import Labels

from gui.whole.jobs import PLUGIN, SMALL, choose, iou_reported, press_start
from gui.whole.stories import (
    Story,
    cells_by_dic,
    correct,
    draw_around,
    em_membranes,
    nuclei_in_3d,
    paint_objects,
    paint_typical,
    phase_contrast,
    worst,
)
from napari_unetseg.core.events import Divided, Edited, Previewed
from napari_unetseg.core.train.wishes import Predicted
from napari_unetseg.core.write.ome_tiff import write_ome_tiff
from napari_unetseg.gui.train.preview_layer import NAME

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

pytestmark = [pytest.mark.gui, pytest.mark.data]

# No training of these tests comes to its end.
ENDLESS = 100_000
# Seconds to wait for what a training does.
PATIENCE = 900.0


@dataclass
class Heard:
    """What a training has told."""

    events: list[Any] = field(default_factory=list)
    predicted: Predicted | None = None

    def hear(self, news: object) -> None:
        if isinstance(news, Predicted):
            self.predicted = news
        elif isinstance(news, tuple):
            self.events += news

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def step(self) -> int:
        """Number of steps behind what was shown last."""
        return 0 if self.predicted is None else self.predicted.step

    def teaching(self, shape: tuple[int, ...]) -> set[int]:
        """Slices of labels of this shape all of which teaches."""
        [divided] = self.of(Divided)
        teaches = np.zeros(shape, bool)
        for part in divided.parts:
            ends = zip(part["start"], part["stop"], strict=True)
            teaches[tuple(slice(*end) for end in ends)] = part["name"] == "train"
        return set(np.flatnonzero(teaches.all(axis=(1, 2))).tolist())


class Desk:
    """A viewer in which one story is told.

    Parameters
    ----------
    viewer, dock, until : fixtures
        As of ``conftest.py``.
    story : Story
        Which.
    """

    def __init__(self, viewer: Any, dock: Any, until: Any, story: Story) -> None:
        self.viewer, self.dock, self.until, self.story = viewer, dock, until, story
        self.heard = Heard()

    def open(self, path: Path) -> None:
        """Write the image to a file, open that, and add a layer to paint on."""
        write_ome_tiff(path, self.story.image)
        [self.image] = self.viewer.open(str(path), plugin=PLUGIN)
        self.labels = self.new_labels(np.zeros_like(self.story.truth), "painted")

    def new_labels(self, array: NDArray[Any], name: str) -> Labels:
        place = {n: getattr(self.image, n) for n in ("scale", "units", "axis_labels")}
        return self.viewer.add_labels(array, name=name, **place)

    def train(self) -> None:
        """Start a training, and look while it learns."""
        self.training = self.dock("Train U-Net")
        settings = {**SMALL, **self.story.settings, "steps": ENDLESS}
        choose(self.training, self.image, self.labels, **settings)
        zero = self.training.training.zero
        if self.story.objects:
            self.training.training.task.value = "instances"
            zero.value = "none"
        else:
            # Dabs in each of ten slices would be taken for rare things in all of them.
            zero.value = "0"
        self.training.run.heard.connect(self.heard.hear)
        self.training.meanwhile.look.setChecked(True)
        press_start(self.training, self.until)

    def teaching(self, *numbers: int) -> int:
        """The first of some slices that teaches."""
        return min(self.heard.teaching(self.story.truth.shape) & {*numbers})

    def look_at(self, number: int, step: int) -> NDArray[Any]:
        """Go to a slice, and see what the training says of it after so many steps."""
        self.viewer.dims.set_current_step(0, number)
        place = (number, 0, 0), (1, *self.story.truth.shape[1:])

        def is_shown() -> bool:
            found = self.heard.predicted
            assert found is not None
            # At first a large one is shown in parts.
            return found.step >= step and (found.start, found.labels.shape) == place

        self.until(is_shown, PATIENCE)
        return self.shown()

    def shown(self) -> NDArray[Any]:
        """Which class, or whether an object, the preview says of each pixel."""
        [layer] = [one for one in self.viewer.layers if one.name == NAME]
        assert self.heard.predicted is not None
        np.testing.assert_array_equal(layer.data, self.heard.predicted.labels)
        return self._class_of(np.array(layer.data[0]))

    def right(self, number: int) -> NDArray[Any]:
        """The same as it should be."""
        return self._class_of(self.story.truth[number])

    def stop(self) -> None:
        """Stop and keep; a model is made."""
        self.training.run.controls.stop.click()
        self.until(lambda: not self.training.run.running, PATIENCE)
        assert self.training.said.startswith("Stopped. Model '"), self.training.said

    def _class_of(self, labels: NDArray[Any]) -> NDArray[Any]:
        return (labels > 0).astype(np.uint8) if self.story.objects else labels


def corrected_class(desk: Desk) -> None:
    """Correct the worst place of a slice that teaches; the prediction follows."""
    story, until = desk.story, desk.until
    number, right = desk.teaching(*story.painted), desk.right
    wrong = desk.look_at(number, story.steps) != right(number)
    # What is wrong for a moment only needs no correction.
    wrong &= desk.look_at(number, desk.heard.step + 20) != right(number)
    place = worst(wrong, story.window)
    assert wrong[place].mean() > 0.15, "there is nothing to be corrected"

    correct(desk.labels, story, number, place)

    follows(desk, number, place, wrong[place].mean(), until)


def corrected_object(desk: Desk, left_out: list[int], number: int) -> None:
    """Draw around an object that was left out; the prediction finds it."""
    shown = desk.look_at(number, desk.story.steps)
    masks = {label: desk.story.truth[number] == label for label in left_out}
    label = min(masks, key=lambda label: shown[masks[label]].mean())
    missed = 1 - shown[masks[label]].mean()
    assert missed > 0.15, "there is nothing to be corrected"

    draw_around(desk.labels, desk.story, number, label)

    follows(desk, number, masks[label], missed, desk.until)


def follows(
    desk: Desk, number: int, place: Any, wrong: float, until: Callable[..., None]
) -> None:
    """Wait until the correction has entered, and half of what was wrong is right."""
    until(lambda: any(one.pixels for one in desk.heard.of(Edited)), PATIENCE)
    entered = max(one.step for one in desk.heard.of(Edited))
    assert "Your changes count from step" in desk.training.said
    expected = desk.right(number)[place]

    def is_better() -> bool:
        now = (desk.shown()[place] != expected).mean()
        return desk.heard.step > entered and now <= wrong / 2

    until(is_better, PATIENCE)


def whole_story(desk: Desk, tmp_path: Path, segmented: Any) -> float:
    """Tell a story to its end; return the mean IoU of the segmentation."""
    story, viewer = desk.story, desk.viewer
    desk.open(tmp_path / "image.ome.tif")
    size = story.image.spacing
    assert desk.image.scale[-len(size) :] == pytest.approx(size)
    before = np.array(desk.image.data)
    if story.objects:
        # Of the first slices two objects each; which of them teach is not known yet.
        left_out = {n: _largest(story.truth[n], 2) for n in story.painted[:2]}
        paint_objects(desk.labels, story, left_out)
    else:
        paint_typical(desk.labels, story)
    painted = np.array(desk.labels.data)

    desk.train()
    desk.until(lambda: desk.heard.predicted is not None, PATIENCE)
    if story.objects:
        number = desk.teaching(*left_out)
        corrected_object(desk, left_out[number], number)
    else:
        corrected_class(desk)
    assert len(desk.heard.of(Previewed)) > 2
    corrected = np.array(desk.labels.data)
    assert (corrected != painted).any()
    desk.stop()
    [name] = [layer.name for layer in viewer.layers if layer.name.startswith(NAME)]
    assert name.startswith(f"{NAME} after ")

    made = segmented(desk.training, desk.image)
    assert made.data.shape == story.truth.shape
    truth = desk.new_labels(story.truth, "truth")
    kind = "objects of each slice" if story.objects else "classes"
    iou = iou_reported(desk.dock, desk.until, made, truth, kind)
    np.testing.assert_array_equal(desk.image.data, before)
    np.testing.assert_array_equal(desk.labels.data, corrected)
    for layer in (made, desk.labels):
        saved_and_opened(viewer, layer, tmp_path / f"{layer.name}.ome.tif")
    return iou


def saved_and_opened(viewer: Any, layer: Labels, path: Path) -> None:
    """Save a layer by our writer, and find it equal in our reader."""
    assert layer.save(str(path), plugin=PLUGIN) == [str(path)]
    [again] = viewer.open(str(path), plugin=PLUGIN)
    assert isinstance(again, Labels)
    np.testing.assert_array_equal(again.data, layer.data)
    np.testing.assert_allclose(again.scale, layer.scale)
    assert again.units == layer.units
    assert again.axis_labels == layer.axis_labels


def _largest(truth: NDArray[Any], count: int) -> list[int]:
    sizes = Counter(truth[truth > 0].tolist())
    return [label for label, _ in sizes.most_common(count)]


def test_membranes(viewer, dock, until, segmented, data_folder, tmp_path):
    desk = Desk(viewer, dock, until, em_membranes(data_folder))

    # "All cell" would be 0.39.
    assert whole_story(desk, tmp_path, segmented) > 0.45


@pytest.mark.slow
@pytest.mark.parametrize(
    ("told", "better"),
    [
        (lambda data: em_membranes(data, side=512, slices=10), 0.5),
        (phase_contrast, 0.5),
        (nuclei_in_3d, 0.5),
        (cells_by_dic, 0.5),
    ],
    ids=["membranes", "film", "volume", "objects"],
)
def test_long(viewer, dock, until, segmented, data_folder, tmp_path, told, better):
    desk = Desk(viewer, dock, until, told(data_folder))

    assert whole_story(desk, tmp_path, segmented) > better
