"""Signed-in browsers of every role."""

from __future__ import annotations

from tests.api.console.visiting import quick_passwords, signed_in, started, visitor

__all__ = ["quick_passwords", "signed_in", "started", "visitor"]
