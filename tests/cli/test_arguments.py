"""Several values behind one option."""

from __future__ import annotations

import pytest

from napari_unetseg.cli.arguments import spread


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", ""),
        ("--help", "--help"),
        ("train --image a --labels b", "train --image a --labels b"),
        (
            "train --image a b c --labels d e --seed 3",
            "train --image a --image b --image c --labels d --labels e --seed 3",
        ),
        ("train --image=a b", "train --image=a --image b"),
        ("train --image a --image b", "train --image a --image b"),
        ("train --seed 3 4", "train --seed 3 4"),
        ("segment --image a b", "segment --image a b"),
        ("train --image a -- b c", "train --image a -- b c"),
        ("evaluate p t --ignore 0 255", "evaluate p t --ignore 0 --ignore 255"),
        ("evaluate --ignore 0 7 p t", "evaluate --ignore 0 --ignore 7 p t"),
        ("evaluate --ignore 0 p 7", "evaluate --ignore 0 p 7"),
    ],
)
def test_each_value_gets_its_options_name(typed: str, expected: str) -> None:
    assert spread(typed.split()) == expected.split()
