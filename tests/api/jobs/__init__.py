"""Tests of ``api.jobs``."""
