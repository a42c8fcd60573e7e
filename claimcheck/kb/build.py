"""Compiles the knowledge base once, so that the first start is as quick as any.

Usage: python -m claimcheck.kb.build
"""

from __future__ import annotations

from claimcheck.kb.store import KnowledgeBase

if __name__ == "__main__":
    KnowledgeBase.load()
