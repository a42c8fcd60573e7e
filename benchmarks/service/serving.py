"""A server of our own for measurements: the real one, a subprocess on loopback with its own database."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

READY_SECONDS = 180
END_SECONDS = 40
_ADDRESS = "http://127.0.0.1:"


@dataclass(frozen=True)
class Served:
    """A server that answers.

    Attributes:
        address: where it listens.
        process: the process that was started; its children are found through it.
        log: the file that its standard error goes to.
    """

    address: str
    process: subprocess.Popen[str]
    log: Path

    def resident_megabytes(self) -> float:
        """Return what the server and every process below it hold in memory."""
        top = psutil.Process(self.process.pid)
        total = 0
        for process in (top, *top.children(recursive=True)):
            try:
                total += process.memory_info().rss
            except psutil.NoSuchProcess:
                continue
        return total / 1e6


def processor_seconds(pid: int) -> float:
    """Return the processor time that a process and every process below it have used."""
    top = psutil.Process(pid)
    total = 0.0
    for process in (top, *top.children(recursive=True)):
        try:
            used = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += used.user + used.system
    return total


@contextmanager
def served(*options: str, settings: Mapping[str, str] | None = None) -> Iterator[Served]:
    """Start ``claimcheck serve`` on a free port, wait until it is ready, end it afterwards.

    Args:
        options: further options of the command.
        settings: settings by name, without their prefix.
    """
    with tempfile.TemporaryDirectory(prefix="claimcheck-served-") as folder:
        chosen = {
            "DATABASE_URL": f"sqlite:///{folder}/claimcheck.db",
            "REQUIRE_KEY": "false",
            "RATE_LIMIT": "1000000/second",
            "LOG_FORMAT": "json",
            **(settings or {}),
        }
        log = Path(folder) / "server.log"
        with log.open("w") as errors:
            process = subprocess.Popen(
                [sys.executable, "-m", "claimcheck.cli", "serve", "--port", "0", *options],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env={**os.environ, **{f"CLAIMCHECK_{name}": value for name, value in chosen.items()}},
            )
        try:
            address = _address(process, log)
            _wait_until_ready(address, process, log)
            yield Served(address=address, process=process, log=log)
        finally:
            process.terminate()
            try:
                process.wait(timeout=END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            assert process.stdout is not None
            process.stdout.close()


def _address(process: subprocess.Popen[str], log: Path) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        at = line.find(_ADDRESS)
        if at >= 0:
            return line[at:].split()[0].rstrip("/")
    raise RuntimeError(f"the server did not say where it listens:\n{log.read_text()}")


def _wait_until_ready(address: str, process: subprocess.Popen[str], log: Path) -> None:
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            if httpx.get(f"{address}/readyz").status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise RuntimeError(f"the server is not ready:\n{log.read_text()}")
