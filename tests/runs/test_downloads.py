"""Public data sets from a server on this computer, and all that can go wrong."""

from __future__ import annotations

import errno
import socket
import threading

import pooch
import pytest

from napari_unetseg.core.draining import result_of
from napari_unetseg.core.errors import InputError, ReadError, UnetsegError, WriteError
from napari_unetseg.core.samples.public import PUBLIC, public_sample
from napari_unetseg.runs import downloads, home
from publisher import challenge, membranes, published


@pytest.fixture
def server():
    with published() as publisher:
        yield publisher


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv(home.VARIABLE, str(tmp_path / "home"))


def left():
    folder = home.samples_folder()
    return sorted(one.name for one in folder.iterdir()) if folder.is_dir() else []


def fetched(key="phc-u373"):
    return result_of(downloads.fetch(PUBLIC[key]))


def refused(key="phc-u373", kind=ReadError):
    """Ask for a data set in vain; nothing is left. Return the sentence."""
    with pytest.raises(UnetsegError) as caught:
        fetched(key)
    assert type(caught.value) is kind
    assert left() == []
    assert not downloads.is_here(PUBLIC[key])
    return str(caught.value)


def test_a_data_set_is_downloaded_once(server, monkeypatch):
    server.publish(monkeypatch, "phc-u373", challenge())
    folder = fetched()

    assert folder == home.samples_folder() / "phc-u373"
    assert (folder / "PhC-C2DH-U373" / "01" / "t000.tif").is_file()
    assert not list(folder.rglob("*.txt"))
    assert left() == ["phc-u373"], "the archive is not needed any more"
    assert server.asked == ["PhC-C2DH-U373.zip"]

    server.files.clear()
    assert fetched() == folder
    assert len(server.asked) == 1


def test_how_far_it_is_is_told_while_it_comes(server, monkeypatch):
    data = challenge()
    server.publish(monkeypatch, "phc-u373", data)
    server.hold = threading.Event()
    steps = downloads.fetch(PUBLIC["phc-u373"])
    seen = next(steps)
    while not seen.total:
        seen = next(steps)
    server.hold.set()
    last = [seen, *steps][-1]

    assert seen.total == len(data)
    assert seen.done <= seen.total == last.done == last.total


def test_a_download_that_is_given_up_leaves_nothing(server, monkeypatch):
    server.publish(monkeypatch, "phc-u373", challenge() + b"\0" * 2**18)
    server.hold = threading.Event()
    steps = downloads.fetch(PUBLIC["phc-u373"])
    while not next(steps).total:
        pass
    steps.close()
    server.hold.set()
    for thread in threading.enumerate():
        if thread.name == "download phc-u373":
            thread.join(10)

    assert left() == []


def test_what_is_not_there_is_named_with_what_to_do(server, monkeypatch):
    server.publish(monkeypatch, "phc-u373", challenge())
    server.files.clear()
    told = refused()

    assert "127.0.0.1 does not give PhC-U373 away (it answers 404 Not Found)" in told
    assert PUBLIC["phc-u373"].url in told
    assert str(home.samples_folder()) in told


def test_offline_is_said_in_a_sentence(server, monkeypatch):
    server.publish(monkeypatch, "phc-u373", challenge())
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}/PhC-C2DH-U373.zip"
        server.url = url.rpartition("/")[0]
        server.publish(monkeypatch, "phc-u373", challenge())
        told = refused()

    assert "cannot be reached" in told
    assert "seems to be offline" in told
    assert url in told
    assert str(home.samples_folder()) in told
    assert "\n" not in told


def test_what_breaks_off_is_no_file(server, monkeypatch):
    server.publish(monkeypatch, "phc-u373", challenge())
    server.cut = 100
    assert "PhC-U373 broke off; nothing of it was kept" in refused()


def test_another_file_than_is_known_is_removed(server, monkeypatch):
    server.publish(monkeypatch, "phc-u373", challenge())
    server.files["PhC-C2DH-U373.zip"] = challenge("another")
    told = refused()
    assert "is not the PhC-U373 that is known: its SHA-256 is another" in told
    assert "It was removed" in told


def test_without_a_known_hash_a_broken_archive_is_removed(server, monkeypatch):
    server.publish(monkeypatch, "isbi2012", membranes()[:-30])
    assert "is damaged, or no zip file" in refused("isbi2012")


def test_a_server_that_does_not_answer_is_not_waited_for(server, monkeypatch):
    server.publish(monkeypatch, "phc-u373", challenge())
    server.hold = threading.Event()
    monkeypatch.setattr(downloads, "PATIENCE", (0.3, 0.3))
    with pytest.raises(ReadError, match=r"PhC-U373|does not answer"):
        fetched()
    assert left() == []


def test_a_full_disk_is_told_with_the_room_it_takes(server, monkeypatch):
    server.publish(monkeypatch, "phc-u373", challenge())

    def full(*_args, **_more):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", full)
    told = refused(kind=WriteError)
    assert "No space left on device" in told
    assert "Free space there: it takes about 240 MB" in told


def test_a_full_disk_while_unpacking_leaves_the_archive_for_the_next_time(
    server, monkeypatch
):
    server.publish(monkeypatch, "phc-u373", challenge())

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")
        yield

    with monkeypatch.context() as patch:
        patch.setattr("napari_unetseg.runs.unpacking._copy", full)
        with pytest.raises(WriteError, match="No space left"):
            fetched()
    assert left() == ["PhC-C2DH-U373.zip"]
    server.files.clear()
    assert fetched().is_dir()
    assert len(server.asked) == 1


def test_an_archive_that_was_put_there_by_hand_is_taken(server, monkeypatch):
    data = challenge()
    server.publish(monkeypatch, "phc-u373", data)
    home.samples_folder().mkdir(parents=True)
    (home.samples_folder() / "PhC-C2DH-U373.zip").write_bytes(data)
    assert fetched().is_dir()
    assert server.asked == []


def test_without_pooch_it_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(downloads, "find_spec", lambda _: None)
    told = refused(kind=InputError)
    assert 'pip install "napari-unetseg[samples]"' in told


def test_an_unknown_name_is_told_the_known_ones():
    with pytest.raises(InputError, match="isbi2012, phc-u373, dic-hela"):
        public_sample("isbi2013")


def test_every_data_set_has_an_address_terms_and_where_published_a_hash():
    for key, sample in PUBLIC.items():
        assert sample.key == key
        assert sample.url.startswith("https://")
        assert sample.archive.endswith(".zip")
        assert len(sample.sha256) == (0 if key == "isbi2012" else 64)
        assert sample.licence.endswith(".")
        assert "doi:" in sample.citation
