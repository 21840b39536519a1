"""A run may replace what it has begun to write itself, and nothing else."""

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
