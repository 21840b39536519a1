"""What errors advise, in the words of a dock."""

from __future__ import annotations

import ast
import re
from itertools import chain
from pathlib import Path

import pytest

import napari_unetseg
from napari_unetseg.gui.parts import wording
from napari_unetseg.gui.parts.wording import in_a_dock

PACKAGE = Path(napari_unetseg.__file__).parent
# The command line's own sentences never reach a dock.
PARTS = ("core", "gui", "layers", "runs")
TABLE = Path(wording.__file__)
# Write command lines, which is no advice.
WRITERS = [PACKAGE / "runs" / name for name in ("recipe.py", "travel.py")]
OPTION = re.compile(r"(?<![\w-])--[a-z]")
# How the command line is called, which is no advice; and another program's command.
NOT_SAID = {
    "--device",
    "--json",
    "--multiprocessing-fork",
    "Start one with: dask scheduler --scheduler-file FILE",
}


def texts(path):
    """Every text in a module but its docstrings, with "{}" for what is filled in."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings, parts = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            docstrings.add(node.value)
        if isinstance(node, ast.JoinedStr):
            parts.update(node.values)
            yield "".join(
                part.value if isinstance(part, ast.Constant) else "{}"
                for part in node.values
            )
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node not in docstrings | parts:
            yield str(node.value)


def with_options():
    modules = chain(*((PACKAGE / part).rglob("*.py") for part in PARTS))
    every = chain.from_iterable(
        texts(path) for path in modules if path not in (TABLE, *WRITERS)
    )
    return [one for one in every if OPTION.search(one) and one not in NOT_SAID]


def test_there_are_errors_that_name_options():
    assert any("--resume" in text for text in with_options())


def test_no_text_is_replaced_that_no_error_says():
    table = [text for text in texts(TABLE) if OPTION.search(text)]
    said = with_options()

    assert table
    assert all(any(entry in text for text in said) for entry in table)


def test_no_dock_names_an_option_of_the_command_line():
    left = [text for text in with_options() if OPTION.search(in_a_dock(text))]

    assert not left


@pytest.mark.parametrize(
    ("said", "there"),
    [
        (
            "It can be kept, and it can go on from there (on the command line: "
            "--resume).",
            "It can be kept, and it can go on from there: press Go on.",
        ),
        (
            "Free some space and go on (on the command line: --resume).",
            "Free some space and press Go on.",
        ),
        ("Nothing to press here.", "Nothing to press here."),
    ],
)
def test_a_remedy_names_the_button(said, there):
    assert in_a_dock(said) == there
