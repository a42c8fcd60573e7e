"""Loading and checking never open a socket."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import socket
import sys

def refuse(*arguments, **options):
    raise AssertionError("a socket was opened")

{block}
socket.create_connection = socket.getaddrinfo = refuse
import claimcheck
checker = claimcheck.load()
report = checker.check("Kratom is a plant. Ginger cures cancer. See https://example.org now.")
assert report.claims, "nothing was read"
german = "Das ist ein deutscher Text von einer gewissen Mindestlänge, und er bleibt es."
assert list(checker.pipe(["Ginger cures cancer.", german]))[1].language == "de"
report.to_json()
{probe}
"""
BLOCK = """
class Refusing(socket.socket):
    def __init__(self, *arguments, **options):
        refuse()

socket.socket = Refusing
"""


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=300
    )


def test_load_and_check_need_no_socket() -> None:
    done = run(PROGRAM.format(block=BLOCK, probe=""))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("probe", ["socket.socket()", "socket.create_connection(('127.0.0.1', 1))"])
def test_the_block_would_be_felt(probe: str) -> None:
    done = run(PROGRAM.format(block=BLOCK, probe=probe).replace("import claimcheck\n", probe + "\n", 1))
    assert done.returncode != 0
    assert "a socket was opened" in done.stderr
