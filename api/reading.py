"""Starts what reads texts: threads of this process, or processes of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import claimcheck
from api import processes
from api.batching import Batcher, Reader, ThreadReader
from api.ports import CheckedText, TextChecker
from api.settings import Settings
from claimcheck.kb.store import KnowledgeBase


def started(
    checker: TextChecker | None,
    *,
    settings: Settings,
    others: Callable[[], int],
    on_read: Callable[[CheckedText, float], None],
) -> Batcher:
    """Return a checker for many callers.

    With ``check_processes`` this process loads the knowledge base only, for its pages; each process
    loads the model.

    Args:
        checker: what reads, in threads of this process; without one, what the settings say is loaded.
        settings: how many readers, how long they wait.
        others: how many requests may be on their way to a check.
        on_read: told of each report and of the seconds it took.

    Raises:
        ClaimcheckError: the knowledge base or the model cannot be loaded.
    """
    readers: Sequence[Reader]
    if checker is None and settings.check_processes:
        own = processes.start(settings.check_processes, seconds=settings.time_limit_seconds)
        greeting = own[0].greeting
        readers, kb, versions, warnings = own, KnowledgeBase.load(), greeting.versions, greeting.warnings
    else:
        loaded: TextChecker = claimcheck.load() if checker is None else checker
        readers = [ThreadReader(loaded) for _ in range(settings.workers)]
        kb, versions, warnings = loaded.kb, loaded.versions, loaded.warnings
    return Batcher(
        readers,
        kb=kb,
        versions=versions,
        warnings=warnings,
        window_seconds=settings.batch_window_ms / 1000,
        others=others,
        on_read=on_read,
    )
