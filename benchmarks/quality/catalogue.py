"""Sets of real microscopy, and what a person would type to train on each of them."""

from __future__ import annotations

from typing import NamedTuple


class Training(NamedTuple):
    """One set and its command.

    Attributes
    ----------
    folder : str
        Of the data.
    images, labels : tuple of str
        Pairs of files.
    options : str
        What is typed beside images, labels, model and minutes.
    shown : int
        Side in pixels of the part that the picture shows.
    other : str
        A further image, of which nothing was learnt; with its labels it is scored too.
    other_labels : str
        Labels of that image.
    drawn : str
        What the labels are, above the picture.
    """

    folder: str
    images: tuple[str, ...]
    labels: tuple[str, ...]
    options: str = ""
    shown: int = 512
    other: str = ""
    other_labels: str = ""
    drawn: str = "truth"


def axon_myelin(*subjects: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Images and labels of the axons in some files."""
    names = [f"sub-{subject}_SEM" for subject in subjects]
    return tuple(f"{n}_image.tif" for n in names), tuple(
        f"{n}_labels.tif" for n in names
    )


TRAININGS = {
    "isbi2012-em": Training("isbi2012-em", ("images.tif",), ("labels.tif",)),
    "drosophila-vnc": Training("drosophila-vnc", ("images.tif",), ("labels.tif",)),
    "axon-myelin-sem": Training(
        "axon-myelin-sem",
        *axon_myelin(
            "rat1_sample-data1",
            "rat2_sample-data5",
            "rat3_sample-data9",
            "rat3_sample-data10",
            "rat3_sample-data11",
        ),
        other="sub-rat4_sample-data12_SEM_image.tif",
        other_labels="sub-rat4_sample-data12_SEM_labels.tif",
    ),
    "phc-u373": Training(
        "phc-u373",
        ("02_gold_images.tif",),
        ("02_gold_labels.tif",),
        "--task instances",
    ),
    "dic-hela": Training(
        "dic-hela",
        ("01_gold_images.tif",),
        ("01_gold_labels.tif",),
        "--task instances",
    ),
    "dsb2018 fluorescence": Training(
        "dsb2018-nuclei",
        ("fluo_256x256_images.tif",),
        ("fluo_256x256_labels.tif",),
        "--task instances",
    ),
    "dsb2018 RGB": Training(
        "dsb2018-nuclei",
        ("rgb_256x320_images.tif",),
        ("rgb_256x320_labels.tif",),
        "--task instances",
    ),
    "scribbles, maize": Training(
        "sparse-scribbles",
        ("maize_clsm.tif",),
        ("maize_clsm_annotation.tif",),
        drawn="strokes",
    ),
    # Three cells are painted, of many.
    "scribbles, cells": Training(
        "sparse-scribbles",
        ("membranes_2d.tif",),
        ("membranes_2d_sparse_labels.tif",),
        "--task instances --unannotated 0",
        drawn="painted",
    ),
    # The image of a third pair, 1137, is nothing but noise.
    "gonuclear-3d": Training(
        "gonuclear-3d",
        ("1135_raw.tif", "1136_raw.tif"),
        ("1135_labels.tif", "1136_labels.tif"),
        "--task instances --dimensions 3",
    ),
    "microtubules-et-3d": Training(
        "microtubules-et-3d",
        ("stack02_raw.tif",),
        ("stack02_labels.tif",),
        "--dimensions 3",
    ),
}
