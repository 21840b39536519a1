"""Notes of a layer: what goes into a file comes back, and nothing foreign hurts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_unetseg.core.image import Image
from napari_unetseg.layers.notes import (
    are_labels,
    class_names,
    named_classes,
    notes_of,
    with_notes,
)

FEATURES = {"index": [1, 2, 40], "class": ["cell", "Ångström µ", "x"]}


def about(features: Any) -> dict[str, Any]:
    return {"features": features}


def test_class_names_come_from_the_features_and_return() -> None:
    notes = notes_of(about(FEATURES), "labels")
    assert class_names(notes) == {1: "cell", 2: "Ångström µ", 40: "x"}
    pandas = pytest.importorskip("pandas")
    assert notes_of(about(pandas.DataFrame(FEATURES)), "labels") == notes


def test_rows_without_a_name_or_an_id_are_left_out() -> None:
    nan = float("nan")
    features = {"index": [1, nan, 3], "class": [nan, "a", "b"]}
    assert class_names(notes_of(about(features), "labels")) == {3: "b"}


NOT_IDS = ["", "cell", "²", "1_0", "-1", "2.5", 2.5, -3, float("inf"), None, b"3", 1j]


@pytest.mark.parametrize("index", [*NOT_IDS, "pandas.NA", "pandas.NaT"])
def test_what_is_no_id_is_left_out(index: Any) -> None:
    pandas = pytest.importorskip("pandas")
    if index in ("pandas.NA", "pandas.NaT"):
        index = getattr(pandas, index.removeprefix("pandas."))
    table = {"index": [1, index, 3.0, "4"], "class": ["a", "no", "c", "d"]}

    assert named_classes(table) == {"1": "a", "3": "c", "4": "d"}
    assert named_classes(pandas.DataFrame(table)) == {"1": "a", "3": "c", "4": "d"}


def test_ids_without_a_name_are_left_out() -> None:
    pandas = pytest.importorskip("pandas")
    names = [None, float("nan"), pandas.NA, pandas.NaT, "e", 6]
    table = {"index": [1, 2, 3, 4, 5, 6], "class": names}

    assert named_classes(table) == {"5": "e", "6": "6"}
    assert named_classes(pandas.DataFrame(table)) == {"5": "e", "6": "6"}


def test_columns_that_hold_missing_whole_numbers() -> None:
    pandas = pytest.importorskip("pandas")
    index = pandas.array([1, None, 3], dtype="Int64")
    kinds = pandas.Categorical(["a", "b", None])

    assert named_classes(pandas.DataFrame({"index": index, "class": kinds})) == {
        "1": "a"
    }


@pytest.mark.parametrize("features", [None, {}, {"index": [1]}, {"area": [2.0]}])
def test_features_without_classes(features: Any) -> None:
    assert notes_of(about(features), "labels") == {"kind": "labels"}


def test_what_is_known_is_kept_but_for_the_kind() -> None:
    known = {"model": "m", "kind": "labels", "classes": "1,2"}
    attributes = with_notes({"name": "a"}, known)
    assert attributes["metadata"] == {"napari-unetseg": known}
    assert notes_of(attributes, "image") == known | {"kind": "image"}


@pytest.mark.parametrize(
    "metadata", [None, {}, {"napari-unetseg": 3}, {"napari-unetseg": {"a": 3, 4: "b"}}]
)
def test_what_is_no_text_is_left_out(metadata: Any) -> None:
    notes = notes_of({"metadata": metadata}, "image")
    assert set(notes) <= {"kind", "4"}


def test_no_notes_leave_the_attributes_as_they_are() -> None:
    assert with_notes({"name": "a"}, {}) == {"name": "a"}


@given(st.dictionaries(st.sampled_from(["class_names", "kind"]), st.text()))
@pytest.mark.parametrize(
    "text", ["[1]", "3", '{"a": 1}', '{"-1": "x", "1": null}', "{"]
)
def test_damaged_notes_are_no_error(text: str, notes: dict[str, str]) -> None:
    assert set(class_names({"class_names": text})) <= {1}
    assert isinstance(class_names(notes), dict)


@pytest.mark.parametrize(
    ("dtype", "axes", "notes", "expected"),
    [
        ("u1", "YX", {"kind": "labels"}, True),
        ("u1", "YX", {}, False),
        ("u4", "ZYX", {}, True),
        ("i4", "YX", {}, True),
        ("u4", "CYX", {}, False),
        ("u4", "YX", {"kind": "image"}, False),
        ("f4", "YX", {"kind": "labels"}, False),
        ("u1", "CYX", {"kind": "labels"}, False),
    ],
)
def test_what_is_shown_as_labels(
    dtype: str, axes: str, notes: dict[str, str], expected: bool
) -> None:
    image = Image(array=np.zeros([2] * len(axes), dtype), axes=axes)
    assert are_labels(image, notes) is expected
