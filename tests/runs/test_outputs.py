"""A run may replace what it has begun to write itself, and nothing else."""

from pathlib import Path

import pytest

from napari_unetseg.core.errors import WriteError
from napari_unetseg.runs.outputs import begin_output, check_outputs


def test_files_of_others_are_refused(tmp_path):
    other = tmp_path / "naïve name.tif"
    other.write_text("precious")
    with pytest.raises(WriteError, match="exists"):
        check_outputs(tmp_path, [str(other)], overwrite=False)
    check_outputs(tmp_path, [str(other)], overwrite=True)
    assert other.read_text() == "precious"


def test_a_name_relative_to_the_folder_moves_with_it(tmp_path):
    before = tmp_path / "before"
    before.mkdir()
    (before / "m").write_text("other's")
    with pytest.raises(WriteError, match="exists"):
        check_outputs(before, ["m"], overwrite=False)
    begin_output(before, "m")
    after = before.rename(tmp_path / "after")
    check_outputs(after, ["m"], overwrite=False)


def test_what_the_run_has_begun_is_its_own(tmp_path):
    own = str(tmp_path / "naïve name.tif")
    begin_output(tmp_path, own)
    begin_output(tmp_path, own)
    (tmp_path / "naïve name.tif").write_text("ours")
    check_outputs(tmp_path, [own], overwrite=False)


def test_a_file_that_has_come_up_meanwhile_is_not_replaced(tmp_path):
    wanted = str(tmp_path / "em.unetseg.safetensors")
    check_outputs(tmp_path, [wanted], overwrite=False)
    Path(wanted).write_text("another training's")

    name = begin_output(tmp_path, wanted)

    assert name == str(tmp_path / "em-2.unetseg.safetensors")
    Path(name).write_text("ours")
    assert begin_output(tmp_path, wanted) == name
    check_outputs(tmp_path, [wanted], overwrite=False)


def test_who_may_overwrite_gets_the_name_asked_for(tmp_path):
    (tmp_path / "m").write_text("old")

    assert begin_output(tmp_path, "m", overwrite=True) == "m"
