"""A finished folder takes its name; at no moment is anything lost."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any

import pytest

from napari_unetseg.core.errors import WriteError
from napari_unetseg.core.write import place
from napari_unetseg.core.write.place import check_place, move_into_place

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def zarr_folder(path: Path, word: str) -> Path:
    (path / "0" / "c").mkdir(parents=True)
    (path / "zarr.json").write_text("{}")
    (path / "0" / "c" / "0").write_text(word)
    return path


def word_in(path: Path) -> str:
    return (path / "0" / "c" / "0").read_text()


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


@pytest.fixture
def far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that the system takes for another file system."""
    folder = tmp_path / "far"
    folder.mkdir()
    rename = os.rename

    def across(source: Path, target: Path) -> None:
        if folder in source.parents:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), str(source))
        rename(source, target)

    monkeypatch.setattr(os, "rename", across)
    return folder


def test_it_takes_the_name(tmp_path: Path) -> None:
    source = zarr_folder(tmp_path / "run" / "result.zarr", "new")
    target = tmp_path / "missing" / "labels.zarr"
    move_into_place(source, target, overwrite=False)
    assert word_in(target) == "new"
    assert names(target.parent) == ["labels.zarr"]
    assert names(tmp_path / "run") == []
    move_into_place(target, target, overwrite=False)
    assert word_in(target) == "new"


@pytest.mark.parametrize("far_away", [False, True])
def test_an_old_one_is_replaced_only_if_asked_for(
    tmp_path: Path, far: Path, far_away: bool
) -> None:
    source = zarr_folder((far if far_away else tmp_path) / "result.zarr", "new")
    target = zarr_folder(tmp_path / "out" / "a.zarr", "old")
    with pytest.raises(WriteError, match=r"'a\.zarr' exists.*--overwrite"):
        move_into_place(source, target, overwrite=False)
    assert (word_in(source), word_in(target)) == ("new", "old")
    move_into_place(source, target, overwrite=True)
    assert word_in(target) == "new"
    assert not source.exists()
    assert names(target.parent) == ["a.zarr"]


def test_to_another_file_system_it_is_copied(tmp_path: Path, far: Path) -> None:
    source = zarr_folder(far / "result.zarr", "new")
    (tmp_path / ".unfinished-a.zarr").mkdir()
    move_into_place(source, tmp_path / "a.zarr", overwrite=False)
    assert word_in(tmp_path / "a.zarr") == "new"
    assert names(far) == []
    assert names(tmp_path) == ["a.zarr", "far"]


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_is_no_zarr_is_never_replaced(tmp_path: Path, overwrite: bool) -> None:
    source = zarr_folder(tmp_path / "result.zarr", "new")
    thesis = tmp_path / "thesis"
    thesis.mkdir()
    (thesis / "chapter.tex").touch()
    for target in (thesis, thesis / "chapter.tex"):
        for act in (
            lambda: move_into_place(source, target, overwrite=overwrite),  # noqa: B023
            lambda: check_place(target, overwrite=overwrite),  # noqa: B023
        ):
            with pytest.raises(WriteError, match="no zarr, so it is not replaced"):
                act()
    assert names(thesis) == ["chapter.tex"]


def test_folders_in_one_another_are_refused(tmp_path: Path) -> None:
    outer = zarr_folder(tmp_path / "a.zarr", "old")
    inner = zarr_folder(outer / "run" / "result.zarr", "new")
    for source, target in ((inner, outer), (outer, inner)):
        with pytest.raises(WriteError, match="lie in one another"):
            move_into_place(source, target, overwrite=True)
    assert (word_in(outer), word_in(inner)) == ("old", "new")


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    source = zarr_folder(tmp_path / "result.zarr", "new")
    old = zarr_folder(tmp_path / "disk" / "a.zarr", "old")
    link = tmp_path / "a.zarr"
    link.symlink_to(old, target_is_directory=True)
    move_into_place(source, link, overwrite=True)
    assert link.is_symlink()
    assert word_in(old) == "new"


class Killed(BaseException):
    """The process ends here: nothing that follows happens."""


@pytest.mark.parametrize("far_away", [False, True])
def test_killed_at_any_moment_nothing_is_lost_and_the_next_call_finishes(
    tmp_path: Path, far: Path, monkeypatch: pytest.MonkeyPatch, far_away: bool
) -> None:
    moments = range(1, 40)
    for moment in moments:
        folder = tmp_path / str(moment)
        source = zarr_folder((far if far_away else folder) / f"{moment}.zarr", "new")
        target = zarr_folder(folder / "out" / "a.zarr", "old")
        left = [moment]

        def dying(act: Callable[..., Any], left: list[int] = left) -> Any:
            def step(*args: Any, **options: Any) -> Any:
                left[0] -= 1
                if left[0] <= 0:
                    raise Killed
                return act(*args, **options)

            return step

        with monkeypatch.context() as patch:
            for module, name in (
                (os, "rename"),
                (place.shutil, "copyfile"),
                (place.shutil, "rmtree"),
            ):
                patch.setattr(module, name, dying(getattr(module, name)))
            try:
                move_into_place(source, target, overwrite=True)
            except Killed:
                survived = False
            else:
                survived = True
        whole = [p for p in (source, target) if (p / "zarr.json").exists()]
        assert "new" in {word_in(p) for p in whole if (p / "0" / "c" / "0").exists()}
        if source.exists():
            move_into_place(source, target, overwrite=True)
        assert word_in(target) == "new"
        if survived:
            break
    assert survived
    assert moment > 3


@pytest.mark.parametrize("far_away", [False, True])
def test_what_the_system_refuses_leaves_everything_as_it_was(
    tmp_path: Path, far: Path, monkeypatch: pytest.MonkeyPatch, far_away: bool
) -> None:
    source = zarr_folder((far if far_away else tmp_path) / "result.zarr", "new")
    target = zarr_folder(tmp_path / "out" / "a.zarr", "old")
    rename = os.rename

    def refuse(one: Path, other: Path) -> None:
        if other == target and "replaced" not in one.name and one.parent != far:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(other))
        rename(one, other)

    monkeypatch.setattr(os, "rename", refuse)
    with pytest.raises(WriteError, match=r"^'a\.zarr' cannot.*No space.*Free space"):
        move_into_place(source, target, overwrite=True)
    assert (word_in(source), word_in(target)) == ("new", "old")
    assert names(target.parent) == ["a.zarr"]


def test_a_full_disk_far_away_is_noticed_at_once(
    tmp_path: Path, far: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = zarr_folder(far / "result.zarr", "new")

    def full(_source: Path, target: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))

    monkeypatch.setattr(place.shutil, "copyfile", full)
    with pytest.raises(WriteError, match="No space") as caught:
        move_into_place(source, tmp_path / "a.zarr", overwrite=False)
    assert str(tmp_path) not in str(caught.value)
    assert word_in(source) == "new"
    assert names(tmp_path) == ["far"]


def test_renaming_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = zarr_folder(tmp_path / "result.zarr", "new")
    rename, refusals = os.rename, iter([True, True, False])

    def scanned(one: Path, other: Path) -> None:
        if next(refusals):
            raise PermissionError(errno.EACCES, "Permission denied")
        rename(one, other)

    monkeypatch.setattr(os, "rename", scanned)
    monkeypatch.setattr(place, "PAUSES", (0, 0, 0))
    move_into_place(source, tmp_path / "a.zarr", overwrite=False)
    assert word_in(tmp_path / "a.zarr") == "new"


def test_a_name_is_checked_before_the_work(tmp_path: Path) -> None:
    check_place(tmp_path / "a" / "b" / "c.zarr")
    assert names(tmp_path / "a" / "b") == []
    zarr_folder(tmp_path / "old.zarr", "old")
    with pytest.raises(WriteError, match=r"'old\.zarr' exists.*--overwrite"):
        check_place(tmp_path / "old.zarr")
    check_place(tmp_path / "old.zarr", overwrite=True)
    assert word_in(tmp_path / "old.zarr") == "old"
    (tmp_path / "file").touch()
    with pytest.raises(WriteError, match=r"'c\.zarr' cannot be written"):
        check_place(tmp_path / "file" / "c.zarr")
