"""Uploads that wait to be confirmed: files of a bounded life, that only the sign-in which sent them finds.

They stand in a folder of the server's own below the system's temporary one,
the same for every process of this server.  A file's name is two words: a
random one, which the page's address holds, and a hash of the sign-in, which
nobody can send.  Nothing of the caller's own file name gets into it.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from claimcheck.errors import ConfigError

LIFE_SECONDS = 3_600
MOST_OF_ONE_SIGN_IN = 3
MOST_BYTES = 2_000_000_000
_RANDOM_BYTES = 16
_NAME = re.compile(r"[0-9a-f]{32}")


class NoRoom(Exception):
    """No further upload can be kept: too much waits, or the disk is full."""


class WaitingRoom:
    """The folder of uploads that wait; everything older than an hour is removed at each use."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def of(cls, database_url: str) -> WaitingRoom:
        """Return the room of the server that works with this database.

        Raises:
            ConfigError: the folder is somebody else's.
        """
        name = hashlib.sha256(database_url.encode()).hexdigest()[:16]
        folder = Path(tempfile.gettempdir()) / f"claimcheck-imports-{os.getuid()}-{name}"
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        # On a machine with other people, the name could have been taken before us.
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
            raise ConfigError("the folder for uploads that wait is not this server's own")
        return cls(folder)

    def keep(self, file: IO[bytes], *, session_id: str) -> str:
        """Keep a copy of ``file`` for this sign-in and return the name it is found by.

        Raises:
            NoRoom: too much waits already, or the disk is full.
        """
        try:
            self.sweep()
            self._make_place(session_id)
            if file.seek(0, os.SEEK_END) + self._bytes() > MOST_BYTES:
                raise NoRoom
            return self._kept(file, session_id)
        except OSError:
            raise NoRoom from None

    def _kept(self, file: IO[bytes], session_id: str) -> str:
        name = secrets.token_hex(_RANDOM_BYTES)
        file.seek(0)
        descriptor = os.open(self._path(name, session_id), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as kept:
                shutil.copyfileobj(file, kept)
        except BaseException:
            self.remove(name, session_id=session_id)
            raise
        return name

    @contextmanager
    def opened(self, name: str, *, session_id: str) -> Iterator[IO[bytes] | None]:
        """Yield the file; None where its time is over, or where another sign-in sent it."""
        self.sweep()
        if _NAME.fullmatch(name) is None:
            yield None
            return
        try:
            file = self._path(name, session_id).open("rb")
        except OSError:
            yield None
            return
        with file:
            yield file

    @contextmanager
    def claimed(self, name: str, *, session_id: str) -> Iterator[IO[bytes] | None]:
        """Yield the file as :meth:`opened` does, to one caller alone; it is gone afterwards.

        Where the caller fails, the file waits again.
        """
        self.sweep()
        waiting = self._path(name, session_id)
        claimed = waiting.with_name(f"{waiting.name}.claimed")
        try:
            if _NAME.fullmatch(name) is None:
                raise FileNotFoundError
            waiting.rename(claimed)
            file = claimed.open("rb")
        except OSError:
            yield None
            return
        with file:
            try:
                yield file
            except BaseException:
                with suppress(OSError):
                    claimed.rename(waiting)
                raise
        claimed.unlink(missing_ok=True)

    def remove(self, name: str, *, session_id: str) -> None:
        """Remove the file, if it is there."""
        if _NAME.fullmatch(name) is not None:
            self._path(name, session_id).unlink(missing_ok=True)

    def sweep(self, *, at: float | None = None) -> int:
        """Remove what has waited longer than an hour and return how many files that were."""
        oldest = (time.time() if at is None else at) - LIFE_SECONDS
        removed = 0
        for path in self._folder.iterdir():
            # Another process may sweep at the same time.
            with suppress(FileNotFoundError):
                if path.lstat().st_mtime < oldest:
                    path.unlink()
                    removed += 1
        return removed

    def _bytes(self) -> int:
        total = 0
        for path in self._folder.iterdir():
            with suppress(FileNotFoundError):
                total += path.lstat().st_size
        return total

    def _make_place(self, session_id: str) -> None:
        """Remove the oldest files of a sign-in that has too many waiting."""
        mine = sorted(self._folder.glob(f"*-{_hashed(session_id)}"), key=lambda path: path.lstat().st_mtime)
        for path in mine[: max(0, len(mine) - MOST_OF_ONE_SIGN_IN + 1)]:
            path.unlink(missing_ok=True)

    def _path(self, name: str, session_id: str) -> Path:
        return self._folder / f"{name}-{_hashed(session_id)}"


def _hashed(session_id: str) -> str:
    return hashlib.sha256(session_id.encode()).hexdigest()[:32]
