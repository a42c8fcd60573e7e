"""Uploads that wait: found by the sign-in that sent them, gone after an hour."""

from __future__ import annotations

import io
import os
import tempfile
import time
from pathlib import Path

import pytest

from api.console.waiting import LIFE_SECONDS, MOST_OF_ONE_SIGN_IN, NoRoom, WaitingRoom
from claimcheck.errors import ConfigError


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder."""
    return tmp_path_factory.mktemp("waiting")


@pytest.fixture
def room(folder: Path) -> WaitingRoom:
    """A room of its own."""
    return WaitingRoom(folder)


def _read(room: WaitingRoom, name: str, session_id: str) -> bytes | None:
    with room.opened(name, session_id=session_id) as file:
        return None if file is None else file.read()


def test_only_the_sign_in_that_sent_a_file_finds_it(room: WaitingRoom) -> None:
    name = room.keep(io.BytesIO(b"words"), session_id="mine")
    assert _read(room, name, "mine") == b"words"
    assert _read(room, name, "theirs") is None
    room.remove(name, session_id="theirs")
    assert _read(room, name, "mine") == b"words"
    room.remove(name, session_id="mine")
    assert _read(room, name, "mine") is None


@pytest.mark.parametrize(
    "name", ["", "..", "../../etc/passwd", "a" * 31, "A" * 32, "g" * 32, "a" * 32 + "\n"]
)
def test_a_name_is_never_a_path(room: WaitingRoom, name: str) -> None:
    assert _read(room, name, "mine") is None
    room.remove(name, session_id="mine")


def test_file_is_gone_after_an_hour(room: WaitingRoom, folder: Path) -> None:
    name = room.keep(io.BytesIO(b"words"), session_id="mine")
    assert room.sweep() == 0
    (path,) = folder.iterdir()
    old = time.time() - LIFE_SECONDS - 1
    os.utime(path, (old, old))
    assert _read(room, name, "mine") is None
    assert list(folder.iterdir()) == []


def test_one_sign_in_cannot_fill_the_disk(room: WaitingRoom, folder: Path) -> None:
    other = room.keep(io.BytesIO(b"other"), session_id="theirs")
    names = [room.keep(io.BytesIO(bytes([n])), session_id="mine") for n in range(MOST_OF_ONE_SIGN_IN + 2)]
    assert len(list(folder.iterdir())) == MOST_OF_ONE_SIGN_IN + 1
    assert _read(room, names[-1], "mine") == bytes([MOST_OF_ONE_SIGN_IN + 1])
    assert _read(room, other, "theirs") == b"other"


def test_files_are_for_the_server_alone(room: WaitingRoom, folder: Path) -> None:
    room.keep(io.BytesIO(b"words"), session_id="mine")
    (path,) = folder.iterdir()
    assert path.stat().st_mode & 0o777 == 0o600


def test_folder_of_somebody_else_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    WaitingRoom.of("sqlite:///one.db").keep(io.BytesIO(b"x"), session_id="mine")
    (made,) = folder.iterdir()
    assert made.stat().st_mode & 0o777 == 0o700
    made.chmod(0o755)
    with pytest.raises(ConfigError):
        WaitingRoom.of("sqlite:///one.db")
    made.chmod(0o700)
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    made.rename(folder / "moved")
    made.symlink_to(elsewhere)
    with pytest.raises(ConfigError):
        WaitingRoom.of("sqlite:///one.db")


def test_half_a_file_is_not_left_behind(room: WaitingRoom, folder: Path) -> None:
    class Breaking(io.BytesIO):
        def read(self, _: int | None = -1, /) -> bytes:
            raise OSError("the disk is full")

    with pytest.raises(NoRoom):
        room.keep(Breaking(b"x"), session_id="mine")
    assert list(folder.iterdir()) == []


def test_all_sign_ins_together_cannot_fill_the_disk(
    room: WaitingRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.console.waiting.MOST_BYTES", 10)
    room.keep(io.BytesIO(b"12345"), session_id="one")
    with pytest.raises(NoRoom):
        room.keep(io.BytesIO(b"123456"), session_id="two")
    room.keep(io.BytesIO(b"12345"), session_id="two")


def test_a_file_is_claimed_once_and_waits_again_after_a_failure(room: WaitingRoom, folder: Path) -> None:
    name = room.keep(io.BytesIO(b"words"), session_id="mine")
    with pytest.raises(KeyError), room.claimed(name, session_id="mine"):
        raise KeyError
    with room.claimed(name, session_id="theirs") as file:
        assert file is None
    with room.claimed(name, session_id="mine") as file:
        assert file is not None
        assert file.read() == b"words"
        with room.claimed(name, session_id="mine") as second:
            assert second is None
        assert _read(room, name, "mine") is None
    assert list(folder.iterdir()) == []
