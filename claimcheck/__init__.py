"""claimcheck: finds therapeutic claims in text, says what is known of each and what could go wrong.

>>> import claimcheck
>>> checker = claimcheck.load()
>>> report = checker.check("Kratom potentiates antidepressants.")
>>> report.claims[0].assessment.value
'unsupported'
"""

from claimcheck.checker import Checker, load
from claimcheck.errors import (
    ArtefactError,
    ClaimcheckError,
    ConfigError,
    EmptyText,
    InputError,
    KnowledgeBaseError,
    NotText,
    TextTooLong,
    UnknownOption,
)
from claimcheck.kb.store import KnowledgeBase
from claimcheck.reporting.report import Report
from claimcheck.version import __version__

__all__ = [
    "ArtefactError",
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
