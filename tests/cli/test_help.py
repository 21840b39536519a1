"""Help comes at once: it loads neither torch nor napari."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

HEAVY = {"napari", "qtpy", "scipy", "skimage", "tifffile", "torch", "zarr"}
COMMANDS = (
    "demo",
    "sample",
    "train",
    "segment",
    "evaluate",
    "info",
    "check",
    "settings",
)


def test_help_loads_nothing_heavy() -> None:
    answer = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys\n"
            "from napari_unetseg.cli.app import run\n"
            f"for command in {COMMANDS}:\n"
            "    assert run([command, '--help']) == 0\n"
            f"print('loaded:', *({HEAVY} & set(sys.modules)))",
        ],
        capture_output=True,
        check=True,
        text=True,
        encoding="utf-8",
    )
    assert answer.stdout.splitlines()[-1] == "loaded:"


def test_the_module_is_the_program() -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "napari_unetseg", "--version"],
        capture_output=True,
        check=True,
        text=True,
    )
    assert answer.stdout.startswith("unetseg ")


@pytest.mark.parametrize("words", [(), ("--help",)])
def test_help_lists_the_commands(
    unetseg: Callable[..., Any], words: tuple[str, ...]
) -> None:
    answer = unetseg(*words)
    assert answer.code == 0
    for command in COMMANDS:
        assert f" {command} " in answer.out
    assert " run " not in answer.out


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("demo", "out minutes seed overwrite"),
        ("sample", "out overwrite"),
        (
            "train",
            "image labels model task unannotated network preset from dimensions axes "
            "pixel-size channels validation minutes steps seed base depth upsampling "
            "deep-supervision patch batch loss class-weights device precision run "
            "resume overwrite json",
        ),
        (
            "segment",
            "model out scores tile axes device precision run resume overwrite json",
        ),
        ("evaluate", "ignore json csv overwrite"),
    ],
)
def test_a_command_names_its_options(
    unetseg: Callable[..., Any], command: str, options: str
) -> None:
    answer = unetseg(command, "--help")
    assert answer.code == 0
    for option in options.split():
        assert f"--{option} " in answer.out
