"""Remedies in the words of a dock, where they were written for the command line."""

from __future__ import annotations

# What an error advises, and the same where there are buttons in place of options.
_WORDS = {
    "say that 0 is background (on the command line: --unannotated none)": (
        "choose 'background' for 'Label 0 is'"
    ),
    "it can go on from there (on the command line: --resume)": (
        "it can go on from there: press Go on"
    ),
    "go on (on the command line: --resume)": "press Go on",
    "Go on with it by --resume, or replace it by --overwrite": "Start it once more",
    "Add --overwrite to begin anew, or name another run folder": (
        "Discard it, and begin anew"
    ),
    "or add --overwrite (in Python: overwrite=True) to replace it": (
        "or move that file elsewhere"
    ),
    "Give one letter out of TZCYX per dimension with --axes (in Python: axes=)": (
        "Name the layer's dimensions, each with one letter out of TZCYX"
    ),
    "finished tiles are kept, and --resume goes on": (
        "finished tiles are kept: press Go on"
    ),
    "or the pixel size with --pixel-size (in Python: with_spacing)": (
        "or give the layer a scale and units"
    ),
    ", with --axes (in Python: axes=)": "",
    ", as segment --scores writes them": ", as the Segment dock makes them",
    "Say --dimensions 2 or --dimensions 3, or evaluate them apart": (
        "Compare planes and volumes apart"
    ),
    ", as in --license MIT (in Python: licence=)": ", as in MIT",
    " at the first level (--base ": " at the first level (",
    " with --author (in Python: authors=)": "",
}


def in_a_dock(text: str) -> str:
    """Say what to press or choose, in place of options of the command line."""
    for option, button in _WORDS.items():
        text = text.replace(option, button)
    return text
