"""Tests of ``api.console``."""
