"""Layers as they are at this moment: nothing that happens to them later matters."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from napari.layers import Image, Labels
from napari.utils.colormaps import DirectLabelColormap

from napari_unetseg.core.errors import InputError
from napari_unetseg.core.image import Image as CoreImage
from napari_unetseg.gui.parts import sources
from napari_unetseg.gui.parts.sources import (
    class_colors,
    class_names,
    frozen,
    input_of,
    labels_of,
    referred,
)

pytestmark = pytest.mark.gui

PAINTED = np.arange(24, dtype=np.int32).reshape(2, 3, 4)


# -- pixels ---------------------------------------------------------------------------


def in_memory(folder):
    return PAINTED.copy()


def view(folder):
    array = PAINTED.copy()[:]
    array.flags.writeable = False
    return array


def mapped(folder):
    array = np.memmap(folder / "a", PAINTED.dtype, "w+", shape=PAINTED.shape)
    array[:] = PAINTED
    return array


def mapped_for_itself(folder):
    mapped(folder).flush()
    return np.memmap(folder / "a", PAINTED.dtype, "c", shape=PAINTED.shape)


def in_chunks(folder):
    zarr = pytest.importorskip("zarr")
    array = zarr.open(str(folder / "a.zarr"), mode="w", shape=PAINTED.shape, dtype="i4")
    array[:] = PAINTED
    return array


def in_tasks(folder):
    return pytest.importorskip("dask.array").from_array(
        PAINTED.copy(), chunks=(1, 3, 4)
    )


@pytest.mark.parametrize(
    "make", [in_memory, mapped, mapped_for_itself, in_chunks, in_tasks]
)
def test_frozen_labels_do_not_change_when_the_layer_is_painted(tmp_path, make):
    layer = Labels(make(tmp_path))

    before = frozen(labels_of(layer))
    layer.data[0] = 7

    assert np.all(np.asarray(layer.data[0]) == 7)
    assert np.array_equal(np.asarray(before.array), PAINTED)


def mapped_read_only(folder):
    mapped(folder).flush()
    return np.memmap(folder / "a", PAINTED.dtype, "r", shape=PAINTED.shape)


def in_chunks_read_only(folder):
    in_chunks(folder)
    return pytest.importorskip("zarr").open(str(folder / "a.zarr"), mode="r")


class Writable:
    """Labels in a file, as of tensorstore; nobody may read all of them."""

    shape, dtype, ndim = (2**12, 2**12, 2**6), np.dtype(np.int16), 3
    writable = True

    def __setitem__(self, index, value):
        raise AssertionError

    def __getitem__(self, index):
        raise AssertionError


class ReadOnly(Writable):
    writable = False


@pytest.mark.parametrize("make", [mapped_read_only, in_chunks_read_only])
def test_what_cannot_be_painted_on_is_referred_to(tmp_path, make):
    labels = labels_of(Labels(make(tmp_path)))

    assert frozen(labels) is labels


def test_large_labels_in_a_file_are_referred_to_or_refused(monkeypatch):
    labels = CoreImage(array=ReadOnly(), axes="ZYX", name="large")
    assert frozen(labels) is labels

    with pytest.raises(InputError, match=r"'large' takes 2.0 GiB .* Choose a smaller"):
        frozen(CoreImage(array=Writable(), axes="ZYX", name="large"))


def test_labels_in_memory_are_copied_however_large_they_are(monkeypatch):
    monkeypatch.setattr(sources, "MOST_COPIED", 1)
    labels = labels_of(Labels(PAINTED.copy()))

    copied = frozen(labels).array

    assert not np.shares_memory(copied, labels.array)


# -- files ----------------------------------------------------------------------------


def test_a_relative_path_is_right_in_every_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    layer = Image(np.zeros((4, 5)))
    layer._source = (
        layer.source.model_copy(update={"path": "a.tif"})
        if hasattr(layer.source, "model_copy")
        else layer.source.copy(update={"path": "a.tif"})
    )

    source = input_of([layer]).source

    assert source == Path(tmp_path / "a.tif")


def test_a_layer_without_a_file_has_no_path():
    assert input_of([Image(np.zeros((4, 5)))]).source is None


# -- classes --------------------------------------------------------------------------


def test_a_table_of_something_else_names_no_classes():
    table = {"index": ["first", 2.5, np.inf, 4], "class": ["a", "b", "c", "d"]}

    assert class_names(Labels(PAINTED, features=table)) == {"4": "d"}


@pytest.mark.parametrize("selected", [1, 5])
def test_colours_are_those_without_a_selection(selected):
    layer = Labels(PAINTED)
    expected = class_colors(layer, (0, 1, 2, 300))
    assert set(expected) == {"1", "2", "300"}
    for identity, color in expected.items():
        found = tuple(int(color[i : i + 2], 16) for i in (1, 3, 5))
        assert found == tuple(np.round(255 * layer.get_color(int(identity))[:3]))

    layer.selected_label = selected
    layer.show_selected_label = True

    assert class_colors(layer, (0, 1, 2, 300)) == expected
    assert layer.show_selected_label
    assert layer.colormap.use_selection


@pytest.mark.parametrize("only_selected", [False, True])
def test_what_has_no_colour_is_left_out(only_selected):
    colors = {1: "red", 2: (0, 0, 1, 0), 3: (0, 1, 0, 0.5), None: "transparent"}
    layer = Labels(PAINTED, colormap=DirectLabelColormap(color_dict=colors))
    layer.selected_label = 2
    layer.show_selected_label = only_selected

    assert class_colors(layer, (0, 1, 2, 3, 4)) == {"1": "#ff0000", "3": "#00ff00"}


def test_labels_that_are_referred_to_are_not_copied(tmp_path):
    layer = Labels(in_memory(tmp_path))

    assert referred(labels_of(layer)).array is layer.data


def test_of_dask_the_array_of_this_moment_is_referred_to(tmp_path):
    layer = Labels(in_tasks(tmp_path))

    before = referred(labels_of(layer))
    layer.data[0] = 7

    assert np.array_equal(before.array, PAINTED)
    assert np.all(np.asarray(layer.data[0]) == 7)
