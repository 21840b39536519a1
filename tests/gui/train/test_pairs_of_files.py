"""A folder of pairs in the Train dock, whose files are not opened as layers."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtWidgets import QFileDialog, QPushButton

from gui.training import question, refuses
from napari_unetseg.core.image import Image
from napari_unetseg.core.write.ome_tiff import write_ome_tiff
from napari_unetseg.gui.train.pairs import ALONE
from napari_unetseg.runs.preferences import models_folder

pytestmark = pytest.mark.gui


def test_a_folder_is_learnt_from_by_path(of_two, folder, monkeypatch, until):
    monkeypatch.setattr(
        QFileDialog, "getExistingDirectory", lambda *_: str(folder), raising=True
    )
    of_two.pairs.links.findChildren(QPushButton)[1].click()
    assert of_two.pairs.found.value == (
        "2 pairs in 'data'. 1 image without labels is left out: 'c.tif'."
    )
    until(lambda: of_two.look.seen is not None)

    plan, asked = question(of_two)

    names = [str(folder / "images" / name) for name in ("a.tif", "b.tif")]
    assert asked.images == ("image.tif", "image-2.tif", *names)
    assert asked.labels[2:] == tuple(name.replace("images", "labels") for name in names)
    assert (asked.pairs.path, asked.pairs.count) == (str(folder), 2)
    assert len(plan.inputs) == 4
    assert len(of_two.look.seen.annotated) == 5 + 2 + 3 + 2


def test_a_folder_alone_needs_no_layer(opened, folder, until):
    dock = opened()
    dock.pairs.add_folder(folder)
    assert dock.pairs.alone.isHidden()
    until(lambda: dock.look.seen is not None)

    plan, asked = question(dock)

    assert plan.inputs == {}
    assert len(asked.images) == asked.pairs.count == 2
    assert asked.model == str(models_folder() / "data.unetseg.safetensors")
    assert "Every pixel is annotated" in dock.verdict.value
    assert dock.run.controls.start.isEnabled()
    dock.pairs.remove_folder()
    refuses(dock, "There is no image")


def test_a_folder_can_be_taken_without_the_layers(of_two, folder, until):
    of_two.pairs.add_folder(folder)
    of_two.pairs.alone.setChecked(True)
    until(lambda: of_two.look.seen is not None)

    assert question(of_two)[1].images == tuple(
        str(folder / "images" / name) for name in ("a.tif", "b.tif")
    )
    assert not of_two.labels.native.isEnabled()
    assert of_two.labels.native.toolTip() == ALONE

    of_two.pairs.alone.setChecked(False)
    assert of_two.labels.native.isEnabled()


def test_only_what_is_new_is_read_again(of_two, layers, folder, until, monkeypatch):
    of_two.pairs.add_folder(folder)
    until(lambda: of_two.look.seen is not None)
    known = dict(of_two.look._files)
    assert len(known) == 2

    layers["first labels"].data_setitem((np.array([0]),) * 3, 5)

    until(lambda: 5 in of_two.look.seen.ids)
    assert all(of_two.look._files[key] is one for key, one in known.items())


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda here: (here / "images" / "b.tif").unlink(), "'b.tif' have no image"),
        (lambda here: (here / "labels").rename(here / "l"), "no folder labels or mask"),
    ],
)
def test_a_folder_that_is_none_is_refused_at_once(opened, folder, spoil, words):
    spoil(folder)
    dock = opened()

    dock.pairs.add_folder(folder)

    assert words in dock.said
    assert dock.pairs.folder is None
    assert dock.pairs.isHidden()


def rewrite(path, array):
    write_ome_tiff(path, Image(array=array, axes="ZYX"), overwrite=True)


@pytest.mark.parametrize(
    ("file", "array", "words"),
    [
        ("images/b.tif", np.ones((2, 48, 63), np.uint8), "'b.tif' is 2 x 48 x 63"),
        ("labels/b.tif", np.full((2, 48, 64), 0.5, "f4"), "'b.tif' hold 0.5"),
        ("labels/b.tif", None, "'b.tif'"),
    ],
    ids=["shape", "no labels", "damaged"],
)
def test_files_that_do_not_fit_are_named_before_it_starts(
    opened, folder, until, file, array, words
):
    if array is None:
        (folder / file).write_bytes(b"II*\0rubbish")
    else:
        rewrite(folder / file, array)
    dock = opened()

    dock.pairs.add_folder(folder)
    until(lambda: dock.look.seen is not None)

    refuses(dock, words)


def test_a_region_is_not_for_files(of_two, model, folder, until):
    of_two.pairs.add_folder(folder)
    mask = model.add_labels(np.ones((5, 48, 64), np.uint8), name="mask")

    of_two.region.value = mask

    refuses(of_two, "'All counts in' is for layers", "remove the folder")
