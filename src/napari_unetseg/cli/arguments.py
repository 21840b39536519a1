"""Several values behind one option: ``--image a.tif b.tif``, as a shell's ``*`` gives.

typer knows one value per option. The others get the option's name in front of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def _anything(value: str) -> bool:
    return True


# Behind --ignore stand numbers: what is none is one of the two files again.
SEVERAL: dict[str, dict[str, Callable[[str], bool]]] = {
    "train": {
        "--image": _anything,
        "--labels": _anything,
        "--annotated": _anything,
        "--augment": _anything,
    },
    "evaluate": {
        "--ignore": str.isdigit,
        "--partly": str.isdigit,
        "--truth": _anything,
        "--scores": _anything,
        "--other": _anything,
        "--image": _anything,
    },
}


def spread(argv: list[str]) -> list[str]:
    """Repeat an option before each of its values.

    Parameters
    ----------
    argv : list of str
        What was typed behind the name of the program.

    Examples
    --------
    >>> spread(["train", "--image", "a", "b", "--labels", "c", "d"])
    ['train', '--image', 'a', '--image', 'b', '--labels', 'c', '--labels', 'd']
    """
    known = SEVERAL.get(argv[0], {}) if argv else {}
    spread_out: list[str] = []
    current = ""
    for position, word in enumerate(argv):
        if word == "--":
            return spread_out + argv[position:]
        if word.startswith("-"):
            current = word.partition("=")[0]
        elif current in known and spread_out[-1] != current:
            if known[current](word):
                spread_out.append(current)
            else:
                current = ""
        spread_out.append(word)
    return spread_out
