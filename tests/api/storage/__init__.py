"""Tests of ``api.storage``."""
