"""claimcheck: finds therapeutic claims in text, says what is known of each and what could go wrong.

>>> import claimcheck
>>> checker = claimcheck.load()
>>> report = checker.check("Kratom potentiates antidepressants.")
>>> report.claims[0].assessment.value
'unsupported'
"""

from importlib import import_module
from typing import TYPE_CHECKING

from claimcheck.errors import (
    ArtefactError,
    ArtefactUnavailable,
    ClaimcheckError,
    ConfigError,
    EmptyText,
    InputError,
    KnowledgeBaseError,
    NotText,
    TextTooLong,
    UnknownOption,
)
from claimcheck.version import __version__

if TYPE_CHECKING:
    from claimcheck.checker import Checker, load
    from claimcheck.kb.store import KnowledgeBase
    from claimcheck.reporting.report import Report

# Loaded when first asked for, so that `claimcheck --help` does not wait for spaCy.
_LAZY = {
    "Checker": "claimcheck.checker",
    "KnowledgeBase": "claimcheck.kb.store",
    "Report": "claimcheck.reporting.report",
    "load": "claimcheck.checker",
}

__all__ = [
    "ArtefactError",
    "ArtefactUnavailable",
    "Checker",
    "ClaimcheckError",
    "ConfigError",
    "EmptyText",
    "InputError",
    "KnowledgeBase",
    "KnowledgeBaseError",
    "NotText",
    "Report",
    "TextTooLong",
    "UnknownOption",
    "__version__",
    "load",
]


def __getattr__(name: str) -> object:
    """Import a public name on first use."""
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'claimcheck' has no attribute {name!r}")
