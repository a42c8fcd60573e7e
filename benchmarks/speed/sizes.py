"""What an installation takes on disk: a distribution with everything that it requires."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

_NOT_SHIPPED = frozenset(("__pycache__", ".git"))


def closure(names: Iterable[str]) -> dict[str, Distribution]:
    """Return the distributions of these names and all that they require here, optional extras left out.

    Raises:
        PackageNotFoundError: one of ``names`` is not installed.
    """
    found: dict[str, Distribution] = {}
    waiting = [(name, True) for name in names]
    while waiting:
        name, asked = waiting.pop()
        key = name.lower().replace("_", "-")
        if key in found:
            continue
        try:
            found[key] = distribution(name)
        except PackageNotFoundError:
            if asked:
                raise
            continue
        for line in found[key].requires or ():
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append((requirement.name, False))
    return found


def installed(names: Sequence[str]) -> dict[str, float]:
    """Return megabytes and number of the distributions that these names need.

    A name with a slash is a folder of files: a package that is used where it
    lies, or weights beside it.  Of a distribution that is installed where it
    lies, only its requirements count: name its folders.
    """
    packages = closure(name for name in names if "/" not in name)
    total = sum(
        _bytes(Path(str(f.locate())) for f in d.files or ()) for d in packages.values() if not _is_editable(d)
    )
    total += sum(_bytes(Path(name).rglob("*")) for name in names if "/" in name)
    return {"megabytes": total / 1e6, "packages": len(packages)}


def _is_editable(found: Distribution) -> bool:
    origin = json.loads(found.read_text("direct_url.json") or "{}")
    return bool(origin.get("dir_info", {}).get("editable"))


def _bytes(paths: Iterable[Path]) -> int:
    return sum(p.stat().st_size for p in paths if not _NOT_SHIPPED.intersection(p.parts) and p.is_file())
