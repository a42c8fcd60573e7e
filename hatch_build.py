"""Puts the compiled knowledge base into the wheel, so that an installed copy never compiles it."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompileKnowledgeBase(BuildHookInterface):  # type: ignore[type-arg]
    """Compiles before a wheel is packed; an editable install compiles at first use instead."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile and add the file, which version control leaves out."""
        if version == "editable":
            return
        subprocess.run([sys.executable, "-m", "claimcheck.kb.build"], check=True, cwd=self.root)
        build_data["artifacts"].append("claimcheck/kb/data/compiled.msgpack")
