"""On what a figure was taken."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

# What numerical libraries ask for the number of their threads.
ONE_THREAD = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "BLIS_NUM_THREADS",
        "TOKENIZERS_PARALLELISM",
    ),
    "1",
) | {"TOKENIZERS_PARALLELISM": "false"}


@dataclass(frozen=True, slots=True)
class Machine:
    """Processor, its number of cores, how busy it was, versions and the day."""

    processor: str
    cores: int
    load: float
    vnni: bool
    memory_gb: int
    python: str
    system: str
    day: str

    def sentence(self) -> str:
        """Return the facts in words."""
        vnni = "with" if self.vnni else "without"
        return (
            f"{self.day}, {self.processor} ({vnni} AVX-512 VNNI), {self.cores} cores of which one was used, "
            f"{self.memory_gb} GB, {self.system}, Python {self.python}; "
            f"load average at the start {self.load:.1f}."
        )

    def record(self) -> dict[str, object]:
        """Return the facts as JSON holds them."""
        return asdict(self)


def machine() -> Machine:
    """Return the facts of this machine; unknown ones are said to be unknown."""
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text(encoding="utf-8").splitlines() if facts.exists() else []
    named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return Machine(
        processor=named[0] if named else platform.processor() or "unknown processor",
        cores=os.cpu_count() or 1,
        load=os.getloadavg()[0],
        vnni=any("avx512_vnni" in line for line in lines if line.startswith("flags")),
        memory_gb=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
        python=platform.python_version(),
        system=f"{platform.system()} {platform.machine()}",
        day=datetime.now(tz=UTC).date().isoformat(),
    )


def pin_to_one_core() -> int:
    """Keep this process on one core, the last it may use, and return that; children inherit it."""
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    return core
