"""Model files of whatever content work, or are refused in one sentence.

What has failed once lies in the corpus, beside what was likely to.
"""

from __future__ import annotations

import copy
import io
import json
import shutil
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_unetseg.core.network.card import parsed_card
from napari_unetseg.core.network.header import metadata_of
from napari_unetseg.runs import home, library
from napari_unetseg.runs.model_words import in_words
from oracles.doors import knock, refusals, show
from oracles.models import random_model

CORPUS = Path(__file__).parents[1] / "corpus/models"
GOLDEN = Path(__file__).parents[1] / "core/network/golden"
FILES = sorted(path for path in CORPUS.iterdir() if path.suffix != ".jsonl")
CARDS = (CORPUS / "cards.jsonl").read_text(encoding="utf-8").splitlines()
ENDING = ".unetseg.safetensors"
IN_FILES = settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

odd_numbers = st.sampled_from([-1, 0, 2**31, 2**64, 10**400, 1e308, float("nan")])
odd_texts = st.sampled_from(["\x1b[2J", "\u202e", "<img src='x'>", "a\nb", "9" * 5000])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
    | odd_numbers | odd_texts,
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["1", "3", "x", "kind"]), inner, max_size=3),
    max_leaves=4,
)  # fmt: skip


@cache
def described(number: int) -> dict[str, Any]:
    """Card of a format, as the program of its time wrote it."""
    path = GOLDEN / f"format-{number}{ENDING}"
    return dict(json.loads(metadata_of(path)["unetseg"]))


def places(document: Any) -> list[tuple[dict[str, Any], str]]:
    """List every field of a document, whatever deep."""
    if not isinstance(document, dict):
        return []
    here = [(document, key) for key in document]
    return here + [place for one in document.values() for place in places(one)]


@cache
def seeds() -> dict[str, bytes]:
    """Files of every kind that is read, by name."""
    model = random_model()
    plain, legacy, ours = io.BytesIO(), io.BytesIO(), io.BytesIO()
    torch.save(model.tensors, plain)
    torch.save(model.tensors, legacy, _use_new_zipfile_serialization=False)
    with zipfile.ZipFile(ours, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("unetseg.json", model.card.model_dump_json())
        file.writestr("weights.pt", plain.getvalue())
    golden = (GOLDEN / f"format-4{ENDING}").read_bytes()
    return {
        f"m{ENDING}": golden,
        "m.pt": plain.getvalue(),
        "old.pt": legacy.getvalue(),
        "m.zip": ours.getvalue(),
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_what_has_failed_once(path: Path, tmp_path: Path) -> None:
    knock(Path(shutil.copy(path, tmp_path)))


@pytest.mark.parametrize("number", range(len(CARDS)))
def test_a_card_that_was_odd_once(number: int) -> None:
    with refusals("m.x"):
        show(parsed_card(CARDS[number], "m.x"), Path("m.x"))


def test_none_of_them_hides_another_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(home.VARIABLE, str(tmp_path))
    folder = tmp_path / "models"
    folder.mkdir()
    shutil.copy(GOLDEN / f"format-4{ENDING}", folder / f"good{ENDING}")
    for path in FILES:
        shutil.copy(path, folder / f"{path.name.partition('.')[0]}{ENDING}")
    (folder / f"a folder{ENDING}").mkdir()
    said = {entry.name: in_words(entry) for entry in library.entries()}
    assert len(said) == len(FILES) + 2
    assert said["good"].startswith("unet-bn 2D; cell, gap")


@settings(max_examples=150)
@given(number=st.integers(1, 4), where=st.integers(0, 200), value=values)
def test_any_field_of_a_card_may_hold_anything(
    number: int, where: int, value: Any
) -> None:
    document = copy.deepcopy(described(number))
    fields = places(document)
    holder, key = fields[where % len(fields)]
    holder[key] = value
    text = json.dumps(document)
    with refusals("m.x"):
        show(parsed_card(text, "m.x"), Path("m.x"))


@IN_FILES
@given(
    name=st.sampled_from([f"m{ENDING}", "m.pt", "old.pt", "m.zip"]),
    patches=st.lists(
        st.tuples(st.integers(-900, 2500), st.binary(min_size=1, max_size=8)),
        min_size=1,
        max_size=4,
    ),
    cut=st.integers(0, 40),
)
def test_any_bytes_may_be_changed(
    tmp_path: Path, name: str, patches: list[tuple[int, bytes]], cut: int
) -> None:
    """Most near the beginning and the end, where what is read first lies."""
    content = bytearray(seeds()[name])
    for place, patch in patches:
        content[place : place + len(patch)] = patch
    path = tmp_path / name
    path.write_bytes(content[: len(content) - max(0, cut - 30)])
    knock(path)


@IN_FILES
@given(st.data())
def test_any_member_of_a_package_may_be_changed(tmp_path: Path, data: Any) -> None:
    path = tmp_path / "m.zip"
    with (
        zipfile.ZipFile(io.BytesIO(seeds()["m.zip"])) as old,
        zipfile.ZipFile(path, "w") as new,
    ):
        for name in old.namelist():
            content = bytearray(old.read(name))
            place = data.draw(st.integers(0, len(content) - 1))
            patch = data.draw(st.binary(max_size=4))
            content[place : place + len(patch)] = patch
            new.writestr(name, bytes(content))
    knock(path)
