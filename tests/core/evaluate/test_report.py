from __future__ import annotations

import csv
import json
import math

import numpy as np
import pytest

from napari_unetseg.core.errors import InputError, WriteError
from napari_unetseg.core.evaluate.overlap import overlap
from napari_unetseg.core.evaluate.report import COLUMNS, evaluate, evaluation
from napari_unetseg.core.image import Image

# Plane 0 has one wrong pixel of four, plane 1 is all class 1 and right.
TRUTH = np.array([[[1, 1], [2, 2]], [[1, 1], [1, 1]]], np.uint8)
PREDICTION = np.array([[[1, 1], [1, 2]], [[1, 1], [1, 1]]], np.uint8)


def labels(array, axes="ZYX", name="labels", **more):
    return Image(array=np.asarray(array), axes=axes, name=name, **more)


@pytest.fixture
def report():
    return evaluate(
        labels(PREDICTION, name="mine.tif"),
        labels(TRUTH, name="truth.tif", spacing=(50, 4, 4), unit="nm"),
        names={1: "cell", 3: "never, here"},
    )


def test_hand_computed(report):
    assert report.overlap.iou == {1: 6 / 7, 2: 1 / 2, 3: None}
    assert report.overlap.mean_iou == pytest.approx((6 / 7 + 1 / 2) / 2)
    assert report.overlap.pixel_error == 1 / 8
    (first, one), (second, two) = report.per_plane
    assert (first, second) == ((0,), (1,))
    assert one.iou == {1: 2 / 3, 2: 1 / 2}
    assert two.iou == {1: 1.0}


def test_dictionary(report):
    values = report.to_dict()
    assert values["prediction"] == "mine.tif"
    assert values["truth"] == "truth.tif"
    assert values["classes"]["1"] == {
        "name": "cell",
        "iou": 6 / 7,
        "dice": 12 / 13,
        "precision": 6 / 7,
        "recall": 1.0,
        "accuracy": 7 / 8,
        "pixels": 6,
    }
    assert "name" not in values["classes"]["2"]
    assert values["classes"]["3"]["iou"] is None
    assert values["ignored"] == []
    assert values["planes"][1] == {
        "index": [1],
        "mean_iou": 1.0,
        "mean_dice": 1.0,
        "pixel_error": 0.0,
        "pixels": 4,
        "iou": {"1": 1.0},
        "dice": {"1": 1.0},
        "precision": {"1": 1.0},
        "recall": {"1": 1.0},
        "accuracy": {"1": 1.0},
    }
    assert values["mean_precision"] == pytest.approx((6 / 7 + 1) / 2)
    assert values["confusion"]["pixels"] == [[6, 0, 0], [1, 1, 0], [0, 0, 0]]
    assert values["spacing"] == {"Z": 50, "Y": 4, "X": 4}
    assert values["unit"] == "nm"


def test_json_holds_no_nan(report, tmp_path):
    path = tmp_path / "report.json"
    report.write_json(path)
    text = path.read_text(encoding="utf-8")
    assert json.loads(text) == report.to_dict()
    assert "NaN" not in text
    assert "Infinity" not in text


def test_csv_parses_back(report, tmp_path):
    path = tmp_path / "report.csv"
    report.write_csv(path)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == list(COLUMNS)
    assert [row[0] for row in rows[1:]] == ["1", "2", "3", "mean"]
    assert rows[3][:3] == ["3", "never, here", ""]
    assert float(rows[1][2]) == 6 / 7
    assert float(rows[4][2]) == report.overlap.mean_iou
    assert rows[4][6] == "8"


def test_rows_are_plain(report):
    for row in report.rows():
        assert len(row) == len(COLUMNS)
        for cell in row:
            assert cell is None or type(cell) in (str, float, int)
            assert not (isinstance(cell, float) and math.isnan(cell))


def test_files_are_not_replaced_unasked(report, tmp_path):
    path = tmp_path / "report.json"
    path.write_text("mine")
    with pytest.raises(WriteError):
        report.write_json(path)
    assert path.read_text() == "mine"
    report.write_json(path, overwrite=True)
    assert json.loads(path.read_text())["truth"] == "truth.tif"


def test_pooled_over_planes_is_not_the_mean_over_planes(report):
    means = [plane.mean_iou for _, plane in report.per_plane]
    assert report.overlap.mean_iou != pytest.approx(sum(means) / 2)
    assert report.overlap.iou[1] == overlap(PREDICTION, TRUTH).iou[1]


def test_ignored_on_both_sides():
    found = evaluate(
        labels([[0, 1, 2]], "YX"), labels([[1, 1, 0]], "YX"), ignore=(0, 0)
    )
    assert found.overlap.iou == {1: 1.0}
    assert found.to_dict()["ignored"] == [0]


def test_a_plane_without_annotation_has_no_score():
    truth = TRUTH.copy()
    truth[1] = 0
    planes = evaluate(labels(PREDICTION), labels(truth), ignore=(0,)).to_dict()[
        "planes"
    ]
    assert planes[1]["mean_iou"] is None
    assert planes[1]["pixel_error"] is None


def test_a_single_plane():
    found = evaluate(labels(PREDICTION[0], "YX"), labels(TRUTH[0], "YX"))
    assert found.per_plane[0][0] == ()
    assert found.plane_axes == ""


def test_time_and_depth_are_matched():
    found = evaluate(labels(PREDICTION, "TYX"), labels(TRUTH, "ZYX"))
    assert found.overlap.pixel_error == 1 / 8


def test_axes_are_matched_by_name():
    rng = np.random.default_rng(0)
    truth = rng.integers(1, 4, (2, 3, 4, 5))
    found = evaluate(labels(truth.transpose(1, 0, 3, 2), "ZTXY"), labels(truth, "TZYX"))
    assert found.overlap.pixel_error == 0
    assert [index for index, _ in found.per_plane] == list(np.ndindex(2, 3))


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint16, np.float32, np.uint64])
def test_types_of_labels(dtype):
    truth = np.array([[0, 1, 1]])
    found = evaluate(labels(truth.astype(dtype), "YX"), labels(truth, "YX"))
    assert found.overlap.iou == {0: 1.0, 1: 1.0}


def test_lazy_labels_are_read_a_plane_at_a_time():
    zarr = pytest.importorskip("zarr")
    stored = zarr.array(PREDICTION, chunks=(1, 2, 2))
    found = evaluate(Image(array=stored, axes="ZYX"), labels(TRUTH))
    assert found.overlap.pixel_error == 1 / 8


def test_steps_end_at_the_whole_and_change_nothing(monkeypatch):
    rng = np.random.default_rng(0)
    pair = [labels(rng.integers(0, 4, (2, 7, 5))) for _ in range(2)]
    whole = evaluate(*pair, ignore=(3,))
    # Three rows at a time: 3, 3 and 1 of each plane.
    monkeypatch.setattr("napari_unetseg.core.evaluate.report.BAND", 15)
    steps = evaluation(*pair, ignore=(3,))
    shares = []
    while True:
        try:
            shares.append(next(steps))
        except StopIteration as end:
            report = end.value
            break
    assert shares == [15 / 70, 30 / 70, 35 / 70, 50 / 70, 65 / 70, 1.0]
    assert report.to_dict() == whole.to_dict()


def refuse(prediction, truth, **more):
    with pytest.raises(InputError) as error:
        evaluate(prediction, truth, **more)
    return str(error.value)


def test_shapes_are_both_named():
    words = refuse(labels(np.ones((3, 4, 5), int)), labels(np.ones((2, 4, 5), int)))
    assert "Z 3, Y 4, X 5" in words
    assert "Z 2, Y 4, X 5" in words
    assert "transposed" not in words


def test_a_transpose_is_recognised():
    words = refuse(
        labels(np.ones((5, 4), int), "YX"), labels(np.ones((4, 5), int), "YX")
    )
    assert "transposed" in words


@pytest.mark.parametrize("swap", [False, True])
def test_an_extra_axis_of_length_1_is_recognised(swap):
    pair = [labels(np.ones((1, 4, 5), int)), labels(np.ones((4, 5), int), "YX")]
    words = refuse(*(reversed(pair) if swap else pair))
    role = "truth" if swap else "prediction"
    assert f"The {role} has the extra axis Z of length 1: take it out." in words


def test_scores_instead_of_labels():
    words = refuse(labels(np.ones((2, 4, 5)), "CYX"), labels(np.ones((4, 5)), "YX"))
    assert "channel axis (C 2, Y 4, X 5)" in words


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (np.array([[0.5, 1.0]]), "0.5"),
        (np.array([[np.nan, 1.0]]), "not finite"),
        (np.array([[1e300, 1.0]]), "1e+300"),
        (np.array([[-1, 1]]), "negative id -1"),
        (np.array([[-1.0, 1]]), "negative id -1"),
        (np.array([[1j, 1]]), "complex128"),
    ],
)
def test_numbers_that_are_no_class_ids(bad, words):
    good = labels(np.ones((1, 2), int), "YX", name="good.tif")
    bad = labels(bad, "YX", name="bad.tif")
    for pair in ((bad, good), (good, bad)):
        message = refuse(*pair)
        assert words in message
        assert "'bad.tif'" in message


def test_objects_are_not_classes():
    many = labels(np.arange(400).reshape(20, 20), "YX")
    assert "more than 256 different labels" in refuse(many, many)


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        (((4, 4), "nm"), ((8, 8), "nm"), "along Y is 4 nm"),
        (((4, 4), "nm"), ((4, 4.1), "nm"), "along X is 4 nm"),
        (((4, 4), "nm"), ((4, 4), "um"), "4 um"),
    ],
)
def test_pixel_sizes_that_contradict(one, other, words):
    plane = np.ones((2, 2), int)
    pair = [labels(plane, "YX", spacing=size, unit=unit) for size, unit in (one, other)]
    assert words in refuse(*pair)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (((4, 4), "nm"), ((0.004, 0.004), "um")),
        (((4, 4), "nm"), ((4.03, 4), "nm")),
        (((4, 4), "nm"), ((1, 1), "pixel")),
    ],
)
def test_pixel_sizes_that_agree_or_are_unknown(one, other):
    plane = np.ones((2, 2), int)
    pair = [labels(plane, "YX", spacing=size, unit=unit) for size, unit in (one, other)]
    assert evaluate(*pair).overlap.pixel_error == 0


def test_nothing_left_to_compare():
    words = refuse(labels(TRUTH), labels(np.zeros_like(TRUTH)), ignore=(0,))
    assert "Nothing is left to compare" in words
    assert "(0)" in words
