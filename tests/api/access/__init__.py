"""Tests of ``api.access``."""
