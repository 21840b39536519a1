"""``unetseg train --pairs``: a folder in place of a list of files, or behind one."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from napari_unetseg.cli import train as train_module
from napari_unetseg.runs.folder import read_question
from napari_unetseg.runs.questions import PairsFolder, TrainQuestion
from napari_unetseg.runs.recipe import command_line

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def data(here: Path) -> Path:
    """Make a folder with two pairs, and an image without labels."""
    folder = here / "my data"
    for name in ("images/n.tif", "images/m.tif", "images/o.tif", "masks/m.tif"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    (folder / "masks" / "n.tif").touch()
    return folder


@pytest.fixture
def train(
    unetseg: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Any]:
    """Ask for a training that is not started; return the answer and the question."""

    def function(line: str) -> Any:
        folders = []

        def follow(folder: Path, **_: object) -> dict[str, Any]:
            folders.append(folder)
            return {}

        monkeypatch.setattr(train_module, "follow", follow)
        answer = unetseg(*shlex.split(line))
        return answer, read_question(folders[0]) if folders else None

    return function


def test_a_folder_is_a_list_of_pairs(train: Callable[[str], Any], data: Path) -> None:
    answer, question = train("train --pairs 'my data' --model m")

    assert answer.code == 0, answer.err
    assert question == TrainQuestion(
        images=tuple(str(data / "images" / name) for name in ("m.tif", "n.tif")),
        labels=tuple(str(data / "masks" / name) for name in ("m.tif", "n.tif")),
        pairs=PairsFolder(path=str(data), count=2),
        model=str(data.parent / "m"),
    )
    assert question.named == 0
    assert "1 image without labels is left out: 'o.tif'" in answer.err


def test_named_pairs_come_first(train: Callable[[str], Any], data: Path) -> None:
    answer, question = train(
        "train --image b.tif a.tif --labels b-lab.tif a-lab.tif --pairs 'my data' "
        "--model m"
    )

    assert answer.code == 0, answer.err
    names = [Path(path).name for path in question.images]
    assert names == ["b.tif", "a.tif", "m.tif", "n.tif"]
    assert question.named == 2


@pytest.mark.parametrize(
    ("named", "line"),
    [
        ("", "unetseg train --pairs 'my data' --model m"),
        (
            "--image a.tif --labels a-lab.tif",
            "unetseg train --image a.tif --labels a-lab.tif --pairs 'my data' "
            "--model m",
        ),
    ],
)
def test_the_command_that_repeats_it_asks_the_same(
    train: Callable[[str], Any], data: Path, named: str, line: str
) -> None:
    _, question = train(f"train {named} --pairs './images/../my data' --model m")

    told, missing = command_line(question)

    assert (told, missing) == (line, [])
    _, again = train(f"{told.removeprefix('unetseg ')} --run other")
    assert again == question


def test_the_folder_itself_can_be_where_one_is(
    train: Callable[[str], Any], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(data)

    answer, question = train("train --pairs . --model m")

    assert answer.code == 0, answer.err
    assert "--pairs 'my data'" in command_line(question)[0]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("--pairs nowhere", "'nowhere' is no folder"),
        ("--pairs empty", "There is no image in 'empty'"),
        (
            "--pairs 'my data' --image a.tif",
            "There are 1 images but 0 labels",
        ),
        (
            "--pairs 'my data' --annotated a.tif",
            "--annotated names 1 files, but there are 2 labels",
        ),
        (
            "--pairs 'my data' --image 'my data/images/m.tif' --labels a-lab.tif",
            "'my data/images/m.tif' is named, and is in the folder of --pairs too",
        ),
        ("", "--image, --labels are missing"),
    ],
)
def test_what_does_not_fit_is_refused_before_any_work(
    train: Callable[[str], Any], data: Path, typed: str, words: str
) -> None:
    (data.parent / "empty").mkdir()

    answer, question = train(f"train {typed} --model m")

    assert (answer.code, question) == (2, None)
    assert words in " ".join(answer.err.split())


def test_labels_without_an_image_are_refused(
    train: Callable[[str], Any], data: Path
) -> None:
    (data / "masks" / "p.tif").touch()

    answer, _ = train("train --pairs 'my data' --model m")

    assert answer.code == 2
    assert "The labels 'p.tif' have no image" in " ".join(answer.err.split())
