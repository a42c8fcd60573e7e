"""How long the console takes to show and to accept an import, in a real server on loopback.

The file is made up.  "Accepted" is the time from the confirming form until the page of the job answers;
no worker runs, so that nothing but the taking in is measured::

    python -m benchmarks.service.import_upload                # 10,000 rows, five times
"""

from __future__ import annotations

import argparse
import re
import statistics
import tempfile
import time
from collections.abc import Iterator

import httpx

from api.access import sessions
from api.settings import Settings
from api.storage import migrating
from api.storage.database import Database
from api.storage.tables import Role, User
from benchmarks.service.serving import served

_WORDS = "Made-up words about a made-up remedy, as long as a usual comment is. " * 4
_FIELDS = {"format": "csv", "encoding": "utf-8", "text_column": "text", "id_column": "id", "do": "import"}
_BUDGET_SECONDS = 5.0


def main() -> None:
    """Print how long each step took, the median and the slowest of all rounds."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=10_000)
    options.add_argument("--rounds", type=int, default=5)
    chosen = options.parse_args()
    content = "".join(_lines(chosen.rows)).encode()
    print(f"{chosen.rows} rows, {len(content) / 1e6:.1f} MB, {chosen.rounds} rounds")
    with tempfile.TemporaryDirectory(prefix="claimcheck-import-") as folder:
        url = f"sqlite:///{folder}/claimcheck.db"
        cookie, token = _signed_in(url)
        settings = {"DATABASE_URL": url, "EMBEDDED_WORKER": "false"}
        with (
            served(settings=settings) as server,
            httpx.Client(base_url=server.address, cookies={sessions.COOKIE: cookie}, timeout=120) as client,
        ):
            rounds = [_round(client, token, content) for _ in range(chosen.rounds)]
    for name, times in zip(("shown", "accepted"), zip(*rounds, strict=True), strict=True):
        print(f"{name}: median {statistics.median(times):.2f} s, slowest {max(times):.2f} s")
    print(f"budget for accepting: {_BUDGET_SECONDS:.0f} s")


def _lines(rows: int) -> Iterator[str]:
    yield "id,text\n"
    yield from (f"post-{number},{_WORDS}{number}\n" for number in range(rows))


def _signed_in(url: str) -> tuple[str, str]:
    """Make a database with one moderator who is signed in; return the cookie and the forms' token."""
    database = Database(url)
    migrating.upgrade(database)
    with database.begin() as session:
        user = User(name="moderator", role=Role.MODERATOR.value, password_hash="none")
        session.add(user)
        session.flush()
        made = sessions.start(session, user, settings=Settings(database_url=url))
    database.close()
    return made.cookie, made.record.csrf_token


def _round(client: httpx.Client, token: str, content: bytes) -> tuple[float, float]:
    begun = time.perf_counter()
    reply = client.post("/import", data={"csrf": token}, files={"file": ("posts.csv", content, "text/csv")})
    preview = client.get(reply.headers["location"]).raise_for_status()
    shown = time.perf_counter() - begun
    found = re.search(r'action="(/import/[0-9a-f]{32})"', preview.text)
    assert found is not None
    begun = time.perf_counter()
    job = client.post(found[1], data={"csrf": token, **_FIELDS}).headers["location"]
    client.get(job).raise_for_status()
    return shown, time.perf_counter() - begun


if __name__ == "__main__":
    main()
