from __future__ import annotations

import time
from typing import TYPE_CHECKING

from napari_unetseg.runs.folder import INBOX
from napari_unetseg.runs.inbox import Command, put, take

if TYPE_CHECKING:
    from pathlib import Path


def test_commands_are_taken_once_and_in_order(tmp_path: Path) -> None:
    assert take(tmp_path) == []
    commands = [Command("preview", {"number": number}) for number in range(20)]
    for command in commands:
        put(tmp_path, command)
    assert take(tmp_path) == commands
    assert take(tmp_path) == []


def test_a_command_to_an_earlier_process_is_thrown_away(tmp_path: Path) -> None:
    put(tmp_path, Command("cancel"))
    since = time.time_ns() + 1
    assert take(tmp_path, since) == []
    assert list((tmp_path / INBOX).iterdir()) == []


def test_what_is_no_command_is_ignored(tmp_path: Path) -> None:
    inbox = tmp_path / INBOX
    inbox.mkdir()
    for number, text in enumerate(("", "[]", '{"command": 1, "values": {}}', "{}")):
        (inbox / f"{number}-0-x.json").write_text(text)
    (inbox / "1x-0-x.json").write_text('{"command": "cancel", "values": {}}')
    (inbox / ".5-0-x.json.tmp").write_text("half wri")
    put(tmp_path, Command("cancel"))
    assert take(tmp_path) == [Command("cancel")]
    assert [path.name for path in inbox.iterdir()] == [".5-0-x.json.tmp"]
