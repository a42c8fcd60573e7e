"""Which sentences the encoder reads: on ordinary pages few, on pages about health all."""

from __future__ import annotations

import pytest

from claimcheck.kb.store import KnowledgeBase
from claimcheck.reading.claims.detector import Reading
from claimcheck.reading.claims.encoder import shown
from claimcheck.reading.pipeline import build_surface


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The update is out. It improves battery life. Please restart.", []),
        ("Ginger eases nausea. My mornings are different now.", [0, 1]),
        ("We met at noon. We talked. We ate ginger. We left. The bus was late.", [2]),
    ],
)
def test_shown(text: str, expected: list[int]) -> None:
    kb = KnowledgeBase.load()
    doc = build_surface(kb)(text)
    assert shown(doc, Reading(doc, kb)) == expected
