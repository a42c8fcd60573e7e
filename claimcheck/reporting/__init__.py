"""Findings made readable: the report itself, its explanation, and the formats it is written in."""
