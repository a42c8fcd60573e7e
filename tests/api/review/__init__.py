"""Tests of ``api.review``."""
