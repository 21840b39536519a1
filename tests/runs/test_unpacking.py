"""Archives of others: what is damaged, too large, or leads out of the folder."""

from __future__ import annotations

import stat
import zipfile

import pytest

from napari_unetseg.core.draining import result_of
from napari_unetseg.core.errors import ReadError
from napari_unetseg.runs import unpacking
from publisher import archive


@pytest.fixture
def place(tmp_path):
    inside = tmp_path / "inside"
    inside.mkdir()
    return inside


def unpacked(place, data):
    """Unpack an archive and return the names of what came of it."""
    file = place / "a.zip"
    file.write_bytes(data)
    result_of(unpacking.unpack(file, place / "out"))
    found = (place / "out").rglob("*")
    return sorted(
        one.relative_to(place / "out").as_posix() for one in found if one.is_file()
    )


def refused(place, data, match):
    with pytest.raises(ReadError, match=match):
        unpacked(place, data)
    assert [one.name for one in place.iterdir()] == ["a.zip"]
    assert [one.name for one in place.parent.iterdir()] == ["inside"]


def test_tiff_files_alone_are_unpacked(place):
    names = ("a/t.tif", "a/b/T.TIFF", "a/run.py", "a/x.tif.exe", "b.TIF")
    data = archive(dict.fromkeys(names, b"x"))
    assert unpacked(place, data) == ["a/b/T.TIFF", "a/t.tif", "b.TIF"]


@pytest.mark.parametrize(
    "name",
    ["../out.tif", "a/../../out.tif", "/out.tif", "C:/out.tif", "a\\..\\..\\out.tif"],
)
def test_a_name_that_leads_out_is_refused(place, name):
    data = archive({"t.tif": b"x", name: b"x"})
    refused(place, data, "leads out of its folder, and is not unpacked")


def test_links_are_left_out(place):
    link = zipfile.ZipInfo("link.tif")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    link.create_system = 3
    file = place / "made.zip"
    with zipfile.ZipFile(file, "w") as target:
        target.writestr(link, "/etc/passwd")
        target.writestr("t.tif", b"x")
    data = file.read_bytes()
    file.unlink()
    assert unpacked(place, data) == ["t.tif"]


def test_what_would_fill_the_disk_is_refused(place, monkeypatch):
    data = archive({"t.tif": bytes(10_000)})
    monkeypatch.setattr(unpacking, "MOST_BYTES", 9_999)
    refused(place, data, "would unpack to more than")


def test_too_many_files_are_refused(place, monkeypatch):
    monkeypatch.setattr(unpacking, "MOST_FILES", 1)
    refused(place, archive({"a.tif": b"", "b.tif": b""}), "or 1 files")


def test_a_size_that_is_a_lie_is_damage(place):
    data = archive({"t.tif": bytes(10_000)})
    at = data.rindex(b"PK\x01\x02") + 24
    lie = data[:at] + (100).to_bytes(4, "little") + data[at + 4 :]
    refused(place, lie, "is damaged, or no zip file")


@pytest.mark.parametrize("cut", [0, 10, 60, -30])
def test_a_broken_archive_is_refused(place, cut):
    data = archive({"t.tif": bytes(range(256)) * 4})
    refused(place, data[:cut], "is damaged, or no zip file")


def test_changed_bytes_are_noticed(place):
    data = bytearray(archive({"t.tif": bytes(range(256)) * 4}))
    data[60] ^= 255
    refused(place, bytes(data), "is damaged, or no zip file")


def test_an_archive_without_images_is_refused(place):
    refused(place, archive({"a.py": b"x"}), "holds no TIFF file")


def test_what_is_given_up_leaves_nothing(place):
    file = place / "a.zip"
    file.write_bytes(archive({"a.tif": b"x", "b.tif": b"x"}))
    steps = unpacking.unpack(file, place / "out")
    next(steps)
    next(steps)
    steps.close()
    assert [one.name for one in place.iterdir()] == ["a.zip"]


def test_a_folder_that_another_process_has_made_is_kept(place):
    (place / "out").mkdir()
    (place / "out" / "theirs.tif").touch()
    assert unpacked(place, archive({"t.tif": b"x"})) == ["theirs.tif"]
