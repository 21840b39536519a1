from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from napari_unetseg.core.errors import RunError
from napari_unetseg.runs.folder import (
    FORMAT,
    RUN,
    fix_steps,
    is_run,
    read_question,
    record_programs,
    write_question,
)
from napari_unetseg.runs.questions import SegmentQuestion, TrainQuestion

if TYPE_CHECKING:
    from pathlib import Path


def values(folder: Path) -> dict[str, Any]:
    return json.loads((folder / RUN).read_text(encoding="utf-8"))


def test_a_question_comes_back(tmp_path: Path, question: TrainQuestion) -> None:
    write_question(tmp_path, question)
    assert read_question(tmp_path) == question
    assert is_run(tmp_path)
    run = values(tmp_path)
    assert run["seed"] == 7
    assert run["created"].endswith("+00:00")
    assert run["programs"]["python"]


def test_the_kind_of_question_is_told_apart(tmp_path: Path) -> None:
    question = SegmentQuestion(image="i.tif", model="m", out="o.tif")
    write_question(tmp_path, question)
    assert read_question(tmp_path) == question
    assert values(tmp_path)["seed"] is None


def test_minutes_become_steps_once(folder: Path, question: TrainQuestion) -> None:
    fix_steps(folder, 1234)
    fix_steps(folder, 1234)
    fixed = read_question(folder)
    assert isinstance(fixed, TrainQuestion)
    assert (fixed.config.steps, fixed.config.minutes) == (1234, None)
    assert fixed.model_copy(update={"config": question.config}) == question
    assert values(folder)["facts"] == {"steps": 1234, "minutes": 2.5}


def test_a_segmentation_has_no_steps(tmp_path: Path) -> None:
    question = SegmentQuestion(image="i.tif", model="m", out="o.tif")
    write_question(tmp_path, question)
    fix_steps(tmp_path, 5)
    assert read_question(tmp_path) == question


def test_other_programs_are_recorded(folder: Path) -> None:
    run = values(folder)
    expected = run["programs"]
    (folder / RUN).write_text(json.dumps({**run, "programs": {"torch": "0.1"}}))
    record_programs(folder)
    assert values(folder)["programs"] == expected


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "is not a run folder"),
        ("", "is damaged (it is not JSON)"),
        ('{"format": "napari-unetseg run", "vers', "is damaged (it is not JSON)"),
        (b"\xff\xfe\x00", "is damaged (it is not JSON)"),
        ("[]", "belongs to another program"),
        ('{"format": "someone\'s"}', "belongs to another program"),
        (json.dumps({"format": FORMAT}), "its version is missing"),
        (json.dumps({"format": FORMAT, "version": 2}), "newer version"),
        (json.dumps({"format": FORMAT, "version": 1}), "is damaged (question:"),
        (
            json.dumps({"format": FORMAT, "version": 1, "question": {"job": "cook"}}),
            "is damaged",
        ),
        (
            json.dumps({"format": FORMAT, "version": 1, "question": {"job": "train"}}),
            "is damaged (train.images: Field required)",
        ),
    ],
)
def test_what_is_no_run_says_so(
    tmp_path: Path, content: str | bytes | None, sentence: str
) -> None:
    if isinstance(content, str):
        content = content.encode()
    if content is not None:
        (tmp_path / RUN).write_bytes(content)
    with pytest.raises(RunError) as caught:
        read_question(tmp_path)
    assert sentence in str(caught.value)
