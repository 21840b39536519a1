"""Tasks of the report dock: neurites, uses of pixels, thresholds, files."""

from __future__ import annotations

import json

import numpy as np
import pytest

pytest.importorskip("napari")

from napari.components import ViewerModel
from qtpy.QtWidgets import QFileDialog

import napari_unetseg as us
from napari_unetseg.core.evaluate.seen import Seen
from napari_unetseg.core.evaluate.sentences import lead
from napari_unetseg.core.network.card import read_card
from napari_unetseg.gui.parts.view import camera_of
from napari_unetseg.gui.report import deciding
from napari_unetseg.gui.report.dock import ReportDock

pytestmark = pytest.mark.gui

RNG = np.random.default_rng(0)
Y, X = np.indices((40, 40))
CELLS = np.stack([(Y % 20 > 1) & (X % 20 > 1)] * 5).astype(np.uint8)
SHARE = np.clip(CELLS * 0.7 + RNG.normal(0.05, 0.1, CELLS.shape), 0, 1).astype("f4")
FOUND = (SHARE > 0.5).astype(np.uint8)
TRAINED = [
    {"index": [0], "boxes": [["train", 0, 0, 40, 40]]},
    {"index": [1], "boxes": [["validation", 0, 0, 40, 40]]},
]
NOTES = {
    "run": "segment-1",
    "image": "em",
    "model_sha256": "0",
    "classes": "0,1",
    "seen": json.dumps(TRAINED),
}
CLASSES = {"index": [0, 1], "class": ["membrane", "interior"]}
PLACE = {"scale": (5, 2, 2), "translate": (10, 20, 30), "units": ("nm",) * 3}


def noted(**more):
    return {"napari-unetseg": NOTES | more}


@pytest.fixture
def dock(qapp, qtbot):
    """A dock over a segmentation with its image and scores, and the truth."""
    viewer = ViewerModel()
    viewer.add_image(CELLS * 100, name="em", **PLACE)
    for name, share in (("membrane", 1 - SHARE), ("interior", SHARE)):
        shows = noted(shows=f"score of {name}")
        viewer.add_image(share, name=name, metadata=shows, **PLACE)
    viewer.add_labels(CELLS, name="truth", features=CLASSES, **PLACE)
    viewer.add_labels(
        FOUND.copy(), name="found", features=CLASSES, metadata=noted(), **PLACE
    )
    dock = ReportDock(napari_viewer=viewer)
    qtbot.addWidget(dock)
    return dock


def press(dock, qtbot):
    dock.report = None
    dock.buttons.compare.click()
    qtbot.waitUntil(lambda: dock.report is not None, timeout=20_000)
    return dock.report


def measures(dock):
    table = dock.scores.measures
    return {
        table.item(row, 0).text(): table.item(row, 1).text()
        for row in range(table.rowCount())
    }


def expected(part, **more):
    return us.evaluate(FOUND[part], CELLS[part], **more)


def test_the_first_line_and_the_tables_are_of_unseen_pixels(dock, qtbot):
    found = press(dock, qtbot)
    unseen = expected(slice(2, None))
    assert found.parts["unseen"].overlap.iou == unseen.overlap.iou
    assert dock.scores.lead.text() == lead(found)
    assert "pixels that the model has never seen" in dock.scores.lead.text()
    words = f"{unseen.overlap.mean_iou:.3f}"
    assert measures(dock)["mean IoU"] == words
    assert dock.said.startswith(f"Mean IoU {words} on unseen pixels.")
    assert "95 % over 3 slices" in dock.scores.measures.horizontalHeaderItem(2).text()
    box = dock.scores.pixels
    assert [box.itemData(i) for i in range(4)] == ["unseen", "validation", "train", ""]
    for name, part in (("train", slice(1)), ("", slice(None))):
        box.setCurrentIndex(box.findData(name))
        one = expected(part)
        assert measures(dock)["mean IoU"] == f"{one.overlap.mean_iou:.3f}"
        assert dock.scores.table.item(1, 1).text() == f"{one.overlap.iou[1]:.3f}"


def test_uses_of_pixels_lie_where_the_prediction_lies(dock, qtbot):
    """The truth is the lower half, with pixels of twice the size."""
    half = CELLS[:, 20::2, ::2]
    place = PLACE | {"scale": (5, 4, 4), "translate": (10, 61, 31)}
    dock.truth.value = dock.viewer.add_labels(half, name="coarse", **place)
    found = press(dock, qtbot)
    counts = {name: one.overlap.total for name, one in found.parts.items()}
    assert counts == {"train": 200, "validation": 200, "unseen": 600}


def test_neurites(dock, qtbot):
    dock.kind.value = "neurites"
    dock.fields.of_class.value = "1"
    press(dock, qtbot)
    one = expected(
        slice(2, None), task="neurites", objects=1, scores=SHARE[2:]
    ).neurites
    told = measures(dock)
    assert told["V-Rand"] == f"{one.to_dict()['v_rand']:.3f}"
    assert told["threshold of V-Info"] == f"{one.to_dict()['v_info_threshold']:.3f}"
    assert dock.guide.table.rowCount() == 5
    assert dock.guide.table.horizontalHeaderItem(2).text() == "V-Rand"


def test_objects_of_a_class_by_slice(dock, qtbot):
    dock.kind.value = "objects of each slice"
    dock.fields.of_class.value = "1"
    press(dock, qtbot)
    one = expected(slice(2, None), task="instances", objects=1).objects.scores
    told = measures(dock)
    assert told["DET"] == f"{one.det:.3f}"
    assert told["true objects"] == str(one.references) == "12"
    dock.guide.by.setCurrentIndex(1)
    table = dock.guide.table
    assert table.rowCount() == 5
    assert table.horizontalHeaderItem(2).text() == "F1"
    name = table.item(0, 1).text()
    table.cellClicked.emit(0, 0)
    center = 10 + 5 * int(name.removeprefix("Z "))
    qtbot.waitUntil(lambda: dock.viewer.dims.point[0] == center, timeout=5_000)


def test_what_is_no_class(dock):
    dock.kind.value = "objects"
    dock.fields.of_class.value = "cell"
    assert "'cell' is no class" in dock.said
    assert not dock.buttons.compare.isEnabled()
    dock.kind.value = "classes"
    assert dock.buttons.compare.isEnabled()


def test_borders_in_physical_units(dock, qtbot):
    assert not any(
        "Hausdorff" in name for name in measures(press(dock, qtbot) and dock)
    )
    dock.fields.borders.setChecked(True)
    found = press(dock, qtbot).parts["unseen"].boundaries[1]
    told = measures(dock)
    assert told["Hausdorff 95 of 1 interior (nm)"] == f"{found.hausdorff95:.3f}"
    assert told["boundary IoU of 1 interior"] == f"{found.iou:.3f}"


def test_the_worst_object_is_flown_to_in_the_world(dock, qtbot):
    dock.prediction.value.data[3, 22:, 22:] = 0
    dock.kind.value = "objects of each slice"
    dock.fields.of_class.value = "1"
    press(dock, qtbot)
    dock.guide.table.cellClicked.emit(0, 0)
    middle = (20 + 2 * 30.5, 30 + 2 * 30.5)

    def there():
        return np.allclose(camera_of(dock.viewer).center[-2:], middle, atol=1e-6)

    qtbot.waitUntil(there, timeout=5_000)
    assert dock.viewer.dims.point[0] == 10 + 5 * 3


# -- thresholds -----------------------------------------------------------------------


def test_the_best_threshold_is_that_of_validation_pixels(dock, qtbot):
    press(dock, qtbot)
    view = dock.deciding.view
    assert view.classes.currentText() == "1 interior"
    alone = us.evaluate(
        FOUND[1], CELLS[1], scores=us.Image(array=SHARE[1], axes="YX")
    ).thresholds[1]
    assert view.threshold.value() == alone.best[0]
    assert view.told.text().startswith("Validation pixels: IoU ")
    assert f"{alone.at(0.5):.3f} at 0.5" in view.told.text()
    view.threshold.setValue(0.9)
    assert f"{alone.at(0.9):.3f} at 0.9" in view.told.text()


def test_use_this_threshold(dock, qtbot, monkeypatch, tmp_path):
    from napari_unetseg.core.config import NetworkConfig
    from napari_unetseg.core.network.build import network_of
    from napari_unetseg.core.network.card import ModelCard
    from napari_unetseg.core.network.modelfile import Model

    config = NetworkConfig(base=1, depth=1)
    card = ModelCard(network=config, classes=(0, 1), halo=(8, 8))
    path = tmp_path / "mine.unetseg.safetensors"
    Model(card, network_of(config, 2).state_dict()).save(path)
    monkeypatch.setattr("napari_unetseg.gui.report.evidence.models", lambda: [path])
    press(dock, qtbot)
    dock.deciding.view.button.click()
    told = "The model that has made this prediction is not"
    qtbot.waitUntil(lambda: told in dock.said, timeout=5_000)
    sha = read_card(path).sha256
    dock.prediction.value.metadata = noted(model_sha256=sha)
    press(dock, qtbot)
    dock.deciding.view.threshold.setValue(0.35)
    dock.deciding.view.button.click()
    qtbot.waitUntil(lambda: "from 0.35 on" in dock.said, timeout=5_000)
    assert read_card(path).thresholds == {1: 0.35}
    assert deciding.listing.model_name(path) in dock.said


def test_no_thresholds_without_all_scores(dock, qtbot):
    dock.viewer.layers.remove("membrane")
    press(dock, qtbot)
    assert dock.deciding.folded.isHidden()
    dock.prediction.value.metadata = {}
    found = press(dock, qtbot)
    assert not found.known_use
    assert "not known" in dock.scores.lead.text()
    assert dock.scores.pixels.isHidden()


# -- files ----------------------------------------------------------------------------


def save_as(dock, qtbot, monkeypatch, path, kind=""):
    answer = (str(path), kind)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: answer)
    dock.say("")
    dock.buttons.save.click()
    qtbot.waitUntil(lambda: dock.said.startswith("Saved "), timeout=20_000)


def test_json_and_a_page_with_pictures(dock, qtbot, monkeypatch, tmp_path):
    press(dock, qtbot)
    save_as(dock, qtbot, monkeypatch, tmp_path / "r.json")
    told = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert told == dock.report.to_dict()
    save_as(dock, qtbot, monkeypatch, tmp_path / "r", "Page (*.html)")
    assert (tmp_path / "r.csv").exists()
    save_as(dock, qtbot, monkeypatch, tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert page.count("data:image/png;base64,") == 3
    assert "Compared in napari: ids are classes" in page


def test_notes_that_are_damaged_are_none(dock, qtbot):
    assert Seen.from_notes('[{"index": 1}]') is None
    dock.prediction.value.metadata = noted(seen="[1", settings="no", classes="a")
    assert not press(dock, qtbot).known_use
