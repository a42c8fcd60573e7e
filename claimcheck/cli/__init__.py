"""The command line: the same calls as the library, from a shell."""

from __future__ import annotations

import os
import sys

from claimcheck.cli.app import app
from claimcheck.cli.failing import UNUSABLE, complain


def main() -> None:
    """Run the command that the arguments name, and exit with its status."""
    try:
        app()
    except Exception as error:
        # The message of an unforeseen error may quote a text, so only its type is shown.
        if os.environ.get("CLAIMCHECK_DEBUG"):
            raise
        complain(f"internal error ({type(error).__name__}); CLAIMCHECK_DEBUG=1 shows where it arose")
        sys.exit(UNUSABLE)
